#!/usr/bin/env bash
# Builds Puhui Ledger and passes all its tests, on a bare Debian 12.
#
#   scripts/test.sh                     release build, house checks, all tests
#   scripts/test.sh --quick             the same without clang-tidy and real clusters
#   scripts/test.sh --sanitize asan     the tests of the rooms under address and UB sanitizers
#   scripts/test.sh --sanitize tsan     … under the thread sanitizer (clang)
#   scripts/test.sh --long [SEEDS]      many seeds of the consensus simulator (default 20000)
#
# Exit 0 if all pass. Set-up is scripts/setup.sh; builds go to build/<preset>.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,10s/^# \{0,1\}//p' "$0"; }

preset=release quick=0 long_seeds=0
while [[ $# -gt 0 ]]; do
  case $1 in
    -h|--help) usage; exit 0 ;;
    --quick) quick=1 ;;
    --sanitize)
      preset=${2:-}
      [[ $preset == asan || $preset == tsan ]] || { usage >&2; exit 2; }
      shift ;;
    --long)
      long_seeds=20000
      if [[ ${2:-} =~ ^[0-9]+$ ]]; then long_seeds=$2; shift; fi ;;
    *) echo "test.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
  esac
  shift
done

step() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }
jobs=$(nproc)

step "set-up"
scripts/setup.sh

step "configure and build ($preset)"
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" -j "$jobs"

if [[ $long_seeds -gt 0 ]]; then
  step "$long_seeds seeds of the simulator"
  exec "$(find "build/$preset/tests" -name puhui_consensus_sim -type f)" --seeds "$long_seeds"
fi

ctest_options=(--preset "$preset" -j "$jobs" --no-tests=error)
if [[ $preset == release ]]; then
  step "house checks"
  if [[ $quick == 1 ]]; then
    scripts/check.sh --no-tidy
    ctest_options+=(-E '^(Cluster|Api)\.')
  else
    scripts/check.sh build/release
  fi
fi

step "tests"
ctest "${ctest_options[@]}"
