#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace diorama {

// Numbers of the SPZ format that reader and writer share.
inline constexpr uint32_t kSpzMagic = 0x5053474e;  // "NGSP"
inline constexpr uint32_t kSpzVersion = 4;
inline constexpr uint8_t kSpzAntialiased = 1, kSpzHasExtensions = 2;  // flags
inline constexpr double kSpzColorScale = 0.15;                        // of degree 0: u8 = 255 (0.15 sh + 0.5)
inline constexpr size_t kSpzStreams = 6;  // positions, alphas, colours, scales, rotations, SH
inline constexpr size_t kSpzHeaderBytes = 32;
// Version 4: records behind the header, of a type, a length, and that many bytes. Ours holds asset.extras.diorama.
inline constexpr uint32_t kSpzRecordType = 0xd10a0001;  // vendor d10a, 1
inline constexpr size_t kSpzExtensionHeadBytes = 8;

// Bytes a splat in each stream. Version 1 has positions of half floats, 1 and 2 rotations of three bytes.
constexpr std::array<size_t, kSpzStreams> spz_stream_bytes(uint32_t version, int sh_degree) {
  const auto rest = static_cast<size_t>((sh_degree + 1) * (sh_degree + 1) - 1);
  return {version == 1 ? size_t{6} : size_t{9}, 1, 3, 3, version >= 3 ? size_t{4} : size_t{3}, 3 * rest};
}

}  // namespace diorama
