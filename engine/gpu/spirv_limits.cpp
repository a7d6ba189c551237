#include "engine/gpu/spirv.h"

#include <fmt/format.h>

#include <algorithm>

namespace diorama {
namespace {

// SpvCapability numbers that Vulkan 1.1 or the features of Android Baseline 2022 grant: Matrix, Shader, Int16,
// ImageCubeArray, SampleRateShading, InputAttachment, Sampled1D, Image1D, SampledCubeArray, SampledBuffer, ImageBuffer,
// ImageQuery, DerivativeControl, InterpolationFunction, the four *ArrayDynamicIndexing, GroupNonUniform (basic),
// DrawParameters, StorageBuffer16BitAccess, MultiView, VariablePointers(StorageBuffer).
constexpr uint32_t kAllowed[] = {0,  1,  22, 34, 35, 40, 43, 44,   45,   46,   47,   50,
                                 51, 52, 28, 29, 30, 31, 61, 4427, 4433, 4439, 4441, 4442};

constexpr uint32_t kGroupNonUniformBallot = 64;

struct StageLimit {
  VkDescriptorType types[2];
  uint32_t VkPhysicalDeviceLimits::*limit;
  const char* what;
};

using Limits = VkPhysicalDeviceLimits;
constexpr VkDescriptorType kSampled = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER;
constexpr StageLimit kStageLimits[] = {
    {{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER},
     &Limits::maxPerStageDescriptorStorageBuffers,
     "storage buffers"},
    {{VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER},
     &Limits::maxPerStageDescriptorUniformBuffers,
     "uniform buffers"},
    {{VK_DESCRIPTOR_TYPE_SAMPLER, kSampled}, &Limits::maxPerStageDescriptorSamplers, "samplers"},
    {{VK_DESCRIPTOR_TYPE_SAMPLED_IMAGE, kSampled}, &Limits::maxPerStageDescriptorSampledImages, "sampled images"},
    {{VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, VK_DESCRIPTOR_TYPE_STORAGE_TEXEL_BUFFER},
     &Limits::maxPerStageDescriptorStorageImages,
     "storage images"},
    {{VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT, VK_DESCRIPTOR_TYPE_INPUT_ATTACHMENT},
     &Limits::maxPerStageDescriptorInputAttachments,
     "input attachments"},
};

class Report {
 public:
  void at_most(uint64_t value, uint64_t limit, std::string_view what) {
    if (value > limit) lines_.push_back(fmt::format("{} {}, at most {} are allowed", value, what, limit));
  }
  void add(std::string line) { lines_.push_back(std::move(line)); }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

void check_bindings(const SpirvModule& module, const Limits& limits, Report& report) {
  uint64_t resources = 0;
  for (const SpirvBinding& binding : module.bindings) {
    resources += binding.count;
    report.at_most(uint64_t{binding.set} + 1, limits.maxBoundDescriptorSets, "descriptor sets");
    if (binding.writable && module.stage == VK_SHADER_STAGE_VERTEX_BIT) {
      report.add(fmt::format("the vertex stage may write set {}, binding {}: declare it readonly", binding.set,
                             binding.binding));
    }
  }
  for (const StageLimit& limit : kStageLimits) {
    uint64_t count = 0;
    for (const SpirvBinding& binding : module.bindings) {
      if (binding.type == limit.types[0] || binding.type == limit.types[1]) count += binding.count;
    }
    report.at_most(count, limits.*limit.limit, fmt::format("{} in one stage", limit.what));
  }
  report.at_most(resources, limits.maxPerStageResources, "resources in one stage");
}

void check_compute(const SpirvModule& module, const Limits& limits, Report& report) {
  uint64_t invocations = 1;
  for (size_t axis = 0; axis < 3; ++axis) {
    report.at_most(module.local_size[axis], limits.maxComputeWorkGroupSize[axis],
                   fmt::format("invocations along axis {} of a workgroup", axis));
    invocations *= module.local_size[axis];
  }
  report.at_most(invocations, limits.maxComputeWorkGroupInvocations, "invocations a workgroup");
  report.at_most(module.shared_bytes, limits.maxComputeSharedMemorySize, "bytes of shared memory");
}

}  // namespace

std::vector<std::string> beyond_limits(const SpirvModule& module, const VkPhysicalDeviceLimits& limits, bool ballot) {
  Report report;
  for (const uint32_t capability : module.capabilities) {
    if (ballot && capability == kGroupNonUniformBallot) continue;
    if (std::find(std::begin(kAllowed), std::end(kAllowed), capability) == std::end(kAllowed)) {
      report.add(fmt::format("capability {} is not granted by Android Baseline 2022", capability));
    }
  }
  check_bindings(module, limits, report);
  report.at_most(module.push_constant_bytes, limits.maxPushConstantsSize, "bytes of push constants");
  if (module.stage == VK_SHADER_STAGE_COMPUTE_BIT) check_compute(module, limits, report);
  if (module.stage == VK_SHADER_STAGE_VERTEX_BIT) {
    report.at_most(module.input_components, 4 * uint64_t{limits.maxVertexInputAttributes}, "vertex input components");
    report.at_most(module.output_components, limits.maxVertexOutputComponents, "vertex output components");
  }
  if (module.stage == VK_SHADER_STAGE_FRAGMENT_BIT) {
    report.at_most(module.input_components, limits.maxFragmentInputComponents, "fragment input components");
    report.at_most(module.output_components, 4 * uint64_t{limits.maxFragmentOutputAttachments},
                   "fragment output components");
  }
  return report.take();
}

}  // namespace diorama
