#include "reconstruction/splat_video/moment_views.h"
#include "reconstruction/splat_video/moments.h"
#include "tests/expect_error.h"
#include "tests/reconstruction/splat_video_capture.h"

namespace diorama::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Frame* frame_of(CaptureContent& content, int camera, int moment) {
  const std::string id = fmt::format("cam{}/{:04}", camera, moment);
  for (Frame& frame : content.frames) {
    if (frame.id == id) return &frame;
  }
  return nullptr;
}

Moments moments_after(const std::function<void(CaptureContent&)>& change) {
  Performance performance = rolling_ball();
  performance.cameras.resize(4);
  performance.change = change;
  return training_moments(capture_of(performance));
}

TEST(Moments, HoldWhatAllCamerasSawAtOnce) {
  const Moments moments = moments_after([](CaptureContent&) {});
  ASSERT_EQ(moments.list.size(), 4u);
  EXPECT_THAT(moments.list[1].frames, ElementsAre(4u, 5u, 6u, 7u));
  EXPECT_NEAR(moments.list[1].time_s, 1.0 / 30, 1e-12);
  EXPECT_NEAR(moments.interval_s, 1.0 / 30, 1e-12);
  EXPECT_THAT(moments.warnings, IsEmpty());
}

TEST(Moments, LeaveOutHeldOutCameras) {
  const Moments moments = moments_after([](CaptureContent& content) {
    for (Frame& frame : content.frames) {
      if (frame.camera == 2) frame.split = Split::kTest;
    }
  });
  EXPECT_THAT(moments.list[0].frames, ElementsAre(0u, 1u, 3u));
}

TEST(Moments, KeepADroppedFramesMomentWithTheOtherCameras) {
  const Moments moments = moments_after([](CaptureContent& content) {
    std::erase_if(content.frames,
                  [](const Frame& frame) { return frame.id == "cam0/0002" || frame.id == "cam1/0000"; });
  });
  ASSERT_EQ(moments.list.size(), 4u);
  EXPECT_EQ(moments.list[0].frames.size(), 3u);
  EXPECT_EQ(moments.list[2].frames.size(), 3u);
  ASSERT_EQ(moments.warnings.size(), 1u);
  EXPECT_THAT(moments.warnings[0], HasSubstr("2 of 16 frames are missing"));
}

TEST(Moments, LeaveOutACameraThatIsOutOfStepAndNameIt) {
  const Moments moments = moments_after([](CaptureContent& content) {
    for (Frame& frame : content.frames) {
      if (frame.camera == 0) *frame.time_s += 0.4 / 30;
    }
  });
  ASSERT_EQ(moments.list.size(), 4u);
  for (const Moment& moment : moments.list) EXPECT_EQ(moment.frames.size(), 3u);
  EXPECT_THAT(moments.warnings.at(0), HasSubstr("camera 0"));
  EXPECT_THAT(moments.warnings.at(0), HasSubstr("13.3 ms"));
}

TEST(Moments, FollowClocksThatJitterALittle) {
  const Moments moments = moments_after([](CaptureContent& content) {
    for (Frame& frame : content.frames) *frame.time_s += 0.001 * frame.camera;  // at most 9 % of the interval
  });
  EXPECT_EQ(moments.list.size(), 4u);
  EXPECT_THAT(moments.warnings, IsEmpty());
}

TEST(Moments, RefuseCamerasOfWhichMostAreOutOfStep) {
  const auto apart = [](CaptureContent& content) {
    for (Frame& frame : content.frames) *frame.time_s += 0.15 / 30 * frame.camera;
  };
  DIO_EXPECT_ERROR(moments_after(apart), ErrorCode::kInvalidInput, "not synchronous: frame cam");
}

TEST(Moments, RefuseFramesWithoutATime) {
  const auto timeless = [](CaptureContent& content) { frame_of(content, 2, 1)->time_s.reset(); };
  DIO_EXPECT_ERROR(moments_after(timeless), ErrorCode::kInvalidInput, "frame cam2/0001 of camera 2 has no time");
}

TEST(Moments, RefuseTwoFramesOfACameraAtOnce) {
  const auto twice = [](CaptureContent& content) { frame_of(content, 1, 2)->time_s = frame_of(content, 1, 1)->time_s; };
  DIO_EXPECT_ERROR(moments_after(twice), ErrorCode::kInvalidInput, "camera 1 has the frames cam1/0001 and cam1/0002");
}

MomentViews views_after(const std::function<void(const Frame&, FrameImages&)>& change_images) {
  Performance performance = rolling_ball();
  performance.change_images = change_images;
  const Capture capture = capture_of(performance);
  ThreadPool pool(1);
  return load_moment(capture, training_moments(capture).list.at(1), 1.0f, nullptr, {}, pool);
}

ImageRgba8 filled(const FrameImages& images, glm::u8vec4 color) {
  return ImageRgba8(images.color->size_px(), color);
}

TEST(MomentViews, AreCutToWhatMovesAndSeeItFromTheSamePlace) {
  const MomentViews moment = views_after({});
  ASSERT_EQ(moment.views.size(), 7u);
  EXPECT_TRUE(moment.has_alpha);
  const Performance performance = rolling_ball();
  for (size_t i = 0; i < moment.views.size(); ++i) {
    const MomentView& view = moment.views[i];
    EXPECT_LT(view.camera.size_px.x, 80);
    EXPECT_EQ(view.color.size_px(), view.camera.size_px);
    // What a pixel of the box measured lies on the ball at that moment.
    const glm::ivec2 middle = view.camera.size_px / 2;
    const float z = view.depth_m.at(middle.x, middle.y);
    ASSERT_GT(z, 0);
    const glm::vec3 p = view.camera.world_from_camera * unproject_in_camera(view.camera, glm::vec2(middle) + 0.5f, z);
    EXPECT_NEAR(glm::length(p - glm::vec3(-0.04f, 0, 0)), 0.3f, 1e-4f);
  }
}

TEST(MomentViews, LeaveOutABlackCameraAndNameIt) {
  const MomentViews moment = views_after([](const Frame& frame, FrameImages& images) {
    if (frame.camera == 3) images.color = std::make_shared<const ImageRgba8>(filled(images, {0, 0, 0, 255}));
  });
  EXPECT_EQ(moment.views.size(), 6u);
  ASSERT_EQ(moment.warnings.size(), 1u);
  EXPECT_THAT(moment.warnings[0], HasSubstr("frame cam3/0001 of camera 3 is left out: its picture is black"));
}

TEST(MomentViews, TellOfACameraThatMissesWhatOthersMeasured) {
  const MomentViews moment = views_after([](const Frame& frame, FrameImages& images) {
    if (frame.camera == 2) images.color = std::make_shared<const ImageRgba8>(filled(images, glm::u8vec4(0)));
  });
  EXPECT_EQ(moment.views.size(), 6u);
  ASSERT_EQ(moment.warnings.size(), 1u);
  EXPECT_THAT(moment.warnings[0], HasSubstr("camera 2"));
}

TEST(MomentViews, RefuseAMomentThatEveryCameraSawBlack) {
  const auto black = [](const Frame&, FrameImages& images) {
    images.color = std::make_shared<const ImageRgba8>(filled(images, {0, 0, 0, 255}));
  };
  DIO_EXPECT_ERROR(views_after(black), ErrorCode::kInvalidInput, "every camera is black at 0.033 s");
}

TEST(MomentViews, MayBeNoneWhereNothingIs) {
  const MomentViews moment = views_after([](const Frame&, FrameImages& images) {
    images.color = std::make_shared<const ImageRgba8>(filled(images, glm::u8vec4(0)));
  });
  EXPECT_THAT(moment.views, IsEmpty());
  EXPECT_THAT(moment.warnings, IsEmpty());
}

}  // namespace
}  // namespace diorama::test
