#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace diorama {

// One option of an options struct, bound to its field. Command line, JSON, range check and panels are made from these.
//
// An options struct lists its fields once:
//
//   struct FusionOptions {
//     float voxel_m = 0.02f;
//     template <class Visitor>
//     void visit(Visitor&& option) {
//       option("voxel", voxel_m, {1e-3, 1}, "edge of a voxel, m");
//     }
//   };
// Numbers must be finite, whatever the range.
struct OptionRange {
  double min = -std::numeric_limits<double>::infinity(), max = std::numeric_limits<double>::infinity();
};

// A choice by name: the field is an index into `names`.
struct OptionChoice {
  int* index = nullptr;
  std::vector<std::string> names;
};

struct OptionField {
  std::string name;  // as on the command line, without dashes: "max-triangles"
  std::variant<bool*, int*, float*, double*, std::string*, OptionChoice> target;
  OptionRange range;
  std::string help;  // one line, with the unit
};

namespace detail {

struct FieldCollector {
  std::vector<OptionField>& fields;
  template <class T>
  void operator()(std::string name, T& field, OptionRange range, std::string help) {
    fields.push_back({std::move(name), &field, range, std::move(help)});
  }
  template <class T>
  void operator()(std::string name, T& field, std::string help) {
    fields.push_back({std::move(name), &field, {}, std::move(help)});
  }
  void operator()(std::string name, int& index, std::vector<std::string> names, std::string help) {
    fields.push_back({std::move(name), OptionChoice{&index, std::move(names)}, {}, std::move(help)});
  }
};

}  // namespace detail

template <class Options>
std::vector<OptionField> option_fields(Options& options) {
  std::vector<OptionField> fields;
  options.visit(detail::FieldCollector{fields});
  return fields;
}

// Error kInvalidInput naming the first option that is out of its range (NaN is).
void check_options(const std::vector<OptionField>& fields);

// One JSON object, keys in the listed order; reading it back gives the same values to the bit. Reading: keys may be
// absent (the field stays), unknown ones and wrong types are an Error; ranges are checked. After an Error the fields
// before the wrong one are set.
std::string options_to_json(const std::vector<OptionField>& fields);
void options_from_json(const std::vector<OptionField>& fields, std::string_view json);

// Sets one field from text, as a command line gives it. Error names option, text and what was expected.
void set_option(const OptionField& field, std::string_view text);

// The field's value as text, as set_option would take it.
std::string option_text(const OptionField& field);

}  // namespace diorama
