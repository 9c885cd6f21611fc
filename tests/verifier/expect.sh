# For tests of the verifier; they set $verifier and $folder.

fail() {
  echo "FAILED: $1" >&2
  cat "$folder/said" >&2
  exit 1
}

# expect EXIT_CODE 'text that is said' ARGUMENTS…
expect() {
  local code=$1 text=$2 got=0
  shift 2
  "$verifier" "$@" >"$folder/said" 2>&1 || got=$?
  [[ $got == "$code" ]] || fail "exit code $got instead of $code: $*"
  grep -qF -- "$text" "$folder/said" || fail "'$text' is not said: $*"
}
