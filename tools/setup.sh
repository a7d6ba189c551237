#!/usr/bin/env bash
# Installs what Diorama is built with (Debian 12 packages). Only what is missing; a second run takes no time.
#   tools/setup.sh             to build and run
#   tools/setup.sh --test      and to test: GoogleTest, clang-format, Khronos' glTF validator (Node.js)
#   tools/setup.sh --analysis  and for the presets tidy, coverage and fuzz: clang 16
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

packages=(
  g++ cmake ninja-build pkg-config ccache
  libfmt-dev libtbb-dev libhwy-dev libglm-dev nlohmann-json3-dev libcli11-dev
  zlib1g-dev libzstd-dev libarchive-dev libpng-dev libjpeg-dev libwebp-dev
  libavformat-dev libavcodec-dev libavutil-dev libcurl4-openssl-dev libpugixml-dev
  libmeshoptimizer-dev libeigen3-dev libnanoflann-dev
  libimgui-dev libglfw3-dev libstb-dev
  libvulkan-dev mesa-vulkan-drivers glslc spirv-tools
)
test_packages=(libgtest-dev libgmock-dev clang-format-14 vulkan-validationlayers python3-numpy python3-pil
  python3-zstandard ffmpeg nginx-light xvfb openbox xdotool)
analysis_packages=(clang-16 clang-tidy-16 libclang-rt-16-dev llvm-16)

with_tests=false
for argument in "$@"; do
  case "$argument" in
    --test) with_tests=true ;;
    --analysis) with_tests=true; packages+=("${analysis_packages[@]}") ;;
    *) echo "setup.sh: '$argument' is not known; expected --test or --analysis" >&2; exit 2 ;;
  esac
done
if $with_tests; then
  packages+=("${test_packages[@]}")
  # By program, since Node.js often comes from elsewhere than Debian.
  command -v node >/dev/null || packages+=(nodejs)
  command -v npm >/dev/null || packages+=(npm)
fi

is_installed() {
  [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=()
for package in "${packages[@]}"; do
  is_installed "$package" || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "setup: run as root, or install sudo" >&2; exit 2; }
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if $with_tests; then
  validator=tools/validate_gltf
  stamp=$validator/node_modules/.installed-lock
  if ! cmp -s "$validator/package-lock.json" "$stamp"; then
    echo "setup: installing the glTF validator"
    npm ci --prefix "$validator" --no-audit --no-fund --loglevel=error
    cp "$validator/package-lock.json" "$stamp"
  fi
fi
