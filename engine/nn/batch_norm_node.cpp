#include "engine/nn/batch_norm.h"
#include "engine/nn/node.h"

#include <cmath>

namespace diorama {
namespace {

constexpr size_t kMostSlices = 16;
constexpr float kMomentum = 0.1f;

// Parameters: gain, then offset, by channel. State: running mean, then running variance. Saved: the batch's mean, then
// 1 / standard deviation, then two sums of each slice.
class BatchNormNode : public NetworkNode {
 public:
  explicit BatchNormNode(TensorShape input) {
    in = out = input;
    channels_ = static_cast<size_t>(in.channels);
    parameter_count = state_count = 2 * channels_;
    saved_count = 2 * channels_ * (1 + kMostSlices);
    scratch_count = 2 * channels_;
  }
  uint64_t macs() const override { return in.size(); }
  void initialise(std::span<float> parameters, Random&) const override {
    std::ranges::fill(parameters.first(channels_), 1.0f);
    std::ranges::fill(parameters.subspan(channels_), 0.0f);
  }
  void initialise_state(std::span<float> state) const override {
    std::ranges::fill(state.first(channels_), 0.0f);
    std::ranges::fill(state.subspan(channels_), 1.0f);
  }
  bool forward_by_rows() const override { return false; }
  bool backward_by_rows() const override { return false; }

  void forward_batch(const NodeCall& call, const SliceRunner& runner) const override {
    float *const mean = call.saved, *const inverse = call.saved + channels_;
    if (call.training) {
      find_statistics(call, runner);
    } else {
      for (size_t c = 0; c < channels_; ++c) {
        mean[c] = call.state[c], inverse[c] = 1 / std::sqrt(call.state[channels_ + c] + kBatchNormEpsilon);
      }
    }
    runner.for_slices(call.rows, [&](size_t, size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r) {
        const float* const from = call.in + r * channels_;
        float* const to = call.out + r * channels_;
        for (size_t c = 0; c < channels_; ++c) {
          to[c] = (from[c] - mean[c]) * inverse[c] * call.parameters[c] + call.parameters[channels_ + c];
        }
      }
    });
  }

  // The mean and the deviation depend on every row (Ioffe and Szegedy 2015, section 3).
  void backward_batch(const NodeCall& call, const SliceRunner& runner) const override {
    const float *const mean = call.saved, *const inverse = call.saved + channels_;
    const float* const sums = sum_rows(call, runner, [&](size_t r, float* sum) {
      const float *const x = call.in + r * channels_, *const gradient = call.out_gradient + r * channels_;
      for (size_t c = 0; c < channels_; ++c) {
        sum[c] += gradient[c] * (x[c] - mean[c]) * inverse[c];
        sum[channels_ + c] += gradient[c];
      }
    });
    for (size_t i = 0; i < 2 * channels_; ++i) call.slice_gradients[i] += sums[i];
    if (!call.in_gradient) return;
    const float share = 1 / static_cast<float>(call.rows);
    runner.for_slices(call.rows, [&](size_t, size_t begin, size_t end) {
      for (size_t r = begin; r < end; ++r) {
        const float *const x = call.in + r * channels_, *const gradient = call.out_gradient + r * channels_;
        float* const to = call.in_gradient + r * channels_;
        for (size_t c = 0; c < channels_; ++c) {
          const float normal = (x[c] - mean[c]) * inverse[c];
          const float own = gradient[c] - share * (sums[channels_ + c] + normal * sums[c]);
          to[c] = (call.accumulate_in ? to[c] : 0.0f) + call.parameters[c] * inverse[c] * own;
        }
      }
    });
  }

 private:
  float* slice_sums(const NodeCall& call, size_t slice) const { return call.saved + 2 * channels_ * (1 + slice); }

  // Two sums a channel over all rows: of blocks, of slices, of the batch, so that rounding stays small. In slice 0's.
  template <class AddRow>
  const float* sum_rows(const NodeCall& call, const SliceRunner& runner, AddRow&& add_row) const {
    DIO_CHECK(runner.slices <= kMostSlices);
    std::fill_n(slice_sums(call, 0), 2 * channels_ * runner.slices, 0.0f);
    runner.for_slices(call.rows, [&](size_t slice, size_t begin, size_t end) {
      float *const block = runner.scratch_of(slice), *const sums = slice_sums(call, slice);
      for (size_t first = begin; first < end; first += kRowBlock) {
        std::fill_n(block, 2 * channels_, 0.0f);
        for (size_t r = first; r < std::min(end, first + kRowBlock); ++r) add_row(r, block);
        for (size_t i = 0; i < 2 * channels_; ++i) sums[i] += block[i];
      }
    });
    for (size_t slice = 1; slice < runner.slices; ++slice) {
      for (size_t i = 0; i < 2 * channels_; ++i) slice_sums(call, 0)[i] += slice_sums(call, slice)[i];
    }
    return slice_sums(call, 0);
  }

  void find_statistics(const NodeCall& call, const SliceRunner& runner) const {
    float *const mean = call.saved, *const inverse = call.saved + channels_;
    const auto rows = static_cast<float>(call.rows);
    const float* sums = sum_rows(call, runner, [&](size_t r, float* sum) {
      for (size_t c = 0; c < channels_; ++c) sum[c] += call.in[r * channels_ + c];
    });
    for (size_t c = 0; c < channels_; ++c) mean[c] = sums[c] / rows;
    sums = sum_rows(call, runner, [&](size_t r, float* sum) {
      for (size_t c = 0; c < channels_; ++c) {
        const float off = call.in[r * channels_ + c] - mean[c];
        sum[c] += off * off;
      }
    });
    for (size_t c = 0; c < channels_; ++c) {
      const float variance = sums[c] / rows;
      inverse[c] = 1 / std::sqrt(variance + kBatchNormEpsilon);
      const float unbiased = sums[c] / std::max(rows - 1, 1.0f);
      call.state[c] += kMomentum * (mean[c] - call.state[c]);
      call.state[channels_ + c] += kMomentum * (unbiased - call.state[channels_ + c]);
    }
  }

  size_t channels_ = 0;
};

}  // namespace

std::unique_ptr<NetworkNode> make_batch_norm_node(TensorShape in) {
  return std::make_unique<BatchNormNode>(in);
}

}  // namespace diorama
