#include "engine/gpu/spirv.h"

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/gpu/limits.h"
#include "tests/gpu/beyond_bindings.comp.spv.h"
#include "tests/gpu/beyond_store.vert.spv.h"
#include "tests/gpu/beyond_workgroup.comp.spv.h"
#include "tests/gpu/sample_shared.h"
#include "tests/gpu/scale.comp.spv.h"
#include "tests/gpu/struct_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

namespace diorama {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<uint32_t> read_words(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path);
  std::vector<uint32_t> words(bytes.size() / 4);
  std::memcpy(words.data(), bytes.data(), 4 * words.size());
  return words;
}

TEST(Spirv, EveryModuleOfTheBuildKeepsToAndroidBaseline2022) {
  std::istringstream list(read_text_file(DIORAMA_SPIRV_LIST));
  int count = 0;
  for (std::string path; std::getline(list, path); ++count) {
    const SpirvModule module = parse_spirv(read_words(path), path);
    EXPECT_THAT(beyond_limits(module, baseline_2022_limits()), IsEmpty()) << path;
  }
  EXPECT_GE(count, 1);
}

TEST(Spirv, WorkgroupAndSharedMemoryPastTheLimitsAreNamed) {
  const SpirvModule module = parse_spirv(kBeyondWorkgroupCompSpirv, "beyond_workgroup");
  EXPECT_THAT(module.local_size, ElementsAre(16, 16, 1));
  EXPECT_EQ(module.shared_bytes, 5120u * 4);
  EXPECT_THAT(beyond_limits(module, baseline_2022_limits()),
              ElementsAre("256 invocations a workgroup, at most 128 are allowed",
                          "20480 bytes of shared memory, at most 16384 are allowed"));
}

TEST(Spirv, BindingsAndCapabilitiesPastTheLimitsAreNamed) {
  const SpirvModule module = parse_spirv(kBeyondBindingsCompSpirv, "beyond_bindings");
  EXPECT_THAT(beyond_limits(module, baseline_2022_limits()),
              UnorderedElementsAre("capability 10 is not granted by Android Baseline 2022",  // Float64
                                   "5 storage buffers in one stage, at most 4 are allowed"));
}

TEST(Spirv, AVertexStageThatMayWriteIsNamed) {
  const SpirvModule module = parse_spirv(kBeyondStoreVertSpirv, "beyond_store");
  EXPECT_THAT(beyond_limits(module, baseline_2022_limits()), ElementsAre(HasSubstr("declare it readonly")));
}

TEST(Spirv, BindingsAndPushConstantsAreFound) {
  const SpirvModule module = parse_spirv(kScaleCompSpirv, "scale");
  EXPECT_EQ(module.stage, VK_SHADER_STAGE_COMPUTE_BIT);
  EXPECT_EQ(module.push_constant_bytes, 8u);
  ASSERT_EQ(module.bindings.size(), 2u);
  EXPECT_EQ(module.bindings[0].type, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER);
  EXPECT_FALSE(module.bindings[0].writable);
  EXPECT_TRUE(module.bindings[1].writable);
}

TEST(Spirv, MembersLieWhereTheCompilerOfCppPutsThem) {
  const SpirvModule module = parse_spirv(kScaleCompSpirv, "scale");
  const Layout in_cpp = {DIO_MEMBER(SampleItem, color),  DIO_MEMBER(SampleItem, position),
                         DIO_MEMBER(SampleItem, weight), DIO_MEMBER(SampleItem, uv),
                         DIO_MEMBER(SampleItem, index),  DIO_MEMBER(SampleItem, flags),
                         DIO_MEMBER(SampleItem, motion)};
  EXPECT_EQ(spirv_layout(module, "SampleItem"), in_cpp);
}

TEST(Spirv, AModuleCutAnywhereIsAnErrorOrLacksItsEnd) {
  const std::span<const uint32_t> whole = kScaleCompSpirv;
  for (size_t count = 0; count < whole.size(); ++count) {
    try {
      parse_spirv(whole.first(count), "cut");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
      EXPECT_THAT(error.what(), HasSubstr("shader cut: "));
    }
  }
  EXPECT_THROW(parse_spirv(whole.first(4), "cut"), Error);
}

TEST(Spirv, DamagedWordsNeverDoMoreThanFail) {
  for (size_t at = 0; at < std::size(kScaleCompSpirv); ++at) {
    for (const uint32_t value : {0u, 0xffffffffu, 0x00010000u, 7u}) {
      std::vector<uint32_t> words(std::begin(kScaleCompSpirv), std::end(kScaleCompSpirv));
      words[at] = value;
      try {
        beyond_limits(parse_spirv(words, "damaged"), baseline_2022_limits());
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
      }
    }
  }
}

}  // namespace
}  // namespace diorama
