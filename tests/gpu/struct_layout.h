#pragma once

#include "engine/gpu/spirv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace diorama {

using Layout = std::vector<std::pair<std::string, size_t>>;  // member, offset in bytes

// Member offsets of a struct as a module lays it out; empty when it has no such struct.
inline Layout spirv_layout(const SpirvModule& module, const std::string& name) {
  Layout layout;
  for (const SpirvStruct& candidate : module.structs) {
    if (candidate.name != name) continue;
    for (const auto& member : candidate.members) layout.emplace_back(member.name, member.offset_bytes);
  }
  return layout;
}

}  // namespace diorama

// {"member", its offset in the C++ struct}
#define DIO_MEMBER(type, member) \
  { #member, offsetof(type, member) }
