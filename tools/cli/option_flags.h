#pragma once

#include "engine/base/options.h"

#include <CLI/CLI.hpp>

namespace diorama {

// Adds one flag for each option, with its help, range and default; the fields are set while the command line is parsed.
inline void add_options(CLI::App& app, const std::vector<OptionField>& fields, const std::string& group) {
  for (const OptionField& field : fields) {
    const std::string flag = "--" + field.name;
    CLI::Option* option = nullptr;
    if (auto* const* value = std::get_if<bool*>(&field.target)) {
      option = app.add_flag(flag + ",!--no-" + field.name, **value, field.help + (**value ? " (default: on)" : ""));
    } else {
      option = app.add_option_function<std::string>(
          flag, [field](const std::string& text) { set_option(field, text); }, field.help);
      const auto* choice = std::get_if<OptionChoice>(&field.target);
      option->type_name(choice != nullptr ? fmt::format("{}", fmt::join(choice->names, "|")) : "VALUE");
      option->default_str(option_text(field));
    }
    option->group(group);
  }
}

template <class Options>
void add_options(CLI::App& app, Options& options, const std::string& group) {
  add_options(app, option_fields(options), group);
}

}  // namespace diorama
