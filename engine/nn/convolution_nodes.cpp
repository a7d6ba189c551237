#include "engine/base/error.h"
#include "engine/nn/convolution.h"
#include "engine/nn/node.h"

namespace diorama {
namespace {

constexpr int kMostKernel = 64;

ConvolutionShape::Image image_of(TensorShape shape) {
  return {static_cast<size_t>(shape.height), static_cast<size_t>(shape.width), static_cast<size_t>(shape.channels)};
}

void check_window(const LayerOptions& layer) {
  if (layer.kernel < 1 || layer.kernel > kMostKernel || layer.stride < 1 || layer.stride > kMostKernel ||
      layer.padding < 0 || layer.padding >= layer.kernel) {
    fail(ErrorCode::kInvalidInput,
         "its kernel is {}, its stride {}, its padding {}; expected kernel and stride of 1 to {} and a padding below "
         "the kernel",
         layer.kernel, layer.stride, layer.padding, kMostKernel);
  }
}

void check_channels(const LayerOptions& layer) {
  if (layer.channels < 1 || layer.channels > 65536) {
    fail(ErrorCode::kInvalidInput, "it gives {} channels; expected 1 to 65536", layer.channels);
  }
}

// What a convolution without channels makes of an image's sides.
TensorShape convolved(const LayerOptions& layer, TensorShape in) {
  const auto side = [&](int length) { return (length + 2 * layer.padding - layer.kernel) / layer.stride + 1; };
  if (in.height + 2 * layer.padding < layer.kernel || in.width + 2 * layer.padding < layer.kernel) {
    fail(ErrorCode::kInvalidInput, "its kernel of {} is larger than the image of {} x {} with a padding of {}",
         layer.kernel, in.height, in.width, layer.padding);
  }
  return {in.channels, side(in.height), side(in.width)};
}

TensorShape enlarged(const LayerOptions& layer, TensorShape in) {
  const auto side = [&](int length) {
    const int64_t longer = int64_t{length - 1} * layer.stride - 2 * layer.padding + layer.kernel;
    if (longer < 1 || longer > 65536) {
      fail(ErrorCode::kInvalidInput, "it makes a side of {} into one of {} pixels; expected 1 to 65536", length,
           longer);
    }
    return static_cast<int>(longer);
  };
  return {in.channels, side(in.height), side(in.width)};
}

// A convolution or its adjoint. Parameters: weights as in ConvolutionShape, then the bias. Packed: the direction of
// forward, then that of backward.
class ConvolutionNode : public NetworkNode {
 public:
  ConvolutionNode(const LayerOptions& layer, TensorShape input, TensorShape output)
      : transposed_(layer.kind == LayerKind::kTransposedConvolution) {
    in = input, out = output;
    shape_ = {image_of(transposed_ ? out : in), image_of(transposed_ ? in : out), static_cast<size_t>(layer.kernel),
              static_cast<size_t>(layer.stride), static_cast<size_t>(layer.padding)};
    channels_ = static_cast<size_t>(out.channels);
    parameter_count = shape_.weight_count() + channels_;
    packed_count = packed_gather_size(shape_) + packed_phases_size(shape_);
    scratch_count = convolution_scratch_size(shape_);
  }

  uint64_t macs() const override { return uint64_t{shape_.small.height} * shape_.small.width * shape_.weight_count(); }
  void initialise(std::span<float> parameters, Random& random) const override {
    // A pixel of the large image is reached by kernel^2 / stride^2 taps.
    const size_t taps = shape_.kernel * shape_.kernel, phases = shape_.stride * shape_.stride;
    const size_t inputs =
        transposed_ ? std::max<size_t>(taps * shape_.small.channels / phases, 1) : shape_.window_size();
    initialise_weights(parameters.first(shape_.weight_count()), inputs, random);
    std::ranges::fill(parameters.subspan(shape_.weight_count()), 0.0f);
  }
  void pack(const float* parameters, float* packed) const override {
    const float* const bias = parameters + shape_.weight_count();
    pack_gather(shape_, parameters, transposed_ ? nullptr : bias, packed);
    pack_phases(shape_, parameters, transposed_ ? bias : nullptr, packed + packed_gather_size(shape_));
  }
  bool forward_by_rows() const override { return false; }
  bool backward_by_rows() const override { return false; }

  void forward_batch(const NodeCall& call, const SliceRunner& runner) const override {
    run(!transposed_, call.packed, call.in, call.out, call.items, false, runner);
  }
  void backward_batch(const NodeCall& call, const SliceRunner& runner) const override {
    const float* const large = transposed_ ? call.out_gradient : call.in;
    const float* const small = transposed_ ? call.in : call.out_gradient;
    runner.for_slices(call.items * shape_.small.height, [&](size_t slice, size_t begin, size_t end) {
      float* const gradient = call.slice_gradients + slice * call.slice_gradients_stride;
      accumulate_convolution_weights(shape_, large, small, {begin, end}, gradient, runner.scratch_of(slice));
    });
    const size_t row = static_cast<size_t>(out.width);
    runner.for_slices(call.items * static_cast<size_t>(out.height), [&](size_t slice, size_t begin, size_t end) {
      float* const gradient = call.slice_gradients + slice * call.slice_gradients_stride + shape_.weight_count();
      accumulate_channel_sums(call.out_gradient + begin * row * channels_, (end - begin) * row, channels_, gradient);
    });
    if (!call.in_gradient) return;
    run(transposed_, call.packed, call.out_gradient, call.in_gradient, call.items, call.accumulate_in, runner);
  }

 private:
  void run(bool to_small, const float* packed, const float* from, float* to, size_t items, bool accumulate,
           const SliceRunner& runner) const {
    const size_t height = to_small ? shape_.small.height : shape_.large.height;
    runner.for_slices(items * height, [&](size_t slice, size_t begin, size_t end) {
      float* const scratch = runner.scratch_of(slice);
      if (to_small) {
        convolve(shape_, packed, from, to, {begin, end}, accumulate, scratch);
      } else {
        convolve_transposed(shape_, packed + packed_gather_size(shape_), from, to, {begin, end}, accumulate, scratch);
      }
    });
  }

  ConvolutionShape shape_;
  bool transposed_ = false;
  size_t channels_ = 0;
};

// Calls visit(tap, pixel of `in`) for the taps of an output pixel that are inside the image.
template <class Visit>
void for_each_tap(const LayerOptions& layer, TensorShape in, int y, int x, Visit&& visit) {
  const int top = y * layer.stride - layer.padding, left = x * layer.stride - layer.padding;
  for (int ky = std::max(0, -top); ky < std::min(layer.kernel, in.height - top); ++ky) {
    for (int kx = std::max(0, -left); kx < std::min(layer.kernel, in.width - left); ++kx) {
      visit(static_cast<size_t>(ky * layer.kernel + kx), static_cast<size_t>((top + ky) * in.width + left + kx));
    }
  }
}

// Parameters: weights [ky][kx][channel], then the bias.
class DepthwiseNode : public NetworkNode {
 public:
  DepthwiseNode(const LayerOptions& layer, TensorShape input) : layer_(layer) {
    in = input, out = convolved(layer, input);
    channels_ = static_cast<size_t>(in.channels);
    taps_ = static_cast<size_t>(layer.kernel) * static_cast<size_t>(layer.kernel);
    parameter_count = (taps_ + 1) * channels_;
  }
  uint64_t macs() const override { return uint64_t{out.size()} * taps_; }
  void initialise(std::span<float> parameters, Random& random) const override {
    initialise_weights(parameters.first(taps_ * channels_), taps_, random);
    std::ranges::fill(parameters.subspan(taps_ * channels_), 0.0f);
  }
  bool forward_by_rows() const override { return false; }
  bool backward_by_rows() const override { return false; }

  void forward_batch(const NodeCall& call, const SliceRunner& runner) const override {
    for_pixels(call, runner, [&](size_t, size_t item, int y, int x, size_t pixel) {
      float* const to = call.out + pixel * channels_;
      std::copy_n(call.parameters + taps_ * channels_, channels_, to);
      for_each_tap(layer_, in, y, x, [&](size_t tap, size_t source) {
        const float* const weights = call.parameters + tap * channels_;
        const float* const from = call.in + item * in.size() + source * channels_;
        for (size_t c = 0; c < channels_; ++c) to[c] += weights[c] * from[c];
      });
    });
  }

  void backward_batch(const NodeCall& call, const SliceRunner& runner) const override {
    for_pixels(call, runner, [&](size_t slice, size_t item, int y, int x, size_t pixel) {
      float* const sums = call.slice_gradients + slice * call.slice_gradients_stride;
      const float* const gradient = call.out_gradient + pixel * channels_;
      accumulate_channel_sums(gradient, 1, channels_, sums + taps_ * channels_);
      for_each_tap(layer_, in, y, x, [&](size_t tap, size_t source) {
        const float* const from = call.in + item * in.size() + source * channels_;
        for (size_t c = 0; c < channels_; ++c) sums[tap * channels_ + c] += gradient[c] * from[c];
      });
    });
    if (call.in_gradient) differentiate_input(call, runner);
  }

 private:
  // Calls body(slice, item, y, x, pixel of the batch) for the output's pixels, a slice's in order.
  template <class Body>
  void for_pixels(const NodeCall& call, const SliceRunner& runner, Body&& body) const {
    const auto height = static_cast<size_t>(out.height), width = static_cast<size_t>(out.width);
    runner.for_slices(call.items * height, [&](size_t slice, size_t begin, size_t end) {
      for (size_t row = begin; row < end; ++row) {
        for (size_t x = 0; x < width; ++x) {
          body(slice, row / height, static_cast<int>(row % height), static_cast<int>(x), row * width + x);
        }
      }
    });
  }

  // Items are written by one slice each: their windows overlap.
  void differentiate_input(const NodeCall& call, const SliceRunner& runner) const {
    runner.for_slices(call.items, [&](size_t, size_t begin, size_t end) {
      float* const all = call.in_gradient + begin * in.size();
      if (!call.accumulate_in) std::fill_n(all, (end - begin) * in.size(), 0.0f);
      for (size_t i = begin * out.pixels(); i < end * out.pixels(); ++i) {
        const size_t item = i / out.pixels(), pixel = i % out.pixels();
        const auto width = static_cast<size_t>(out.width);
        const float* const gradient = call.out_gradient + i * channels_;
        for_each_tap(layer_, in, static_cast<int>(pixel / width), static_cast<int>(pixel % width),
                     [&](size_t tap, size_t source) {
                       float* const to = call.in_gradient + item * in.size() + source * channels_;
                       const float* const weights = call.parameters + tap * channels_;
                       for (size_t c = 0; c < channels_; ++c) to[c] += weights[c] * gradient[c];
                     });
      }
    });
  }

  LayerOptions layer_;
  size_t channels_ = 0, taps_ = 0;
};

}  // namespace

std::unique_ptr<NetworkNode> make_convolution_node(const LayerOptions& layer, TensorShape in) {
  check_window(layer);
  check_channels(layer);
  TensorShape out = layer.kind == LayerKind::kTransposedConvolution ? enlarged(layer, in) : convolved(layer, in);
  out.channels = layer.channels;
  return std::make_unique<ConvolutionNode>(layer, in, out);
}

std::unique_ptr<NetworkNode> make_depthwise_node(const LayerOptions& layer, TensorShape in) {
  check_window(layer);
  return std::make_unique<DepthwiseNode>(layer, in);
}

}  // namespace diorama
