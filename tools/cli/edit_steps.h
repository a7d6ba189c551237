#pragma once

#include "assets/asset.h"
#include "engine/base/thread_pool.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace diorama {

// The splats that `diorama edit` works on, all clouds as one, and their record.
struct EditedSplats {
  SplatCloud cloud;
  std::optional<AssetRecord> record;
  std::vector<std::string> warnings;
};

// One step of an edit as the command line gives it.
struct EditStep {
  std::string text;  // for messages: "--decimate 20000"
  std::function<void(EditedSplats&, ThreadPool&)> run;
};

// Adds a flag for each kind of step. They may come several times and in any order.
void add_edit_flags(CLI::App& app);

// The steps in the order in which the parsed command line gives them. Error kInvalidInput: a value that a step does not
// take; the sentence names the step.
std::vector<EditStep> edit_steps(const CLI::App& app);

// The splats of any asset file. Error kUnsupported: it holds no splats, or meshes beside them.
EditedSplats read_splats(const std::string& path);

}  // namespace diorama
