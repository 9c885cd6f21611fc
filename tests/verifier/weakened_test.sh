#!/usr/bin/env bash
# Takes the verifier's checks out, one at a time, and expects its tests to notice each time:
# weakened_test.sh MAKE_LOG MAKE_STATE GO GOPATH
set -euo pipefail
[[ $# -eq 4 ]] || { sed -n '2,3s/^# //p' "$0"; exit 2; }
make_log=$1 make_state=$2 go=$3
export GOPATH=$4 GO111MODULE=off GOFLAGS='' CGO_ENABLED=0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GOCACHE=${GOCACHE:-$folder/go-cache}

# The tests that have to notice; the first failing one ends it.
judged() {
  "$here/state_test.sh" "$make_state" "$1" && "$here/verifier_test.sh" "$make_log" "$1" 3
}

# weaken FILE FROM TO: the verifier with the first FROM replaced, as $folder/weak/verifier.
weaken() {
  rm -rf "$folder/weak"
  mkdir "$folder/weak"
  cp "$here"/*.go "$folder/weak"
  local sound weak
  sound=$(<"$here/$1")
  weak=${sound/"$2"/"$3"}
  [[ $weak != "$sound" ]] || { echo "FAILED: $1 has no '$2'" >&2; exit 1; }
  printf '%s\n' "$weak" >"$folder/weak/$1"
  (cd "$folder/weak" && "$go" build -o verifier .)
}

count=0
while IFS='#' read -r file from to; do
  weaken "$file" "$from" "$to"
  if judged "$folder/weak/verifier" >"$folder/out" 2>&1; then
    echo "FAILED: nobody notices that $file has '$to' instead of '$from'" >&2
    exit 1
  fi
  grep -q '^FAILED: ' "$folder/out" || { cat "$folder/out" >&2; exit 1; }
  echo "$file: '$from': $(grep -m 1 '^FAILED: ' "$folder/out")"
  count=$((count + 1))
done <<'CHECKS'
map.go#siblings) != root {#siblings) != root && false {
map.go#case path.other.key == key:#case false:
map.go#case !sharesBits(path.other.key, key, len(path.siblings)):#case false:
map.go#case claim.value != nil && path.other != nil:#case false:
map.go#len(path.siblings) > mapDepthMax#false
state.go#; twice {#; twice && false {
state.go#len(bytes.TrimSpace(rest)) > 0#len(rest) < 0
state.go#err = errors.New("not a member of a state proof")#err = nil
state.go#!hasKey || !hasValue {#!hasKey && !hasValue {
state.go#entry[8] != entryStateRoot#false
state.go#len(body) == 0 || body[0] != stateRootForm#len(body) == 0
state.go#!areFamilies(roots[size:])#false
state.go#len(bytes)-at < size || #
state.go#|| at > 0 && bytes[at] <= bytes[at-size]#
state.go#verifyMap(proof.claim, proof.path, of); err != nil#verifyMap(proof.claim, proof.path, of); err != nil && false
state.go#if len(member) == 0 || member[0] != '"' {#if len(member) == 0 {
state.go#if len(member) == 0 || member[0] != '[' {#if len(member) == 0 {
state.go#err != nil || len(raw) != tlog.HashSize#err != nil
value.go#return kind{}, "", fmt.Errorf("%x is not a key of a map", key)#return kinds[0], string(key), nil
value.go#c <= ' ' || c > '~'#c == 0
value.go#k.self != 0 && self != name#false
value.go#if len(value) != size {#if false {
value.go#if value[60] > isSelfHeld|isErased {#if false {
value.go#f.number < last#f.number < last-1
value.go#if f.value > uint64(len(rest)) {#if f.value %= uint64(len(rest) + 1); false {
main.go#readFile(path, stateProofMax)#readFile(path, 64<<20)
receipt.go#r.index, leaf); err != nil {#r.index, leaf); err != nil && false {
receipt.go#if log != nil {#if false {
trust.go#if !t.met(t.quorum, signed) {#if false {
trust.go#return count >= g.threshold#return count > 0
trust.go#if !t.isLogs(h.origin, made) {#if false {
trust.go#v.Name() == origin && #
trust.go#v.Name() != w[1] || v.KeyHash() != binary.BigEndian.Uint32(raw)#v.Name() != w[1]
trust.go#if !v.Verify([]byte(text), raw[keyIDSize:]) {#if false {
trust.go#&& ed25519.Verify(c.key, message, signature[8:])#&& len(message) > 0
trust.go#if t.keysSeen[key] {#if false {
trust.go#if grouped[member] {#if false {
trust.go# || w[1] == quorumNone {#{
trust.go#need < 1 || #
trust.go#|| strconv.FormatInt(n, 10) != text#
log.go#if root != l.head.root {#if false {
log.go#string(hash[:]) {#string(hash[:]) && false {
log.go#index, leaf); err != nil {#index, leaf); err != nil && false {
log.go#err = tlog.CheckTree(proof, l.head.size, l.head.root, old.size, old.root)#_ = proof
log.go#old.size > l.head.size#false
log.go#old.size != 0 && old.root != l.head.root || #
CHECKS
echo "weakened verifiers: all $count noticed"
