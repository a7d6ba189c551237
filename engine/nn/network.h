#pragma once

#include "engine/base/aligned_vector.h"
#include "engine/nn/layer.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace diorama {

class NetworkNode;

// A network that has been checked, with its parameters. Tensor 0 is the input, tensor i + 1 what layer i gives.
class Network {
 public:
  static constexpr size_t kMostParameters = size_t{1} << 30;

  // Parameters are drawn from the seed. Error kInvalidInput names the layer whose shape does not follow from the one
  // before it, whose option is out of range, or with which there are more than `most_parameters`.
  explicit Network(NetworkOptions options, uint64_t seed = 0, size_t most_parameters = kMostParameters);
  ~Network();
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;

  const NetworkOptions& options() const { return options_; }
  size_t layer_count() const { return nodes_.size(); }
  TensorShape shape(size_t tensor) const { return shapes_[tensor]; }
  TensorShape input_shape() const { return shapes_.front(); }
  TensorShape output_shape() const { return shapes_.back(); }

  // Linear, convolution and depthwise layers: weights, then a bias for each output channel. Grids: the tables. Batch
  // normalisation: gains, then offsets.
  std::span<float> parameters() { return parameters_; }
  std::span<const float> parameters() const { return parameters_; }
  std::span<float> layer_parameters(size_t layer);
  std::span<const float> layer_parameters(size_t layer) const;

  // Running statistics of batch normalisation: means, then variances.
  std::span<float> state() { return state_; }
  std::span<const float> state() const { return state_; }
  std::span<const float> layer_state(size_t layer) const;

  // Multiply-accumulates of one item.
  uint64_t layer_macs(size_t layer) const;
  uint64_t macs() const;

  // For NetworkRun.
  const NetworkNode& node(size_t layer) const { return *nodes_[layer]; }
  size_t parameter_offset(size_t layer) const { return parameter_offsets_[layer]; }
  size_t state_offset(size_t layer) const { return state_offsets_[layer]; }

 private:
  void add_layer(size_t index, size_t most_parameters);
  void initialise(uint64_t seed);

  NetworkOptions options_;
  std::vector<TensorShape> shapes_;
  std::vector<std::unique_ptr<NetworkNode>> nodes_;
  std::vector<size_t> parameter_offsets_, state_offsets_;
  AlignedVector<float> parameters_, state_;
};

}  // namespace diorama
