# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts share: where the project is, how they speak, and how a build folder is made.
# Sourced by them, never run.

# shellcheck disable=SC2034 # `project` and `explained` are used by the scripts that source this file
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
explained=false
warn() {
  explained=true
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}
fail() {
  warn "$@"
  exit 1
}

# usage: the comment at the top of the script, from its third line to the first that is none.
usage() { sed -n '3,/^[^#]\|^$/s/^# \{0,1\}//p' "$0"; }

# need_packages GROUP...: installs what is missing of these groups of scripts/packages.
# KVSSINK_NO_INSTALL=1 leaves the system alone (an image or a machine prepared by other means).
need_packages() {
  [[ -n ${KVSSINK_NO_INSTALL:-} ]] || "$project/scripts/packages" "$@"
}

# quietly LOG COMMAND...: shows the output only when the command fails, from what ninja calls failed on.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return 0
  { grep -m 1 -A 30 '^FAILED: ' "$log" || tail -n 60 "$log"; } >&2
  warn "'$*' failed; all of its output is in $log"
  return 1
}

# configure_build DIR [meson option]...: makes the build folder, or sets these options in one that is there.
configure_build() {
  local dir=$1
  shift
  if [[ ! -f $dir/build.ninja ]]; then
    rm -rf "$dir/meson-private" # left behind by a configuration that failed or was interrupted
    quietly_in "$dir" meson-setup.log meson setup "$dir" "$project" "$@"
  elif (($#)); then
    quietly_in "$dir" meson-setup.log meson configure "$dir" "$@"
  fi
}

# build DIR [target]...: compiles; JOBS limits how many compilers run at once.
build() {
  local dir=$1
  shift
  quietly_in "$dir" ninja.log ninja --quiet -C "$dir" ${JOBS:+-j "$JOBS"} "$@"
}

quietly_in() {
  local dir=$1 log=$2
  shift 2
  mkdir -p "$dir"
  quietly "$dir/$log" "$@"
}
