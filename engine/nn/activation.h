#pragma once

#include <cstddef>
#include <string_view>

namespace diorama {

// GELU is the exact one, x Phi(x), with erf to 1.5e-7 (Abramowitz and Stegun 1964, 7.1.26); not its tanh form.
enum class Activation { kRelu, kGelu, kSigmoid };

std::string_view activation_name(Activation activation);  // "relu", "gelu", "sigmoid"

// Error kUnsupported names what was found and what there is.
Activation activation_from_name(std::string_view name);

// out[i] = f(in[i]).
void activate(Activation activation, const float* in, float* out, size_t count);

// What backward needs of a block of values: what went in and came out, and dL/d(out).
struct ActivationGradient {
  const float *in = nullptr, *out = nullptr, *out_gradient = nullptr;
};

// in_gradient[i] = f'(in[i]) out_gradient[i], or += it.
void activate_backward(Activation activation, const ActivationGradient& given, float* in_gradient, size_t count,
                       bool accumulate);

}  // namespace diorama
