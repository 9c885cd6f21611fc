# shellcheck shell=bash disable=SC2034,SC2154
# Two more cities: one of the metropolitan circle, and an area that is assisted. Each has a node, an
# authority, rules and units of its own. Whoever is not of that city reaches it over a line.

# For each city: Chinese name, English name, area (GB/T 2260), methodology, its model in the
# catalogue, serial code, input, what that comes to.
declare -A partner_facts=(
  [ezhou]="鄂州|Ezhou|420700|EZ-PV-2024|WH-PV-2023|generation=1440|1000000"
  [enshi]="恩施州|Enshi|422800|ES-FOREST-2024|FOREST|volume_growth=1000|1454000"
)
declare -A partner_parameters=(
  [ezhou]="capacity=5"
  [enshi]="wood_density=0.45 bef=1.5 root_ratio=0.25"
)
declare -A line_port node_port

# fact CITY N: the Nth of what stands above.
fact() { cut -d'|' -f"$2" <<<"${partner_facts[$1]}"; }

# there CITY PARTY COMMAND…: a command of a party there.
there() {
  local city=$1 party=$2
  shift 2
  quietly ./puhui "$@" --profile "as/$city-$party.toml"
}

tell_partners() {
  act "两座伙伴城市:都市圈的鄂州,受助地区恩施" \
    "Two more cities: Ezhou of the metropolitan circle, and Enshi, an assisted area"
  say "伙伴取自公开记录($(on_record '.actors.partner_areas | join(", ")'));其主体与数量均为示例。" \
    "The places are of the public record; their parties and amounts are invented."
  local city
  for city in ezhou enshi; do found_partner "$city"; done
  for city in ezhou enshi; do run_partner "$city"; done
  for city in ezhou enshi; do people_partner "$city"; done
  for city in ezhou enshi; do report_partner "$city"; done
  for city in ezhou enshi; do issue_partner "$city"; done
  good "三座城市,三本账:谁也不用别人的节点、密钥和规则。" \
    "Three cities, three ledgers: none uses another's nodes, keys or rules."
}

# Event time now, by the first city's genesis, so that all cities go by one clock. It is asked for
# the moment at which a program started now reads its own clock.
demo_now() {
  local starting_us=70000 real=${EPOCHREALTIME/./}
  local now=$((clock_start + (real + starting_us - clock_real) * demo_rate))
  date -u -d "@$((now / 1000000))" +%FT%TZ
}

genesis_clock() {
  ./puhui entry show 0 --profile "$1" -o json |
    jq -er '.payload.genesis.demo_clock | "\(.start) \(.real_start)"'
}

# Others reach the node by the line; the city's own people at its own port.
found_partner() {
  local city=$1 clock_start clock_real peer
  read -r clock_start clock_real < <(genesis_clock wuhan.toml)
  read -r peer "line_port[$city]" "node_port[$city]" < <(free_ports 3)
  ./puhui rules list -o json --profile wuhan.toml | jq '.items[0].rules
    | .valid_ahead_max = "86400000000000" | .procedures = []' >"papers/rules-$city.json"
  run "$build/node/puhuid" init "$city" --city "${city^^}" --name-zh "$(fact "$city" 1)" \
    --name-en "$(fact "$city" 2)" --area "$(fact "$city" 3)" \
    --authority-entity "DEMO-${city^^}-AUTHORITY" --operator-entity "DEMO-${city^^}-OPERATOR" \
    --rules "papers/rules-$city.json" --demo-start "$(demo_now)" --demo-rate "$demo_rate" \
    --node "127.0.0.1:$peer,127.0.0.1:${line_port[$city]}"
  sed -i "s/^client-listen = .*/client-listen = \"127.0.0.1:${node_port[$city]}\"/" \
    "$city/node-1/node.toml"
}

run_partner() {
  local city=$1 party
  start_process "$city" "$build/node/puhuid" run --config "$city/node-1/node.toml"
  start_line "$city"
  write_profile "$city.toml" "${city^^}" "$city" "https://127.0.0.1:${node_port[$city]}"
  for party in authority operator; do
    ln -s "../$city/keys/$party.key" "keys/$city-$party.key"
    write_actor "$party" "$city-" "$city.toml"
  done
  wait_for "a leader of $city" leads_itself "$city"
  same_clock "$city"
}
leads_itself() { [[ $(ask .role status --profile "$1.toml" 2>/dev/null) == leader ]]; }

start_line() {
  start_process "line-$1" python3 "$demo_scripts/link.py" --listen "${line_port[$1]}" \
    --to "${node_port[$1]}"
}

# How far its clock is from the first city's. Starting a program late by a second makes three days.
same_clock() {
  local start real off_s
  read -r clock_start clock_real < <(genesis_clock wuhan.toml)
  read -r start real < <(genesis_clock "$1.toml")
  off_s=$(((start - clock_start - (real - clock_real) * demo_rate) / 1000000))
  [[ ${off_s#-} -lt $((10 * demo_rate)) ]] || die "演示时钟不一致 / the clocks are $off_s s apart"
  printf '      %s: https://127.0.0.1:%s  (%+d s)\n' "${1^^}" "${line_port[$1]}" "$off_s"
}

# The parties there; the operator and the authority sign for each.
people_partner() {
  local city=$1 role party=''
  for role in expert expert verifier enterprise platform; do
    case $role in
      expert) [[ $party == expert-1 ]] && party=expert-2 || party=expert-1 ;;
      enterprise) party=firm ;;
      platform) party=relay ;;
      *) party=$role ;;
    esac
    quietly ./puhui key new "keys/$city-$party.key"
    write_actor "$party" "$city-" "$city.toml"
    there "$city" operator party register "$party" --legal-entity "DEMO-${city^^}-${party^^}" \
      --name-zh "$(fact "$city" 1)${party}(示例)" --area "$(fact "$city" 3)" --role "$role" \
      --public-key "keys/$city-$party.key" --key "keys/$city-operator.key" \
      --key "keys/$city-authority.key"
  done
  there "$city" firm account open firm/units --kind enterprise --key "keys/$city-firm.key" \
    --key "keys/$city-operator.key"
}

# A methodology of its own after one of the catalogue, a project, and a report.
report_partner() {
  local city=$1 input parameters=()
  for input in ${partner_parameters[$city]}; do parameters+=(--parameter "$input"); done
  jq --arg model "$(fact "$city" 5)" --arg code "$(fact "$city" 4)" --arg by "$(fact "$city" 2)" \
    '.methodologies |= map(select(.code == $model) | .code = $code | .issued_by = $by)' \
    data/methodologies.json >"papers/$city-methodology.json"
  there "$city" expert-1 methodology file "papers/$city-methodology.json" \
    --key "keys/$city-expert-1.key" --key "keys/$city-expert-2.key" --key "keys/$city-operator.key"
  there "$city" firm project file P1 --owner firm --methodology "$(fact "$city" 4)" \
    --account firm/units --area "$(fact "$city" 3)" --meter "$city-meter-1" "${parameters[@]}" \
    --crediting-from 2024-01-01 --crediting-to 2034-01-01 --not-in CCER \
    --not-in green-certificate --not-in green-power --key "keys/$city-firm.key" \
    --key "keys/$city-operator.key"
  there "$city" firm report submit p1-2024 --project P1 --meter "$city-meter-1" \
    --from 2024-01-01 --to 2024-08-01 --input "$(fact "$city" 6)"
  there "$city" verifier report verify p1-2024 --positive --statement papers/statement.txt
  there "$city" operator report publicise p1-2024
}

issue_partner() {
  local city=$1 until
  until=$(ask .notice.until report show p1-2024 --profile "$city.toml")
  wait_for "the end of the notice in $city" has_come $((until / 1000000 + 1)) "$city.toml"
  there "$city" operator batch issue B1 --report p1-2024 --key "keys/$city-operator.key" \
    --key "keys/$city-authority.key"
  there "$city" operator batch register B1
  run ./puhui batch show B1 --profile "$city.toml"
  same "${city^^} 签发 / issued" "$(ask .units_issued_kg totals --profile "$city.toml")" \
    "$(fact "$city" 7)"
}
