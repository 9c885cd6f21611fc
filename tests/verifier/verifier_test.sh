#!/usr/bin/env bash
# Lets the independent verifier judge sound and spoilt logs: verifier_test.sh MAKE_LOG VERIFIER [SIZE…]
set -euo pipefail
[[ $# -ge 2 ]] || { sed -n '2s/^# //p' "$0"; exit 2; }
make_log=$1 verifier=$2
# Sizes of sound logs: those where tiles begin, fill and overflow, unless given; 257 always.
sizes=("${@:3}")
[[ ${#sizes[@]} -gt 0 ]] || sizes=(1 2 3 255 256 511 512 70000)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# shellcheck source=tests/verifier/expect.sh
. "$(dirname "${BASH_SOURCE[0]}")/expect.sh"

for size in "${sizes[@]}" 257; do
  log=$folder/sound-$size
  "$make_log" "$log" "$size" --seed "$size"
  indexes=(--index all)
  if [[ $size -gt 1000 ]]; then
    indexes=(--index 0 --index 255 --index 256 --index 65535 --index 65536 --index $((size - 1)))
  fi
  expect 0 verified --folder "$log" --policy "$log/policy" "${indexes[@]}" \
    --old "$log/earlier.checkpoint" "$log"/receipts/*.tlog-proof
  grep -q "^entries: $size read" "$folder/said" || fail "not every entry of $size was read"
  echo "sound log of $size entries: verified"
done

# A receipt alone, without the log; keys by hand instead of a policy file.
log=$folder/sound-257
receipt=$log/receipts/128.tlog-proof
vkeys() { awk -v kind="$1" '$1 == kind { print kind == "log" ? $2 : $3 }' "$log/policy"; }
mapfile -t cosigners < <(vkeys witness)
keys=(--log "$(vkeys log)")
for key in "${cosigners[@]}"; do keys+=(--cosigner "$key"); done
expect 0 verified --policy "$log/policy" "$receipt"
expect 0 verified "${keys[@]}" "$receipt"
expect 3 "inclusion: leaf 128" "${keys[@]}" --entry "$0" "$receipt"
expect 2 "neither a log nor a receipt" "${keys[@]}"
expect 2 "whom to trust" --folder "$log"
# Another city's keys, and a quorum of more than there are.
"$make_log" "$folder/other" 3
sed 's/ledger\.city/other.city/' "$log/policy" >"$folder/policy-of-another"
expect 2 "policy line 1" --folder "$log" --policy "$folder/policy-of-another"
expect 2 "4 of 3 members" --folder "$log" "${keys[@]}" --quorum 4

# A policy that counts one signature twice, or that says two things: REASON|SED.
vkey_of() {  # NAME KEY: as a policy spells it
  local id
  id=$({ echo "$1" && base64 -d <<<"$2"; } | sha256sum | cut -c 1-8)
  echo "$1+$id+$2"
}
renamed=$(vkey_of node9.city.example "${cosigners[0]##*+}")
while IFS='|' read -r reason change; do
  sed "$change" "$log/policy" >"$folder/policy-changed"
  expect 2 "$reason" --policy "$folder/policy-changed" "$receipt"
done <<POLICIES
policy line 3: the key is that of an earlier line|/^witness node1/{p;s/node1 /node9 /}
policy line 3: the key is that of an earlier line|/^witness node1/{p;s#node1 .*#node9 $renamed#}
policy line 2: the key is that of an earlier line|/^log/p
policy line 4: node1 is defined twice|/^witness node3/s/node3 /node1 /
policy line 2: none is defined twice|s/node1 /none /
policy line 6: node1 is in two groups|s/^group.*/group a 1 node1\\n&/
policy line 5: +2 of 3 members|/^group/s/nodes 2/nodes +2/
policy line 5: 02 of 3 members|/^group/s/nodes 2/nodes 02/
policy line 5: 0 of 3 members|/^group/s/nodes 2/nodes 0/
policy line 5: node4 is not defined|/^group/s/node3/node4/
policy line 7: not a line of a policy|/^quorum/p
policy: no quorum line|/^quorum/d
POLICIES
# Of a log that changed its key a policy names both; receipts under either are good.
new_key=AWULgAiXLwShScoqVj7TIE9vIpn7OZ7PN0YkfPBRs5h6
{ cat "$log/policy" && echo "log $(vkey_of ledger.city.example "$new_key")"; } >"$folder/policy-both"
"$make_log" "$folder/new-key" 257 --seed 257 --flaw receipt_log
expect 0 verified --policy "$folder/policy-both" "$receipt" "$folder/new-key/receipts/128.tlog-proof"

# A log that grows (the same seed gives the same first entries), one that shrinks, one that forks.
"$make_log" "$folder/grown" 600 --seed 257
expect 0 "size 600 continues size 257" --folder "$folder/grown" --policy "$log/policy" \
  --old "$log/checkpoint" "$receipt"
expect 3 "had 600 entries and has 257" --folder "$log" --policy "$log/policy" \
  --old "$folder/grown/checkpoint"
"$make_log" "$folder/forked" 600 --seed 258
expect 3 "the first 257 entries have changed" --folder "$folder/forked" --policy "$log/policy" \
  --old "$log/checkpoint"
expect 3 "the first 257 entries have changed" --folder "$folder/forked" --policy "$log/policy" \
  "$receipt"
expect 3 "two roots for 600 entries" --folder "$folder/forked" --policy "$log/policy" \
  --old "$folder/grown/checkpoint"

# The same files from a server.
coproc server { exec python3 -u -m http.server 0 --bind 127.0.0.1 -d "$folder/grown" 2>/dev/null; }
trap 'kill "$server_PID"; rm -rf "$folder"' EXIT
read -r _ _ _ _ _ port _ <&"${server[0]}"
url=http://127.0.0.1:$port
expect 0 "size 600 continues size 600" --url "$url" --policy "$log/policy" --index 599 \
  "$folder/grown/receipts/300.tlog-proof"
expect 3 "not there" --url "$url/tile" --policy "$log/policy"

# The full tile stands in for a partial one that was deleted.
cp -r "$folder/grown" "$folder/tidied"
"$make_log" "$folder/full" 768 --seed 257
cp -r "$folder/full/tile/." "$folder/tidied/tile/"
rm -r "$folder"/tidied/tile/0/002.p "$folder"/tidied/tile/entries/002.p
expect 0 verified --folder "$folder/tidied" --policy "$log/policy" --index all
rm "$folder/tidied/tile/0/001"
expect 3 "tile/0/001: not there" --folder "$folder/tidied" --policy "$log/policy"

# Every flaw is found, and for its own reason.
while IFS='|' read -r flaw reason; do
  for size in 257 600; do
    log=$folder/$flaw-$size
    "$make_log" "$log" "$size" --flaw "$flaw"
    expect 3 "$reason" --folder "$log" --policy "$log/policy" --old "$log/earlier.checkpoint" \
      "$log"/receipts/*.tlog-proof
  done
  echo "flaw $flaw: refused"
done <<'FLAWS'
entry|entries: their root is
bundle_short|ends within an entry
tile|hash 0 is not of the entries
upper_tile|is not of the entries
root|entries: their root is
size|not there
origin|not signed by the log of origin
log_signature|invalid signature
log_unsigned|not signed by the log of origin
cosignature|invalid signature
cosignature_again|invalid signature
quorum|the quorum "nodes" is not met
strangers|the quorum "nodes" is not met by 1 cosigners
fork|entries have changed
receipt_index|inclusion: leaf
receipt_path|inclusion: leaf
receipt_extra|inclusion: leaf
receipt_quorum|the quorum "nodes" is not met
receipt_strangers|the quorum "nodes" is not met by 1 cosigners
receipt_log|not signed by the log of origin
FLAWS

# Without reading the entries, the tiles themselves must still prove what is asked.
log=$folder/upper_tile-600
expect 0 verified --folder "$log" --policy "$log/policy" --checkpoint-only
expect 3 "inconsistent tile" --folder "$log" --policy "$log/policy" --checkpoint-only --index 0
log=$folder/entry-600
expect 3 "leaf 599: " --folder "$log" --policy "$log/policy" --checkpoint-only --index 599
echo "verifier: all logs judged rightly"
