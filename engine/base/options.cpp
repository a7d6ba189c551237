#include "engine/base/options.h"

#include "engine/base/error.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

namespace diorama {
namespace {

using Json = nlohmann::ordered_json;

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string choice_list(const OptionChoice& choice) {
  return fmt::format("{}", fmt::join(choice.names, ", "));
}

std::string range_text(OptionRange range) {
  const OptionRange any;
  if (range.min == any.min && range.max == any.max) return "any finite number";
  if (range.min == -std::numeric_limits<double>::infinity()) return fmt::format("at most {}", range.max);
  if (range.max == std::numeric_limits<double>::infinity()) return fmt::format("at least {}", range.min);
  return fmt::format("{} to {}", range.min, range.max);
}

// The shortest decimal that is this float, as a double: 0.02f is told as 0.02 and not as 0.019999999552965164.
double shortest(float value) {
  const std::string text = fmt::format("{}", value);
  double result = value;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

void check_number(const OptionField& field, double value) {
  if (std::isfinite(value) && value >= field.range.min && value <= field.range.max) return;
  fail(ErrorCode::kInvalidInput, "--{} is {}, expected {}", field.name, value, range_text(field.range));
}

// A range up to 0.1 takes 0.1f, which as a double is above it.
void check_number(const OptionField& field, float value) {
  check_number(field, shortest(value));
}
void check_number(const OptionField& field, int value) {
  check_number(field, static_cast<double>(value));
}

template <class T>
T parse_number(const OptionField& field, std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fail(ErrorCode::kInvalidInput, "--{} is '{}', expected {} ({})", field.name, text,
         std::is_integral_v<T> ? "a whole number" : "a number", range_text(field.range));
  }
  return value;
}

int choice_index(const OptionField& field, const OptionChoice& choice, std::string_view text) {
  const auto found = std::find(choice.names.begin(), choice.names.end(), text);
  if (found == choice.names.end()) {
    fail(ErrorCode::kInvalidInput, "--{} is '{}', expected one of: {}", field.name, text, choice_list(choice));
  }
  return static_cast<int>(found - choice.names.begin());
}

// Paths may hold bytes that are not UTF-8; JSON may not.
std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json value_of(const OptionField& field) {
  return std::visit(Overloaded{[](const OptionChoice& choice) { return Json(choice.names.at(*choice.index)); },
                               [](const float* value) { return Json(shortest(*value)); },
                               [](const auto* value) { return Json(*value); }},
                    field.target);
}

void set_from_json(const OptionField& field, const Json& value) {
  if (value.is_string()) {
    if (auto* const* text = std::get_if<std::string*>(&field.target)) {
      **text = value.get<std::string>();
      return;
    }
    if (const auto* choice = std::get_if<OptionChoice>(&field.target)) {
      *choice->index = choice_index(field, *choice, value.get<std::string>());
      return;
    }
  } else if (value.is_boolean() || value.is_number()) {
    const bool fits = std::visit(
        Overloaded{[&](bool*) { return value.is_boolean(); }, [&](int*) { return value.is_number_integer(); },
                   [&](float*) { return value.is_number(); }, [&](double*) { return value.is_number(); },
                   [](const auto&) { return false; }},
        field.target);
    if (fits) {
      set_option(field, dumped(value));
      return;
    }
  }
  fail(ErrorCode::kInvalidInput, "option '{}' has the wrong type: {}", field.name, dumped(value));
}

}  // namespace

void check_options(const std::vector<OptionField>& fields) {
  for (const OptionField& field : fields) {
    std::visit(
        Overloaded{[&](int* value) { check_number(field, *value); }, [&](float* value) { check_number(field, *value); },
                   [&](double* value) { check_number(field, *value); },
                   [&](const OptionChoice& choice) {
                     DIO_CHECK(*choice.index >= 0 && static_cast<size_t>(*choice.index) < choice.names.size());
                   },
                   [](bool*) {}, [](std::string*) {}},
        field.target);
  }
}

std::string options_to_json(const std::vector<OptionField>& fields) {
  Json object = Json::object();
  for (const OptionField& field : fields) object[field.name] = value_of(field);
  return dumped(object);
}

void options_from_json(const std::vector<OptionField>& fields, std::string_view json) {
  const Json object = Json::parse(json, nullptr, false);
  if (!object.is_object()) fail(ErrorCode::kInvalidInput, "the options are not a JSON object");
  for (const auto& [key, value] : object.items()) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&key = key](const auto& f) { return f.name == key; });
    if (found == fields.end()) fail(ErrorCode::kInvalidInput, "there is no option '{}'", key);
    set_from_json(*found, value);
  }
  check_options(fields);
}

void set_option(const OptionField& field, std::string_view text) {
  std::visit(Overloaded{[&](bool* value) {
                          if (text != "true" && text != "false") {
                            fail(ErrorCode::kInvalidInput, "--{} is '{}', expected true or false", field.name, text);
                          }
                          *value = text == "true";
                        },
                        [&](std::string* value) { *value = text; },
                        [&](const OptionChoice& choice) { *choice.index = choice_index(field, choice, text); },
                        [&](auto* value) {
                          const auto number = parse_number<std::remove_pointer_t<decltype(value)>>(field, text);
                          check_number(field, number);
                          *value = number;
                        }},
             field.target);
}

std::string option_text(const OptionField& field) {
  const Json value = value_of(field);
  return value.is_string() ? value.get<std::string>() : dumped(value);
}

}  // namespace diorama
