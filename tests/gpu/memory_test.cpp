#include "engine/base/random.h"
#include "engine/gpu/buffer.h"
#include "tests/gpu/gpu_fixture.h"

#include <algorithm>
#include <cstring>

namespace diorama {
namespace {

VkMemoryRequirements any_type(uint64_t size, uint64_t alignment) {
  return {size, alignment, ~0u};
}

TEST_F(GpuTest, PiecesOfMemoryNeverOverlapInALongRandomRun) {
  MemoryBlocks& memory = device().memory();
  constexpr MemoryUse kUses[] = {MemoryUse::kDevice, MemoryUse::kUpload, MemoryUse::kReadback, MemoryUse::kTransient};
  std::vector<Allocation> live;
  Random random(11);
  for (int step = 0; step < 3000; ++step) {
    if (live.size() > 200 || (!live.empty() && random.below(3) == 0)) {
      const size_t i = random.below(static_cast<uint32_t>(live.size()));
      std::swap(live[i], live.back());
      live.pop_back();
      continue;
    }
    const uint64_t size = 1 + random.below(1 << 20), alignment = uint64_t{1} << random.below(13);
    Allocation piece = memory.allocate(any_type(size, alignment), kUses[random.below(4)], random.below(2) == 1);
    EXPECT_EQ(piece.offset() % alignment, 0u);
    EXPECT_GE(piece.size(), size);
    for (const Allocation& other : live) {
      if (other.memory() != piece.memory()) continue;
      ASSERT_TRUE(piece.offset() + piece.size() <= other.offset() || other.offset() + other.size() <= piece.offset());
    }
    live.push_back(std::move(piece));
  }
  EXPECT_EQ(memory.stats().allocations, live.size());
  EXPECT_LE(memory.stats().used_bytes, memory.stats().reserved_bytes);
  live.clear();
  EXPECT_EQ(memory.stats().allocations, 0u);
  EXPECT_EQ(memory.stats().used_bytes, 0u);
}

TEST_F(GpuTest, ALargePieceHasItsOwnMemoryAndGivesItBack) {
  MemoryBlocks& memory = device().memory();
  const uint64_t blocks_before = memory.stats().blocks;
  {
    const Allocation small = memory.allocate(any_type(1024, 256), MemoryUse::kDevice, false);
    const Allocation large = memory.allocate(any_type(MemoryBlocks::kBlockBytes + 1, 256), MemoryUse::kDevice, false);
    EXPECT_NE(small.memory(), large.memory());
    EXPECT_EQ(memory.stats().blocks, blocks_before + 2);
  }
  EXPECT_LE(memory.stats().blocks, blocks_before + 1);  // one empty block is kept for the next
}

TEST_F(GpuTest, MappedBuffersKeepWhatIsWritten) {
  std::vector<Buffer> buffers;
  for (int i = 0; i < 8; ++i) {
    buffers.emplace_back(device(), 1000, VK_BUFFER_USAGE_TRANSFER_SRC_BIT, MemoryUse::kUpload, "pattern");
    std::memset(buffers.back().mapped().data(), i, 1000);
  }
  for (int i = 0; i < 8; ++i) {
    const auto bytes = buffers[static_cast<size_t>(i)].mapped();
    EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [&](std::byte b) { return static_cast<int>(b) == i; })) << i;
  }
}

}  // namespace
}  // namespace diorama
