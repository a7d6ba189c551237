#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace diorama {

// Folder of a real capture below DIORAMA_TEST_DATA; empty where it is not at hand.
inline std::filesystem::path test_data(const std::string& name) {
  const char* root = std::getenv("DIORAMA_TEST_DATA");
  if (root == nullptr || *root == '\0') return {};
  const std::filesystem::path path = std::filesystem::absolute(std::filesystem::path(root) / name);
  return std::filesystem::exists(path) ? path : std::filesystem::path{};
}

// A folder of this test alone, removed at its end.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "diorama-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace diorama

#define DIO_REQUIRE_TEST_DATA(variable, name)                        \
  const std::filesystem::path variable = ::diorama::test_data(name); \
  if (variable.empty()) GTEST_SKIP() << "needs " << name << " in DIORAMA_TEST_DATA"
