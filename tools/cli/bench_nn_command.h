#pragma once

#include "tools/cli/command.h"

namespace diorama {

Command bench_nn_command(CLI::App& bench);

}  // namespace diorama
