#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `diorama stream cut` and `diorama stream join`, subcommands of `stream`.
Command stream_cut_command(CLI::App& stream);
Command stream_join_command(CLI::App& stream);

}  // namespace diorama
