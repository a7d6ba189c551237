#pragma once

#include "assets/asset.h"
#include "assets/sog/sog_levels_meta.h"
#include "engine/base/thread_pool.h"
#include "engine/scene/splat_lod.h"

#include <cstddef>
#include <filesystem>
#include <list>
#include <string>
#include <vector>

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

// All clouds as one. Boxes of at most 8,192 splats; each level merges the splats of a box to half (decimate), so that
// boxes of two levels meet. lod-meta.json comes last. Errors as encode_sog.
void write_sog_levels(const Asset& asset, const std::filesystem::path& folder, const SogLevelsOptions& options,
                      ThreadPool& pool);

// The finest level of at most `max_splats` splats (0: of any number) whose files are there. Levels that are absent are
// told in asset.notes, in one sentence. Error kInvalidInput: damage, no level that fits; kNotFound: no level at all.
Asset read_sog_levels(const std::filesystem::path& path, size_t max_splats);

// The boxes of a streamed SOG as nodes, read one by one. Files hold many boxes each; those read last are kept decoded,
// up to kKeptSplats (some 250 bytes each at SH degree 3), or one file where that is larger.
class SogLevelSource : public SplatLodSource {
 public:
  static constexpr size_t kKeptSplats = size_t{1} << 20;

  // Reads the coarsest files. An environment is a node of one level. Error kInvalidInput: damage, a box without bounds;
  // kNotFound: a box of which no level is there.
  explicit SogLevelSource(const std::filesystem::path& path);

  const std::vector<SplatLodNode>& nodes() const override { return nodes_; }
  SplatCloud read(size_t node, size_t level) override;

  // What the coarsest levels look like together, with the record and notes of their files; a level that is absent is
  // told there.
  const Asset& coarsest() const { return coarsest_; }

 private:
  struct Part {
    std::string file;
    std::optional<SogLevelRange> range;  // absent: all of it
  };
  struct KeptFile {
    std::string name;
    Asset asset;
  };
  const Asset& file(const std::string& name);
  void add_box(const SogLevelsMeta& meta, size_t box, const std::vector<bool>& there);
  void add_environment(const std::string& name);
  void read_coarsest();

  std::filesystem::path meta_path_;
  std::vector<SplatLodNode> nodes_;
  std::vector<std::vector<Part>> parts_;  // by node and level
  std::list<KeptFile> kept_;              // the one used last comes first
  Asset coarsest_;
};

}  // namespace diorama
