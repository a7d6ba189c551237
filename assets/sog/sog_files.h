#pragma once

#include "assets/asset.h"
#include "assets/sog/sog_meta.h"
#include "assets/sog/zip_archive.h"
#include "engine/base/thread_pool.h"

#include <functional>
#include <string>
#include <vector>

namespace diorama {

// A file of a SOG by the name in its meta.json. Error where there is none.
using SogFetch = std::function<std::vector<std::byte>(const std::string& name)>;

// The splats of a SOG in the file's own frame; what had to be left out is told in `notes`. Errors as read_sog.
SplatCloud read_sog_cloud(const SogMeta& meta, const SogFetch& fetch, std::vector<std::string>& notes);

// Of all files of one SOG the pictures and, last, meta.json. The splats stay in their order and frame; the cloud must
// be sound and not empty. `origin` is the file's "asset" member as JSON.
std::vector<NamedBytes> encode_sog_files(const SplatCloud& cloud, bool antialiased, const std::string& origin,
                                         ThreadPool& pool);

// The "asset" member of files of this asset: who wrote it, and its record where it has one.
std::string sog_origin(const Asset& asset);

// All splats in the capture's frame and in Morton order.
SplatCloud sog_cloud_of(const Asset& asset);

}  // namespace diorama
