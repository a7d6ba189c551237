#pragma once

#include "streaming/group_coding.h"

#include <vector>

namespace diorama {

// A group as its streams have it, before a codec.
struct CodedGroup {
  GroupCodes codes;
  GroupLayouts layouts;
  std::vector<Picture420> exact, lossy;

  CodedGroup(const SplatGroup& group, const CodingOptions& options, ThreadPool& pool)
      : codes(encode_codes(group, options, pool)),
        layouts(
            choose_layouts(group.splat_count(), codes.parameters.node_count, codes.parameters.sh_degree, {1280, 720})),
        exact(exact_pictures(codes, layouts.exact)),
        lossy(lossy_pictures(codes, layouts.lossy)) {}
};

}  // namespace diorama
