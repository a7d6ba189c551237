#include "streaming/gpu_dequantizer.h"

#include "engine/scene/splat_transform.h"
#include "renderers/splats/splat_renderer.h"
#include "streaming/dequantize.comp.spv.h"
#include "streaming/group_dequantizer.h"
#include "tests/expect_error.h"
#include "tests/gpu/gpu_fixture.h"
#include "tests/gpu/struct_layout.h"
#include "tests/streaming/coded_group.h"
#include "tests/streaming/moving_splats.h"

#include <glm/gtc/quaternion.hpp>

namespace diorama {
namespace {

// The sheet from above, filling the picture.
Camera sheet_camera() {
  Camera camera{{128, 96}, glm::vec2(110), glm::vec2(64, 48), {}};
  camera.world_from_camera.translation = {0.5f, 0.5f, -1.0f};
  return camera;
}

// A little turn and shift, so that the sheet stays in the picture.
Rigid turned() {
  return {glm::mat3_cast(glm::angleAxis(0.2f, glm::normalize(glm::vec3(1, -2, 3)))), {0.03f, -0.02f, 0.05f}};
}

double mean_difference(const RasterResult& a, const RasterResult& b) {
  double sum = 0;
  for (size_t i = 0; i < a.color.pixels().size(); ++i) {
    const glm::ivec3 d = glm::abs(glm::ivec3(a.color.pixels()[i]) - glm::ivec3(b.color.pixels()[i]));
    sum += d.x + d.y + d.z;
  }
  return sum / 3 / static_cast<double>(a.color.pixels().size());
}

class GpuDequantizerTest : public GpuTest {
 protected:
  // As the CPU turns codes into splats, moves them and sends them.
  RasterResult expected(const CodedGroup& coded, size_t frame, const SplatBufferOptions& stored) {
    SplatCloud cloud;
    GroupDequantizer(coded.codes.parameters, coded.layouts, coded.exact[0], pool_)
        .decode(coded.exact[frame], coded.lossy[frame], cloud);
    transform(cloud, turned());
    SplatBuffers buffers(device(), stored);
    UploadRing uploads(device());
    buffers.append(cloud, uploads);
    uploads.finish();
    return SplatRenderer(device(), buffers).render(sheet_camera(), {});
  }

  void expect_alike(const SplatGroup& group, const CodingOptions& options, SplatBufferOptions stored) {
    const CodedGroup coded(group, options, pool_);
    stored.chunk_splats = kSplatPage;  // several chunks
    SplatBuffers buffers(device(), stored);
    buffers.reserve(kSplatPage + group.splat_count());
    std::vector<SplatRun> runs;
    for (uint32_t chunk = 1; chunk < buffers.chunks().size(); ++chunk) {
      runs.push_back({chunk, 0, buffers.chunks()[chunk].count});
    }
    buffers.show(runs);
    GpuDequantizer dequantizer(device(), buffers, kSplatPage, turned());
    dequantizer.start(coded.codes.parameters, coded.layouts, coded.exact[0], pool_);
    SplatRenderer renderer(device(), buffers);
    RasterResult before;
    for (size_t frame = 0; frame < group.frames.size(); ++frame) {
      dequantizer.decode(coded.exact[frame], coded.lossy[frame]);
      RasterResult picture = renderer.render(sheet_camera(), {});
      // The last bit of a code at most.
      EXPECT_LT(mean_difference(picture, expected(coded, frame, stored)), 0.05) << frame;
      if (frame > 0) {
        EXPECT_GT(mean_difference(picture, before), 0.5) << "another frame is another picture";
      }
      before = std::move(picture);
    }
  }

  ThreadPool pool_{2};
};

TEST_F(GpuDequantizerTest, SplatsAreThoseOfTheCpu) {
  expect_alike(swaying_sheet(1500, 3), {}, {.sh_degree = 0});
}

TEST_F(GpuDequantizerTest, ColoursOfDegree1TurnWithTheCloud) {
  const SplatGroup group = swaying_sheet(700, 2, 1);
  expect_alike(group, {.sh_degree = 1}, {.sh_degree = 1});
  expect_alike(group, {.sh_degree = 1}, {.sh_degree = 1, .sh_bytes = true, .sh_range = glm::vec3(0.5f)});
  expect_alike(group, {.sh_degree = 1}, {.sh_degree = 3});
  expect_alike(group, {.sh_degree = 0}, {.sh_degree = 1});
}

TEST_F(GpuDequantizerTest, FewSplatsWithoutNodesAndNoneAreDrawnToo) {
  SplatGroup few = swaying_sheet(3, 1);
  for (glm::vec3& scale : few.frames[0].scales) scale = glm::vec3(0.2f);
  expect_alike(few, {}, {.sh_degree = 0});
  expect_alike(swaying_sheet(0, 1), {}, {.sh_degree = 0});
}

TEST_F(GpuDequantizerTest, GoesOnWithALargerGroup) {
  const CodedGroup small(swaying_sheet(300, 1), {}, pool_), large(swaying_sheet(2000, 1), {}, pool_);
  SplatBuffers buffers(device(), {.sh_degree = 0});
  buffers.reserve(2000);
  GpuDequantizer dequantizer(device(), buffers, 0, turned());
  SplatRenderer renderer(device(), buffers);
  for (const CodedGroup* coded : {&small, &large, &small}) {
    const size_t count = coded->codes.parameters.splat_count;
    buffers.show({{0, 0, static_cast<uint32_t>(count)}});
    dequantizer.start(coded->codes.parameters, coded->layouts, coded->exact[0], pool_);
    dequantizer.decode(coded->exact[0], coded->lossy[0]);
    EXPECT_LT(mean_difference(renderer.render(sheet_camera(), {}), expected(*coded, 0, {.sh_degree = 0})), 0.05);
  }
  DIO_EXPECT_ERROR(dequantizer.decode(large.exact[0], large.lossy[0]), ErrorCode::kInvalidInput, "expected");
}

TEST(GpuDequantizer, ItsShaderReadsStructsAsTheyAre) {
  const SpirvModule module = parse_spirv(kDequantizeCompSpirv, "dequantize.comp");
  EXPECT_EQ(spirv_layout(module, "DequantizeConstants"),
            (Layout{DIO_MEMBER(DequantizeConstants, rotation_xyzw), DIO_MEMBER(DequantizeConstants, translation),
                    DIO_MEMBER(DequantizeConstants, sh_range), DIO_MEMBER(DequantizeConstants, ranges),
                    DIO_MEMBER(DequantizeConstants, places), DIO_MEMBER(DequantizeConstants, blocks_wide),
                    DIO_MEMBER(DequantizeConstants, sh_degree), DIO_MEMBER(DequantizeConstants, node_count),
                    DIO_MEMBER(DequantizeConstants, unused)}));
}

}  // namespace
}  // namespace diorama
