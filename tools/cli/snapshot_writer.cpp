#include "tools/cli/snapshot_writer.h"

#include "assets/gltf.h"
#include "engine/base/error.h"

#include <fmt/format.h>

#include <chrono>

namespace diorama {
namespace {

namespace fs = std::filesystem;

bool is_snapshot(const fs::path& path) {
  return path.extension() == ".glb" && path.filename().string().starts_with("step-");
}

}  // namespace

void prepare_snapshots(const fs::path& folder, bool resume) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail(ErrorCode::kIo, "{}: the folder for snapshots cannot be made: {}", folder.string(), error.message());
  if (resume) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!is_snapshot(entry.path())) continue;
    fail(ErrorCode::kInvalidInput, "{}: holds snapshots of an earlier fit; remove them, or name another folder",
         folder.string());
  }
  if (error) fail(ErrorCode::kIo, "{}: the folder for snapshots cannot be read: {}", folder.string(), error.message());
}

SnapshotWriter::SnapshotWriter(fs::path folder, JobContext& job) : folder_(std::move(folder)), job_(job) {}

SnapshotWriter::~SnapshotWriter() {
  finish();
}

void SnapshotWriter::write(size_t step, Asset asset) {
  if (writing_.valid() && writing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  finish();
  if (failed_) return;
  writing_ = std::async(std::launch::async, [path = folder_ / fmt::format("step-{:07}.glb", step),
                                             asset = std::move(asset)] { write_glb(asset, path); });
}

void SnapshotWriter::finish() {
  if (!writing_.valid()) return;
  try {
    writing_.get();
  } catch (const Error& error) {
    failed_ = true;
    job_.log(LogLevel::kWarning, fmt::format("no more snapshots: {}", error.what()));
  }
}

}  // namespace diorama
