#!/usr/bin/env bash
# From nothing to a scored scene: installs what is missing, builds, takes the given capture (or makes the built-in
# sample), fits a mesh, scores it, renders pictures of it. What is up to date is not made again.
#   tools/quickstart.sh [CAPTURE]
set -euo pipefail
here=$PWD
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
if [ "$#" -gt 1 ]; then
  echo "usage: tools/quickstart.sh [CAPTURE]" >&2
  exit 2
fi

tools/setup.sh
mkdir -p build out
cmake --preset release >build/release-configure.log || { cat build/release-configure.log; exit 1; }
cmake --build --preset release --target diorama
diorama=build/release/tools/cli/diorama

if [ "$#" -eq 1 ]; then
  capture=$(cd "$here" && realpath -m -- "$1")
else
  capture=out/sample
  if [ ! -f "$capture/capture.json" ]; then
    rm -rf out/sample.part
    "$diorama" synth room -o out/sample.part
    mv out/sample.part "$capture"
  fi
fi
if [ ! -d "$capture" ]; then
  echo "quickstart: $capture is not a folder; expected a capture" >&2
  exit 2
fi

results=out/$(basename "$capture")-mesh
mesh=$results/mesh.glb
mkdir -p "$results"

# is_current FILE...: the first is there, and made after the program, everything in the capture, and the others.
is_current() {
  local file=$1 other
  [ -f "$file" ] && [ -z "$(find -L "$capture" -newer "$file" -print -quit)" ] || return 1
  for other in "$diorama" "${@:2}"; do
    [ ! "$other" -nt "$file" ] || return 1
  done
}

"$diorama" info "$capture"
is_current "$mesh" || "$diorama" fit "$capture" --as mesh -o "$mesh"
is_current "$results/eval.json" "$mesh" || "$diorama" eval "$mesh" "$capture" --json "$results/eval.json"
is_current "$results/frame.png" "$mesh" || "$diorama" render "$mesh" -o "$results/frame.png" --camera "$capture#0"
is_current "$results/outside.png" "$mesh" || "$diorama" render "$mesh" -o "$results/outside.png"
is_current "$results/orbit.mp4" "$mesh" || "$diorama" render "$mesh" -o "$results/orbit.mp4" --orbit 120 --size 960x540

echo
echo "capture           $capture"
echo "scene             $mesh   (opens in any glTF viewer)"
echo "scores            $results/eval.json"
echo "as frame 0        $results/frame.png"
echo "from outside      $results/outside.png"
echo "on a circle       $results/orbit.mp4"
