#pragma once

#include <functional>
#include <string_view>

namespace diorama {

enum class LogLevel { kDebug, kInfo, kWarning };

// Where a library's lines go; the program decides. An empty sink drops them. Called from any thread.
using LogSink = std::function<void(LogLevel, std::string_view line)>;

}  // namespace diorama
