#pragma once

#include "engine/base/error.h"

#include <glm/glm.hpp>

#include <vector>

namespace diorama {

// Zero times a finite number is zero; times infinity or NaN it is NaN.
inline bool is_finite(float value) {
  return value * 0.0f == 0.0f;
}

template <int N>
bool is_finite(const glm::vec<N, float>& value) {
  return is_finite(glm::dot(value, glm::vec<N, float>(0.0f)));
}

// Error kInvalidInput, as "vertex 3 of the mesh has a normal that is not a finite number".
template <class Value>
void check_finite(const std::vector<Value>& values, const char* item, const char* whole, const char* name) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (is_finite(values[i])) continue;
    fail(ErrorCode::kInvalidInput, "{} {} of the {} has a {} that is not a finite number", item, i, whole, name);
  }
}

}  // namespace diorama
