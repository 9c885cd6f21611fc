# shellcheck shell=bash disable=SC2034,SC2154
# Agreements, signed by both authorities and filed on both ledgers; relays; mutual witnessing.

# What Wuhan takes of each, and each of Wuhan: methodology, what it is recognised as, share, class.
declare -A taken_here=([ezhou]="EZ-PV-2024|WH-PV-2023|9/10|2" [enshi]="ES-FOREST-2024|FOREST|1|1")
declare -A taken_there=([ezhou]="WH-PV-2023|EZ-PV-2024|9/10|1" [enshi]="WH-PV-2023|ES-FOREST-2024|1|1")
readonly answer_days=1096
readonly answer_days_renewed=30

# days N: as microseconds.
days() { echo $(($1 * 86400 * 1000000)); }

# terms TAKER "METHODOLOGY|AS|SHARE|CLASS"
terms() {
  jq -nR --arg taker "$1" --arg terms "$2" '$terms | split("|") | {taker: $taker,
    methodologies: [{methodology: .[0], recognised_as: .[1]}], vintage_from: 2023, vintage_to: 2030,
    discount: .[2], priority: (.[3] | tonumber), year_quota_kg: "2000000",
    purpose_caps: [{purpose: "ets_compliance", max_kg: "100000"}]}'
}

# agreement_json CITY VERSION DAYS: with so many days to answer an export.
agreement_json() {
  local city=$1 since
  since=$(date -d 2024-01-01T00:00:00+08:00 +%s)
  jq -n --slurpfile here papers/wuhan.side --slurpfile there "papers/$city.side" \
    --slurpfile taken <(terms WUHAN "${taken_here[$city]}"; terms "${city^^}" "${taken_there[$city]}") \
    --argjson version "$2" --arg answer "$(days "$3")" --arg from $((since * 1000000)) \
    --arg to $(((since + 20 * 31557600) * 1000000)) --arg name "wuhan-$city" \
    '{agreement: $name, version: $version, sides: ($here + $there), terms: $taken,
      effective_from: $from, effective_to: $to, answer_within: $answer}'
}

# agree CITY VERSION DAYS SHOW: SHOW is the word by which the commands run, run or quietly.
agree() {
  local city=$1 name=papers/wuhan-$1-$2 show=$4
  agreement_json "$city" "$2" "$3" >"$name.json"
  $show ./puhui agreement draft "$name.json" --out "$name.agreement" --profile wuhan.toml
  $show ./puhui agreement sign "$name.agreement" --key keys/authority.key \
    --out "$name.wuhan" --profile wuhan.toml
  $show ./puhui agreement sign "$name.agreement" --key "keys/$city-authority.key" \
    --out "$name.$city" --profile "$city.toml"
  $show ./puhui agreement file "$name.agreement" --signature "$name.$city" \
    --profile as/authority.toml
  agreed_at=$(field position)
  $show ./puhui agreement file "$name.agreement" --signature "$name.wuhan" \
    --profile "as/$city-authority.toml"
}

tell_agreements() {
  act "互认协议:两地主管部门签同样的字节,各自记在自己的账本上" \
    "Agreements: both authorities sign the same bytes, and each files them on its own ledger"
  local city
  run ./puhui agreement side --out papers/wuhan.side --profile wuhan.toml
  for city in ezhou enshi; do
    run ./puhui agreement side --out "papers/$city.side" --profile "$city.toml"
  done
  say "与鄂州:互认九折(9/10,向下取整),顺序第二。" "With Ezhou: nine tenths are recognised, class 2."
  agree ezhou 1 "$answer_days" run
  say "与恩施:全额,顺序第一(受助地区优先)。" "With Enshi: all of it, and first (an assisted area)."
  agree enshi 1 "$answer_days" quietly
  view ./puhui agreement list --profile wuhan.toml
  view ./puhui agreement show EZHOU --versions --profile wuhan.toml
  good "协议在三本账上都生效。" "The agreements are in force on all three ledgers."
}

# Who carries proofs: one process per partner, with a party of its own in each city.
start_relay() {
  show_command ./puhui relay run --from as/relay.toml --to "as/relay-$1.toml" --every 1
  start_process "relay-$1" ./puhui relay run --from as/relay.toml --to "as/relay-$1.toml" --every 1
}

# How the partner's node is reached from outside.
write_line_profile() {
  write_profile "line-$1.toml" "${1^^}" "$1" "https://127.0.0.1:${line_port[$1]}"
  {
    cat "line-$1.toml"
    printf 'party = "relay"\nkey = "keys/%s-relay.key"\n' "$1"
  } >"as/relay-$1.toml"
}

noted() { [[ $(ask '.items | length' partner projects "$1" --profile "$2") -ge $3 ]]; }

# Every partner has cosigned the tree with this leaf in it.
witnessed() {
  ./puhui receipt get "$1" --witnessed --profile "node-$(leader).toml" \
    -o json >/dev/null 2>>transcript.log
}

tell_relays() {
  act "中继只传递证明:能拖延,不能造假;伙伴城市互相联署检查点" \
    "Relays carry proofs and can only delay; partners cosign each other's checkpoints"
  local city
  register relay "中继(示例)" "Relay" platform
  for city in ezhou enshi; do
    write_line_profile "$city"
    start_relay "$city"
  done
  for city in ezhou enshi; do
    wait_for "projects of ${city^^}" noted "${city^^}" wuhan.toml 1
    wait_for "projects in ${city^^}" noted WUHAN "$city.toml" 2
  done
  view ./puhui partner list --profile wuhan.toml
  view ./puhui partner projects EZHOU --profile wuhan.toml
  wait_for "the partners' cosignatures" witnessed "$agreed_at"
  run ./puhui receipt get "$agreed_at" --witnessed --out receipts/agreement.tlog-proof \
    --profile "node-$(leader).toml"
  strict_policy >strict.policy
  run ./puhui receipt verify receipts/agreement.tlog-proof --policy strict.policy
  same "联署的伙伴城市 / partners that cosigned" "$(grep -cE '^cosigner.* (ezhou|enshi) at' <<<"$answer")" 2
  good "不设任何配置:协议一生效,伙伴城市就联署每个检查点;要改写过去,得三座城市一起作伪。" \
    "Nothing was configured: partners cosign from the agreement on; to change the past, all three must forge it."
}

# The city's policy, and besides a cosignature of each partner.
strict_policy() {
  local city
  grep -v ^quorum city.policy
  for city in ezhou enshi; do
    printf 'witness %s %s\n' "$city" "$(jq -er '.witnesses[0].vkey' "papers/$city.side")"
  done
  printf 'group partners all ezhou enshi\ngroup strict all voters partners\nquorum strict\n'
}
