#pragma once

#include "engine/base/error.h"
#include "engine/gpu/gpu_device.h"

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace diorama {

// Why no GPU test can run here; empty: one can. The software driver counts as a device.
inline std::string why_no_device() {
  try {
    list_devices();
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

// A device clamped to Android Baseline 2022 with validation. Fails on any message of the validation layer and on memory
// that was not given back.
class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string reason = why_no_device(); !reason.empty()) GTEST_SKIP() << reason;
    device_ = std::make_unique<GpuDevice>(options());
  }

  void TearDown() override { destroy_device(); }

  GpuOptions options() {
    GpuOptions options;
    options.validation = true;
    options.baseline_2022 = true;
    options.log = [this](LogLevel, std::string_view line) {
      const std::lock_guard lock(mutex_);
      lines_.emplace_back(line);
    };
    return options;
  }

  void make_device(const GpuOptions& options) {
    destroy_device();
    device_ = std::make_unique<GpuDevice>(options);
  }

  void destroy_device() {
    if (!device_) return;
    EXPECT_EQ(device_->memory().stats().allocations, 0u) << "GPU memory was not given back";
    EXPECT_EQ(device_->validation_messages(), 0u) << (lines_.empty() ? "" : lines_.front());
    const size_t before = lines_.size();
    device_.reset();
    EXPECT_EQ(lines_.size(), before) << lines_.back();
  }

  GpuDevice& device() { return *device_; }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::unique_ptr<GpuDevice> device_;
};

}  // namespace diorama
