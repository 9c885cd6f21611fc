#!/usr/bin/env bash
# Lets the independent verifier judge sound and spoilt state proofs: state_test.sh MAKE_STATE VERIFIER
set -euo pipefail
[[ $# -eq 2 ]] || { sed -n '2s/^# //p' "$0"; exit 2; }
make_state=$1 verifier=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# shellcheck source=tests/verifier/expect.sh
. "$here/expect.sh"

sound=$folder/sound
policy=(--policy "$sound/policy")
"$make_state" "$sound"

# The worked example of the documents is what it says it is.
readme=$here/../../node/cli/README.md
example=$sound/example
{ sed -n '/^```$/,/^```$/p' "$readme" | grep -v '^```' | grep -E '^(log|witness|group|quorum) '; } \
  >"$folder/policy"
sed -n '/^```json$/,/^```$/p' "$readme" | grep -v '^```' >"$folder/account.proof"
: >"$folder/said"
cmp "$folder/policy" "$example/policy" && cmp "$folder/account.proof" "$example/account.proof" ||
  fail "the example of node/cli/README.md is not what make_state writes"
expect 0 "account acme: account acme, kind 2, owner acme, opened_at 17, units_held_kg 12" \
  --policy "$folder/policy" --state "$folder/account.proof"
expect 0 "party nobody: absent" --policy "$folder/policy" --state "$example/vPnobody.proof"
expect 0 "account owner: absent" --policy "$folder/policy" --state "$example/vAowner.proof"

# Every kind of key, and both ways to be absent.
while IFS='|' read -r name said; do
  expect 0 "$said" "${policy[@]}" --state "$sound/$name.proof"
  grep -qF "leaf 3, 2026-01-15T04:00:00.000003Z" "$folder/said" || fail "no position: $name"
done <<'SOUND'
absent-leaf|account nobody-1: absent
absent-empty|account nobody-0: absent
account|account account-007: account account-007, kind 2, owner owner, opened_at 17, units_held_kg 10, credits_held_g 930
batch|batch WH-PV-0001: batch WH-PV-0001
block|block that ends with serial 1200: start 901, end 1200, batch WH-PV-0001
key|key 0b7348fa038970c48ec07cd73b6257f39ec810f60f16ee73b62e3c6e2610abc6: key_id
methodology|methodology WH-PV-2023 V01: methodology formula, filed_at 9
node|node 2: node_id 2, name node-2.city.example
footprint|footprint acme-2026: report report, state 2, amount_kg 93
offer|offer tea-2026: offer terms, state 1, stock 1200, redeemed 930
opening|opening of leaf 42: opening opening, account p-70, opened_at 42
party|party bike-co: party bike-co
person|account p-70707070707070707070707070707070: credits_held_g 930, opened_at 17, last movement 42/5, trail 897abbb178d59a98b5bbc2f51aa5ef612730a437bd717f8a5b344d8a747d987f, self-held true, erased false
project|project solar-roof: filing filing, remainder_g -93
report|report solar-roof/2025: submission submission, state 4
retirement|retirement of leaf 42: retirement acme, retired_at 42, amount_kg 12
rules|rule set of leaf 0: rules rules of leaf 0
settlement|offer settlement tea-03: settlement tea-03, field3 acme
source|source acme/power: filing acme/power, device_at acme
totals|totals: units_issued_kg 1200, units_held_kg 1188, units_retired_kg 12
SOUND
all=()
for proof in "$sound"/*.proof; do all+=(--state "$proof"); done
expect 0 verified "${policy[@]}" "${all[@]}"
echo "sound state proofs: ${#all[@]} words, verified"

# Every flaw is found, and for its own reason: FLAW|FILE|REASON.
while IFS='|' read -r flaw name reason; do
  spoilt=$folder/$flaw
  [[ -d $spoilt ]] || "$make_state" "$spoilt" --flaw "$flaw"
  expect 3 "$reason" "${policy[@]}" --state "$spoilt/$name.proof"
  # Nothing is said to be so before it is known to be.
  ! grep -q ": ok" "$folder/said" || fail "a proof was called good: $flaw"
  echo "flaw $flaw, $name: refused"
done <<'FLAWS'
digit|account|does not follow from the state root
value_of_another|account|does not follow from the state root
key_of_another|account|does not follow from the state root
value_other_name|account|the value is of account account-008, the key of account account-007
value_bytes|account|the value is not as stored: ends within a field
value_order|account|the value is not as stored: fields are not in order
value_and_other|account|a value, and a leaf that shows there is none
sibling|account|does not follow from the state root
sibling|absent-leaf|does not follow from the state root
sibling|absent-empty|does not follow from the state root
sibling_missing|account|does not follow from the state root
sibling_missing|absent-empty|does not follow from the state root
siblings_many|account|a path of 257 hashes
absent_present|account|does not follow from the state root
absent_own_leaf|account|the leaf that shows the absence is the key's own
absent_other_path|account|not on the key's path
absent_other_leaf|absent-leaf|not on the key's path
person_flags|person|the value is not as stored: flags 4
person_short|person|the value is not as stored: 60 bytes
personal|account|does not follow from the state root
claim|account|is not a key of a map
key_name|account|is not a key of a map
key_number|account|is not a key of a map
root|account|does not follow from the state root
root|absent-empty|does not follow from the state root
leaf_event|account|the leaf is not a state root
leaf_form|account|no form that is known here
leaf_families|account|not formed as it must be
leaf_short|account|not formed as it must be
leaf_elsewhere|account|inclusion: leaf 2
receipt_path|account|inclusion: leaf 3
receipt_extra|account|carries no entry
receipt_quorum|account|the quorum "nodes" is not met
receipt_strangers|account|the quorum "nodes" is not met
receipt_log|account|not signed by the log of origin
FLAWS

# What one reader takes for another claim than the next one, or no reader at all: REASON|SED.
while IFS='|' read -r reason change; do
  sed -z "$change" "$sound/account.proof" >"$folder/changed.proof"
  ! cmp -s "$sound/account.proof" "$folder/changed.proof" || fail "nothing was changed: $change"
  expect 3 "$reason" "${policy[@]}" --state "$folder/changed.proof"
done <<'CHANGES'
"value" comes twice|s/ "value"/ "value": "AAAA",\n&/
not a member of a state proof|s/ "value"/ "Value"/
not a member of a state proof|s/ "value"/ "note": "x",\n&/
value: not a string|s/"value": "[^"]*"/"value": null/
siblings: not a list|s/"siblings": \[[^]]*\]/"siblings": null/
siblings: not a hash|s/=",\n  "/==",\n  "/
siblings: not a hash|s/"siblings": \[\n  "/&AAAA/
key: illegal base64|s/"key": "/&*/
half a leaf of another key|s/"other_key": ""/"other_key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="/
something follows the object|s/$/{}/
not a JSON object|s/{/[{/
is not a key of a map|s/ "key": "[^"]*",\n//
is not a key of a map|s/"key": "[^"]*"/"key": "dkF4Cg=="/
not a tlog-proof|s/"receipt": "[^"]*"/"receipt": ""/
NOT VERIFIED|s/"receipt": "c2sp/"receipt": "C2SP/
CHANGES
for size in 0 1 40 500 "$(($(stat -c %s "$sound/account.proof") - 3))"; do
  head -c "$size" "$sound/account.proof" >"$folder/short.proof"
  expect 3 "not a state proof" "${policy[@]}" --state "$folder/short.proof"
done
{ cat "$sound/account.proof" && head -c 1048576 /dev/zero | tr '\0' ' '; } >"$folder/long.proof"
expect 3 "longer than 1048576 bytes" "${policy[@]}" --state "$folder/long.proof"

# An empty value is a value.
sed 's/^ "siblings"/ "value": "",\n&/' "$sound/absent-empty.proof" >"$folder/changed.proof"
expect 3 "does not follow" "${policy[@]}" --state "$folder/changed.proof"

# Without a policy nothing is proved.
expect 2 "whom to trust" --state "$sound/account.proof"
expect 2 "no such file" "${policy[@]}" --state "$folder/not-there.proof"
echo "state proofs: all judged rightly"
