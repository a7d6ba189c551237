#include "engine/raster/splat_rasterizer.h"

#include "engine/raster/splat_frame.h"

#include <algorithm>
#include <chrono>

namespace diorama {
namespace {

constexpr size_t kMostSplats = size_t{1} << 24;

SplatView make_view(std::span<const float> records, SplatLayout layout, const Camera& camera,
                    const SplatRasterOptions& options) {
  SplatView view{};
  view.records = records.data();
  view.record_count = records.size() / layout.stride();
  view.layout = layout;
  const Rigid camera_from_world = inverse(camera.world_from_camera);
  for (int axis = 0; axis < 3; ++axis) {
    for (int k = 0; k < 3; ++k) view.rotation[axis][k] = camera_from_world.rotation[k][axis];
    view.translation[axis] = camera_from_world.translation[axis];
    view.eye[axis] = camera.world_from_camera.translation[axis];
    view.background[axis] = options.background[axis];
  }
  for (int axis = 0; axis < 2; ++axis) {
    const float size = static_cast<float>(camera.size_px[axis]), focal = camera.focal_px[axis];
    view.focal_px[axis] = focal;
    view.center_px[axis] = camera.center_px[axis];
    view.least_slope[axis] = -(camera.center_px[axis] + kSplatGuardBand * size) / focal;
    view.most_slope[axis] = ((1 + kSplatGuardBand) * size - camera.center_px[axis]) / focal;
  }
  view.near_m = options.near_m;
  view.sh_degree = std::min(options.sh_degree, layout.sh_degree);
  view.antialiased = options.antialiased;
  view.sort_by_z = options.sort_by_z;
  view.channels = options.channels;
  view.size_px = camera.size_px;
  const glm::ivec2 tile(kSplatTileWidth, kSplatTileHeight);
  view.tiles = (camera.size_px + tile - 1) / tile;
  return view;
}

template <class Body>
double seconds_of(Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

SplatCameraGradient& SplatCameraGradient::operator+=(const SplatCameraGradient& other) {
  rotation += other.rotation;
  translation += other.translation;
  focal_px += other.focal_px;
  center_px += other.center_px;
  return *this;
}

struct SplatRasterizer::Impl {
  SplatFrame frame;
  SplatTimings timings;
  bool has_sums = false;  // backward() followed the last forward()
};

SplatRasterizer::SplatRasterizer() : impl_(std::make_unique<Impl>()) {}
SplatRasterizer::~SplatRasterizer() = default;
SplatRasterizer::SplatRasterizer(SplatRasterizer&&) noexcept = default;
SplatRasterizer& SplatRasterizer::operator=(SplatRasterizer&&) noexcept = default;

void SplatRasterizer::forward(std::span<const float> records, SplatLayout layout, const Camera& camera,
                              const SplatRasterOptions& options, SplatPlanes& image, ThreadPool& pool) {
  DIO_CHECK(layout.sh_degree >= 0 && layout.sh_degree <= 3 && records.size() % layout.stride() == 0);
  DIO_CHECK(options.near_m > 0 && options.sh_degree >= 0);
  DIO_CHECK(options.channels.depth || !options.channels.normals);
  check_camera(camera);
  if (records.size() / layout.stride() > kMostSplats) {
    fail(ErrorCode::kInvalidInput, "the scene has {} splats, at most {} can be drawn at once",
         records.size() / layout.stride(), kMostSplats);
  }
  SplatFrame& frame = impl_->frame;
  SplatTimings& timings = impl_->timings;
  impl_->has_sums = false;
  frame.view = make_view(records, layout, camera, options);
  image.resize(camera.size_px, options.channels);
  timings.project_s = seconds_of([&] {
    find_visible(frame, pool);
    project_visible(frame, pool);
  });
  timings.sort_s = seconds_of([&] { sort_by_depth(frame, pool); });
  timings.bin_s = seconds_of([&] { bin_splats(frame, pool); });
  timings.blend_s = seconds_of([&] { blend_tiles(frame, image, pool); });
}

std::span<const uint32_t> SplatRasterizer::visible() const {
  return std::span(impl_->frame.visible).first(impl_->frame.visible_count);
}

SplatFootprint SplatRasterizer::footprint(size_t visible_index) const {
  const SplatFrame& frame = impl_->frame;
  DIO_CHECK(visible_index < frame.visible_count && !impl_->has_sums);
  const DrawnSplat& splat = frame.splats[visible_index];
  const SplatEllipse ellipse = frame.ellipse(visible_index);
  return {{ellipse.mean_px[0], ellipse.mean_px[1]},
          {ellipse.half_px[0], ellipse.half_px[1]},
          splat.channels[3],
          frame.splat_pairs[visible_index].count};
}

void SplatRasterizer::backward(const SplatPlanes& image, const SplatPlanes& gradient, bool statistics,
                               ThreadPool& pool) {
  SplatFrame& frame = impl_->frame;
  for (const SplatPlanes* planes : {&image, &gradient}) {
    DIO_CHECK(planes->size_px() == frame.view.size_px && planes->channels() == frame.view.channels);
  }
  frame.has_statistics = statistics;
  impl_->timings.backward_s = seconds_of([&] { blend_tiles_backward(frame, image, gradient, pool); });
  impl_->has_sums = true;
}

void SplatRasterizer::splat_gradients(size_t first, size_t count, std::span<float> gradients,
                                      std::span<SplatScreenGradient> screen, SplatCameraGradient* camera) const {
  const SplatFrame& frame = impl_->frame;
  const size_t stride = frame.view.layout.stride();
  DIO_CHECK(impl_->has_sums);
  DIO_CHECK(first <= frame.visible_count && count <= frame.visible_count - first);
  DIO_CHECK(gradients.size() >= count * stride && (screen.empty() || screen.size() >= count));
  if (camera != nullptr) *camera = {};
  for (size_t done = 0; done < count; done += kSplatBlock) {
    block_gradients(frame, first + done, std::min(kSplatBlock, count - done), gradients.data() + done * stride,
                    screen.empty() ? nullptr : screen.data() + done, camera);
  }
}

const SplatTimings& SplatRasterizer::timings() const {
  return impl_->timings;
}

size_t SplatFrame::memory_bytes() const {
  const auto bytes = [](const auto&... vectors) { return (... + (vectors.capacity() * sizeof(vectors[0]))); };
  return bytes(visible, visible_in_chunk, splats, splat_pairs, block_pairs, order, counts, pairs, tile_begin, tile_used,
               tile_entries, sums);
}

size_t SplatRasterizer::memory_bytes() const {
  return impl_->frame.memory_bytes();
}

}  // namespace diorama
