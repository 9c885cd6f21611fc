#!/usr/bin/env bash
# Sets the machine up, builds everything, and runs the house checks and all tests.
#
#   scripts/test.sh                       all of it, in build/release
#   scripts/test.sh --quick               without clang-tidy and the tests labelled slow
#   scripts/test.sh --sanitize asan|tsan  the tests only, compiled with sanitizers, in build/asan|tsan
#   scripts/test.sh --long [SEEDS]        the simulators, of consensus and of cities that recognise
#                                         each other, over that many seeds (5000) instead
#
# The last line is ctest's. Exit 0 only if every check and every test passed.
# Environment: JOBS, how many compilers and tests run at once (the number of cores).
set -euo pipefail
cd "$(dirname "$0")/.."

readonly long_seeds=5000
jobs=${JOBS:-$(nproc)}
mode=all sanitizer='' seeds=$long_seeds

usage() { sed -n '2,11s/^# \{0,1\}//p' "$0"; }
wrong() { echo "test.sh: $1 (see --help)" >&2; exit 2; }

while [[ $# -gt 0 ]]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --quick) mode=quick ;;
    --sanitize)
      mode=sanitize sanitizer=${2:-}
      [[ $sanitizer == asan || $sanitizer == tsan ]] || wrong "--sanitize takes asan or tsan"
      shift ;;
    --long)
      mode=long
      if [[ ${2:-} =~ ^[1-9][0-9]*$ ]]; then seeds=$2; shift; fi ;;
    *) wrong "unknown argument '$1'" ;;
  esac
  shift
done

step() { printf '\n== %s (%d s so far)\n' "$1" "$SECONDS"; }

build() {
  local preset=$1
  shift
  step "building $preset"
  cmake --preset "$preset" >/dev/null
  cmake --build "build/$preset" -j "$jobs" "$@"
}

tests() {
  local preset=$1
  shift
  step "tests of $preset"
  ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure --no-tests=error "$@"
}

# A form that is wrong must not hide a test that fails: remembered, and told at the end.
checks_failed=0
checks() {
  step "checks"
  scripts/check.sh "$@" || checks_failed=1
}

# Long runs: three voters, a larger city, and one whose membership stays as it is; then cities by
# threes, and many of them.
long() {
  local simulator=build/release/tests/consensus/sim/puhui_consensus_sim
  local cities=build/release/tests/recognition/sim/puhui_recognition_sim
  build release --target puhui_consensus_sim puhui_recognition_sim
  step "simulator, three voters"
  "$simulator" --seeds "$seeds"
  step "simulator, five voters of seven nodes"
  "$simulator" --seeds "$seeds" --voters 5 --nodes 7
  step "simulator, membership fixed"
  "$simulator" --seeds "$seeds" --no-membership
  step "cities, three at a time"
  "$cities" --seeds "$seeds"
  step "cities, two for longer"
  "$cities" --seeds "$seeds" --cities 2 --steps 400
  step "cities, twenty"
  "$cities" --seeds $(((seeds + 49) / 50)) --cities 20 --steps 2000
  step "cities, three hundred"
  "$cities" --seeds $(((seeds + 999) / 1000)) --cities 300 --steps 20000
}

step "setting up"
scripts/setup.sh
case $mode in
  long) long; exit 0 ;;
  sanitize)
    export TSAN_OPTIONS="suppressions=$PWD/tests/tsan.supp${TSAN_OPTIONS:+ $TSAN_OPTIONS}"
    build "$sanitizer"; tests "$sanitizer"; exit 0 ;;
  quick) checks --no-tidy; build release; tests release -LE slow ;;
  all) build release; checks build/release; tests release ;;
esac
if [[ $checks_failed == 1 ]]; then
  echo "test.sh: the house checks failed, see above" >&2
  exit 1
fi
