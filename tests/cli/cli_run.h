#pragma once

#include "engine/base/file.h"
#include "tests/test_data.h"

#include <sys/wait.h>

#include <cstdlib>
#include <string>

namespace diorama {

struct CliResult {
  int exit_code = -1;
  std::string out, err;
};

// Runs `diorama ARGUMENTS` through the shell (arguments are the test's own words), with the streams caught.
inline CliResult run_cli(const std::string& arguments, const std::string& before = "") {
  const TempDir dir;
  const std::string command = before + DIORAMA_PROGRAM " -q " + arguments + " >" + (dir / "out").string() + " 2>" +
                              (dir / "err").string() + " </dev/null";
  const int status = std::system(command.c_str());
  CliResult result;
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  result.out = read_text_file(dir / "out");
  result.err = read_text_file(dir / "err");
  return result;
}

// A small room that all cases share: 41 frames (6 held out), and the mesh fitted to it.
struct Sample {
  TempDir dir;
  std::string room = (dir / "room").string();
  std::string mesh = (dir / "room.glb").string();
  static const Sample& get() {
    static const Sample sample;
    return sample;
  }

 private:
  Sample() {
    EXPECT_EQ(run_cli("synth room -o " + room + " --frames 41 --width 160 --height 120 --light-detail 0.1").exit_code,
              0);
    EXPECT_EQ(run_cli("fit " + room + " --as mesh -o " + mesh + " --voxel 0.04").exit_code, 0);
  }
};

}  // namespace diorama
