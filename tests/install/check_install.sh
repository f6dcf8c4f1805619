#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_install.sh BUILD SOURCES: installs the build into a temporary folder, looks for what belongs
# there, and builds and runs a program against nothing but the installed headers and library.
# Environment: CXX; CXXFLAGS; INSTALLED, the files that must be there, below the temporary folder.
set -euo pipefail
build=$1 sources=$2

fail() {
  echo "check_install: $*" >&2
  exit 1
}

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
meson install -C "$build" --no-rebuild --quiet --destdir "$root"

for file in $INSTALLED; do
  [[ -f $root/$file ]] || fail "$file is not installed"
done

pc=$(find "$root" -name producer-core.pc)
[[ -n $pc ]] || fail "producer-core.pc is not installed"
export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$root
read -ra cflags < <(pkg-config --cflags producer-core)
read -ra libs < <(pkg-config --libs producer-core)
read -ra cxx <<<"$CXX -std=c++20 $CXXFLAGS"

# Each header alone: an application may include any of them first.
headers=$(pkg-config --variable=includedir producer-core)/producer-core
find "$headers" -name '*.h' -print0 |
  xargs -0 -P 2 -I{} "${cxx[@]}" "${cflags[@]}" -fsyntax-only -include {} -x c++ /dev/null ||
  fail "an installed header does not compile alone: is what it includes in public_headers?"

"${cxx[@]}" "${cflags[@]}" "$sources/application.cpp" -o "$root/application" "${libs[@]}"
"$root/application"
