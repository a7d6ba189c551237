// The viewer in a window on a display of its own (Xvfb), used with xdotool as a person would.
#include "assets/asset_file.h"
#include "assets/splat_sequence.h"
#include "engine/base/file.h"
#include "engine/scene/image_io.h"
#include "tests/streaming/moving_splats.h"
#include "tests/test_data.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>

namespace diorama {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What a shell script gave.
struct ScriptResult {
  int exit_code = -1;
  std::string output;
};

// Runs `body` with DISPLAY set to a new display with a window manager, and $VIEWER. All ends with it.
ScriptResult on_display(const std::filesystem::path& folder, const std::string& body) {
  const std::string script = "cd '" + folder.string() + R"sh('
exec 3<>display.pipe
Xvfb -displayfd 3 -screen 0 1024x768x24 >/dev/null 2>&1 &
x=$!
read -r -t 20 number <&3 || { echo "no display"; kill $x; exit 77; }
export DISPLAY=:$number VIEWER=')sh" DIORAMA_VIEWER R"sh('
openbox >/dev/null 2>&1 &
manager=$!
for i in $(seq 100); do xdotool get_num_desktops >/dev/null 2>&1 && break; sleep 0.1; done  # the manager is there
trap 'kill $manager $x 2>/dev/null; wait' EXIT
window_of() { for i in $(seq 100); do xdotool search --pid "$1" 2>/dev/null | tail -1 | grep . && return; sleep 0.1; done; }
wait_for() { for i in $(seq 200); do [ -s "$1" ] && sleep 0.2 && return; sleep 0.1; done; echo "no $1"; exit 3; }
)sh" + body;
  const auto pipe = folder / "display.pipe";
  EXPECT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  write_file(folder / "script.sh", std::string_view(script));
  const std::string command =
      "timeout 120 bash '" + (folder / "script.sh").string() + "' > '" + (folder / "out.txt").string() + "' 2>&1";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_text_file(folder / "out.txt")};
}

double share_lit(const ImageRgba8& image, glm::u8vec3 ground) {
  size_t lit = 0;
  for (const glm::u8vec4& pixel : image.pixels()) lit += glm::u8vec3(pixel) != ground;
  return static_cast<double>(lit) / static_cast<double>(image.pixels().size());
}

double mean_difference(const ImageRgba8& a, const ImageRgba8& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels().size(); ++i) {
    for (int c = 0; c < 3; ++c) sum += std::abs(int{a.pixels()[i][c]} - int{b.pixels()[i][c]});
  }
  return sum / static_cast<double>(3 * a.pixels().size());
}

class ViewerWindowTest : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("command -v Xvfb openbox xdotool >/dev/null 2>&1") != 0) {
      GTEST_SKIP() << "Xvfb, openbox and xdotool are needed: tools/setup.sh --test installs them";
    }
    write_asset({.splats = {{"splats", swaying_sheet(2000, 1).frames[0]}}}, folder_ / "sheet.glb");
    const double times[] = {0, 0.04, 0.08};
    add_splat_group(splat_groups_folder(folder_ / "show.glb"), swaying_sheet(600, 3), times, 1);
    finish_splat_sequence(folder_ / "show.glb", {});
    write_file(folder_ / "junk.glb", std::string_view("junk"));
  }

  TempDir folder_;
};

TEST_F(ViewerWindowTest, ShowsAnAssetWithoutAValidationMessage) {
  const ScriptResult result =
      on_display(folder_.path(),
                 "$VIEWER sheet.glb --size 320x240 --validation --no-panels --background black --screenshot a.png\n");
  ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, Not(HasSubstr("VUID"))) << result.output;
  const ImageRgba8 picture = read_rgba8(folder_ / "a.png");
  EXPECT_EQ(picture.size_px(), glm::ivec2(320, 240));
  EXPECT_GT(share_lit(picture, glm::u8vec3(0)), 0.1);
}

TEST_F(ViewerWindowTest, WrongInputsAreOneSentenceAndExitCode2) {
  const ScriptResult result = on_display(folder_.path(), R"sh(
$VIEWER junk.glb --screenshot a.png; echo "code $?"
$VIEWER nowhere.glb --screenshot a.png; echo "code $?"
$VIEWER --size huge; echo "code $?"
DISPLAY=:9999 $VIEWER sheet.glb; echo "code $?"
ls a.png)sh");
  EXPECT_THAT(result.output, HasSubstr("junk.glb"));
  EXPECT_THAT(result.output, HasSubstr("nowhere.glb"));
  EXPECT_THAT(result.output, HasSubstr("no window can be opened here"));
  size_t codes = 0;
  for (size_t at = 0; (at = result.output.find("code 2", at)) != std::string::npos; ++at) ++codes;
  EXPECT_EQ(codes, 4u) << result.output;
  EXPECT_FALSE(std::filesystem::exists(folder_ / "a.png"));
}

TEST_F(ViewerWindowTest, TurnsPlaysOpensJunkResizesAndRests) {
  const ScriptResult result = on_display(folder_.path(), R"sh(
keep() { rm -f diorama.png; xdotool key F12; wait_for diorama.png; mv diorama.png "$1"; }
$VIEWER show.glb --size 400x300 --validation --time 0 > viewer.log 2>&1 &
viewer=$!
window=$(window_of $viewer); sleep 1
xdotool mousemove --window $window 200 210; sleep 0.3  # beside the panels
keep first.png
xdotool key Right; sleep 0.5; keep second.png
xdotool mousedown 1; for i in 1 2 3 4; do xdotool mousemove_relative 35 4; sleep 0.2; done; xdotool mouseup 1; sleep 0.3
keep turned.png
xdotool key Home; sleep 0.5; xdotool click --repeat 2 --delay 60 1; sleep 0.5; xdotool key h; sleep 0.5; keep help.png; xdotool key Escape
xdotool key o; sleep 0.5; xdotool type --delay 20 junk.glb; sleep 0.5; xdotool key Return; sleep 1; keep junk.png
xdotool windowsize $window 1 1; sleep 0.5; xdotool windowminimize $window; sleep 0.5; xdotool windowmap $window
xdotool windowsize $window 500 350; sleep 9; keep large.png
before=$(awk '{print $14 + $15}' /proc/$viewer/stat); sleep 4; after=$(awk '{print $14 + $15}' /proc/$viewer/stat)
echo "ticks $((after - before))"
kill -0 $viewer && echo alive; kill $viewer; wait $viewer
cat viewer.log)sh");
  EXPECT_THAT(result.output, HasSubstr("alive"));
  EXPECT_THAT(result.output, Not(HasSubstr("VUID")));
  const auto picture = [&](const char* name) { return read_rgba8(folder_ / name); };
  const ImageRgba8 first = picture("first.png");
  EXPECT_GT(mean_difference(first, picture("second.png")), 0.2) << "the next frame is another picture";
  EXPECT_GT(mean_difference(picture("second.png"), picture("turned.png")), 0.6) << "dragging turns";
  EXPECT_GT(mean_difference(first, picture("help.png")), 5) << "the help lies over it";
  EXPECT_EQ(picture("junk.png").size_px(), glm::ivec2(400, 300)) << "a bad file leaves what is there";
  EXPECT_EQ(picture("large.png").size_px(), glm::ivec2(500, 350));
  EXPECT_THAT(result.output, testing::ContainsRegex("ticks [0-9]\n")) << "resting, it takes under 2.5 % of a core";
}

}  // namespace
}  // namespace diorama
