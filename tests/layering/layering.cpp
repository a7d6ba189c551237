#include "tests/layering/layering.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string_view>

namespace diorama {
namespace {

namespace fs = std::filesystem;

struct Module {
  std::string folder;
  std::vector<std::string> may_include;  // besides itself; "*": anything
};

const std::vector<Module>& modules() {
  static const std::vector<Module> all = {
      {"engine/base", {}},
      {"engine/scene", {"engine/base"}},
      {"engine/nn", {"engine/base"}},
      {"engine/gpu", {"engine/base", "engine/scene"}},
      {"engine/raster", {"engine/base", "engine/scene"}},
      {"engine/video", {"engine/base", "engine/scene"}},
      {"engine/locate", {"engine/base", "engine/scene", "engine/nn"}},
      {"assets", {"engine/base", "engine/scene"}},
      {"capture", {"engine/base", "engine/scene", "engine/video"}},
      {"streaming", {"engine/base", "engine/scene", "engine/video", "engine/gpu", "assets"}},
      {"renderers", {"engine/base", "engine/scene", "engine/raster", "engine/gpu", "engine/nn", "assets"}},
      {"reconstruction",
       {"engine/base", "engine/scene", "engine/raster", "engine/nn", "engine/locate", "engine/video", "assets",
        "capture"}},
      {"viewer",
       {"engine/base", "engine/scene", "engine/nn", "engine/gpu", "engine/raster", "engine/video", "engine/locate",
        "assets", "capture", "streaming", "renderers"}},
      {"tools", {"*"}},
      {"tests", {"*"}},
  };
  return all;
}

struct PrivateLibrary {
  std::string name;
  std::regex header;
  std::vector<std::string> modules;  // that may use it (tests may, too); empty: any
  bool in_internal_headers;
};

const std::vector<PrivateLibrary>& private_libraries() {
  static const std::vector<PrivateLibrary> all = {
      {"FFmpeg", std::regex("lib(av|sw)[a-z]+/.*"), {"engine/video"}, true},
      {"libpng", std::regex("png\\.h"), {"engine/scene"}, false},
      {"libjpeg", std::regex("(jpeglib|jerror|turbojpeg)\\.h"), {"engine/scene"}, false},
      {"libwebp", std::regex("webp/.*"), {"engine/scene", "assets"}, false},
      {"libarchive", std::regex("archive(_entry)?\\.h"), {"assets", "capture"}, false},
      {"libcurl", std::regex("curl/.*"), {"streaming"}, false},
      {"pugixml", std::regex("pugixml\\.hpp"), {"streaming"}, false},
      {"Eigen", std::regex("Eigen/.*"), {}, false},
      {"oneTBB", std::regex("(oneapi/)?tbb/.*"), {"engine/base"}, false},
      {"Dear ImGui", std::regex("imgui.*|backends/imgui.*"), {"viewer"}, true},
      {"GLFW", std::regex("GLFW/.*"), {"viewer"}, false},
      {"nlohmann-json", std::regex("nlohmann/.*"), {}, true},
  };
  return all;
}

struct Source {
  std::string path;                         // from the root
  std::vector<std::string> quoted, angled;  // its includes
};

bool contains(const std::vector<std::string>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool is_header(std::string_view path) {
  return path.ends_with(".h");
}

std::string module_of(std::string_view path) {
  for (const Module& module : modules()) {
    if (path.starts_with(module.folder + "/")) return module.folder;
  }
  return {};
}

std::string text_of(const fs::path& path) {
  std::ifstream stream(path);
  return (std::ostringstream() << stream.rdbuf()).str();
}

Source read_source(const fs::path& root, const fs::path& path) {
  static const std::regex include("^[ \\t]*#[ \\t]*include[ \\t]*([\"<])([^\">]+)[\">]");
  Source source{fs::relative(path, root).generic_string(), {}, {}};
  std::istringstream lines(text_of(path));
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (!std::regex_search(line, match, include)) continue;
    (match[1] == "\"" ? source.quoted : source.angled).push_back(match[2]);
  }
  return source;
}

std::map<std::string, Source> read_tree(const fs::path& root) {
  static const std::set<std::string> kinds = {".h", ".cpp", ".glsl"}, embedded = {".css", ".js"};
  std::map<std::string, Source> sources;
  for (const char* top :
       {"engine", "assets", "capture", "streaming", "renderers", "reconstruction", "viewer", "tools", "tests"}) {
    if (!fs::is_directory(root / top)) continue;
    for (auto it = fs::recursive_directory_iterator(root / top); it != fs::recursive_directory_iterator(); ++it) {
      if (it->path().filename() == "node_modules") it.disable_recursion_pending();
      if (!it->is_regular_file()) continue;
      if (embedded.contains(it->path().extension().string())) {
        const std::string header = fs::relative(it->path(), root).generic_string() + ".h";  // by embed_text.cmake
        sources.emplace(header, Source{header, {}, {}});
      }
      if (!kinds.contains(it->path().extension().string())) continue;
      Source source = read_source(root, it->path());
      if (const size_t stem = source.path.rfind(".glsl"); stem != std::string::npos) {
        const std::string module = source.path.substr(0, stem) + ".spv.h";  // made by diorama_shaders()
        sources.emplace(module, Source{module, {}, {}});
      }
      sources.emplace(source.path, std::move(source));
    }
  }
  return sources;
}

bool may_include(const std::string& from_path, const std::string& to_module) {
  const std::string from = module_of(from_path);
  const auto module =
      std::find_if(modules().begin(), modules().end(), [&](const Module& m) { return m.folder == from; });
  if (module == modules().end()) return false;
  if (from == to_module || contains(module->may_include, to_module)) return true;
  if (contains(module->may_include, "*")) return from == "tests" || to_module != "tests";
  // A fitter's backend for real GPUs is the one part of reconstruction that may know them.
  static const std::regex gpu_backend("reconstruction/[^/]+/vulkan/.*");
  return to_module == "engine/gpu" && std::regex_match(from_path, gpu_backend);
}

// Private libraries that a file takes in, itself or through the project's headers.
std::set<std::string> libraries_within(const std::map<std::string, Source>& sources, const std::string& path) {
  std::set<std::string> seen, found;
  std::vector<std::string> open = {path};
  while (!open.empty()) {
    const auto source = sources.find(open.back());
    open.pop_back();
    if (source == sources.end() || !seen.insert(source->first).second) continue;
    for (const std::string& header : source->second.angled) {
      for (const PrivateLibrary& library : private_libraries()) {
        if (std::regex_match(header, library.header)) found.insert(library.name);
      }
    }
    open.insert(open.end(), source->second.quoted.begin(), source->second.quoted.end());
  }
  return found;
}

void check_quoted(const std::map<std::string, Source>& sources, const Source& source, std::set<std::string>& found) {
  const std::string from = module_of(source.path);
  for (const std::string& header : source.quoted) {
    const std::string to = module_of(header);
    if (!sources.contains(header)) {
      found.insert(fmt::format("{} includes \"{}\", which is no file by its path from the root", source.path, header));
    } else if (!may_include(source.path, to)) {
      found.insert(fmt::format("{} includes {}: {} may not include {}", source.path, header, from, to));
    } else if (from != to && from != "tests") {
      for (const std::string& library : libraries_within(sources, header)) {
        found.insert(fmt::format("{} includes {}, which takes in {}: that header is internal to {}", source.path,
                                 header, library, to));
      }
    }
  }
}

void check_angled(const Source& source, std::set<std::string>& found) {
  const std::string from = module_of(source.path);
  for (const std::string& header : source.angled) {
    for (const PrivateLibrary& library : private_libraries()) {
      if (!std::regex_match(header, library.header)) continue;
      if (is_header(source.path) && !library.in_internal_headers && from != "tests") {
        found.insert(fmt::format("{} includes <{}>: {} stays out of headers", source.path, header, library.name));
      }
      if (!library.modules.empty() && !contains(library.modules, from) && from != "tests") {
        found.insert(fmt::format("{} includes <{}>: {} belongs to {}", source.path, header, library.name,
                                 fmt::join(library.modules, " and ")));
      }
    }
  }
}

bool listed_in_cmake(const fs::path& root, const fs::path& path) {
  const std::string stops = " \t\r\n()\"";
  for (fs::path folder = path.parent_path();; folder = folder.parent_path()) {
    const std::string name = path.lexically_relative(folder.empty() ? "." : folder).generic_string();
    const std::string text = fmt::format(" {} ", text_of(root / folder / "CMakeLists.txt"));
    for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      const bool begins = stops.find(text[at - 1]) != std::string::npos;
      if (begins && stops.find(text[at + name.size()]) != std::string::npos) return true;
    }
    if (folder.empty()) return false;
  }
}

}  // namespace

std::vector<std::string> layering_violations(const fs::path& root) {
  const std::map<std::string, Source> sources = read_tree(root);
  std::set<std::string> found;
  for (const auto& [path, source] : sources) {
    if (module_of(path).empty()) {
      found.insert(fmt::format("{} is in no module of the table", path));
      continue;
    }
    check_quoted(sources, source, found);
    check_angled(source, found);
    if (path.ends_with(".cpp") && !listed_in_cmake(root, path)) {
      found.insert(fmt::format("{} is listed in no CMakeLists.txt of its folder or above", path));
    }
  }
  return {found.begin(), found.end()};
}

}  // namespace diorama
