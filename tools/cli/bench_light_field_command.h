#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `bench light-field`, under the subcommand `bench`.
Command bench_light_field_command(CLI::App& bench);

}  // namespace diorama
