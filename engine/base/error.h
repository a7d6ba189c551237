#pragma once

#include <fmt/format.h>

#include <concepts>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace diorama {

enum class ErrorCode {
  kInvalidInput,  // a file, stream or option from outside is not what it must be
  kNotFound,      // a file or device is not there
  kUnsupported,   // well formed, but a version or feature that this build does not know
  kIo,            // reading or writing failed (disk full, permission)
  kCancelled,     // the user stopped the job
};

// The one way to fail on what the outside can cause. The message is a sentence that names the file, frame or option,
// what was found, what was expected and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

template <class... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

// Runs `body`; an Error that leaves it gets "context: " in front, unless the message names the context already.
template <class Body>
decltype(auto) with_context(std::string_view context, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    if (message.find(context) != std::string_view::npos) throw;
    throw Error(error.code(), fmt::format("{}: {}", context, message));
  }
}

template <std::same_as<std::filesystem::path> Path, class Body>
decltype(auto) with_context(const Path& path, Body&& body) {
  return with_context(std::string_view(path.string()), std::forward<Body>(body));
}

// A broken promise inside the program, never the user's doing.
class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void throw_bug(const char* condition, const char* file, int line);

}  // namespace diorama

// On in every build.
#define DIO_CHECK(condition)                                                \
  do {                                                                      \
    if (!(condition)) ::diorama::throw_bug(#condition, __FILE__, __LINE__); \
  } while (false)
