#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `bench stream`, under the subcommand `bench`.
Command bench_stream_command(CLI::App& bench);

}  // namespace diorama
