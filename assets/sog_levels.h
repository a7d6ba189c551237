#pragma once

#include "assets/asset.h"
#include "engine/base/thread_pool.h"

#include <cstddef>
#include <filesystem>

namespace diorama {

struct SogLevelsOptions {
  int levels = 5;
  template <class Visitor>
  void visit(Visitor&& option) {
    option("lod-levels", levels, {1, 16}, "levels of detail, each of half the splats of the one before");
  }
};

// Streamed SOG (PlayCanvas): a folder with lod-meta.json and a SOG for each level of detail. A tree of boxes tells
// which splats of a level's file are in which box.

bool is_sog_levels(const std::filesystem::path& path);  // such a folder, or its lod-meta.json

// All clouds as one. Boxes of at most 32,768 splats; each level merges the splats of a box to half (decimate), so that
// boxes of two levels meet. lod-meta.json comes last. Errors as encode_sog.
void write_sog_levels(const Asset& asset, const std::filesystem::path& folder, const SogLevelsOptions& options,
                      ThreadPool& pool);

// The finest level of at most `max_splats` splats (0: of any number) whose files are there. Levels that are absent are
// told in asset.notes, in one sentence. Error kInvalidInput: damage, no level that fits; kNotFound: no level at all.
Asset read_sog_levels(const std::filesystem::path& path, size_t max_splats);

}  // namespace diorama
