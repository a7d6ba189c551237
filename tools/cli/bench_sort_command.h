#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `bench sort`, under the subcommand `bench`.
Command bench_sort_command(CLI::App& bench);

}  // namespace diorama
