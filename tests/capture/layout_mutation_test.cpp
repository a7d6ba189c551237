#include "capture/capture.h"
#include "capture/readers/npy.h"
#include "engine/base/random.h"
#include "tests/capture/sample_capture.h"

#include <string_view>

namespace diorama {
namespace {

namespace fs = std::filesystem;

// Overwrites, cuts or repeats a few places.
std::string mutated(std::string text, Random& random) {
  constexpr std::string_view kPieces[] = {"\0",  "-", "1e400", "nan", "[", "{", "\"", "\n", "#", "99999999999999999999",
                                          "\xff"};
  const uint32_t count = 1 + random.below(3);
  for (uint32_t i = 0; i < count && !text.empty(); ++i) {
    const size_t place = random.below(static_cast<uint32_t>(text.size()));
    const uint32_t kind = random.below(4);
    if (kind == 0) text[place] = static_cast<char>(random.below(256));
    if (kind == 1) text.insert(place, kPieces[random.below(std::size(kPieces))]);
    if (kind == 2) text.erase(place, 1 + random.below(20));
    if (kind == 3) text.resize(place);
  }
  return text;
}

// Opening either works or ends in an Error; anything else (a crash, another exception) fails the test.
void expect_only_errors(const fs::path& folder, const std::string& file, uint64_t seed) {
  const std::string good = read_text_file(folder / file);
  Random random(seed);
  for (int i = 0; i < 100; ++i) {
    write_file(folder / file, mutated(good, random));
    try {
      open_capture(folder);
    } catch (const Error& error) {
      EXPECT_FALSE(std::string(error.what()).empty());
    }
  }
  write_file(folder / file, good);
}

TEST(LayoutMutation, TumTextsNeverDoMoreThanFail) {
  const TempDir dir;
  write_color(dir / "rgb/0.png", {8, 6});
  write_depth(dir / "depth/0.png", {8, 6}, 5000);
  write_file(dir / "rgb.txt", "# t f\n1.00 rgb/0.png\n1.03 rgb/0.png\n");
  write_file(dir / "depth.txt", "1.01 depth/0.png\n1.03 depth/0.png\n");
  write_file(dir / "groundtruth.txt", "0.99 0 0 0 0 0 0 1\n1.02 1 2 3 0 0 0 1\n1.05 1 2 3 0 0 0 1\n");
  write_file(dir / "calibration.txt", "10 10 4 3 0.1 0 0 0 0\n");
  for (const char* file : {"rgb.txt", "depth.txt", "groundtruth.txt", "calibration.txt"}) {
    expect_only_errors(dir.path(), file, 7);
  }
}

TEST(LayoutMutation, RigDescriptionsNeverDoMoreThanFail) {
  const TempDir dir;
  write_color(dir / "rgb/a/frame_0000.png", {8, 6});
  write_file(dir / "meta.json", R"({"fps": 10, "frames": 3, "cameras": [{"id": "a", "width": 8, "height": 6, "fx": 9,
    "fy": 9, "cx": 4, "cy": 3, "world_from_camera": [1,0,0,1, 0,1,0,2, 0,0,1,3, 0,0,0,1], "split": "train"}]})");
  ASSERT_EQ(open_capture(dir.path()).frames().size(), 1u);
  expect_only_errors(dir.path(), "meta.json", 11);
}

TEST(LayoutMutation, NpyFilesNeverDoMoreThanFail) {
  std::string good("\x93NUMPY\x01\x00\x36\x00", 10);
  good += "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}";
  good.resize(10 + 0x36);
  good += std::string(8, '\1');
  ASSERT_EQ(decode_npy(std::as_bytes(std::span(good))).values.size(), 1u);
  Random random(13);
  for (int i = 0; i < 3000; ++i) {
    const std::string bad = mutated(good, random);
    try {
      EXPECT_LE(decode_npy(std::as_bytes(std::span(bad))).values.size(), bad.size() / 4);
    } catch (const Error& error) {
      EXPECT_FALSE(std::string(error.what()).empty());
    }
  }
}

}  // namespace
}  // namespace diorama
