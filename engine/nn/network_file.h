#pragma once

#include "engine/base/byte_archive.h"
#include "engine/nn/network.h"

#include <cstdint>
#include <span>
#include <vector>

namespace diorama {

// The whole network with its parameters in single precision: for checkpoints.
void write_network(const Network& network, ByteWriter& writer);

// Error: kInvalidInput (truncated, shapes that do not chain, counts that do not fit, parameters that are not finite),
// kUnsupported (a version, kind or activation that this build does not know).
Network read_network(ByteReader& reader);

// The parameters in half precision, for assets. Error kUnsupported where batch normalisation has not been folded,
// kInvalidInput where a parameter does not fit into half precision.
std::vector<uint16_t> half_parameters(const Network& network);

// Error kInvalidInput: not as many as the network has, or one that is not finite.
void set_half_parameters(std::span<const uint16_t> halves, Network& network);

}  // namespace diorama
