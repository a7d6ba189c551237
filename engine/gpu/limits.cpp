#include "engine/gpu/limits.h"

#include <algorithm>
#include <cstdint>

namespace diorama {
namespace {

using Limits = VkPhysicalDeviceLimits;

template <class T>
struct Limit {
  T Limits::*field;
  T value;
};

// At most so many.
constexpr Limit<uint32_t> kMost[] = {
    {&Limits::maxImageDimension1D, 4096},
    {&Limits::maxImageDimension2D, 4096},
    {&Limits::maxImageDimension3D, 512},
    {&Limits::maxImageDimensionCube, 4096},
    {&Limits::maxImageArrayLayers, 256},
    {&Limits::maxTexelBufferElements, 65536},
    {&Limits::maxUniformBufferRange, 16384},
    {&Limits::maxStorageBufferRange, 128u << 20},
    {&Limits::maxPushConstantsSize, 128},
    {&Limits::maxMemoryAllocationCount, 4096},
    {&Limits::maxSamplerAllocationCount, 4000},
    {&Limits::maxBoundDescriptorSets, 4},
    {&Limits::maxPerStageDescriptorSamplers, 16},
    {&Limits::maxPerStageDescriptorUniformBuffers, 12},
    {&Limits::maxPerStageDescriptorStorageBuffers, 4},
    {&Limits::maxPerStageDescriptorSampledImages, 16},
    {&Limits::maxPerStageDescriptorStorageImages, 4},
    {&Limits::maxPerStageDescriptorInputAttachments, 4},
    {&Limits::maxPerStageResources, 44},
    {&Limits::maxDescriptorSetSamplers, 48},
    {&Limits::maxDescriptorSetUniformBuffers, 36},
    {&Limits::maxDescriptorSetUniformBuffersDynamic, 8},
    {&Limits::maxDescriptorSetStorageBuffers, 24},
    {&Limits::maxDescriptorSetStorageBuffersDynamic, 4},
    {&Limits::maxDescriptorSetSampledImages, 48},
    {&Limits::maxDescriptorSetStorageImages, 12},
    {&Limits::maxDescriptorSetInputAttachments, 4},
    {&Limits::maxVertexInputAttributes, 16},
    {&Limits::maxVertexInputBindings, 16},
    {&Limits::maxVertexInputAttributeOffset, 2047},
    {&Limits::maxVertexInputBindingStride, 2048},
    {&Limits::maxVertexOutputComponents, 64},
    {&Limits::maxFragmentInputComponents, 64},
    {&Limits::maxFragmentOutputAttachments, 4},
    {&Limits::maxFragmentCombinedOutputResources, 8},
    {&Limits::maxComputeSharedMemorySize, 16384},
    {&Limits::maxComputeWorkGroupInvocations, 128},
    {&Limits::maxDrawIndirectCount, 1},
    {&Limits::maxViewports, 1},
    {&Limits::maxFramebufferWidth, 4096},
    {&Limits::maxFramebufferHeight, 4096},
    {&Limits::maxFramebufferLayers, 256},
    {&Limits::maxColorAttachments, 4},
};

constexpr Limit<float> kMostFloat[] = {{&Limits::maxSamplerLodBias, 2.0f}, {&Limits::maxSamplerAnisotropy, 1.0f}};

constexpr Limit<VkSampleCountFlags> kSampleCounts[] = {
    {&Limits::framebufferColorSampleCounts, VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT},
    {&Limits::framebufferDepthSampleCounts, VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT},
    {&Limits::framebufferStencilSampleCounts, VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT},
    {&Limits::framebufferNoAttachmentsSampleCounts, VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT},
    {&Limits::sampledImageColorSampleCounts, VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT},
    {&Limits::sampledImageDepthSampleCounts, VK_SAMPLE_COUNT_1_BIT | VK_SAMPLE_COUNT_4_BIT},
    {&Limits::storageImageSampleCounts, VK_SAMPLE_COUNT_1_BIT},
};

// Offsets are multiples of at least so many bytes.
constexpr Limit<VkDeviceSize> kAlignments[] = {
    {&Limits::minTexelBufferOffsetAlignment, 256},
    {&Limits::minUniformBufferOffsetAlignment, 256},
    {&Limits::minStorageBufferOffsetAlignment, 256},
};

constexpr uint32_t kWorkGroupCount[3] = {65535, 65535, 65535};
constexpr uint32_t kWorkGroupSize[3] = {128, 128, 64};
constexpr uint32_t kViewport[2] = {4096, 4096};

}  // namespace

VkPhysicalDeviceLimits baseline_2022_limits() {
  Limits limits{};
  for (const auto& [field, value] : kMost) limits.*field = value;
  for (const auto& [field, value] : kMostFloat) limits.*field = value;
  for (const auto& [field, value] : kSampleCounts) limits.*field = value;
  for (const auto& [field, value] : kAlignments) limits.*field = value;
  std::copy_n(kWorkGroupCount, 3, limits.maxComputeWorkGroupCount);
  std::copy_n(kWorkGroupSize, 3, limits.maxComputeWorkGroupSize);
  std::copy_n(kViewport, 2, limits.maxViewportDimensions);
  return limits;
}

VkPhysicalDeviceLimits clamped_to_baseline_2022(VkPhysicalDeviceLimits limits) {
  for (const auto& [field, value] : kMost) limits.*field = std::min(limits.*field, value);
  for (const auto& [field, value] : kMostFloat) limits.*field = std::min(limits.*field, value);
  for (const auto& [field, value] : kSampleCounts) limits.*field &= value;
  for (const auto& [field, value] : kAlignments) limits.*field = std::max(limits.*field, value);
  for (int i = 0; i < 3; ++i) {
    limits.maxComputeWorkGroupCount[i] = std::min(limits.maxComputeWorkGroupCount[i], kWorkGroupCount[i]);
    limits.maxComputeWorkGroupSize[i] = std::min(limits.maxComputeWorkGroupSize[i], kWorkGroupSize[i]);
  }
  for (int i = 0; i < 2; ++i) limits.maxViewportDimensions[i] = std::min(limits.maxViewportDimensions[i], kViewport[i]);
  return limits;
}

}  // namespace diorama
