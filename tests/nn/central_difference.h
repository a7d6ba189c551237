#pragma once

namespace diorama {

// (loss at value + step - loss at value - step) / 2 step; the value stays as it was. `loss` is called without
// arguments.
template <class Loss>
double central_difference(float& value, float step, Loss&& loss) {
  const float before = value;
  value = before + step;
  const double above = loss();
  value = before - step;
  const double below = loss();
  value = before;
  return (above - below) / (2 * double{step});
}

}  // namespace diorama
