#include "engine/nn/network_file.h"

#include "tests/expect_error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace diorama {
namespace {

Network small_network() {
  const GridOptions grid{.axes = 2, .levels = 2, .features = 2, .log2_table = 5, .cells = {3, 5}, .growth = {2, 1.5f}};
  return Network({{2, 4, 4},
                  {grid_layer(grid), linear_layer(6), batch_norm_layer(), activation_layer(Activation::kGelu),
                   convolution_layer(6, 3, 1, 1), add_layer(4), transposed_convolution_layer(3, 4, 2, 1)}},
                 11);
}

std::vector<std::byte> written(const Network& network) {
  ByteWriter writer;
  write_network(network, writer);
  return {writer.bytes().begin(), writer.bytes().end()};
}

Network read_back(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  Network network = read_network(reader);
  EXPECT_TRUE(reader.at_end());
  return network;
}

TEST(NetworkFile, KeepsLayersParametersAndStatisticsToTheBit) {
  Network network = small_network();
  network.state()[1] = 0.25f;
  const Network back = read_back(written(network));
  EXPECT_EQ(written(back), written(network));
  EXPECT_TRUE(std::ranges::equal(back.parameters(), network.parameters()));
  EXPECT_EQ(back.state()[1], 0.25f);
  EXPECT_EQ(back.macs(), network.macs());
}

TEST(NetworkFile, TruncatedDataIsAnErrorWhereverItEnds) {
  const auto bytes = written(small_network());
  for (size_t length = 0; length < bytes.size(); length += 1 + length / 16) {
    const std::span<const std::byte> all = bytes;
    ByteReader reader(all.first(length));
    DIO_EXPECT_ERROR(read_network(reader), ErrorCode::kInvalidInput, "ends in the middle");
  }
}

TEST(NetworkFile, DamagedFieldsAreErrors) {
  const auto bytes = written(small_network());
  const auto with = [&](size_t at, uint32_t value) {
    auto damaged = bytes;
    std::memcpy(damaged.data() + at, &value, sizeof(value));
    return damaged;
  };
  DIO_EXPECT_ERROR(read_back(with(0, 1)), ErrorCode::kInvalidInput, "does not start");
  DIO_EXPECT_ERROR(read_back(with(4, 9)), ErrorCode::kUnsupported, "version 9");
  DIO_EXPECT_ERROR(read_back(with(8, 0)), ErrorCode::kInvalidInput, "the network's input");
  DIO_EXPECT_ERROR(read_back(with(20, 1u << 30)), ErrorCode::kInvalidInput, "layers");
  DIO_EXPECT_ERROR(read_back(with(24, 77)), ErrorCode::kUnsupported, "kind 77");
  DIO_EXPECT_ERROR(read_back(with(28, 5)), ErrorCode::kUnsupported, "activation 5");
  // The first layer's table: 2^26 entries would not be allocated for a file of a few kilobytes.
  DIO_EXPECT_ERROR(read_back(with(32 + 20 + 16, 26)), ErrorCode::kInvalidInput, "parameters");
}

TEST(NetworkFile, ParametersThatAreNotFiniteAreAnError) {
  Network network = small_network();
  network.parameters()[17] = NAN;
  DIO_EXPECT_ERROR(read_back(written(network)), ErrorCode::kInvalidInput, "number 17");
}

TEST(NetworkFile, HalvesAreTheParametersToElevenBits) {
  Network network({{3}, {linear_layer(40)}}, 2), other({{3}, {linear_layer(40)}}, 3);
  const auto halves = half_parameters(network);
  set_half_parameters(halves, other);
  for (size_t i = 0; i < network.parameters().size(); ++i) {
    EXPECT_NEAR(other.parameters()[i], network.parameters()[i],
                std::abs(network.parameters()[i]) * 0x1p-11f + 0x1p-25f);
  }
}

TEST(NetworkFile, HalvesThatDoNotFitAreErrors) {
  Network network({{3}, {linear_layer(4)}});
  auto halves = half_parameters(network);
  halves.back() = 0x7c01;  // NaN
  DIO_EXPECT_ERROR(set_half_parameters(halves, network), ErrorCode::kInvalidInput, "not finite");
  halves.pop_back();
  DIO_EXPECT_ERROR(set_half_parameters(halves, network), ErrorCode::kInvalidInput, "15 parameters are stored");
  network.parameters()[2] = 1e6f;
  DIO_EXPECT_ERROR(half_parameters(network), ErrorCode::kInvalidInput, "parameter 2");
  DIO_EXPECT_ERROR(half_parameters(small_network()), ErrorCode::kUnsupported, "fold");
}

}  // namespace
}  // namespace diorama
