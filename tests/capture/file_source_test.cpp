#include "capture/readers/reader.h"
#include "capture/readers/undistort.h"
#include "tests/capture/sample_capture.h"

#include <cmath>

namespace diorama {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr glm::ivec2 kSize{16, 12};

Frame frame_of(glm::ivec2 size) {
  Frame frame;
  frame.id = "a";
  frame.color = {size, glm::vec2(size), glm::vec2(size) * 0.5f, {}};
  frame.depth = frame.color;
  frame.has_confidence = frame.has_mask = true;
  return frame;
}

FrameFiles write_frame(const TempDir& dir) {
  write_color(dir / "color.png", kSize);
  write_depth(dir / "depth.png", kSize, 500);
  write_file(dir / "confidence.png", encode_png(ImageU8(kSize, 1)));
  write_file(dir / "mask.png", encode_png(ImageU8(kSize, 7)));
  return {dir / "color.png", dir / "depth.png", dir / "confidence.png", dir / "mask.png", {}};
}

std::string load_error(const FrameFiles& files, ErrorCode code = ErrorCode::kInvalidInput) {
  try {
    make_file_source({files}, {frame_of(kSize)}, {}, {}, 0)->load(0, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(FileSource, DecodesEveryPart) {
  const TempDir dir;
  const auto source = make_file_source({write_frame(dir)}, {frame_of(kSize)}, {0.002, {0}}, {2}, 0);
  const FrameImages images = source->load(0, {});
  EXPECT_EQ(images.color->at(3, 4), glm::u8vec4(200, 100, 50, 255));
  EXPECT_FLOAT_EQ(images.depth_m->at(3, 4), 1.0f);
  EXPECT_FLOAT_EQ(images.confidence->at(3, 4), 0.5f);
  EXPECT_EQ(images.mask->at(3, 4), 7);
  EXPECT_EQ(source->load(0, {false, true, false, false}).color, nullptr);
}

TEST(FileSource, ClampsConfidenceAndDropsInvalidAndFarDepth) {
  const TempDir dir;
  const FrameFiles files = write_frame(dir);
  write_file(files.confidence, encode_png(ImageU8(kSize, 200)));
  EXPECT_EQ(make_file_source({files}, {frame_of(kSize)}, {}, {2}, 0)->load(0, {}).confidence->at(0, 0), 1.0f);
  EXPECT_EQ(make_file_source({files}, {frame_of(kSize)}, {0.001, {0, 500}}, {}, 0)->load(0, {}).depth_m->at(0, 0), 0);
  EXPECT_EQ(make_file_source({files}, {frame_of(kSize)}, {}, {}, 0.4f)->load(0, {}).depth_m->at(0, 0), 0);
}

TEST(FileSource, NamesTheFileOfAnImageThatCannotBeRead) {
  const TempDir dir;
  const FrameFiles files = write_frame(dir);
  for (const fs::path& path : {files.color, files.depth, files.mask, files.confidence}) {
    const std::vector<std::byte> whole = read_file(path);
    write_file(path, std::span(whole).first(whole.size() / 2));
    EXPECT_THAT(load_error(files), AllOf(HasSubstr(path.string()), HasSubstr("damaged or cut")));
    write_file(path, "");
    EXPECT_THAT(load_error(files), AllOf(HasSubstr(path.string()), HasSubstr("empty")));
    write_file(path, "GIF89a, not one of ours");
    EXPECT_THAT(load_error(files), AllOf(HasSubstr(path.string()), HasSubstr("not a PNG")));
    fs::remove(path);
    EXPECT_THAT(load_error(files, ErrorCode::kNotFound), HasSubstr(path.string()));
    write_file(path, whole);
    EXPECT_EQ(load_error(files), "no error");
  }
}

TEST(FileSource, NamesTheFileOfACutJpeg) {
  const TempDir dir;
  FrameFiles files = write_frame(dir);
  files.color = dir / "color.jpg";
  write_color(files.color, kSize);
  const std::vector<std::byte> whole = read_file(files.color);
  for (const size_t size : {size_t{20}, whole.size() - 20}) {  // in the header, in the picture
    write_file(files.color, std::span(whole).first(size));
    EXPECT_THAT(load_error(files), AllOf(HasSubstr("color.jpg"), HasSubstr("damaged or cut")));
  }
}

TEST(FileSource, NamesTheFileOfAnImageOfAnotherSize) {
  const TempDir dir;
  FrameFiles files = write_frame(dir);
  write_depth(dir / "small.png", {8, 6});
  files.depth = dir / "small.png";
  EXPECT_THAT(load_error(files), AllOf(HasSubstr("small.png"), HasSubstr("depth image is 8x6, expected 16x12")));
  files.depth.clear();
  files.color = dir / "small.png";
  EXPECT_THAT(load_error(files), AllOf(HasSubstr("small.png"), HasSubstr("colour image is 8x6, expected 16x12")));
}

TEST(FileSource, RefusesDepthInColor) {
  const TempDir dir;
  FrameFiles files = write_frame(dir);
  files.depth = files.color;
  EXPECT_THAT(load_error(files), AllOf(HasSubstr("color.png"), HasSubstr("expected one grey channel")));
}

// The published model, written out independently for one point.
glm::dvec2 distort(const Camera& camera, const LensDistortion& k, glm::dvec2 pixel) {
  const double x = (pixel.x - camera.center_px.x) / camera.focal_px.x;
  const double y = (pixel.y - camera.center_px.y) / camera.focal_px.y;
  const double r2 = x * x + y * y, radial = 1 + k.k1 * r2 + k.k2 * r2 * r2 + k.k3 * r2 * r2 * r2;
  return {(x * radial + 2 * k.p1 * x * y + k.p2 * (r2 + 2 * x * x)) * camera.focal_px.x + camera.center_px.x,
          (y * radial + k.p1 * (r2 + 2 * y * y) + 2 * k.p2 * x * y) * camera.focal_px.y + camera.center_px.y};
}

TEST(Undistort, LeavesAnIdealLensAlone) {
  ImageRgba8 image(kSize);
  for (int y = 0; y < kSize.y; ++y) {
    for (int x = 0; x < kSize.x; ++x) image.at(x, y) = glm::u8vec4(x * 10, y * 10, x + y, 255);
  }
  const ImageRgba8 result = undistorted_color(image, frame_of(kSize).color, {});
  EXPECT_TRUE(std::equal(image.pixels().begin(), image.pixels().end(), result.pixels().begin()));
}

TEST(Undistort, TakesColorFromWhereTheLensPutIt) {
  const Camera camera{{200, 150}, {180, 175}, {103, 71}, {}};
  const LensDistortion lens{0.06, -0.08, 0.01, -0.001, 0.002};
  ImageRgba8 image(camera.size_px);
  for (int y = 0; y < 150; ++y) {
    for (int x = 0; x < 200; ++x) image.at(x, y) = glm::u8vec4(x, y, 0, 255);  // each pixel tells its place
  }
  const ImageRgba8 result = undistorted_color(image, camera, lens);
  for (int y = 20; y < 130; y += 7) {
    for (int x = 20; x < 180; x += 7) {
      const glm::dvec2 source = distort(camera, lens, {x + 0.5, y + 0.5});
      EXPECT_NEAR(result.at(x, y).r + 0.5, source.x, 0.52);  // rounding to 8 bits, places to 1/256 pixel
      EXPECT_NEAR(result.at(x, y).g + 0.5, source.y, 0.52);
    }
  }
}

TEST(Undistort, DoesNotMixDepthAndLeavesTheUnseenEmpty) {
  const Camera camera{{64, 48}, {40, 40}, {32, 24}, {}};
  ImageU16 depth(camera.size_px, 1000);
  for (int y = 0; y < 48; ++y) {
    for (int x = 32; x < 64; ++x) depth.at(x, y) = 3000;
  }
  const ImageU16 result = undistorted_depth(depth, camera, {0.2, 0, 0, 0, 0});
  for (const uint16_t count : result.pixels()) EXPECT_TRUE(count == 0 || count == 1000 || count == 3000);
  EXPECT_EQ(result.at(0, 0), 0);
  EXPECT_EQ(result.at(31, 24), 1000);
  EXPECT_EQ(result.at(32, 24), 3000);
}

TEST(Undistort, KeepsTransparentColorOutOfWhatIsSeen) {
  const Camera camera{{32, 32}, {30, 30}, {16, 16}, {}};
  ImageRgba8 image(camera.size_px, {255, 0, 0, 255});
  for (int y = 0; y < 32; ++y) {
    for (int x = 16; x < 32; ++x) image.at(x, y) = {0, 255, 0, 0};
  }
  const ImageRgba8 result = undistorted_color(image, camera, {0.1, 0, 0, 0, 0});
  for (const glm::u8vec4 pixel : result.pixels()) {
    EXPECT_TRUE(pixel.a == 0 || glm::u8vec3(pixel) == glm::u8vec3(255, 0, 0));
  }
}

TEST(Undistort, SurvivesAbsurdLenses) {
  const Camera camera{{16, 12}, {1e-3f, 1e-3f}, {1e30f, -1e30f}, {}};
  for (const double k : {1e300, -1e300, 1e-300}) {
    EXPECT_EQ(undistorted_color(ImageRgba8({16, 12}), camera, {k, k, k, k, k}).size_px(), glm::ivec2(16, 12));
    EXPECT_EQ(undistorted_depth(ImageU16({16, 12}), camera, {k, k, k, k, k}).size_px(), glm::ivec2(16, 12));
  }
}

TEST(FileSource, UndistortsRegisteredDepthAndOnlyThat) {
  const TempDir dir;
  FrameFiles files = write_frame(dir);
  files.distortion.k1 = 0.5;
  Frame frame = frame_of(kSize);
  EXPECT_EQ(make_file_source({files}, {frame}, {}, {}, 0)->load(0, {}).depth_m->at(0, 0), 0.0f);
  frame.depth->world_from_camera.translation.x = 0.02f;  // another camera: another lens
  EXPECT_EQ(make_file_source({files}, {frame}, {}, {}, 0)->load(0, {}).depth_m->at(0, 0), 0.5f);
}

TEST(FileSource, MasksWhatADistortedLensNeverSawWithoutAMaskFile) {
  const TempDir dir;
  FrameFiles files = write_frame(dir);
  files.mask.clear();
  EXPECT_EQ(make_file_source({files}, {frame_of(kSize)}, {}, {}, 0)->load(0, {}).mask, nullptr);
  files.distortion.k1 = 0.5;
  const auto mask = make_file_source({files}, {frame_of(kSize)}, {}, {}, 0)->load(0, {}).mask;
  EXPECT_EQ(mask->at(0, 0), 0);
  EXPECT_EQ(mask->at(8, 6), 255);
}

}  // namespace
}  // namespace diorama
