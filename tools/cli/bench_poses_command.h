#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `bench poses`, under the subcommand `bench`.
Command bench_poses_command(CLI::App& bench);

}  // namespace diorama
