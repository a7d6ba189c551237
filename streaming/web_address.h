#pragma once

#include <string>

namespace diorama {

// A URL of http or https, taken apart by libcurl.
struct WebAddress {
  std::string url;    // as given
  std::string shown;  // for messages: without a user's name, password, query and fragment
  std::string file;   // the last part of its path, decoded
  std::string stem;   // what stands before a file's encoded name: scheme, user, host and folder
  bool secure = false;

  std::string beside(const std::string& name) const;        // URL of another file of the folder
  std::string shown_beside(const std::string& name) const;  // for messages

 private:
  friend WebAddress parse_web_address(const std::string& url);
  std::string shown_stem_;
};

// Error kInvalidInput: no URL, or one without a file's name.
WebAddress parse_web_address(const std::string& url);

}  // namespace diorama
