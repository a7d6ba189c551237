#include "engine/gpu/radix_sort.h"

#include "engine/base/random.h"
#include "engine/gpu/barriers.h"
#include "engine/gpu/frame_ring.h"
#include "engine/gpu/transfer.h"
#include "tests/gpu/gpu_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <numeric>

namespace diorama {
namespace {

using ::testing::HasSubstr;

constexpr VkBufferUsageFlags kBoth =
    VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT;

// Keys of `bits` bits; with few distinct ones the order of equal keys is what is tested.
std::vector<uint32_t> random_keys(size_t count, uint32_t bits, uint32_t distinct, uint64_t seed) {
  Random random(seed);
  std::vector<uint32_t> keys(count);
  for (uint32_t& key : keys) {
    key = (distinct > 0 ? random.below(distinct) * 2654435761u : random.next()) >> (32 - bits);
  }
  return keys;
}

std::vector<uint32_t> order_on_cpu(std::span<const uint32_t> keys) {
  std::vector<uint32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return keys[a] < keys[b]; });
  return order;
}

// A sorter with room for `capacity` keys, and what it needs.
class Bed {
 public:
  Bed(GpuDevice& device, uint32_t capacity, const RadixSortOptions& options)
      : keys_(device, VkDeviceSize{capacity} * 4, kBoth, MemoryUse::kDevice, "keys"),
        counts_(device, 8, kBoth, MemoryUse::kDevice, "count"),
        sorter_(device, keys_, capacity, counts_, 1, options),
        uploads_(device),
        readback_(device, keys_.bytes()),
        frames_(device),
        capacity_(capacity) {}

  // The order that the device finds of the first `count` keys.
  std::vector<uint32_t> order(std::span<const uint32_t> keys, uint32_t count) {
    const uint32_t words[] = {12345, count};
    uploads_.to_buffer(keys_, 0, std::as_bytes(keys));
    uploads_.to_buffer(counts_, 0, std::as_bytes(std::span(words)));
    uploads_.flush();
    const ReadbackRing::Region region = readback_.reserve(keys_.bytes());
    const VkCommandBuffer commands = frames_.begin();
    sorter_.record(commands);
    memory_barrier(commands, {VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT},
                   {VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_READ_BIT});
    const VkBufferCopy copy{0, region.offset, region.bytes};
    vkCmdCopyBuffer(commands, keys_.handle(), region.buffer, 1, &copy);
    frames_.wait(frames_.submit());
    std::vector<uint32_t> result(std::min(count, capacity_));
    if (!result.empty()) std::memcpy(result.data(), readback_.read(region).data(), result.size() * 4);
    return result;
  }
  std::vector<uint32_t> order(std::span<const uint32_t> keys) {
    return order(keys, static_cast<uint32_t>(keys.size()));
  }

 private:
  Buffer keys_, counts_;
  RadixSorter sorter_;
  UploadRing uploads_;
  ReadbackRing readback_;
  FrameRing frames_;
  uint32_t capacity_;
};

void expect_same(const std::vector<uint32_t>& order, const std::vector<uint32_t>& expected, const std::string& what) {
  ASSERT_EQ(order.size(), expected.size()) << what;
  const auto [at, other] = std::mismatch(order.begin(), order.end(), expected.begin());
  EXPECT_EQ(at, order.end()) << what << ", from " << at - order.begin() << ": " << *at << ", expected " << *other;
}

class RadixSort : public GpuTest, public ::testing::WithParamInterface<RadixSortPath> {
 protected:
  // On a device with all that it has, where the path needs it.
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped() || GetParam() != RadixSortPath::kSubgroup) return;
    GpuOptions wide = options();
    wide.baseline_2022 = false;
    make_device(wide);
    if (!device().subgroups().ballot) GTEST_SKIP() << "no ballots in compute shaders";
  }
};

TEST_P(RadixSort, EverySizeIsInStableOrder) {
  Bed bed(device(), 1234577, {32, GetParam()});
  for (const size_t count : {0, 1, 2, 31, 128, 2039, 2048, 65537, 1234577}) {
    for (const uint32_t distinct : {0u, 3u}) {
      if (count > 1000000 && distinct > 0) continue;
      const std::vector<uint32_t> keys = random_keys(count, 32, distinct, 7 + count);
      expect_same(bed.order(keys), order_on_cpu(keys), fmt::format("{} keys, {} distinct", count, distinct));
    }
  }
}

TEST_P(RadixSort, ShortKeysAreSortedToo) {
  for (const uint32_t bits : {1u, 24u}) {
    const std::vector<uint32_t> keys = random_keys(5003, bits, 0, bits);
    expect_same(Bed(device(), 5003, {bits, GetParam()}).order(keys), order_on_cpu(keys), fmt::format("{} bits", bits));
  }
}

TEST_P(RadixSort, TheCountOnTheDeviceSaysHowManyAndTheRoomIsKept) {
  const std::vector<uint32_t> keys = random_keys(4001, 32, 0, 5);
  Bed bed(device(), 4001, {32, GetParam()});
  expect_same(bed.order(keys, 1777), order_on_cpu(std::span(keys).first(1777)), "a part");
  expect_same(bed.order(keys, 4000000000u), order_on_cpu(keys), "a count past the room");
}

INSTANTIATE_TEST_SUITE_P(Paths, RadixSort,
                         ::testing::Values(RadixSortPath::kPlain, RadixSortPath::kFewCores, RadixSortPath::kSubgroup));

class RadixSortChoice : public GpuTest {};

TEST_F(RadixSortChoice, BallotsThatTheDeviceDoesNotGrantAreRefused) {
  try {
    Bed(device(), 3, {32, RadixSortPath::kSubgroup});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("ballots"));
  }
}

}  // namespace
}  // namespace diorama
