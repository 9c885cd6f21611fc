#!/usr/bin/env bash
# The house checks: form, arrows between rooms, sizes, words, determinism, and clang-tidy.
#
#   scripts/check.sh [-f] [--all] [--no-tidy] [BUILD_DIR]
#
#   -f          put the form right instead of complaining about it
#   --all       clang-tidy over node too (minutes)
#   --no-tidy   leave clang-tidy out (seconds)
#   BUILD_DIR   a configured and built folder for clang-tidy; build/release unless given
#
# Every complaint is file:line: sentence. Exit 0 if there is none, 1 otherwise, 2 for wrong usage.
set -euo pipefail
cd "$(dirname "$0")/.."

fix=0 tidy=1 build=build/release tidy_rooms=()
while [[ $# -gt 0 ]]; do
  case $1 in
    -h|--help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -f) fix=1 ;;
    --all) tidy_rooms=(--all) ;;
    --no-tidy) tidy=0 ;;
    -*) echo "check.sh: unknown argument '$1' (see --help)" >&2; exit 2 ;;
    *) build=$1 ;;
  esac
  shift
done
export PYTHONDONTWRITEBYTECODE=1

cpp_sources() {
  PYTHONPATH=scripts/checks python3 -c 'import source; print("\0".join(source.cpp_files()), end="")'
}

# The form is what this version writes; others write some lines otherwise.
readonly form_version=14
form_known() { clang-format --version | grep -q " version $form_version\."; }

# clang-format names a place and what it would change; the sentence says what to do about it.
readonly malformed='is not as the formatter writes it; run scripts/check.sh -f.'
form() {
  if [[ $fix == 1 ]]; then
    cpp_sources | xargs -0 -n 16 -P 2 clang-format -i
    gofmt -w tests/verifier
    return
  fi
  local failed=0 badly_formed
  cpp_sources | xargs -0 -n 16 -P 2 clang-format --dry-run --Werror --ferror-limit=1 2>&1 |
    sed -n "s|^\([^ ]*:[0-9]*\):[0-9]*: error: .*|\1: $malformed|p" |
    sort -t: -k1,1 -k2,2n | { ! grep . ; } || failed=1
  badly_formed=$(gofmt -l tests/verifier)
  if [[ -n $badly_formed ]]; then
    while read -r path; do echo "$path:1: $malformed"; done <<<"$badly_formed"
    failed=1
  fi
  return "$failed"
}

failures=()
run() {
  local name=$1 begin=$SECONDS
  shift
  if "$@"; then
    echo "check: $name: ok ($((SECONDS - begin)) s)"
  else
    echo "check: $name: FAILED ($((SECONDS - begin)) s)"
    failures+=("$name")
  fi
}

if form_known; then
  run form form
else
  echo "check: form: left out, it is defined by clang-format $form_version"
fi
run arrows python3 scripts/checks/arrows.py
run sizes python3 scripts/checks/sizes.py
run words python3 scripts/checks/words.py
[[ $tidy == 0 ]] || run tidy python3 scripts/checks/tidy.py "$build" "${tidy_rooms[@]}"

if [[ ${#failures[@]} -gt 0 ]]; then
  echo "check: failed: ${failures[*]}" >&2
  exit 1
fi
echo "check: all good"
