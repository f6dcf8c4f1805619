# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Building and running the tests in one or more build folders, and their common count.
# Sourced by scripts/test and scripts/sanitize after lib.sh, which sets `project`.
# shellcheck disable=SC2154

suite_logs=()
suite_failed=0

# run_suite DIR [meson option]... -- [meson test argument]...: builds in DIR, runs the tests, notes their log.
run_suite() {
  local dir=$1 options=()
  shift
  while [[ $1 != -- ]]; do
    options+=("$1")
    shift
  done
  shift
  if [[ -n ${CI:-} ]]; then
    options+=(-Dwerror=true)
  fi
  say "Building in $dir"
  configure_build "$dir" "${options[@]}"
  build "$dir"
  rm -f "$dir/meson-logs/testlog.json"
  meson test -C "$dir" --no-rebuild --print-errorlogs "$@" || suite_failed=1
  if [[ -s $dir/meson-logs/testlog.json ]]; then
    suite_logs+=("$dir/meson-logs/testlog.json")
  fi
}

# run_sanitized address|thread [meson test argument]...: the same in a folder of its own, compiled with the
# sanitizer. "address" checks for undefined behaviour too.
run_sanitized() {
  local kind=$1 checks=$1 dir
  shift
  dir=$project/build-${kind:0:1}san
  [[ $kind == thread ]] || checks=address,undefined
  say "Sanitizer: $checks"
  set_sanitizer_options
  watch_hosts "$kind"
  # GLib's slices and GStreamer's plugin scanner would hide leaks and start programs without the sanitizer.
  export G_SLICE=always-malloc GST_REGISTRY_FORK=no
  # Not optimised, and line numbers only: compiling takes longer than running.
  run_suite "$dir" -Db_sanitize="$checks" -Db_lundef=false -Dbench=false -Doptimization=0 -Dcpp_args=-g1 -- \
    --timeout-multiplier 5 "$@"
}

# watch_hosts address|thread: programs that load the plugin and were compiled without the sanitizer (Python,
# gst-launch) start with its library in front; what they call does not (tests/support/preload.py).
watch_hosts() {
  local library=libasan.so hosts=$project/tests/sanitizers/hosts
  [[ $1 == address ]] || library=libtsan.so
  # shellcheck disable=SC2086 # CXX may be two words, such as ccache g++
  KVS_TEST_SANITIZER=$(realpath "$(${CXX:-c++} -print-file-name=$library)")
  export KVS_TEST_SANITIZER
  [[ :$PATH: == *:$hosts:* ]] || export PATH=$hosts:$PATH
}

# set_sanitizer_options: what programs that were compiled with a sanitizer look for, and what they pass over.
set_sanitizer_options() {
  local suppressions=$project/tests/sanitizers
  export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
  export LSAN_OPTIONS="suppressions=$suppressions/leak.supp:print_suppressions=0"
  export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1"
  export TSAN_OPTIONS="suppressions=$suppressions/thread.supp:halt_on_error=1:second_deadlock_stack=1"
}

# report_suites: the line `N passed, N failed`, and the exit status that goes with it.
report_suites() {
  ((${#suite_logs[@]})) || fail "no test ran"
  python3 "$project/scripts/count_tests.py" "${suite_logs[@]}" || suite_failed=1
  return "$suite_failed"
}
