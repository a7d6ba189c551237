#pragma once

#include <vulkan/vulkan.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diorama {

struct SpirvBinding {
  uint32_t set = 0, binding = 0, count = 1;
  VkDescriptorType type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
  bool writable = false;  // storage that the module does not declare `readonly`
};

// A struct with laid-out members: of a storage or uniform block, or inside one.
struct SpirvStruct {
  struct Member {
    std::string name;
    uint32_t offset_bytes = 0;
  };
  std::string name;
  std::vector<Member> members;
};

// What a module asks of the device and how its bindings are laid out; one entry point.
struct SpirvModule {
  VkShaderStageFlagBits stage = VK_SHADER_STAGE_COMPUTE_BIT;
  std::vector<uint32_t> capabilities;           // SpvCapability numbers
  std::array<uint32_t, 3> local_size{1, 1, 1};  // compute
  uint64_t shared_bytes = 0;                    // compute
  uint32_t push_constant_bytes = 0;
  uint32_t input_components = 0, output_components = 0;  // user locations, 4 each
  std::vector<SpirvBinding> bindings;
  std::vector<SpirvStruct> structs;
};

// Error kInvalidInput when the words are no SPIR-V; `name` stands in the message.
SpirvModule parse_spirv(std::span<const uint32_t> words, std::string_view name);

// What in the module a device with these limits and the features of Android Baseline 2022 (and subgroup ballots, where
// `ballot`) cannot run, one sentence each; empty: all is well.
std::vector<std::string> beyond_limits(const SpirvModule& module, const VkPhysicalDeviceLimits& limits,
                                       bool ballot = false);

}  // namespace diorama
