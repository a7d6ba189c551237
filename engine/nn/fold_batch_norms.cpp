#include "engine/base/error.h"
#include "engine/nn/batch_norm.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

bool can_take_norm(LayerKind kind) {
  return kind == LayerKind::kLinear || kind == LayerKind::kConvolution || kind == LayerKind::kTransposedConvolution ||
         kind == LayerKind::kDepthwise;
}

void check_foldable(const NetworkOptions& options, size_t norm) {
  const bool taken = std::ranges::any_of(options.layers, [&](const LayerOptions& layer) {
    return layer.kind == LayerKind::kAdd && static_cast<size_t>(layer.from) == norm;
  });
  if (norm == 0 || !can_take_norm(options.layers[norm - 1].kind) || taken) {
    fail(ErrorCode::kUnsupported,
         "layer {} (batch-norm) can't be folded; expected a linear, convolution or depthwise layer before it whose "
         "output nothing else takes",
         norm);
  }
}

// weights[..., c] *= gain[c]; bias[c] = bias[c] gain[c] + offset[c]. The transposed convolution's output channels come
// before its input channels.
void multiply_into(std::span<float> parameters, const LayerOptions& layer, TensorShape in, TensorShape out,
                   std::span<const float> norm, std::span<const float> state) {
  const auto channels = static_cast<size_t>(out.channels);
  const size_t weights = parameters.size() - channels;
  const size_t inner = layer.kind == LayerKind::kTransposedConvolution ? static_cast<size_t>(in.channels) : 1;
  std::vector<float> gain(channels);
  for (size_t c = 0; c < channels; ++c) gain[c] = norm[c] / std::sqrt(state[channels + c] + kBatchNormEpsilon);
  for (size_t i = 0; i < weights; ++i) parameters[i] *= gain[i / inner % channels];
  for (size_t c = 0; c < channels; ++c) {
    float& bias = parameters[weights + c];
    bias = (bias - state[c]) * gain[c] + norm[channels + c];
  }
}

}  // namespace

Network fold_batch_norms(const Network& network) {
  const NetworkOptions& options = network.options();
  NetworkOptions folded{options.input, {}};
  std::vector<int> tensor_of(options.layers.size() + 1, 0);  // in the folded network
  for (size_t i = 0; i < options.layers.size(); ++i) {
    LayerOptions layer = options.layers[i];
    if (layer.kind == LayerKind::kBatchNorm) {
      check_foldable(options, i);
    } else {
      layer.from = tensor_of[static_cast<size_t>(layer.kind == LayerKind::kAdd ? layer.from : 0)];
      folded.layers.push_back(layer);
    }
    tensor_of[i + 1] = static_cast<int>(folded.layers.size());
  }
  Network result(folded);
  for (size_t i = 0; i < options.layers.size(); ++i) {
    const auto from = network.layer_parameters(i);
    if (options.layers[i].kind != LayerKind::kBatchNorm) {
      std::ranges::copy(from, result.layer_parameters(static_cast<size_t>(tensor_of[i + 1]) - 1).begin());
      continue;
    }
    multiply_into(result.layer_parameters(static_cast<size_t>(tensor_of[i + 1]) - 1), options.layers[i - 1],
                  network.shape(i - 1), network.shape(i), from, network.layer_state(i));
  }
  return result;
}

}  // namespace diorama
