#include "capture/frame_cache.h"

#include "engine/base/error.h"

#include <array>
#include <condition_variable>
#include <list>
#include <mutex>
#include <unordered_map>
#include <variant>

namespace diorama {
namespace {

enum Part : size_t { kColor, kDepth, kConfidence, kMask, kPartCount };

using PartSet = std::array<bool, kPartCount>;
using AnyImage =
    std::variant<std::shared_ptr<const ImageRgba8>, std::shared_ptr<const ImageF32>, std::shared_ptr<const ImageU8>>;

uint64_t key_of(size_t frame, size_t part) {
  return uint64_t{frame} * kPartCount + part;
}

PartSet wanted_parts(const Frame& frame, FrameParts parts) {
  return {parts.color && frame.has_color, parts.depth && frame.depth, parts.confidence && frame.has_confidence,
          parts.mask && frame.has_mask};
}

bool any(const PartSet& set) {
  return set[kColor] || set[kDepth] || set[kConfidence] || set[kMask];
}

size_t pixel_count(glm::ivec2 size) {
  return static_cast<size_t>(size.x) * static_cast<size_t>(size.y);
}

size_t bytes_of(const Frame& frame, const PartSet& parts) {
  const size_t color_pixels = pixel_count(frame.color.size_px);
  const size_t depth_pixels = frame.depth ? pixel_count(frame.depth->size_px) : 0;
  return (parts[kColor] ? color_pixels * 4 : 0) + (parts[kDepth] ? depth_pixels * 4 : 0) +
         (parts[kConfidence] ? depth_pixels * 4 : 0) + (parts[kMask] ? color_pixels : 0);
}

size_t bytes_of(const AnyImage& image) {
  return std::visit([](const auto& held) { return held->pixels().size_bytes(); }, image);
}

AnyImage part_of(const FrameImages& images, size_t part) {
  switch (part) {
    case kColor:
      return images.color;
    case kDepth:
      return images.depth_m;
    case kConfidence:
      return images.confidence;
    default:
      return images.mask;
  }
}

void set_part(FrameImages& images, size_t part, const AnyImage& image) {
  switch (part) {
    case kColor:
      images.color = std::get<std::shared_ptr<const ImageRgba8>>(image);
      break;
    case kDepth:
      images.depth_m = std::get<std::shared_ptr<const ImageF32>>(image);
      break;
    case kConfidence:
      images.confidence = std::get<std::shared_ptr<const ImageF32>>(image);
      break;
    default:
      images.mask = std::get<std::shared_ptr<const ImageU8>>(image);
  }
}

bool is_null(const AnyImage& image) {
  return std::visit([](const auto& held) { return held == nullptr; }, image);
}

}  // namespace

struct FrameCache::State {
  struct Entry {
    AnyImage image;
    std::list<uint64_t>::iterator place;  // in `recent`
  };

  std::shared_ptr<const FrameSource> source;
  std::shared_ptr<const std::vector<Frame>> frames;
  size_t max_bytes = 0;

  std::mutex mutex;
  std::condition_variable decoded;
  std::unordered_map<uint64_t, Entry> entries;
  std::list<uint64_t> recent;  // the latest used first
  size_t bytes = 0;            // of all entries
  std::unordered_map<uint64_t, bool> in_flight;
  size_t prefetch_bytes = 0;  // asked for and not yet decoded
  bool closed = false;        // no owner: background tasks have nothing to do

  // With the mutex held: takes cached parts out of `wanted`, marks those that nobody decodes as in flight and returns
  // them; what is left in `wanted` alone is being decoded by others.
  PartSet claim(size_t frame, PartSet& wanted, FrameImages& result) {
    PartSet mine{};
    for (size_t part = 0; part < kPartCount; ++part) {
      if (!wanted[part]) continue;
      const uint64_t key = key_of(frame, part);
      if (const auto found = entries.find(key); found != entries.end()) {
        recent.splice(recent.begin(), recent, found->second.place);
        set_part(result, part, found->second.image);
        wanted[part] = false;
      } else if (in_flight.emplace(key, true).second) {
        mine[part] = true;
        wanted[part] = false;
      }
    }
    return mine;
  }

  void release(size_t frame, const PartSet& mine) {
    for (size_t part = 0; part < kPartCount; ++part) {
      if (mine[part]) in_flight.erase(key_of(frame, part));
    }
    decoded.notify_all();
  }

  void keep(uint64_t key, const AnyImage& image) {
    const size_t size = bytes_of(image);
    if (size > max_bytes) return;
    while (bytes + size > max_bytes) {
      const auto oldest = entries.find(recent.back());
      bytes -= bytes_of(oldest->second.image);
      entries.erase(oldest);
      recent.pop_back();
    }
    recent.push_front(key);
    entries.emplace(key, Entry{image, recent.begin()});
    bytes += size;
  }

  void check_size(size_t frame, size_t part, const AnyImage& image) const {
    const Frame& described = (*frames)[frame];
    const glm::ivec2 expected =
        part == kDepth || part == kConfidence ? described.depth->size_px : described.color.size_px;
    std::visit([&](const auto& held) { DIO_CHECK(held->size_px() == expected); }, image);
  }

  // Decodes `mine` without the mutex, then publishes.
  void decode(size_t frame, const PartSet& mine, FrameImages& result) {
    FrameImages images;
    try {
      images = source->load(frame, {mine[kColor], mine[kDepth], mine[kConfidence], mine[kMask]});
      for (size_t part = 0; part < kPartCount; ++part) {
        const AnyImage image = part_of(images, part);
        if (mine[part] && !is_null(image)) check_size(frame, part, image);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      release(frame, mine);
      throw;
    }
    const std::lock_guard lock(mutex);
    for (size_t part = 0; part < kPartCount; ++part) {
      if (!mine[part]) continue;
      const AnyImage image = part_of(images, part);
      set_part(result, part, image);
      if (!is_null(image)) keep(key_of(frame, part), image);
    }
    release(frame, mine);
  }

  FrameImages load(size_t frame, FrameParts parts) {
    FrameImages result;
    PartSet wanted = wanted_parts((*frames)[frame], parts);
    while (any(wanted)) {
      PartSet mine;
      {
        // Waits only while it decodes nothing itself, so no two loads wait for each other. If another's decoding
        // fails, the part is claimed here and the error is met first hand.
        std::unique_lock lock(mutex);
        mine = claim(frame, wanted, result);
        if (!any(mine) && any(wanted)) {
          decoded.wait(lock);
          continue;
        }
      }
      if (any(mine)) decode(frame, mine, result);
    }
    return result;
  }
};

FrameCache::FrameCache(std::shared_ptr<const FrameSource> source, std::shared_ptr<const std::vector<Frame>> frames,
                       size_t max_bytes)
    : state_(std::make_shared<State>()) {
  state_->source = std::move(source);
  state_->frames = std::move(frames);
  state_->max_bytes = max_bytes;
}

FrameCache::FrameCache(FrameCache&&) noexcept = default;

FrameCache& FrameCache::operator=(FrameCache&& other) noexcept {
  std::swap(state_, other.state_);  // the other's destructor closes what was here
  return *this;
}

FrameCache::~FrameCache() {
  if (!state_) return;
  const std::lock_guard lock(state_->mutex);
  state_->closed = true;
}

FrameImages FrameCache::load(size_t frame, FrameParts parts) const {
  DIO_CHECK(frame < state_->frames->size());
  return state_->load(frame, parts);
}

void FrameCache::prefetch(ThreadPool& pool, size_t frame, FrameParts parts) const {
  DIO_CHECK(frame < state_->frames->size());
  const size_t bytes = bytes_of((*state_->frames)[frame], wanted_parts((*state_->frames)[frame], parts));
  {
    const std::lock_guard lock(state_->mutex);
    if (bytes == 0 || state_->prefetch_bytes + bytes > state_->max_bytes / 2) return;
    state_->prefetch_bytes += bytes;
  }
  pool.run_in_background([state = state_, frame, parts, bytes] {
    bool closed = false;
    {
      const std::lock_guard lock(state->mutex);
      closed = state->closed;
    }
    try {
      if (!closed) state->load(frame, parts);
    } catch (...) {
      // load() meets the same error again and hands it to the caller.
    }
    const std::lock_guard lock(state->mutex);
    state->prefetch_bytes -= bytes;
  });
}

}  // namespace diorama
