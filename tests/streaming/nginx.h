#pragma once

#include <filesystem>
#include <string>

namespace diorama {

// nginx with a configuration of its own on a free port of loopback, serving a folder; it ends with this, or with the
// test's process.
class Nginx {
 public:
  // `settings`: lines for the location, as "limit_rate 100k;".
  explicit Nginx(const std::filesystem::path& folder, const std::string& settings = "");
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  static bool installed();

  std::string url(const std::string& file) const;
  void stop();
  void start();  // on the same port again

 private:
  std::filesystem::path files_;  // its own: configuration, logs
  int port_ = 0, pid_ = 0;
};

}  // namespace diorama
