#pragma once

#include "tools/cli/command.h"

namespace diorama {

// `diorama stream play`, a subcommand of `stream`.
Command stream_play_command(CLI::App& stream);

}  // namespace diorama
