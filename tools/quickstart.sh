#!/usr/bin/env bash
# From nothing to scored scenes: installs what is missing, builds, takes the given capture (or makes the built-in
# sample), fits a mesh (where there is depth) and splats, scores them, renders pictures of them. What is up to date is
# not made again.
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

results=out/$(basename "$capture")

# is_current FILE...: the first is there, and made after the program, everything in the capture, and the others.
is_current() {
  local file=$1 other
  [ -f "$file" ] && [ -z "$(find -L "$capture" -newer "$file" -print -quit)" ] || return 1
  for other in "$diorama" "${@:2}"; do
    [ ! "$other" -nt "$file" ] || return 1
  done
}

# show SCENE: its scores and pictures, beside it.
show() {
  local scene=$1 folder
  folder=$(dirname "$scene")
  is_current "$folder/eval.json" "$scene" || "$diorama" eval "$scene" "$capture" --json "$folder/eval.json"
  is_current "$folder/frame.png" "$scene" || "$diorama" render "$scene" -o "$folder/frame.png" --camera "$capture#0"
  is_current "$folder/outside.png" "$scene" || "$diorama" render "$scene" -o "$folder/outside.png"
  is_current "$folder/orbit.mp4" "$scene" || "$diorama" render "$scene" -o "$folder/orbit.mp4" --orbit 120 --size 960x540
}

"$diorama" info "$capture"
mesh=$results-mesh/mesh.glb splats=$results-splats/splats.glb
scenes=("$splats")
if ! "$diorama" info --json "$capture" | grep -Eq '"frames_with_depth": ?0\b'; then  # a mesh is fused from depth
  is_current "$mesh" || "$diorama" fit "$capture" --as mesh -o "$mesh"
  show "$mesh"
  scenes=("$mesh" "$splats")
fi
is_current "$splats" || "$diorama" fit "$capture" --as splats --preset preview --max-minutes 3 -o "$splats" \
  --html "$results-splats/report.html"
show "$splats"

echo
echo "capture           $capture"
for scene in "${scenes[@]}"; do
  folder=$(dirname "$scene")
  echo
  echo "scene             $scene   (opens in any glTF viewer)"
  echo "scores            $folder/eval.json"
  echo "as frame 0        $folder/frame.png"
  echo "from outside      $folder/outside.png"
  echo "on a circle       $folder/orbit.mp4"
done
echo "the splats' fit   $results-splats/report.html"
