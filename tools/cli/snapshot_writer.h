#pragma once

#include "assets/asset.h"
#include "engine/base/job.h"

#include <filesystem>
#include <future>

namespace diorama {

// Makes the folder. Error kInvalidInput: it holds snapshots of a fit that this one does not go on from; kIo.
void prepare_snapshots(const std::filesystem::path& folder, bool resume);

// Writes what a fit stands at beside it, on a thread of its own. Each file is written under another name, synced and
// renamed: who looks for files by name finds whole ones. What cannot be written is told to the job's log once and ends
// no fit.
class SnapshotWriter {
 public:
  SnapshotWriter(std::filesystem::path folder, JobContext& job);
  ~SnapshotWriter();  // waits for the last file
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // As step-0000500.glb. Left out while the file before is still being written, so that a slow disk slows no fit.
  void write(size_t step, Asset asset);

 private:
  void finish();

  std::filesystem::path folder_;
  JobContext& job_;
  bool failed_ = false;
  std::future<void> writing_;
};

}  // namespace diorama
