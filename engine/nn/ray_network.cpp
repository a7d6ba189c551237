#include "engine/nn/ray_network.h"

#include "engine/base/error.h"

#include <cmath>

namespace diorama {
namespace {

class Builder {
 public:
  explicit Builder(const RayNetworkOptions& options) : batch_norm_(options.batch_norm) {
    network_.input = {ray_encoding_size(options.points, options.octaves), options.height, options.width};
  }

  int add(const LayerOptions& layer) {
    network_.layers.push_back(layer);
    return static_cast<int>(network_.layers.size());  // the tensor that it gives
  }

  // x + norm(conv(gelu(norm(conv(x)))))
  void add_residual_block(int channels) {
    const auto from = static_cast<int>(network_.layers.size());
    add(linear_layer(channels));
    if (batch_norm_) add(batch_norm_layer());
    add(activation_layer(Activation::kGelu));
    add(linear_layer(channels));
    if (batch_norm_) add(batch_norm_layer());
    add(add_layer(from));
  }

  NetworkOptions take() { return std::move(network_); }

 private:
  NetworkOptions network_;
  bool batch_norm_;
};

}  // namespace

NetworkOptions ray_network(const RayNetworkOptions& options) {
  Builder network(options);
  network.add(linear_layer(options.channels));
  const int head = network.add(activation_layer(Activation::kGelu));
  for (int block = 0; block < options.blocks; ++block) network.add_residual_block(options.channels);
  network.add(add_layer(head));
  for (size_t stage = 0; stage < options.tail_channels.size(); ++stage) {
    const int channels = options.tail_channels[stage];
    const bool thrice = options.twelve_times && stage + 1 == options.tail_channels.size();
    network.add(thrice ? transposed_convolution_layer(channels, 3, 3, 0)
                       : transposed_convolution_layer(channels, 4, 2, 1));
    for (int block = 0; block < 2; ++block) network.add_residual_block(channels);
  }
  network.add(linear_layer(3));
  network.add(activation_layer(Activation::kSigmoid));
  return network.take();
}

void encode_ray(const RayNetworkOptions& options, std::span<const float, 3> origin, std::span<const float, 3> direction,
                float near, float far, std::span<float> encoding) {
  DIO_CHECK(encoding.size() == static_cast<size_t>(ray_encoding_size(options.points, options.octaves)));
  size_t next = 0;
  for (int point = 0; point < options.points; ++point) {
    const float share = options.points > 1 ? static_cast<float>(point) / static_cast<float>(options.points - 1) : 0;
    const float depth = near + share * (far - near);
    for (size_t axis = 0; axis < 3; ++axis) {
      const float place = origin[axis] + depth * direction[axis];
      encoding[next++] = place;
      for (int octave = 0; octave < options.octaves; ++octave) {
        const float phase = std::ldexp(place, octave);
        encoding[next++] = std::sin(phase);
        encoding[next++] = std::cos(phase);
      }
    }
  }
}

}  // namespace diorama
