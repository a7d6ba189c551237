#pragma once

#include <cstdint>

namespace diorama {

// Numbers of the glTF 2.0 specification that reader and writer share.
inline constexpr uint32_t kGlbMagic = 0x46546c67;  // "glTF"
inline constexpr uint32_t kGlbVersion = 2;
inline constexpr uint32_t kGlbJsonChunk = 0x4e4f534a;    // "JSON"
inline constexpr uint32_t kGlbBinaryChunk = 0x004e4942;  // "BIN\0"

enum GltfComponent {
  kGltfI8 = 5120,
  kGltfU8 = 5121,
  kGltfI16 = 5122,
  kGltfU16 = 5123,
  kGltfU32 = 5125,
  kGltfF32 = 5126,
};

enum GltfTarget { kGltfArrayBuffer = 34962, kGltfElementBuffer = 34963 };

enum GltfMode { kGltfPoints = 0, kGltfTriangles = 4, kGltfTriangleStrip = 5, kGltfTriangleFan = 6 };

enum GltfFilter { kGltfNearest = 9728, kGltfLinear = 9729, kGltfLinearMipmapLinear = 9987 };
enum GltfWrap { kGltfClamp = 33071, kGltfMirror = 33648, kGltfRepeat = 10497 };

// KHR_gaussian_splatting, release candidate: the extension's name and its attributes' prefix, and what it calls our
// splats.
inline constexpr const char* kSplatExtension = "KHR_gaussian_splatting";
inline constexpr const char* kSplatKernel = "ellipse";
inline constexpr const char* kSplatColorSpace = "srgb_rec709_display";
inline constexpr const char* kSplatSorting = "cameraDistance";
inline constexpr const char* kSplatProjection = "perspective";
// Its draft extension for a payload of SPZ version 2.
inline constexpr const char* kSplatSpzExtension = "KHR_gaussian_splatting_compression_spz_2";
// Ours, version 1: what moves, in streams beside the file (docs/splat_video.md).
inline constexpr const char* kSplatVideoExtension = "DIORAMA_splat_video";

}  // namespace diorama
