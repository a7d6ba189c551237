#include "assets/sog/codebook.h"
#include "assets/sog/sh_palette.h"
#include "assets/sog/sog_files.h"
#include "engine/base/error.h"
#include "engine/scene/image_io.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kGrain = 4096;
constexpr float kLeastScale = 1e-10f;  // metres; logarithms end there

struct NamedPicture {
  std::string name;
  ImageRgba8 picture;
};

glm::ivec2 picture_size(size_t count) {
  const auto root = static_cast<size_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  const size_t width = (root + 3) / 4 * 4, rows = (count + width - 1) / width;
  return {static_cast<int>(width), static_cast<int>((rows + 3) / 4 * 4)};
}

// One centroid for 13 splats: with it a splat of SH degree 3 takes 16 to 17 bytes in all, and pictures hardly change.
size_t palette_size(size_t count) {
  const size_t lines = count / (13 * kSogCentroidsARow);
  return std::clamp(lines * kSogCentroidsARow, size_t{1024}, kMostSogPalette);
}

uint8_t rounded_byte(double value) {
  return static_cast<uint8_t>(std::clamp(std::floor(value + 0.5), 0.0, 255.0));
}

double signed_log(float x) {
  return std::copysign(std::log1p(std::abs(static_cast<double>(x))), static_cast<double>(x));
}

Json codebook_json(const Codebook& codebook) {
  Json json = Json::array();
  for (const float level : codebook.levels()) {
    json.push_back(std::stod(fmt::format("{:.7g}", level)));  // as a double it would have 17 digits
  }
  return json;
}

class SogEncoder {
 public:
  SogEncoder(const SplatCloud& cloud, ThreadPool& pool) : cloud_(cloud), pool_(pool), meta_(Json::object()) {}

  std::vector<NamedBytes> encode(bool antialiased, const std::string& origin);

 private:
  template <class Texel>
  void add_picture(const char* name, const Texel& texel);
  void add_means();
  void add_scales();
  void add_rotations();
  void add_colors();
  void add_rest();

  const SplatCloud& cloud_;
  ThreadPool& pool_;
  Json meta_;
  std::vector<NamedPicture> pictures_;
};

template <class Texel>
void SogEncoder::add_picture(const char* name, const Texel& texel) {
  ImageRgba8 picture(picture_size(cloud_.size()), glm::u8vec4(0, 0, 0, 255));
  const auto pixels = picture.pixels();
  pool_.parallel_for(cloud_.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) pixels[i] = texel(i);
  });
  pictures_.push_back({name, std::move(picture)});
}

// 16 bits on a scale of sign(x) ln(|x| + 1), in two pictures.
void SogEncoder::add_means() {
  glm::dvec3 low(std::numeric_limits<double>::infinity()), high = -low;
  for (const glm::vec3& p : cloud_.positions) {
    const glm::dvec3 v(signed_log(p.x), signed_log(p.y), signed_log(p.z));
    low = glm::min(low, v);
    high = glm::max(high, v);
  }
  const auto code = [&](size_t i, int shift) {
    glm::u8vec4 texel(0, 0, 0, 255);
    for (int axis = 0; axis < 3; ++axis) {
      const double extent = high[axis] - low[axis];
      const double share = extent > 0 ? (signed_log(cloud_.positions[i][axis]) - low[axis]) / extent : 0.0;
      texel[axis] = static_cast<uint8_t>(static_cast<uint32_t>(share * 65535 + 0.5) >> shift & 255);
    }
    return texel;
  };
  add_picture("means_l.webp", [&](size_t i) { return code(i, 0); });
  add_picture("means_u.webp", [&](size_t i) { return code(i, 8); });
  meta_["means"] = {
      {"mins", {low.x, low.y, low.z}}, {"maxs", {high.x, high.y, high.z}}, {"files", {"means_l.webp", "means_u.webp"}}};
}

void SogEncoder::add_scales() {
  std::vector<float> logs(3 * cloud_.size());
  pool_.parallel_for(cloud_.size(), kGrain, [&](size_t begin, size_t end) {
    for (size_t i = 3 * begin; i < 3 * end; ++i) {
      logs[i] = std::log(std::max(cloud_.scales[i / 3][static_cast<int>(i % 3)], kLeastScale));
    }
  });
  const Codebook codebook(logs);
  add_picture("scales.webp", [&](size_t i) {
    return glm::u8vec4(codebook.nearest(logs[3 * i]), codebook.nearest(logs[3 * i + 1]),
                       codebook.nearest(logs[3 * i + 2]), 255);
  });
  meta_["scales"] = {{"codebook", codebook_json(codebook)}, {"files", {"scales.webp"}}};
}

// Of w x y z the largest is left out, its sign made positive, and told by alpha.
void SogEncoder::add_rotations() {
  add_picture("quats.webp", [&](size_t i) {
    const glm::vec4 q = cloud_.rotations_xyzw[i];
    const std::array<double, 4> wxyz = {q.w, q.x, q.y, q.z};
    int largest = 0;
    for (int k = 1; k < 4; ++k) {
      if (std::abs(wxyz[static_cast<size_t>(k)]) > std::abs(wxyz[static_cast<size_t>(largest)])) largest = k;
    }
    const double scale = std::copysign(std::numbers::sqrt2, wxyz[static_cast<size_t>(largest)]);
    glm::u8vec4 texel(0, 0, 0, static_cast<uint8_t>(252 + largest));
    for (int k = 0, channel = 0; k < 4; ++k) {
      if (k != largest) texel[channel++] = rounded_byte(255 * (scale * wxyz[static_cast<size_t>(k)] * 0.5 + 0.5));
    }
    return texel;
  });
  meta_["quats"] = {{"files", {"quats.webp"}}};
}

void SogEncoder::add_colors() {
  const auto width = static_cast<size_t>(sh_count(cloud_.sh_degree));
  std::vector<float> values(3 * cloud_.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = cloud_.sh[i / 3 * width][static_cast<int>(i % 3)];
  const Codebook codebook(values);
  add_picture("sh0.webp", [&](size_t i) {
    return glm::u8vec4(codebook.nearest(values[3 * i]), codebook.nearest(values[3 * i + 1]),
                       codebook.nearest(values[3 * i + 2]),
                       rounded_byte(255 * static_cast<double>(cloud_.opacities[i])));
  });
  meta_["sh0"] = {{"codebook", codebook_json(codebook)}, {"files", {"sh0.webp"}}};
}

void SogEncoder::add_rest() {
  if (cloud_.sh_degree == 0) return;
  const auto width = static_cast<size_t>(sh_count(cloud_.sh_degree));
  const size_t texels = width - 1;
  std::vector<float> rows;
  rows.reserve(cloud_.size() * texels * 3);
  for (size_t i = 0; i < cloud_.size(); ++i) {
    for (size_t k = 1; k < width; ++k) {
      const glm::vec3 c = cloud_.sh[i * width + k];
      rows.insert(rows.end(), {c.r, c.g, c.b});
    }
  }
  const ShPalette palette = make_palette(rows, 3 * texels, palette_size(cloud_.size()), pool_);
  const Codebook codebook(palette.centroids);
  const size_t lines = (palette.size() + kSogCentroidsARow - 1) / kSogCentroidsARow;
  ImageRgba8 centroids({static_cast<int>(kSogCentroidsARow * texels), static_cast<int>(lines)},
                       glm::u8vec4(0, 0, 0, 255));
  const auto pixels = centroids.pixels();
  for (size_t i = 0; i < palette.size() * texels; ++i) {
    const float* value = palette.centroids.data() + 3 * i;
    pixels[i] = {codebook.nearest(value[0]), codebook.nearest(value[1]), codebook.nearest(value[2]), 255};
  }
  pictures_.push_back({"shN_centroids.webp", std::move(centroids)});
  add_picture("shN_labels.webp", [&](size_t i) {
    const unsigned label = palette.labels[i];
    return glm::u8vec4(label & 255, label >> 8, 0, 255);
  });
  meta_["shN"] = {{"count", palette.size()},
                  {"bands", cloud_.sh_degree},
                  {"codebook", codebook_json(codebook)},
                  {"files", {"shN_centroids.webp", "shN_labels.webp"}}};
}

std::vector<NamedBytes> SogEncoder::encode(bool antialiased, const std::string& origin) {
  meta_["version"] = kSogVersion;
  meta_["asset"] = Json::parse(origin);
  meta_["count"] = cloud_.size();
  if (antialiased) meta_["model"] = "antialiased";
  add_means();
  add_scales();
  add_rotations();
  add_colors();
  add_rest();
  std::vector<NamedBytes> files(pictures_.size());
  pool_.parallel_for(files.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) files[i] = {pictures_[i].name, encode_webp(pictures_[i].picture)};
  });
  const std::string text = meta_.dump();
  const auto bytes = std::as_bytes(std::span(text));
  files.push_back({"meta.json", {bytes.begin(), bytes.end()}});
  return files;
}

}  // namespace

std::vector<NamedBytes> encode_sog_files(const SplatCloud& cloud, bool antialiased, const std::string& origin,
                                         ThreadPool& pool) {
  DIO_CHECK(cloud.size() > 0);
  if (cloud.size() > kMostSogSplats) {
    fail(ErrorCode::kInvalidInput, "{} splats are more than the {} that SOG holds; write levels instead (--lod)",
         cloud.size(), kMostSogSplats);
  }
  return SogEncoder(cloud, pool).encode(antialiased, origin);
}

}  // namespace diorama
