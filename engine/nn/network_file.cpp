#include "engine/nn/network_file.h"

#include "engine/base/error.h"
#include "engine/nn/half.h"

#include <algorithm>
#include <cmath>

namespace diorama {
namespace {

constexpr uint32_t kMagic = 0x4e4f4944;  // "DION"
constexpr uint32_t kVersion = 1;
constexpr uint32_t kMostLayers = 4096;
constexpr uint32_t kKinds = 8, kActivations = 3;

void write_grid(const GridOptions& grid, ByteWriter& writer) {
  for (const int value : {grid.axes, grid.nearest_axes, grid.levels, grid.features, grid.log2_table}) {
    writer.put(int32_t{value});
  }
  writer.put(grid.cells);
  writer.put(grid.growth);
}

GridOptions read_grid(ByteReader& reader) {
  GridOptions grid;
  for (int* value : {&grid.axes, &grid.nearest_axes, &grid.levels, &grid.features, &grid.log2_table}) {
    *value = reader.get<int32_t>();
  }
  grid.cells = reader.get<std::array<float, 4>>();
  grid.growth = reader.get<std::array<float, 4>>();
  return grid;
}

void write_layer(const LayerOptions& layer, ByteWriter& writer) {
  writer.put(static_cast<uint32_t>(layer.kind));
  writer.put(static_cast<uint32_t>(layer.activation));
  for (const int value : {layer.channels, layer.kernel, layer.stride, layer.padding, layer.from}) {
    writer.put(int32_t{value});
  }
  write_grid(layer.grid, writer);
}

LayerOptions read_layer(ByteReader& reader) {
  LayerOptions layer;
  const auto kind = reader.get<uint32_t>(), activation = reader.get<uint32_t>();
  if (kind >= kKinds || activation >= kActivations) {
    fail(ErrorCode::kUnsupported,
         "a layer has kind {} and activation {}; this build knows kinds below {} and activations below {}", kind,
         activation, kKinds, kActivations);
  }
  layer.kind = static_cast<LayerKind>(kind);
  layer.activation = static_cast<Activation>(activation);
  for (int* value : {&layer.channels, &layer.kernel, &layer.stride, &layer.padding, &layer.from}) {
    *value = reader.get<int32_t>();
  }
  layer.grid = read_grid(reader);
  return layer;
}

// Sets what the network has from what was stored.
void take_values(std::span<const float> stored, std::span<float> values, std::string_view what) {
  if (stored.size() != values.size()) {
    fail(ErrorCode::kInvalidInput, "{} {} are stored; this network has {}", stored.size(), what, values.size());
  }
  const auto wrong = std::ranges::find_if(stored, [](float value) { return !std::isfinite(value); });
  if (wrong != stored.end()) {
    fail(ErrorCode::kInvalidInput, "of {} {} number {} is not finite; the network is damaged", stored.size(), what,
         wrong - stored.begin());
  }
  std::ranges::copy(stored, values.begin());
}

}  // namespace

void write_network(const Network& network, ByteWriter& writer) {
  const NetworkOptions& options = network.options();
  writer.put(kMagic);
  writer.put(kVersion);
  for (const int value : {options.input.channels, options.input.height, options.input.width})
    writer.put(int32_t{value});
  writer.put(static_cast<uint32_t>(options.layers.size()));
  for (const LayerOptions& layer : options.layers) write_layer(layer, writer);
  writer.put_all(network.parameters());
  writer.put_all(network.state());
}

Network read_network(ByteReader& reader) {
  if (reader.get<uint32_t>() != kMagic) {
    fail(ErrorCode::kInvalidInput, "the data does not start as a network does");
  }
  if (const auto version = reader.get<uint32_t>(); version != kVersion) {
    fail(ErrorCode::kUnsupported, "the network is stored in version {}; this build knows {}", version, kVersion);
  }
  NetworkOptions options;
  for (int* value : {&options.input.channels, &options.input.height, &options.input.width}) {
    *value = reader.get<int32_t>();
  }
  const auto layers = reader.get<uint32_t>();
  if (layers > kMostLayers) {
    fail(ErrorCode::kInvalidInput, "the network says it has {} layers; at most {} are supported", layers, kMostLayers);
  }
  for (uint32_t i = 0; i < layers; ++i) options.layers.push_back(read_layer(reader));
  // The values come first: a network that is larger than its data takes no memory.
  AlignedVector<float> parameters, state;
  reader.get_all(parameters);
  reader.get_all(state);
  Network network(std::move(options), 0, parameters.size());
  take_values(parameters, network.parameters(), "parameters");
  take_values(state, network.state(), "running statistics");
  return network;
}

std::vector<uint16_t> half_parameters(const Network& network) {
  if (!network.state().empty()) {
    fail(ErrorCode::kUnsupported, "the network has batch normalisation; fold it into its layers first");
  }
  std::vector<uint16_t> halves;
  halves.reserve(network.parameters().size());
  for (const float value : network.parameters()) {
    halves.push_back(half_from_float(value));
    if (!std::isfinite(float_from_half(halves.back()))) {
      fail(ErrorCode::kInvalidInput, "parameter {} is {}; half precision reaches to 65504", halves.size() - 1, value);
    }
  }
  return halves;
}

void set_half_parameters(std::span<const uint16_t> halves, Network& network) {
  std::vector<float> values(halves.size());
  std::ranges::transform(halves, values.begin(), float_from_half);
  take_values(values, network.parameters(), "parameters");
}

}  // namespace diorama
