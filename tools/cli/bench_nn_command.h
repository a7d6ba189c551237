#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `bench nn`, under the subcommand `bench`.
Command bench_nn_command(CLI::App& bench);

}  // namespace diorama
