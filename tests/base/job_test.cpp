#include "engine/base/job.h"

#include "tests/expect_error.h"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace diorama {
namespace {

void wait_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

TEST(Job, ProgressTellsStageStepsAndScore) {
  ThreadPool pool(1);
  JobContext job(pool);
  job.begin_stage("fusing", 10);
  EXPECT_FALSE(job.progress().left_s.has_value());
  job.advance(3);
  job.set_score(31.5);
  const Progress progress = job.progress();
  EXPECT_EQ(progress.stage, "fusing");
  EXPECT_EQ(progress.step, 3u);
  EXPECT_EQ(progress.total, 10u);
  EXPECT_EQ(progress.score, 31.5);
  job.begin_stage("meshing", 2);
  EXPECT_EQ(job.progress().step, 0u);
  EXPECT_FALSE(job.progress().score.has_value());
}

TEST(Job, TimeLeftFollowsTheMeanSpeed) {
  ThreadPool pool(1);
  JobContext job(pool);
  job.begin_stage("fusing", 4);
  wait_ms(20);
  job.advance();
  const Progress progress = job.progress();
  ASSERT_TRUE(progress.left_s.has_value());
  EXPECT_GE(progress.elapsed_s, 0.02);
  EXPECT_NEAR(*progress.left_s, 3 * progress.elapsed_s, 1e-9);  // the same division, in another order
  job.advance(3);
  EXPECT_EQ(job.progress().left_s, 0.0);
}

TEST(Job, ResumedStepsCountAsProgressButNotAsSpeed) {
  ThreadPool pool(1);
  JobContext job(pool);
  job.begin_stage("training", 1000, 900);
  EXPECT_EQ(job.progress().step, 900u);
  EXPECT_FALSE(job.progress().left_s.has_value());
  wait_ms(5);
  job.advance(10);
  const Progress progress = job.progress();
  EXPECT_NEAR(progress.left_s.value(), 9 * progress.elapsed_s, 1e-9);  // 90 steps left, 10 in the time so far
}

TEST(Job, UnknownTotalHasNoTimeLeft) {
  ThreadPool pool(1);
  JobContext job(pool);
  job.begin_stage("reading", 0);
  job.advance(5);
  EXPECT_FALSE(job.progress().left_s.has_value());
}

TEST(Job, ListenerHearsOfEveryStepInOrder) {
  ThreadPool pool(4);
  JobContext job(pool);
  std::vector<uint64_t> steps;  // no lock: calls come one at a time
  job.on_progress([&](const Progress& progress) { steps.push_back(progress.step); });
  job.begin_stage("fusing", 200);
  pool.parallel_for(200, 1, [&](size_t, size_t) { job.advance(); });
  ASSERT_EQ(steps.size(), 201u);
  EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
  EXPECT_EQ(steps.back(), 200u);
}

TEST(Job, CancelStopsAtTheNextReport) {
  ThreadPool pool(1);
  JobContext job(pool);
  job.begin_stage("fusing", 10);
  EXPECT_NO_THROW(job.check_cancelled());
  job.request_cancel();
  EXPECT_TRUE(job.cancel_requested());
  DIO_EXPECT_ERROR(job.check_cancelled(), ErrorCode::kCancelled, "stopped on request");
  DIO_EXPECT_ERROR(job.advance(), ErrorCode::kCancelled, "stopped on request");
  DIO_EXPECT_ERROR(job.begin_stage("meshing", 1), ErrorCode::kCancelled, "stopped on request");
  EXPECT_EQ(job.progress().step, 0u);
}

TEST(Job, CancelEndsAParallelFor) {
  ThreadPool pool(2);
  JobContext job(pool);
  const auto body = [&](size_t i, size_t) {
    if (i == 5) job.request_cancel();
    job.advance();
  };
  DIO_EXPECT_ERROR(pool.parallel_for(1000, 1, body), ErrorCode::kCancelled, "stopped on request");
}

TEST(Job, LogGoesToTheSink) {
  ThreadPool pool(1);
  std::vector<std::string> lines;
  JobContext job(pool, [&](LogLevel level, std::string_view line) {
    EXPECT_EQ(level, LogLevel::kWarning);
    lines.emplace_back(line);
  });
  job.log(LogLevel::kWarning, "frame 3 has no depth");
  EXPECT_EQ(lines, std::vector<std::string>{"frame 3 has no depth"});
  EXPECT_NO_THROW(JobContext(pool).log(LogLevel::kInfo, "dropped"));
}

}  // namespace
}  // namespace diorama
