#pragma once

#include "engine/nn/network.h"

namespace diorama {

constexpr float kBatchNormEpsilon = 1e-5f;

// The same function without batch normalisation, as a player wants it: each one is multiplied into the linear,
// convolution or depthwise layer before it, with its running statistics. Error kUnsupported where another layer is
// before it, or a residual connection takes what is between.
Network fold_batch_norms(const Network& network);

}  // namespace diorama
