#include "engine/nn/node.h"

#include "engine/base/error.h"
#include "engine/nn/convolution.h"
#include "engine/nn/gemm.h"

#include <array>
#include <cmath>

namespace diorama {
namespace {

constexpr std::array<std::string_view, 8> kLayerNames = {
    "linear", "convolution", "transposed-convolution", "depthwise", "grid", "activation", "batch-norm", "add"};

// Parameters: weights [in][out], then the bias. Packed: for forward, then transposed for backward.
class LinearNode : public NetworkNode {
 public:
  LinearNode(TensorShape input, int channels) {
    in = out = input;
    out.channels = channels;
    k_ = static_cast<size_t>(in.channels), n_ = static_cast<size_t>(channels);
    parameter_count = k_ * n_ + n_;
    packed_count = packed_weights_size(k_, n_) + packed_weights_size(n_, k_);
    scratch_count = outer_scratch_size(kRowBlock, k_, n_);
  }
  uint64_t macs() const override { return uint64_t{in.pixels()} * k_ * n_; }
  void initialise(std::span<float> parameters, Random& random) const override {
    initialise_weights(parameters.first(k_ * n_), k_, random);
    std::ranges::fill(parameters.subspan(k_ * n_), 0.0f);
  }
  void pack(const float* parameters, float* packed) const override {
    pack_weights({parameters, k_, n_, n_, 1}, 0, k_, packed);
    pack_bias(parameters + k_ * n_, k_, n_, packed);
    float* const transposed = packed + packed_weights_size(k_, n_);
    pack_weights({parameters, n_, k_, 1, n_}, 0, n_, transposed);
    pack_bias(nullptr, n_, k_, transposed);
  }
  void forward_rows(const NodeCall& call) const override {
    multiply_rows(call.in, k_, call.rows, {call.packed, k_, n_}, false, call.out, n_);
  }
  void backward_rows(const NodeCall& call) const override {
    accumulate_outer(call.in, k_, k_, call.out_gradient, n_, n_, call.rows, call.parameter_gradient, call.scratch);
    accumulate_channel_sums(call.out_gradient, call.rows, n_, call.parameter_gradient + k_ * n_);
    if (!call.in_gradient) return;
    multiply_rows(call.out_gradient, n_, call.rows, {call.packed + packed_weights_size(k_, n_), n_, k_},
                  call.accumulate_in, call.in_gradient, k_);
  }

 private:
  size_t k_ = 0, n_ = 0;
};

class ActivationNode : public NetworkNode {
 public:
  ActivationNode(TensorShape input, Activation activation) : activation_(activation) { in = out = input; }
  void forward_rows(const NodeCall& call) const override { activate(activation_, call.in, call.out, values(call)); }
  void backward_rows(const NodeCall& call) const override {
    if (!call.in_gradient) return;
    activate_backward(activation_, {call.in, call.out, call.out_gradient}, call.in_gradient, values(call),
                      call.accumulate_in);
  }

 private:
  size_t values(const NodeCall& call) const { return call.rows * static_cast<size_t>(in.channels); }
  Activation activation_;
};

void pass_on(const float* gradient, size_t count, bool accumulate, float* to) {
  if (!to) return;
  if (!accumulate) {
    std::copy_n(gradient, count, to);
    return;
  }
  for (size_t i = 0; i < count; ++i) to[i] += gradient[i];
}

class AddNode : public NetworkNode {
 public:
  explicit AddNode(TensorShape input) { in = out = input; }
  void forward_rows(const NodeCall& call) const override {
    const size_t count = values(call);
    for (size_t i = 0; i < count; ++i) call.out[i] = call.in[i] + call.other[i];
  }
  void backward_rows(const NodeCall& call) const override {
    pass_on(call.out_gradient, values(call), call.accumulate_in, call.in_gradient);
    pass_on(call.out_gradient, values(call), call.accumulate_other, call.other_gradient);
  }

 private:
  size_t values(const NodeCall& call) const { return call.rows * static_cast<size_t>(in.channels); }
};

std::unique_ptr<NetworkNode> make_linear_node(const LayerOptions& layer, TensorShape in) {
  if (layer.channels < 1 || layer.channels > 65536) {
    fail(ErrorCode::kInvalidInput, "it gives {} channels; expected 1 to 65536", layer.channels);
  }
  return std::make_unique<LinearNode>(in, layer.channels);
}

std::unique_ptr<NetworkNode> make_add_node(const LayerOptions& layer, TensorShape in, TensorShape other) {
  if (in != other) {
    fail(ErrorCode::kInvalidInput,
         "it adds tensor {} of {} x {} x {} to {} x {} x {} (height x width x channels); both must have the same shape",
         layer.from, other.height, other.width, other.channels, in.height, in.width, in.channels);
  }
  return std::make_unique<AddNode>(in);
}

}  // namespace

std::string_view layer_name(LayerKind kind) {
  return kLayerNames[static_cast<size_t>(kind)];
}

LayerKind layer_from_name(std::string_view name) {
  const auto found = std::ranges::find(kLayerNames, name);
  if (found == kLayerNames.end()) {
    fail(ErrorCode::kUnsupported, "layer kind \"{}\" is unknown; there are {}", name, fmt::join(kLayerNames, ", "));
  }
  return static_cast<LayerKind>(found - kLayerNames.begin());
}

void initialise_weights(std::span<float> weights, size_t inputs, Random& random) {
  const float bound = std::sqrt(3.0f / static_cast<float>(inputs));
  for (float& weight : weights) weight = random.uniform(-bound, bound);
}

std::unique_ptr<NetworkNode> make_node(const LayerOptions& layer, TensorShape in, TensorShape other) {
  switch (layer.kind) {
    case LayerKind::kLinear:
      return make_linear_node(layer, in);
    case LayerKind::kConvolution:
    case LayerKind::kTransposedConvolution:
      return make_convolution_node(layer, in);
    case LayerKind::kDepthwise:
      return make_depthwise_node(layer, in);
    case LayerKind::kGrid:
      return make_grid_node(layer, in);
    case LayerKind::kActivation:
      return std::make_unique<ActivationNode>(in, layer.activation);
    case LayerKind::kBatchNorm:
      return make_batch_norm_node(in);
    case LayerKind::kAdd:
      return make_add_node(layer, in, other);
  }
  throw_bug("a layer of a known kind", __FILE__, __LINE__);
}

}  // namespace diorama
