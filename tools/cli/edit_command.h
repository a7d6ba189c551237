#pragma once

#include "tools/cli/command.h"

namespace diorama {

Command edit_command(CLI::App& program);

}  // namespace diorama
