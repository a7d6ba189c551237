#include "engine/video/ffmpeg.h"

#include "engine/base/error.h"

#include <dlfcn.h>

#include <string>

namespace diorama {
namespace {

// Never closed: FFmpeg keeps state of its own in them.
void* open_library(const char* name, int version) {
  const std::string file = fmt::format("lib{}.so.{}", name, version);
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    fail(ErrorCode::kNotFound, "{} is needed for video and cannot be loaded ({}): install FFmpeg's libraries", file,
         ::dlerror());
  }
  return library;
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  DIO_CHECK(function != nullptr);  // the headers of this major version have it
}

Ffmpeg load() {
  Ffmpeg result;
  void* library = open_library("avutil", LIBAVUTIL_VERSION_MAJOR);
#define DIO_FIND(name) find(library, #name, result.name);
  DIO_AVUTIL_FUNCTIONS(DIO_FIND)
  library = open_library("avcodec", LIBAVCODEC_VERSION_MAJOR);
  DIO_AVCODEC_FUNCTIONS(DIO_FIND)
  library = open_library("avformat", LIBAVFORMAT_VERSION_MAJOR);
  DIO_AVFORMAT_FUNCTIONS(DIO_FIND)
#undef DIO_FIND
  return result;
}

}  // namespace

const Ffmpeg& ffmpeg() {
  static const Ffmpeg functions = load();
  return functions;
}

}  // namespace diorama
