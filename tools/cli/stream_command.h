#pragma once

#include "tools/cli/command.h"

namespace diorama {

Command stream_command(CLI::App& program);

}  // namespace diorama
