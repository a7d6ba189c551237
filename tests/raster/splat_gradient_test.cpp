#include "engine/raster/splat_rasterizer.h"
#include "tests/raster/splat_reference.h"
#include "tests/raster/splat_scenes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

struct GradientCase {
  const char* name;
  int sh_degree = 3;
  SplatRasterOptions options;
  uint64_t seed = 1;
};

void PrintTo(const GradientCase& c, std::ostream* out) {
  *out << c.name;
}

// dL / d image of a loss that weighs every value of every plane at random.
SplatPlanes random_gradient(glm::ivec2 size_px, SplatChannels channels, uint64_t seed) {
  SplatPlanes gradient;
  gradient.resize(size_px, channels);
  gradient.fill(1e6f);  // what stands in the padding must not matter
  Random random(seed);
  for (int p = 0; p < channels.count(); ++p) {
    for (int y = 0; y < size_px.y; ++y) {
      for (float& value : gradient.row(static_cast<SplatPlane>(p), y)) value = random.uniform(-1, 1);
    }
  }
  return gradient;
}

double loss_of(const ReferencePlanes& planes, const SplatPlanes& gradient) {
  double loss = 0;
  const auto width = static_cast<size_t>(gradient.size_px().x);
  for (size_t p = 0; p < planes.size(); ++p) {
    for (size_t i = 0; i < planes[p].size(); ++i) {
      loss += planes[p][i] *
              static_cast<double>(gradient.row(static_cast<SplatPlane>(p), static_cast<int>(i / width))[i % width]);
    }
  }
  return loss;
}

class SplatGradients : public testing::TestWithParam<GradientCase> {
 protected:
  void SetUp() override {
    camera_ = splat_camera({24, 35});
    layout_ = {GetParam().sh_degree};
    options_ = GetParam().options;
    records_ = random_splats(camera_, layout_, 14, GetParam().seed);
    exact_.assign(records_.begin(), records_.end());
    gradient_ = random_gradient(camera_.size_px, options_.channels, 5);
    const ReferencePlanes reference = render_reference(exact_, layout_, ReferenceCamera(camera_), options_, choices_);
    // Else float and double could choose differently at a step, and their derivatives would not be the same thing.
    ASSERT_GT(choices_.margin, 2e-6) << "choose another seed";
    rasterizer_.forward(records_, layout_, camera_, options_, image_, pool_);
    compare_image(reference);
    rasterizer_.backward(image_, gradient_, false, pool_);
  }

  void compare_image(const ReferencePlanes& reference) {
    const auto width = static_cast<size_t>(camera_.size_px.x);
    for (size_t p = 0; p < reference.size(); ++p) {
      for (size_t i = 0; i < reference[p].size(); ++i) {
        const float value = image_.row(static_cast<SplatPlane>(p), static_cast<int>(i / width))[i % width];
        // Single precision; depths are up to 5 m, and alpha of thin splats moves with the last bits of the mean.
        ASSERT_NEAR(value, reference[p][i], 5e-5) << "plane " << p << " pixel " << i;
      }
    }
  }

  double reference_loss(const std::vector<double>& records, const ReferenceCamera& camera) {
    return loss_of(render_reference(records, layout_, camera, options_, choices_), gradient_);
  }

  double record_difference(size_t index) {
    constexpr double kStep = 1e-5;
    std::vector<double> moved = exact_;
    moved[index] += kStep;
    const double above = reference_loss(moved, ReferenceCamera(camera_));
    moved[index] = exact_[index] - kStep;
    return (above - reference_loss(moved, ReferenceCamera(camera_))) / (2 * kStep);
  }

  template <class Move>
  double camera_difference(Move&& move) {
    constexpr double kStep = 1e-5;
    ReferenceCamera above(camera_), below(camera_);
    move(above, kStep);
    move(below, -kStep);
    return (reference_loss(exact_, above) - reference_loss(exact_, below)) / (2 * kStep);
  }

  Camera camera_;
  SplatLayout layout_;
  SplatRasterOptions options_;
  AlignedVector<float> records_;
  std::vector<double> exact_;
  SplatPlanes image_, gradient_;
  ReferenceChoices choices_;
  SplatRasterizer rasterizer_;
  ThreadPool pool_{2};
};

TEST_P(SplatGradients, OfEveryRecordFieldAreThoseOfCentralDifferences) {
  const std::span<const uint32_t> visible = rasterizer_.visible();
  std::vector<float> gradients(visible.size() * layout_.stride(), 1e9f);
  rasterizer_.splat_gradients(0, visible.size(), gradients, {}, nullptr);
  std::vector<double> all(records_.size());
  for (size_t i = 0; i < visible.size(); ++i) {
    std::copy_n(gradients.begin() + static_cast<std::ptrdiff_t>(i * layout_.stride()), layout_.stride(),
                all.begin() + static_cast<std::ptrdiff_t>(visible[i] * layout_.stride()));
  }
  // Position, opacity, scale, rotation, DC, rest: each against the largest of its own in the splat and in the scene.
  const std::array<std::pair<size_t, size_t>, 6> groups = {
      {{0, 3}, {3, 4}, {4, 8}, {8, 12}, {12, 16}, {16, layout_.stride()}}};
  for (const auto& [begin, end] : groups) {
    std::vector<double> expected(records_.size(), 0.0);
    double scene = 0;
    for (size_t i = 0; i < records_.size(); ++i) {
      const size_t field = i % layout_.stride();
      if (field < begin || field >= end) continue;
      expected[i] = record_difference(i);
      scene = std::max(scene, std::abs(expected[i]));
    }
    for (size_t i = 0; i < records_.size(); ++i) {
      const size_t field = i % layout_.stride(), splat = i - field;
      if (field < begin || field >= end) continue;
      double own = 0;
      for (size_t k = begin; k < end; ++k) own = std::max(own, std::abs(expected[splat + k]));
      const double error = std::abs(all[i] - expected[i]) / (own + 1e-3 * scene + 1e-9);
      // Sums of some hundred terms in single precision that partly cancel.
      EXPECT_LT(error, 2e-4) << "splat " << i / layout_.stride() << " field " << field << ": " << all[i] << " for "
                             << expected[i];
    }
  }
}

TEST_P(SplatGradients, OfTheCameraAreThoseOfCentralDifferences) {
  const size_t count = rasterizer_.visible().size();
  std::vector<float> gradients(count * layout_.stride());
  SplatCameraGradient camera;
  rasterizer_.splat_gradients(0, count, gradients, {}, &camera);
  const auto expect = [](double value, double expected, double scale, const char* name) {
    EXPECT_NEAR(value, expected, 1e-4 * scale) << name;
  };
  for (int k = 0; k < 3; ++k) {
    glm::dvec3 unit(0.0);
    unit[k] = 1;
    const auto turn = [&](ReferenceCamera& c, double h) { c.move(h * unit, glm::dvec3(0.0)); };
    const auto shift = [&](ReferenceCamera& c, double h) { c.move(glm::dvec3(0.0), h * unit); };
    expect(camera.rotation[k], camera_difference(turn), glm::length(camera.rotation), "rotation");
    expect(camera.translation[k], camera_difference(shift), glm::length(camera.translation), "translation");
  }
  for (int k = 0; k < 2; ++k) {
    const auto focal = [&](ReferenceCamera& c, double h) { c.focal_px[k] += h; };
    const auto center = [&](ReferenceCamera& c, double h) { c.center_px[k] += h; };
    expect(camera.focal_px[k], camera_difference(focal), glm::length(camera.focal_px), "focal length");
    expect(camera.center_px[k], camera_difference(center), glm::length(camera.center_px), "principal point");
  }
}

constexpr SplatChannels kDepth{.depth = true}, kNormals{.depth = true, .normals = true};
const glm::vec3 kGray(0.2f, 0.4f, 0.7f);

INSTANTIATE_TEST_SUITE_P(Cases, SplatGradients,
                         testing::Values(GradientCase{"Degree0", 0, {}, 1},
                                         GradientCase{"Degree1", 1, {.background = kGray}, 2},
                                         GradientCase{"Degree2", 2, {.channels = kDepth}, 3},
                                         GradientCase{"Degree3", 3, {.channels = kNormals, .background = kGray}, 4},
                                         GradientCase{"Degree1Of3", 3, {.channels = kDepth, .sh_degree = 1}, 5},
                                         GradientCase{"Antialiased", 1, {.channels = kNormals, .antialiased = true}, 6},
                                         GradientCase{"SortedByZ", 0, {.background = kGray, .sort_by_z = true}, 7}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace diorama
