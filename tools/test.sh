#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests; then the unit tests once more under AddressSanitizer and
# UndefinedBehaviorSanitizer. Apart from it: the labels nightly, fuzz (`ctest --preset fuzz`) and e2e-slow.
# Tests on real captures run where DIORAMA_TEST_DATA names their folder, else they are skipped.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
jobs=$(nproc)

tools/setup.sh --test

echo "== formatting"
find engine assets capture reconstruction streaming renderers viewer tools tests -name node_modules -prune -o \
  \( -name '*.h' -o -name '*.cpp' \) -print0 | xargs -0 -n 40 -P "$jobs" clang-format-14 --dry-run -Werror

# build_and_test PRESET TARGET CTEST-ARGUMENTS: configures and builds, runs tests, and keeps ctest's closing line.
summary=()
failed=0
build_and_test() {
  local preset=$1 target=$2 log=build/$1/test.log
  shift 2
  echo "== $preset"
  cmake --preset "$preset" >"build/$preset-configure.log" || { cat "build/$preset-configure.log"; exit 1; }
  cmake --build --preset "$preset" --parallel "$jobs" --target "$target"
  ctest --preset "$preset" --parallel "$jobs" "$@" 2>&1 | tee "$log" || failed=1
  summary+=("$preset: $(grep -E 'tests passed|No tests were found' "$log" | tail -1)")
}

mkdir -p build
build_and_test ci all --label-exclude 'nightly|fuzz|e2e-slow'
build_and_test dev unit_tests --label-regex '^unit$'

printf '%s\n' "${summary[@]}"
exit "$failed"
