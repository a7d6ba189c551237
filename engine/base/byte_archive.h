#pragma once

#include "engine/base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace diorama {

// Plain values and arrays one after another, in this machine's byte order: for checkpoints, which no other machine
// reads.
class ByteWriter {
 public:
  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto* const first = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), first, first + sizeof(T));
  }
  template <class T>
  void put_all(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(uint64_t{values.size()});
    const auto bytes = std::as_bytes(values);
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// Error kInvalidInput where the bytes end early; lengths are checked before memory is taken.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class T>
  T get() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(static_cast<void*>(&value), take(sizeof(T)).data(), sizeof(T));
    return value;
  }
  // Into a vector of any allocator.
  template <class Vector>
  void get_all(Vector& values) {
    using T = typename Vector::value_type;
    static_assert(std::is_trivially_copyable_v<T>);
    const auto count = get<uint64_t>();
    if (count > bytes_.size() / sizeof(T)) fail_short();
    const auto source = take(static_cast<size_t>(count) * sizeof(T));
    values.resize(static_cast<size_t>(count));
    if (!source.empty()) std::memcpy(static_cast<void*>(values.data()), source.data(), source.size());
  }
  bool at_end() const { return bytes_.empty(); }

 private:
  [[noreturn]] static void fail_short() { fail(ErrorCode::kInvalidInput, "the data ends in the middle of a value"); }
  std::span<const std::byte> take(size_t count) {
    if (count > bytes_.size()) fail_short();
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::span<const std::byte> bytes_;
};

}  // namespace diorama
