#pragma once

#include "engine/video/decode_device.h"
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
  bool hardware = false;  // decoded on the device that was given
};

// Decodes a group, picture by picture in order. `init` and `segment` are copied. `name` is for errors. With a device
// that takes the stream, on it, else in software; the device must stay.
// Error: kNotFound (no FFmpeg); kInvalidInput (no video in it, damage, a picture of another size than the first);
// kUnsupported (another codec, not 4:2:0 with 8 bits, larger than 8192 a side).
class GroupDecoder {
 public:
  GroupDecoder(std::span<const std::byte> init, std::span<const std::byte> segment, std::string name,
               const DecodeDevice* device = nullptr);
  ~GroupDecoder();
  GroupDecoder(GroupDecoder&&) noexcept;
  GroupDecoder& operator=(GroupDecoder&&) noexcept;

  const StreamFacts& facts() const;

  // Goes on with another group of the same stream, from its start; much quicker than another decoder. The same errors;
  // after one only this may be called.
  void start(std::span<const std::byte> segment);

  // False at the end of the group.
  bool next(Picture420& picture);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diorama
