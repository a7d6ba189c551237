#include "tests/layering/layering.h"

#include "engine/base/file.h"
#include "tests/test_data.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace diorama {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Layering, OfThisProjectIsTrue) {
  const auto violations = layering_violations(DIORAMA_SOURCE_DIR);
  EXPECT_THAT(violations, IsEmpty()) << fmt::format("{}", fmt::join(violations, "\n"));
}

// A small tree in which everything is right; each test below spoils one thing.
class SmallTree : public testing::Test {
 protected:
  SmallTree() {
    put("engine/base/a.h", "#pragma once\n#include <string>\n");
    put("engine/base/a.cpp", "#include \"engine/base/a.h\"\n#include <tbb/info.h>\n");
    put("engine/base/CMakeLists.txt", "diorama_library(base\n  SOURCES a.cpp)\n");
    put("assets/json_node.h", "#include <nlohmann/json.hpp>\n");
    put("assets/read.cpp", "#include \"assets/json_node.h\"\n#include \"engine/base/a.h\"\n#include <webp/decode.h>\n");
    put("assets/CMakeLists.txt", "diorama_library(assets SOURCES read.cpp)");
    put("tests/assets/read_test.cpp", "#include \"assets/json_node.h\"\n");
    put("tests/CMakeLists.txt", "diorama_test(t SOURCES assets/read_test.cpp)");
  }
  void put(const std::string& name, const std::string& text) { write_file(folder_ / name, text); }
  std::vector<std::string> violations() const { return layering_violations(folder_.path()); }

 private:
  TempDir folder_;
};

TEST_F(SmallTree, IsRight) {
  EXPECT_THAT(violations(), IsEmpty());
}

TEST_F(SmallTree, IncludeOfAModuleAboveIsFound) {
  put("engine/base/a.h", "  #  include \"assets/up.h\"\n");
  put("assets/up.h", "");
  EXPECT_THAT(violations(), ElementsAre("engine/base/a.h includes assets/up.h: engine/base may not include assets"));
}

TEST_F(SmallTree, IncludeOfAModuleBesideIsFound) {
  put("engine/raster/r.h", "");
  put("assets/read.cpp", "#include \"engine/raster/r.h\"\n");
  EXPECT_THAT(violations(),
              ElementsAre("assets/read.cpp includes engine/raster/r.h: assets may not include engine/raster"));
}

TEST_F(SmallTree, ViewerMayNotKnowReconstruction) {
  put("reconstruction/mesh/fit.h", "");
  put("viewer/v.h", "#include \"reconstruction/mesh/fit.h\"\n");
  EXPECT_THAT(violations(),
              ElementsAre("viewer/v.h includes reconstruction/mesh/fit.h: viewer may not include reconstruction"));
}

TEST_F(SmallTree, OnlyAVulkanBackendOfReconstructionKnowsTheGpu) {
  put("engine/gpu/g.h", "");
  put("reconstruction/splats/vulkan/t.h", "#include \"engine/gpu/g.h\"\n");
  EXPECT_THAT(violations(), IsEmpty());
  put("reconstruction/splats/t.h", "#include \"engine/gpu/g.h\"\n");
  EXPECT_THAT(
      violations(),
      ElementsAre("reconstruction/splats/t.h includes engine/gpu/g.h: reconstruction may not include engine/gpu"));
}

TEST_F(SmallTree, IncludeOfTestsIsFound) {
  put("tests/helper.h", "");
  put("tools/cli/c.h", "#include \"tests/helper.h\"\n");
  EXPECT_THAT(violations(), ElementsAre("tools/cli/c.h includes tests/helper.h: tools may not include tests"));
}

TEST_F(SmallTree, IncludeThatIsNoPathFromTheRootIsFound) {
  put("engine/base/a.cpp", "#include \"a.h\"\n");
  EXPECT_THAT(violations(),
              ElementsAre("engine/base/a.cpp includes \"a.h\", which is no file by its path from the root"));
}

TEST_F(SmallTree, PrivateLibraryInAHeaderIsFound) {
  put("assets/up.h", "#include <webp/decode.h>\n");
  EXPECT_THAT(violations(), ElementsAre("assets/up.h includes <webp/decode.h>: libwebp stays out of headers"));
}

TEST_F(SmallTree, LibraryOfAnotherModuleIsFound) {
  put("assets/read.cpp", "#include <libavcodec/avcodec.h>\n");
  EXPECT_THAT(violations(),
              ElementsAre("assets/read.cpp includes <libavcodec/avcodec.h>: FFmpeg belongs to engine/video"));
}

TEST_F(SmallTree, JsonThatReachesAnotherModuleIsFound) {
  put("assets/asset.h", "#include \"assets/json_node.h\"\n");
  put("tools/cli/c.h", "#include \"assets/asset.h\"\n");
  EXPECT_THAT(violations(), ElementsAre("tools/cli/c.h includes assets/asset.h, which takes in nlohmann-json: that "
                                        "header is internal to assets"));
}

TEST_F(SmallTree, SourceThatIsNotBuiltIsFound) {
  put("engine/base/ba.cpp", "");  // a.cpp is listed, which is a part of this name
  put("tests/assets/forgotten_test.cpp", "");
  EXPECT_THAT(violations(), ElementsAre("engine/base/ba.cpp is listed in no CMakeLists.txt of its folder or above",
                                        "tests/assets/forgotten_test.cpp is listed in no CMakeLists.txt of its folder "
                                        "or above"));
}

TEST_F(SmallTree, HeaderOfAShadersModuleIsKnown) {
  put("engine/gpu/fill.comp.glsl", "#version 450\n");
  put("engine/gpu/g.h", "#include \"engine/gpu/fill.comp.spv.h\"\n#include \"engine/gpu/copy.comp.spv.h\"\n");
  EXPECT_THAT(violations(), ElementsAre("engine/gpu/g.h includes \"engine/gpu/copy.comp.spv.h\", which is no file by "
                                        "its path from the root"));
}

TEST_F(SmallTree, HeaderOfAnEmbeddedTextIsKnown) {
  put("tools/eval/page.css", "body {}\n");
  put("tools/eval/e.h", "#include \"tools/eval/page.css.h\"\n#include \"tools/eval/page.js.h\"\n");
  EXPECT_THAT(violations(),
              ElementsAre("tools/eval/e.h includes \"tools/eval/page.js.h\", which is no file by its path "
                          "from the root"));
}

TEST_F(SmallTree, FolderOutsideTheTableIsFound) {
  put("engine/magic/m.h", "");
  EXPECT_THAT(violations(), ElementsAre("engine/magic/m.h is in no module of the table"));
}

}  // namespace
}  // namespace diorama
