#include "reconstruction/splat_video/view_loss.h"

#include "engine/scene/splat_edit.h"
#include "reconstruction/splats/cpu/depth_loss.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace diorama {
namespace {

constexpr size_t kRowGrain = 16;  // rows of a piece of work

}  // namespace

ViewLoss::ViewLoss(const SplatVideoOptions& options, const SplatCloud& still, ThreadPool& pool)
    : options_(options), layout_{.sh_degree = options.sh_degree}, pool_(pool) {
  if (still.size() == 0) return;
  SplatCloud same_degree = still;
  limit_sh_degree(same_degree, options.sh_degree);
  SplatCloud none{.sh_degree = options.sh_degree};
  still_ = records_from_cloud(joined(same_degree, none));
}

void ViewLoss::set_moving(std::span<const float> records) {
  moving_ = records.size() / layout_.stride();
  records_.assign(records.begin(), records.end());
  records_.insert(records_.end(), still_.begin(), still_.end());
}

void ViewLoss::draw(const MomentView& view, int sh_degree, glm::vec3 background) {
  SplatRasterOptions raster;
  raster.channels.depth = options_.depth_weight > 0 && !view.depth_m.empty();
  raster.background = background;
  raster.sh_degree = sh_degree;
  raster.near_m = 0.05f;
  rasterizer_.forward(records_, layout_, view.camera, raster, image_, pool_);
}

void ViewLoss::set_target(const MomentView& view, glm::vec3 background) {
  target_.resize(view.color.size_px(), image_.channels());
  weights_.resize(view.counts.empty() ? 0 : target_.stride() * static_cast<size_t>(view.color.height()));
  pool_.parallel_for(static_cast<size_t>(view.color.height()), kRowGrain, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) {
      const int y = static_cast<int>(row);
      const auto colors = view.color.row(y);
      for (int c = 0; c < 3; ++c) {
        const auto target = target_.row(static_cast<SplatPlane>(c), y);
        for (size_t x = 0; x < colors.size(); ++x) {
          const float alpha = static_cast<float>(colors[x].a) * (1.0f / 255.0f);
          target[x] = alpha * static_cast<float>(colors[x][c]) * (1.0f / 255.0f) + (1 - alpha) * background[c];
        }
      }
      if (weights_.empty()) continue;
      const auto counts = view.counts.row(y);
      for (size_t x = 0; x < counts.size(); ++x) {
        weights_[row * target_.stride() + x] = counts[x] != 0 ? 1.0f : 0.0f;
        // SSIM's windows reach into what is masked: there both pictures agree.
        for (int c = 0; c < 3 && counts[x] == 0; ++c) {
          target_.row(static_cast<SplatPlane>(c), y)[x] = image_.row(static_cast<SplatPlane>(c), y)[x];
        }
      }
    }
  });
}

double ViewLoss::evaluate(const MomentView& view, int sh_degree, glm::vec3 background) {
  draw(view, sh_degree, background);
  set_target(view, background);
  gradient_.resize(image_.size_px(), image_.channels());
  gradient_.fill(0.0f);
  double loss = image_loss_.evaluate(rgb_planes(image_), rgb_planes(target_), options_.ssim_weight,
                                     weights_.empty() ? nullptr : weights_.data(), gradient_.data(), pool_);
  if (image_.channels().depth) loss += add_depth_loss(image_, view.depth_m, options_.depth_weight, gradient_, pool_);
  rasterizer_.backward(image_, gradient_, false, pool_);
  return loss;
}

std::span<const uint32_t> ViewLoss::visible_moving() const {
  const auto visible = rasterizer_.visible();
  const auto end = std::ranges::lower_bound(visible, static_cast<uint32_t>(moving_));
  return visible.first(static_cast<size_t>(end - visible.begin()));
}

ViewLoss::Squares ViewLoss::squares(const MomentView& view, glm::vec3 background) {
  draw(view, options_.sh_degree, background);
  set_target(view, background);
  Squares result;
  for (int y = 0; y < view.inside.height(); ++y) {
    const auto inside = view.inside.row(y);
    for (int c = 0; c < 3; ++c) {
      const auto drawn = std::as_const(image_).row(static_cast<SplatPlane>(c), y);
      const auto target = std::as_const(target_).row(static_cast<SplatPlane>(c), y);
      for (size_t x = 0; x < inside.size(); ++x) {
        if (!inside[x]) continue;
        const double difference = static_cast<double>(std::clamp(drawn[x], 0.0f, 1.0f) - target[x]);
        result.sum += difference * difference;
        ++result.count;
      }
    }
  }
  return result;
}

double psnr(ViewLoss& loss, const MomentViews& moment) {
  ViewLoss::Squares all;
  for (const MomentView& view : moment.views) {
    const ViewLoss::Squares squares = loss.squares(view, glm::vec3(moment.has_alpha ? 1.0f : 0.0f));
    all.sum += squares.sum;
    all.count += squares.count;
  }
  return -10 * std::log10(std::max(all.sum / std::max(all.count, 1.0), 1e-10));
}

}  // namespace diorama
