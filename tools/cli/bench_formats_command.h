#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `bench formats`, under the subcommand `bench`.
Command bench_formats_command(CLI::App& bench);

}  // namespace diorama
