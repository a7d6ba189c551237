#include "tools/cli/edit_steps.h"

#include "assets/asset_file.h"
#include "engine/base/error.h"
#include "engine/scene/splat_decimate.h"
#include "engine/scene/splat_edit.h"
#include "engine/scene/splat_order.h"
#include "engine/scene/splat_transform.h"

#include <glm/gtc/matrix_transform.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>

namespace diorama {
namespace {

using StepRun = std::function<void(EditedSplats&, ThreadPool&)>;
using StepMaker = StepRun (*)(const std::string& value);

struct StepKind {
  const char* name;
  const char* value;  // what it takes; null: nothing
  const char* group;
  const char* help;
  StepMaker make;
};

// Exactly that many finite numbers, parted by commas.
template <size_t Count>
std::array<double, Count> numbers(const std::string& text, const char* expected) {
  std::array<double, Count> result{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (size_t i = 0; i < Count; ++i) {
    const auto [stop, error] = std::from_chars(at, end, result[i]);
    const bool last = i + 1 == Count;
    const bool read = error == std::errc() && std::isfinite(result[i]) && std::abs(result[i]) <= 1e9;
    if (!read || (last ? stop != end : stop == end || *stop != ',')) {
      fail(ErrorCode::kInvalidInput, "is '{}', expected {}", text, expected);
    }
    at = stop + 1;
  }
  return result;
}

double number(const std::string& text, double least, double most, const char* expected) {
  const double value = numbers<1>(text, expected)[0];
  if (!(value >= least && value <= most)) fail(ErrorCode::kInvalidInput, "is '{}', expected {}", text, expected);
  return value;
}

glm::vec3 vector(const std::string& text, const char* expected) {
  const auto v = numbers<3>(text, expected);
  return glm::vec3(glm::dvec3(v[0], v[1], v[2]));
}

SplatRegion box(const std::string& text) {
  constexpr const char* kExpected = "X0,Y0,Z0,X1,Y1,Z1 with the smaller corner first, in metres";
  const auto v = numbers<6>(text, kExpected);
  SplatRegion region;
  region.box.min = glm::vec3(glm::dvec3(v[0], v[1], v[2]));
  region.box.max = glm::vec3(glm::dvec3(v[3], v[4], v[5]));
  if (region.box.empty() || glm::any(glm::greaterThan(region.box.min, region.box.max))) {
    fail(ErrorCode::kInvalidInput, "is '{}', expected {}", text, kExpected);
  }
  return region;
}

SplatRegion sphere(const std::string& text) {
  constexpr const char* kExpected = "X,Y,Z,RADIUS in metres, the radius above 0";
  const auto v = numbers<4>(text, kExpected);
  SplatRegion region{SplatRegion::Kind::kSphere, {}, glm::vec3(glm::dvec3(v[0], v[1], v[2])), static_cast<float>(v[3])};
  if (!(region.radius_m > 0)) fail(ErrorCode::kInvalidInput, "is '{}', expected {}", text, kExpected);
  return region;
}

StepRun crop(const SplatRegion& region, bool inside) {
  return [region, inside](EditedSplats& splats, ThreadPool&) {
    splats.cloud =
        masked(splats.cloud, inside ? mask_inside(splats.cloud, region) : mask_outside(splats.cloud, region));
  };
}

// Cameras of the capture follow a motion; nothing of the record holds after a change of size.
void move(EditedSplats& splats, const glm::dmat4& matrix, bool rigid) {
  transform(splats.cloud, matrix);
  if (!splats.record) return;
  if (rigid) {
    const Rigid motion{glm::mat3(matrix), glm::vec3(matrix[3])};
    splats.record->asset_from_capture = motion * splats.record->asset_from_capture;
  } else {
    splats.record->asset_from_capture = {};
    splats.warnings.push_back("--scale: the capture's cameras no longer fit the asset");
  }
}

StepRun make_translation(const std::string& text) {
  const glm::vec3 by = vector(text, "X,Y,Z in metres");
  return
      [by](EditedSplats& splats, ThreadPool&) { move(splats, glm::translate(glm::dmat4(1.0), glm::dvec3(by)), true); };
}

StepRun make_rotation(const std::string& text) {
  constexpr const char* kExpected = "X,Y,Z,DEGREES with an axis that is not 0, as 0,1,0,90";
  const auto v = numbers<4>(text, kExpected);
  const glm::dvec3 axis(v[0], v[1], v[2]);
  if (!(glm::length(axis) > 1e-9)) fail(ErrorCode::kInvalidInput, "is '{}', expected {}", text, kExpected);
  const glm::dmat4 matrix = glm::rotate(glm::dmat4(1.0), v[3] * std::numbers::pi / 180, glm::normalize(axis));
  return [matrix](EditedSplats& splats, ThreadPool&) { move(splats, matrix, true); };
}

StepRun make_scale(const std::string& text) {
  const double factor = number(text, 1e-6, 1e6, "a factor from 1e-6 to 1e6");
  return [factor](EditedSplats& splats, ThreadPool&) {
    move(splats, glm::scale(glm::dmat4(1.0), glm::dvec3(factor)), false);
  };
}

StepRun make_min_opacity(const std::string& text) {
  const auto least = static_cast<float>(number(text, 0, 1, "a number from 0 to 1"));
  return [least](EditedSplats& s, ThreadPool&) { s.cloud = masked(s.cloud, mask_opacity(s.cloud, least)); };
}

StepRun make_max_size(const std::string& text) {
  const auto most = static_cast<float>(number(text, 1e-9, 1e9, "metres above 0"));
  return [most](EditedSplats& s, ThreadPool&) { s.cloud = masked(s.cloud, mask_size(s.cloud, most)); };
}

StepRun make_floaters(const std::string& text) {
  FloaterOptions options;
  options.strength = static_cast<float>(number(text, 0.1, 100, "a number from 0.1 to 100, as 3"));
  return [options](EditedSplats& s, ThreadPool& pool) {
    s.cloud = masked(s.cloud, mask_floaters(s.cloud, options, pool));
  };
}

StepRun make_decimation(const std::string& text) {
  const double target = number(text, 1, 1e9, "a whole number of splats, 1 or more");
  if (target != std::floor(target)) {
    fail(ErrorCode::kInvalidInput, "is '{}', expected a whole number of splats, 1 or more", text);
  }
  return [target](EditedSplats& splats, ThreadPool& pool) {
    splats.cloud = decimate(splats.cloud, static_cast<size_t>(target), pool);
  };
}

StepRun make_sh_degree(const std::string& text) {
  const double degree = number(text, 0, 3, "0, 1, 2 or 3");
  if (degree != std::floor(degree)) fail(ErrorCode::kInvalidInput, "is '{}', expected 0, 1, 2 or 3", text);
  return [degree](EditedSplats& splats, ThreadPool&) { limit_sh_degree(splats.cloud, static_cast<int>(degree)); };
}

StepRun make_merge(const std::string& path) {
  return [path](EditedSplats& splats, ThreadPool&) {
    EditedSplats other = read_splats(path);
    splats.cloud = joined(splats.cloud, other.cloud);
    for (std::string& warning : other.warnings) splats.warnings.push_back(std::move(warning));
    const bool antialiased = splats.record && splats.record->antialiased;
    if (antialiased != (other.record && other.record->antialiased)) {
      splats.warnings.push_back(path +
                                ": one of the two was fitted with anti-aliasing and the other not; the result is "
                                "drawn as the first");
    }
  };
}

StepRun make_morton(const std::string&) {
  return [](EditedSplats& s, ThreadPool&) { s.cloud = gathered(s.cloud, morton_order(s.cloud.positions)); };
}

constexpr const char* kWhere = "Steps: which part of space stays (by the splats' centres, in the asset's frame, +Y up)";
constexpr const char* kWhich = "Steps: which splats stay";
constexpr const char* kChange = "Steps: what becomes of them";

constexpr StepKind kSteps[] = {
    {"crop-box", "X0,Y0,Z0,X1,Y1,Z1", kWhere, "keep what is in the box; `diorama info` tells the bounds",
     [](const std::string& v) { return crop(box(v), true); }},
    {"cut-box", "X0,Y0,Z0,X1,Y1,Z1", kWhere, "take out what is in the box",
     [](const std::string& v) { return crop(box(v), false); }},
    {"crop-sphere", "X,Y,Z,RADIUS", kWhere, "keep what is in the sphere, as 0,1,0,2.5",
     [](const std::string& v) { return crop(sphere(v), true); }},
    {"cut-sphere", "X,Y,Z,RADIUS", kWhere, "take out what is in the sphere",
     [](const std::string& v) { return crop(sphere(v), false); }},
    {"min-opacity", "OPACITY", kWhich, "keep what is at least as opaque; 0.02 drops what is hardly seen",
     make_min_opacity},
    {"max-size", "METRES", kWhich, "keep what has no standard deviation above this", make_max_size},
    {"remove-floaters", "STRENGTH", kWhich,
     "drop what lies alone, or is large for its place, by more than STRENGTH deviations from the usual; 3 is mild, 1.5 "
     "strong",
     make_floaters},
    {"decimate", "COUNT", kChange, "merge the most alike neighbours until COUNT splats are left", make_decimation},
    {"sh-degree", "DEGREE", kChange, "drop what depends on the view beyond this degree; 0: one colour a splat",
     make_sh_degree},
    {"translate", "X,Y,Z", kChange, "move, metres; the record's capture moves along", make_translation},
    {"rotate", "X,Y,Z,DEGREES", kChange, "turn about an axis through the origin, colours with it, as 0,1,0,90",
     make_rotation},
    {"scale", "FACTOR", kChange, "make larger or smaller about the origin", make_scale},
    {"merge", "FILE", kChange, "add the splats of another asset, as they stand there", make_merge},
    {"morton", nullptr, kChange, "order along a Morton curve: neighbours in space become neighbours in the file",
     make_morton},
};

}  // namespace

void add_edit_flags(CLI::App& app) {
  for (const StepKind& kind : kSteps) {
    const std::string flag = std::string("--") + kind.name;
    CLI::Option* option = nullptr;
    if (kind.value != nullptr) {
      option = app.add_option(flag, kind.help)->type_name(kind.value)->expected(1);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    } else {
      option = app.add_flag(flag, kind.help);
    }
    option->group(kind.group);
  }
}

std::vector<EditStep> edit_steps(const CLI::App& app) {
  std::vector<EditStep> steps;
  std::map<std::string, size_t> used;  // results of an option that came before
  for (const CLI::Option* option : app.parse_order()) {
    for (const StepKind& kind : kSteps) {
      if (option->get_single_name() != kind.name) continue;
      const std::string value = kind.value != nullptr ? option->results().at(used[kind.name]++) : "";
      const std::string flag = std::string("--") + kind.name;
      steps.push_back(
          {kind.value != nullptr ? flag + " " + value : flag, with_context(flag, [&] { return kind.make(value); })});
    }
  }
  return steps;
}

EditedSplats read_splats(const std::string& path) {
  Asset asset = read_asset(path);
  EditedSplats splats;
  for (const std::string& note : asset.notes) splats.warnings.push_back(fmt::format("{}: {}", path, note));
  if (splat_count(asset) == 0 || !asset.meshes.empty()) {
    fail(ErrorCode::kUnsupported, "{}: holds {}; edit works on splats alone", path,
         asset.meshes.empty() ? "no splats" : "meshes");
  }
  splats.cloud = asset.splats.size() == 1 ? std::move(asset.splats[0].cloud) : merged_splats(asset);
  splats.record = std::move(asset.record);
  return splats;
}

}  // namespace diorama
