#include "reconstruction/light_field/slab_trainer.h"

#include <algorithm>

namespace diorama {
namespace {

// When cells in which nothing was seen are given up: shares of all steps, and how long is watched before.
constexpr double kPruneAt[] = {0.08, 0.2, 0.5};
constexpr double kWatchShare = 0.04;

}  // namespace

Rigid slab_frame(std::span<const LightFieldView> views) {
  DIO_CHECK(!views.empty());
  glm::vec3 sum(0.0f);
  for (const LightFieldView& view : views) sum += view.camera.world_from_camera.translation;
  Rigid frame = views.front().camera.world_from_camera;
  frame.translation = sum / static_cast<float>(views.size());
  return frame;
}

SlabRay slab_ray(const Camera& camera, const Rigid& slab_from_world, glm::vec2 px) {
  const Rigid slab_from_camera = slab_from_world * camera.world_from_camera;
  const glm::vec3 direction = slab_from_camera.rotation * unproject_in_camera(camera, px, 1.0f);
  const glm::vec3 origin = slab_from_camera.translation;
  return {{origin.x, origin.y, origin.z}, {direction.x, direction.y, direction.z}};
}

SlabTrainer::SlabTrainer(SlabField& field, std::span<const LightFieldView> views, const SlabTrainerOptions& options)
    : field_(field),
      views_(views),
      options_(options),
      run_(field, {.max_rays = static_cast<size_t>(options.rays), .training = true}),
      sample_optimiser_(field.samples().parameters().size()),
      shade_optimiser_(field.shade().parameters().size()),
      schedule_{RateSchedule::Shape::kExponential, options.steps / 100, options.steps, 0.1f, options.last_rate},
      random_(options.seed),
      slab_from_world_(inverse(slab_frame(views))),
      greatest_weights_(field.occupancy().size()) {
  rays_.resize(static_cast<size_t>(options.rays));
  targets_.resize(3 * rays_.size()), gradient_.resize(3 * rays_.size());
}

// Squares at random places of random views.
void SlabTrainer::choose_pixels() {
  const size_t square_rays = static_cast<size_t>(kSquare * kSquare);
  for (size_t first = 0; first < rays_.size(); first += square_rays) {
    const LightFieldView& view = views_[random_.below(static_cast<uint32_t>(views_.size()))];
    const glm::ivec2 size = view.color.size_px();
    const auto start = [&](int length) {
      return static_cast<int>(random_.below(static_cast<uint32_t>(std::max(length - kSquare + 1, 1))));
    };
    const glm::ivec2 corner(start(size.x), start(size.y));
    for (size_t i = 0; i < std::min(square_rays, rays_.size() - first); ++i) {
      const glm::ivec2 px = glm::min(corner + glm::ivec2(i % kSquare, i / kSquare), size - 1);
      rays_[first + i] = slab_ray(view.camera, slab_from_world_, glm::vec2(px) + 0.5f);
      const glm::vec3 color = view.color.at(px.x, px.y);
      for (int c = 0; c < 3; ++c) targets_[3 * (first + i) + static_cast<size_t>(c)] = color[c];
    }
  }
}

double SlabTrainer::step(ThreadPool& pool) {
  ++step_;
  choose_pixels();
  const std::span<const float> colors = run_.forward(rays_, pool);
  double error = 0;
  const float share = 1 / static_cast<float>(targets_.size());
  for (size_t i = 0; i < targets_.size(); ++i) {
    const float off = colors[i] - targets_[i];
    error += double{off} * off;
    gradient_[i] = 2 * share * off;
  }
  samples_per_ray_ = static_cast<double>(run_.sample_count()) / static_cast<double>(rays_.size());
  watch_occupancy();
  run_.backward(gradient_, pool);
  update(pool);
  return error / static_cast<double>(targets_.size());
}

void SlabTrainer::update(ThreadPool& pool) {
  const float rate = schedule_.at(step_);
  Network& samples = field_.samples();
  const size_t table = samples.layer_parameters(0).size();
  const std::span<const float> gradient = run_.samples_gradient();
  const AdamWOptions of_table{.rate = options_.table_rate * rate, .beta2 = 0.99f, .epsilon = 1e-15f, .skip_zero = true};
  const AdamWOptions of_decoders{.rate = options_.decoder_rate * rate, .beta2 = 0.99f};
  sample_optimiser_.update(of_table, step_, 0, gradient.first(table), samples.parameters().first(table), pool);
  sample_optimiser_.update(of_decoders, step_, table, gradient.subspan(table), samples.parameters().subspan(table),
                           pool);
  shade_optimiser_.update(of_decoders, step_, 0, run_.shade_gradient(), field_.shade().parameters(), pool);
}

void SlabTrainer::watch_occupancy() {
  const auto steps = static_cast<double>(options_.steps);
  for (const double share : kPruneAt) {
    const auto prune = static_cast<uint64_t>(share * steps),
               first = static_cast<uint64_t>((share - kWatchShare) * steps);
    if (step_ == first) std::ranges::fill(greatest_weights_, 0.0f);
    if (step_ > first && step_ <= prune) run_.add_weights(greatest_weights_);
    if (step_ == prune) field_.set_occupancy(greatest_weights_, options_.least_weight);
  }
}

ImageRgb render_slab(SlabField& field, const Camera& camera, const Rigid& slab_from_world, ImageF32* inverse_depth,
                     ThreadPool& pool) {
  const size_t width = static_cast<size_t>(camera.size_px.x);
  SlabRun run(field, {.max_rays = 8 * width});
  ImageRgb image(camera.size_px);
  if (inverse_depth) *inverse_depth = ImageF32(camera.size_px);
  std::vector<SlabRay> rays;
  for (int first = 0; first < camera.size_px.y; first += 8) {
    rays.clear();
    for (int y = first; y < std::min(first + 8, camera.size_px.y); ++y) {
      for (int x = 0; x < camera.size_px.x; ++x) {
        rays.push_back(slab_ray(camera, slab_from_world, glm::vec2(x, y) + 0.5f));
      }
    }
    const std::span<const float> colors = run.forward(rays, pool);
    for (size_t i = 0; i < rays.size(); ++i) {
      const auto x = static_cast<int>(i % width), y = first + static_cast<int>(i / width);
      image.at(x, y) = glm::vec3(colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]);
      if (inverse_depth) inverse_depth->at(x, y) = run.inverse_depths()[i];
    }
  }
  return image;
}

}  // namespace diorama
