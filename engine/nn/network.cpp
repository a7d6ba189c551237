#include "engine/nn/network.h"

#include "engine/base/error.h"
#include "engine/nn/node.h"

namespace diorama {
namespace {

constexpr double kMostValues = double{1u << 30};  // of one tensor

void check_shape(TensorShape shape) {
  const double values = static_cast<double>(shape.channels) * shape.height * shape.width;
  if (shape.channels < 1 || shape.height < 1 || shape.width < 1 || values > kMostValues) {
    fail(ErrorCode::kInvalidInput,
         "a tensor is {} x {} x {} (height x width x channels); expected sides of 1 or more and at most 2^30 values",
         shape.height, shape.width, shape.channels);
  }
}

}  // namespace

Network::Network(NetworkOptions options, uint64_t seed, size_t most_parameters) : options_(std::move(options)) {
  with_context("the network's input", [&] { check_shape(options_.input); });
  if (options_.layers.empty()) fail(ErrorCode::kInvalidInput, "the network has no layers; expected at least one");
  shapes_.push_back(options_.input);
  for (size_t i = 0; i < options_.layers.size(); ++i) {
    with_context(fmt::format("layer {} ({})", i, layer_name(options_.layers[i].kind)),
                 [&] { add_layer(i, most_parameters); });
  }
  initialise(seed);
}

Network::~Network() = default;
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;

void Network::add_layer(size_t index, size_t most_parameters) {
  const LayerOptions& layer = options_.layers[index];
  TensorShape other;
  if (layer.kind == LayerKind::kAdd) {
    if (layer.from < 0 || static_cast<size_t>(layer.from) >= index) {
      fail(ErrorCode::kInvalidInput, "it adds tensor {}; expected an earlier one, 0 to {}", layer.from,
           static_cast<int>(index) - 1);
    }
    other = shapes_[static_cast<size_t>(layer.from)];
  }
  auto node = make_node(layer, shapes_.back(), other);
  check_shape(node->out);
  const size_t parameters = index == 0 ? 0 : parameter_offsets_.back() + nodes_.back()->parameter_count;
  if (parameters + node->parameter_count > most_parameters) {
    fail(ErrorCode::kInvalidInput, "with it the network has {} parameters; expected at most {}",
         parameters + node->parameter_count, most_parameters);
  }
  parameter_offsets_.push_back(parameters);
  state_offsets_.push_back(index == 0 ? 0 : state_offsets_.back() + nodes_.back()->state_count);
  shapes_.push_back(node->out);
  nodes_.push_back(std::move(node));
}

void Network::initialise(uint64_t seed) {
  parameters_.resize(parameter_offsets_.back() + nodes_.back()->parameter_count);
  state_.resize(state_offsets_.back() + nodes_.back()->state_count);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    Random random(seed, i);
    nodes_[i]->initialise(layer_parameters(i), random);
    nodes_[i]->initialise_state(std::span(state_).subspan(state_offsets_[i], nodes_[i]->state_count));
  }
}

std::span<float> Network::layer_parameters(size_t layer) {
  return std::span(parameters_).subspan(parameter_offsets_[layer], nodes_[layer]->parameter_count);
}

std::span<const float> Network::layer_parameters(size_t layer) const {
  return std::span(parameters_).subspan(parameter_offsets_[layer], nodes_[layer]->parameter_count);
}

std::span<const float> Network::layer_state(size_t layer) const {
  return std::span(state_).subspan(state_offsets_[layer], nodes_[layer]->state_count);
}

uint64_t Network::layer_macs(size_t layer) const {
  return nodes_[layer]->macs();
}

uint64_t Network::macs() const {
  uint64_t macs = 0;
  for (const auto& node : nodes_) macs += node->macs();
  return macs;
}

}  // namespace diorama
