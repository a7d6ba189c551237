#pragma once

#include "engine/nn/activation.h"
#include "engine/nn/grid_encoding.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace diorama {

// An image of channels (pixel by pixel, channels side by side), or, one pixel large, a vector.
struct TensorShape {
  int channels = 0, height = 1, width = 1;
  bool operator==(const TensorShape&) const = default;
  size_t pixels() const { return static_cast<size_t>(height) * static_cast<size_t>(width); }
  size_t size() const { return pixels() * static_cast<size_t>(channels); }
};

enum class LayerKind {
  kLinear,                 // of each pixel by itself: a 1 x 1 convolution, or a layer of an MLP
  kConvolution,            // kernel x kernel, zeros outside
  kTransposedConvolution,  // its adjoint: enlarges by the stride
  kDepthwise,              // kernel x kernel, each channel by itself
  kGrid,                   // GridEncoding of the channels as a position
  kActivation,
  kBatchNorm,  // over all pixels of the batch; see fold_batch_norms()
  kAdd,        // of the tensor `from`: a residual connection
};

std::string_view layer_name(LayerKind kind);  // "linear", "convolution", "transposed-convolution", ...

// Error kUnsupported names what was found.
LayerKind layer_from_name(std::string_view name);

// One layer; only what its kind needs is read.
struct LayerOptions {
  LayerKind kind = LayerKind::kLinear;
  int channels = 0;  // that come out
  int kernel = 1, stride = 1, padding = 0;
  Activation activation = Activation::kRelu;
  int from = 0;  // 0: the network's input; i: what layer i - 1 gives
  GridOptions grid{};
};

// Layers one after another; kAdd reaches further back.
struct NetworkOptions {
  TensorShape input;
  std::vector<LayerOptions> layers;
};

inline LayerOptions linear_layer(int channels) {
  return {.kind = LayerKind::kLinear, .channels = channels};
}
inline LayerOptions convolution_layer(int channels, int kernel, int stride, int padding) {
  return {LayerKind::kConvolution, channels, kernel, stride, padding};
}
inline LayerOptions transposed_convolution_layer(int channels, int kernel, int stride, int padding) {
  return {LayerKind::kTransposedConvolution, channels, kernel, stride, padding};
}
inline LayerOptions depthwise_layer(int kernel, int stride, int padding) {
  return {LayerKind::kDepthwise, 0, kernel, stride, padding};
}
inline LayerOptions grid_layer(const GridOptions& grid) {
  return {.kind = LayerKind::kGrid, .grid = grid};
}
inline LayerOptions activation_layer(Activation activation) {
  return {.kind = LayerKind::kActivation, .activation = activation};
}
inline LayerOptions batch_norm_layer() {
  return {.kind = LayerKind::kBatchNorm};
}
inline LayerOptions add_layer(int from) {
  return {.kind = LayerKind::kAdd, .from = from};
}

}  // namespace diorama
