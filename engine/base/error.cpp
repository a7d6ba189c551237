#include "engine/base/error.h"

namespace diorama {

void throw_bug(const char* condition, const char* file, int line) {
  throw Bug(fmt::format("check failed: {} ({}:{})", condition, file, line));
}

}  // namespace diorama
