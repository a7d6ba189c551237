#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace diorama {

// Text from outside, made safe for where a page puts it.

// For element content and quoted attributes.
std::string html_escaped(std::string_view text);

// JSON that may stand in a <script> element: no '<' can end it. The JSON's meaning stays.
std::string json_for_script(std::string_view json);

// One word of a POSIX shell's command line, quoted where it needs to be.
std::string shell_word(std::string_view word);

// data:TYPE;base64,...
std::string data_uri(std::string_view media_type, std::span<const std::byte> bytes);

}  // namespace diorama
