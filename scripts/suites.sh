# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Building and running the tests in one or more build folders, and their common count.
# Sourced by scripts/test and scripts/sanitize after lib.sh, which sets `project`.
# shellcheck disable=SC2154

suite_logs=()
suite_failed=0
suite_start=() # what `meson test` is started by

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
  "${suite_start[@]}" meson test -C "$dir" --no-rebuild --print-errorlogs "$@" || suite_failed=1
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
  watch_hosts "$kind" "$dir"
  if [[ $kind == address ]]; then
    address_options "$dir"
  else
    thread_options "$dir"
  fi
  # GStreamer's own plugins, so that no program that is watched has to look into each of them; the one that looks
  # for new ones would not be watched.
  mkdir -p "$dir/tests/integration"
  GST_REGISTRY=$dir/tests/integration/registry.bin gst-inspect-1.0 fakesink >"$dir/plugins.log" 2>&1
  export GST_REGISTRY_FORK=no
  # Not optimised, and line numbers only: compiling takes longer than running.
  run_suite "$dir" -Db_sanitize="$checks" -Db_lundef=false -Dbench=false -Doptimization=0 -Dcpp_args=-g1 -- \
    --timeout-multiplier 5 "$@"
}

# watch_hosts address|thread DIR: programs that load the plugin and were compiled without the sanitizer (Python,
# gst-launch) start with its library in front; what they call does not (tests/support/preload.py). In DIR/hosts
# stand options of single programs, which the sanitizer finds by their names. Only running tests find those programs
# by their plain names: were the build configured so, each test in Python would be watched, and hand the library on
# to FFmpeg and all else that it starts. ThreadSanitizer makes such a program slow to a standstill on a busy machine.
watch_hosts() {
  local library=libasan.so hosts=$project/tests/sanitizers/hosts
  [[ $1 == address ]] || library=libtsan.so
  # Our plugin brings C++: a program in C would learn too late of what throws.
  KVS_TEST_SANITIZER=$(library_path "$library"):$(library_path libstdc++.so)
  export KVS_TEST_SANITIZER
  suite_start=(env "PATH=$hosts:$PATH")
  mkdir -p "$2/hosts"
}

library_path() {
  # shellcheck disable=SC2086 # CXX may be two words, such as ccache g++
  realpath "$(${CXX:-c++} -print-file-name="$1")"
}

address_options() {
  local dir=$1
  KVS_TEST_SANITIZER+=:$dir/tests/sanitizers/libquark-table.so
  export G_SLICE=always-malloc # GLib's slices would hide leaks
  export ASAN_OPTIONS+=":include_if_exists=$dir/hosts/%b"
  # Python never frees what lives as long as it. Our own leaks are looked for where the program is ours or
  # gst-launch, and with GStreamer's leak tracer.
  say detect_leaks=0 >"$dir/hosts/python3"
  # Whole stacks: without frame pointers in GLib all that is left of one is g_malloc().
  say fast_unwind_on_malloc=0 | tee "$dir"/hosts/{gst-launch-1.0,gst-inspect-1.0} >"$dir/hosts/embed"
}

thread_options() {
  local dir=$1
  # GCC 12's ThreadSanitizer cannot start where addresses are random in more bits than these.
  (($(</proc/sys/vm/mmap_rnd_bits) <= 28)) || suite_start=(setarch -R "${suite_start[@]}")
  unset G_SLICE
  export TSAN_OPTIONS+=":include_if_exists=$dir/hosts/%b"
  # What libraries that were compiled without it do with their own memory is not ours to judge: of their calls
  # ThreadSanitizer takes note where they order threads, and not where they copy bytes. Nor is the order of their
  # locks, which GStreamer takes both ways in a seek; that of ours is looked at in our own programs.
  say ignore_interceptors_accesses=1 >"$dir/hosts/element-test"
  say ignore_interceptors_accesses=1:detect_deadlocks=0 |
    tee "$dir"/hosts/{python3,gst-launch-1.0,gst-inspect-1.0} >"$dir/hosts/embed"
  # A program that calls exit() while its elements live waits for our threads, at most a second, and joins none.
  say report_thread_leaks=0 >>"$dir/hosts/python3"
}

# set_sanitizer_options: what programs that were compiled with a sanitizer look for, and what they pass over.
set_sanitizer_options() {
  export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
  export LSAN_OPTIONS="suppressions=$project/tests/sanitizers/leak.supp:print_suppressions=0"
  export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:suppressions=$project/tests/sanitizers/undefined.supp"
  export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1"
}

# report_suites: the line `N passed, N failed`, and the exit status that goes with it.
report_suites() {
  ((${#suite_logs[@]})) || fail "no test ran"
  python3 "$project/scripts/count_tests.py" "${suite_logs[@]}" || suite_failed=1
  return "$suite_failed"
}
