#include "capture/capture.h"
#include "engine/base/error.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

namespace diorama {
namespace {

constexpr glm::ivec2 kSize{64, 48};
constexpr size_t kFrameBytes = 64 * 48 * 8;  // colour and depth
constexpr FrameParts kColorOnly{true, false, false, false};
constexpr FrameParts kDepthOnly{false, true, false, false};

// What the source did; outlives it.
struct Record {
  std::atomic<int> color_loads{0}, depth_loads{0};
  std::atomic<int64_t> live_bytes{0}, peak_bytes{0};
  std::atomic<bool> failing{false};
  std::chrono::milliseconds delay{0};
  glm::ivec2 size = kSize;
};

class FakeSource final : public FrameSource {
 public:
  explicit FakeSource(std::shared_ptr<Record> record) : record_(std::move(record)) {}

  FrameImages load(size_t frame, FrameParts parts) const override {
    if (record_->delay.count() > 0) std::this_thread::sleep_for(record_->delay);
    if (record_->failing) fail(ErrorCode::kInvalidInput, "frame-{}.png: the PNG data is damaged", frame);
    FrameImages images;
    if (parts.color) {
      ++record_->color_loads;
      images.color = counted(ImageRgba8(record_->size, glm::u8vec4(frame % 256)));
    }
    if (parts.depth) {
      ++record_->depth_loads;
      images.depth_m = counted(ImageF32(record_->size, static_cast<float>(frame)));
    }
    return images;
  }

 private:
  template <class T>
  std::shared_ptr<const Image<T>> counted(Image<T> image) const {
    const auto bytes = static_cast<int64_t>(image.pixels().size_bytes());
    const int64_t live = record_->live_bytes += bytes;
    int64_t peak = record_->peak_bytes;
    while (live > peak && !record_->peak_bytes.compare_exchange_weak(peak, live)) {
    }
    return {new Image<T>(std::move(image)), [record = record_, bytes](const Image<T>* held) {
              record->live_bytes -= bytes;
              delete held;
            }};
  }

  std::shared_ptr<Record> record_;
};

Capture fake_capture(size_t count, const std::shared_ptr<Record>& record, float cache_mb) {
  CaptureContent content;
  for (size_t i = 0; i < count; ++i) {
    Frame frame;
    frame.id = std::to_string(i);
    frame.color = {kSize, {50, 50}, {32, 24}, {}};
    frame.depth = frame.color;
    content.frames.push_back(frame);
  }
  content.source = std::make_unique<FakeSource>(record);
  CaptureOptions options;
  options.cache_mb = cache_mb;
  return Capture(std::move(content), options);
}

TEST(CaptureCache, DecodesAFrameOnce) {
  const auto record = std::make_shared<Record>();
  const Capture capture = fake_capture(3, record, 1);
  const FrameImages first = capture.load(2), second = capture.load(2);
  EXPECT_EQ(first.color, second.color);
  EXPECT_EQ(first.depth_m->at(5, 5), 2.0f);
  EXPECT_EQ(record->color_loads, 1);
  EXPECT_EQ(record->depth_loads, 1);
}

TEST(CaptureCache, GivesOnlyThePartsThatAreAskedForAndExist) {
  const auto record = std::make_shared<Record>();
  const Capture capture = fake_capture(1, record, 1);
  const FrameImages color = capture.load(0, kColorOnly);
  EXPECT_NE(color.color, nullptr);
  EXPECT_EQ(color.depth_m, nullptr);
  EXPECT_EQ(record->depth_loads, 0);
  const FrameImages all = capture.load(0);
  EXPECT_EQ(all.color, color.color);
  EXPECT_NE(all.depth_m, nullptr);
  EXPECT_EQ(all.confidence, nullptr);
  EXPECT_EQ(all.mask, nullptr);
  EXPECT_EQ(record->color_loads, 1);
}

TEST(CaptureCache, KeepsFiveThousandFramesWithinItsBytes) {
  const auto record = std::make_shared<Record>();
  const Capture capture = fake_capture(5000, record, 1);
  for (size_t i = 0; i < 5000; ++i) ASSERT_EQ(capture.load(i).depth_m->at(0, 0), static_cast<float>(i));
  // The frame that is being decoded comes on top of the cache.
  EXPECT_LE(record->peak_bytes, static_cast<int64_t>((1 << 20) + kFrameBytes));
  EXPECT_GT(record->live_bytes, (1 << 20) / 2);
}

TEST(CaptureCache, BoundsWhatIsPrefetched) {
  const auto record = std::make_shared<Record>();
  record->delay = std::chrono::milliseconds(1);
  {
    ThreadPool pool(4);
    const Capture capture = fake_capture(5000, record, 1);
    for (size_t i = 0; i < 5000; ++i) capture.prefetch(pool, i);
    EXPECT_EQ(capture.load(4999).depth_m->at(0, 0), 4999.0f);
  }
  // Four workers and this thread each hold one frame on top of the cache.
  EXPECT_LE(record->peak_bytes, static_cast<int64_t>((1 << 20) + 5 * kFrameBytes));
  EXPECT_LT(record->color_loads, 5000);
  EXPECT_EQ(record->live_bytes, 0);
}

TEST(CaptureCache, KeepsWhatWasUsedLast) {
  const auto record = std::make_shared<Record>();
  const Capture capture = fake_capture(100, record, 1);
  for (size_t i = 1; i < 100; ++i) {
    capture.load(0);
    capture.load(i);
  }
  EXPECT_EQ(record->color_loads, 100);  // frame 0 never fell out
}

TEST(CaptureCache, LoadsAFrameLargerThanItself) {
  const auto record = std::make_shared<Record>();
  const Capture capture = fake_capture(1, record, 0.001f);
  EXPECT_NE(capture.load(0).color, nullptr);
  EXPECT_NE(capture.load(0).color, nullptr);
  EXPECT_EQ(record->color_loads, 2);
  EXPECT_EQ(record->live_bytes, 0);
}

TEST(CaptureCache, DoesNotDecodeAFrameInFlightTwice) {
  const auto record = std::make_shared<Record>();
  record->delay = std::chrono::milliseconds(20);
  const Capture capture = fake_capture(1, record, 1);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] { capture.load(0, i % 3 == 0 ? kColorOnly : i % 3 == 1 ? kDepthOnly : FrameParts{}); });
  }
  threads.clear();
  EXPECT_EQ(record->color_loads, 1);
  EXPECT_EQ(record->depth_loads, 1);
}

TEST(CaptureCache, UsesWhatWasPrefetched) {
  for (const int thread_count : {1, 2}) {
    const auto record = std::make_shared<Record>();
    const Capture capture = fake_capture(10, record, 1);
    {
      ThreadPool pool(thread_count);
      for (size_t i = 0; i < 10; ++i) capture.prefetch(pool, i);
      for (size_t i = 0; i < 10; ++i) capture.load(i);
    }
    EXPECT_EQ(record->color_loads, 10);
    EXPECT_EQ(record->depth_loads, 10);
  }
}

TEST(CaptureCache, ShowsAnErrorOfAPrefetchInLoad) {
  const auto record = std::make_shared<Record>();
  record->failing = true;
  const Capture capture = fake_capture(4, record, 1);
  {
    ThreadPool pool(2);
    capture.prefetch(pool, 3);
  }
  try {
    capture.load(3);
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "frame-3.png: the PNG data is damaged");
  }
  record->failing = false;
  EXPECT_NE(capture.load(3).color, nullptr);
}

TEST(CaptureCache, HandsTheErrorToEveryWaiter) {
  const auto record = std::make_shared<Record>();
  record->failing = true;
  record->delay = std::chrono::milliseconds(5);
  const Capture capture = fake_capture(1, record, 1);
  std::atomic<int> errors{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      try {
        capture.load(0);
      } catch (const Error&) {
        ++errors;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(errors, 4);
}

TEST(CaptureCache, MayDieBeforeItsPrefetchesRan) {
  const auto record = std::make_shared<Record>();
  record->delay = std::chrono::milliseconds(2);
  ThreadPool pool(2);
  {
    const Capture capture = fake_capture(50, record, 4);
    for (size_t i = 0; i < 50; ++i) capture.prefetch(pool, i);
  }
  pool = ThreadPool(2);
  EXPECT_LT(record->color_loads, 50);
}

TEST(CaptureCache, LoadsInsidePoolWork) {
  const auto record = std::make_shared<Record>();
  const Capture capture = fake_capture(200, record, 1);
  ThreadPool pool(4);
  for (size_t i = 0; i < 200; ++i) capture.prefetch(pool, i);
  std::atomic<int> wrong{0};
  pool.parallel_for(200, 1, [&](size_t begin, size_t) {
    if (capture.load(begin).depth_m->at(1, 1) != static_cast<float>(begin)) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
}

TEST(CaptureCache, RefusesASourceThatBreaksItsPromise) {
  const auto record = std::make_shared<Record>();
  record->size = {32, 24};
  const Capture capture = fake_capture(1, record, 1);
  EXPECT_THROW(capture.load(0), Bug);
  EXPECT_THROW(capture.load(1), Bug);  // there is no such frame
}

}  // namespace
}  // namespace diorama
