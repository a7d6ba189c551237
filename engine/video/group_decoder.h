#pragma once

#include "engine/video/group_encoder.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace diorama {

// What a stream says of itself.
struct StreamFacts {
  VideoCodec codec = VideoCodec::kHevc;
  std::string profile;  // "Main", "High 4:4:4 Predictive", as FFmpeg names it
  int level = 0;        // times 10: 31 is 3.1
  glm::ivec2 size_px{0};
  bool full_range = false;
};

// Decodes a group in software, picture by picture in order. `init` and `segment` are copied. `name` is for errors.
// Error: kNotFound (no FFmpeg); kInvalidInput (no video in it, damage, a picture of another size than the first);
// kUnsupported (another codec, not 4:2:0 with 8 bits, larger than 8192 a side).
class GroupDecoder {
 public:
  GroupDecoder(std::span<const std::byte> init, std::span<const std::byte> segment, std::string name);
  ~GroupDecoder();
  GroupDecoder(GroupDecoder&&) noexcept;
  GroupDecoder& operator=(GroupDecoder&&) noexcept;

  const StreamFacts& facts() const;

  // False at the end of the group.
  bool next(Picture420& picture);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
