# shellcheck shell=bash disable=SC2034,SC2154
# Totals with their conservation sums, the three nodes' positions, audits, and the summary.

# True when all nodes stand at the same place and all of it is provable.
at_rest() {
  local n seen first=''
  for n in 1 2 3; do
    seen=$(./puhui status -o json --profile "node-$n.toml" 2>/dev/null |
      jq -er '"\(.size) \(.provable_size) \(.state_digest)"') || return 1
    [[ -n $first ]] || first=$seen
    [[ $seen == "$first" ]] || return 1
  done
  read -r size provable digest <<<"$first"
  [[ $size == "$provable" ]]
}

tell_totals() {
  act "收尾:总量守恒,三个节点一致" "At the end: the sums hold, and three nodes agree"
  wait_for "agreement of the nodes" at_rest
  view ./puhui totals --profile wuhan.toml
  check_units
  check_credits
  tell_accounts "$(total units_held_kg)"
  tell_nodes
  quietly ./puhui checkpoint --profile wuhan.toml --out checkpoint
  run ./puhui checkpoint --verify city.policy --profile wuhan.toml
  keep ledger.checkpoint_root "$(field root)"
}

# total NAME: a figure of the totals shown last.
total() { awk -v name="$1" '$1 == name { print $2; exit }' <<<"$totals"; }

# sum_line ZH EN NAME: one figure of a sum, shown and kept.
sum_line() {
  printf '      %-24s %18s\n' "$1 / $2" "$(thousands "$(total "$3")")"
  keep "totals.$3" "$(total "$3")"
}

check_units() {
  totals=$answer
  sum_line 签发 issued units_issued_kg
  sum_line 持有 held units_held_kg
  sum_line 核销 retired units_retired_kg
  sum_line 注销 cancelled units_cancelled_kg
  sum_line 过期 expired units_expired_kg
  sum_line 转入 imported units_imported_kg
  sum_line 转出 exported units_exported_kg
  same "减排量守恒 / units" $(($(total units_issued_kg) + $(total units_imported_kg))) \
    $(($(total units_held_kg) + $(total units_retired_kg) + $(total units_cancelled_kg) + $(total units_expired_kg) + $(total units_exported_kg)))
  same "签发 / issued" "$(total units_issued_kg)" $((issued_kg + pooled_kg))
  same "核销 / retired" "$(total units_retired_kg)" "$retired_kg"
  good "减排量(千克):签发 + 转入 = 持有 + 核销 + 注销 + 过期 + 转出" \
    "Units (kg): issued + imported = held + retired + cancelled + expired + exported"
}

check_credits() {
  sum_line 记入 credited credits_credited_g
  sum_line 欠额 owed credits_owed_g
  sum_line 持有 held credits_held_g
  sum_line 转换 converted credits_converted_g
  sum_line 撤回 reversed credits_reversed_g
  sum_line 作废 cancelled credits_cancelled_g
  same "个人减碳量守恒 / credits" $(($(total credits_credited_g) + $(total credits_owed_g))) \
    $(($(total credits_held_g) + $(total credits_converted_g) + $(total credits_reversed_g) + $(total credits_cancelled_g)))
  same "转换 / converted" "$(total credits_converted_g)" $((pooled_kg * 1000))
  good "个人减碳量(克):记入 + 欠额 = 持有 + 转换 + 撤回 + 作废" \
    "Credits (g): credited + owed = held + converted + reversed + cancelled"
}

tell_audit() {
  act "审计三座城市:另一套代码从每一片叶子重新推导,合计相同" \
    "An audit of each city: other code derives everything from the leaves, and gets the same sums"
  run "$build/node/puhuid" certify city auditor
  show_client auditor
  audit_city wuhan "${ports[1]}" city.policy as/auditor.toml
  local city
  for city in ezhou enshi; do
    quietly ./puhui policy export --profile "$city.toml" --out "$city.policy"
    audit_city "$city" "${node_port[$city]}" "$city.policy" "$city.toml"
  done
  good "结论:三座城市都没有发现;每座 $(jq '.totals | length' audit/wuhan/audit.json) 项合计与其所说的一致。" \
    "Nothing was found; $(jq '.totals | length' audit/wuhan/audit.json) totals of each city are what it says."
}

# audit_city CITY PORT POLICY PROFILE
audit_city() {
  local name said
  mkdir -p audit
  run ./puhui audit run "https://127.0.0.1:$2" --folder "copy-$1" --policy "$3" \
    --report "audit/$1" --profile "$4"
  same "审计结论 / verdict" "$(jq -er .verdict "audit/$1/audit.json")" clean
  said=$(./puhui totals --linearizable -o json --profile "$1.toml")
  for name in $(jq -r '.totals | keys[]' "audit/$1/audit.json"); do
    same "审计 / audit: $1 $name" "$(jq -er ".totals.$name" "audit/$1/audit.json")" \
      "$(jq -er ".$name" <<<"$said")"
  done
}

tell_accounts() {
  local account kg sum=0
  show_command ./puhui account show buyer/units --profile wuhan.toml
  for account in pv-owner/units buyer/units buyer/lots marathon/event smelter/units \
    travel-app/units; do
    kg=$(ask '.units_held_kg // "0"' account show "$account" --profile wuhan.toml)
    sum=$((sum + kg))
    printf '      %-16s %12s kg\n' "$account" "$(thousands "$kg")"
    keep "accounts_kg.$account" "$kg"
  done
  same "各账户之和 / sum of the accounts" "$sum" "$1"
}

tell_nodes() {
  local n
  show_command ./puhui status --profile node-1.toml
  for n in 1 2 3; do
    keep "ledger.nodes.node-$n" "$size"
    printf '      node-%d  %-9s %s %s  digest %s…\n' "$n" \
      "$(ask .role status --profile "node-$n.toml")" "位置 / leaves" \
      "$(ask .size status --profile "node-$n.toml")" \
      "$(ask '.state_digest[:16]' status --profile "node-$n.toml")"
  done
  keep ledger.leaves "$size"
  keep ledger.state_digest "$digest"
}

write_summary() {
  keep city.code "$city_code"
  keep city.clock "DEMO CLOCK from $demo_start, rate $demo_rate"
  keep seconds $((SECONDS - story_begins))
  jq -nR 'reduce (inputs | split("\t")) as [$path, $value]
    ({}; setpath($path | split("."); $value | tonumber? // .))' <summary.lines >summary.json
  rm summary.lines
  quietly cp city.policy receipts/
  local receipt
  for receipt in receipts/*.tlog-proof; do
    quietly ./puhui receipt verify "$receipt" --policy city.policy
  done
}

tell_ending() {
  printf '\n%s故事用时 %d 秒 / the story took %d s%s\n' \
    "$bold" $((SECONDS - story_begins)) $((SECONDS - story_begins)) "$plain"
  say "凭证 receipts/*.tlog-proof,验证策略 city.policy,汇总 summary.json,全部命令与答复 transcript.log,都在 $folder" \
    "Receipts, policy, summary and the transcript are in that folder."
  if [[ $once -eq 1 ]]; then
    say "三座城市随演示结束而停止。" "The cities stop with the demonstration."
    return
  fi
  keep_running=1
  say "三座城市和中继继续运行。武汉:端口 ${ports[1]}、${ports[3]}、${ports[5]};鄂州:${line_port[ezhou]};恩施:${line_port[enshi]}。查看:" \
    "The three cities and the relays stay up, at these ports. Have a look:"
  printf '    $ cd %s\n' "$(quoted "$folder")"
  printf '    $ %s\n' \
    "./puhui status --profile wuhan.toml" \
    "./puhui totals --profile wuhan.toml" \
    "./puhui party list --all --profile wuhan.toml" \
    "./puhui methodology list --all --profile wuhan.toml" \
    "./puhui project show PVWH001 --profile wuhan.toml" \
    "./puhui report show pvwh001-1 --profile wuhan.toml" \
    "./puhui batch show B2024001 --profile wuhan.toml" \
    "./puhui enterprise show buyer 2023 --profile wuhan.toml" \
    "./puhui offer show voucher-1kg --profile wuhan.toml" \
    "./puhui case list --all --profile wuhan.toml" \
    "./puhui account units pv-owner/units --profile wuhan.toml" \
    "./puhui serial history $first_serial --profile wuhan.toml" \
    "./puhui retirement list --profile wuhan.toml" \
    "./puhui checkpoint --verify city.policy --profile wuhan.toml" \
    "./puhui agreement list --profile wuhan.toml" \
    "./puhui crossing list --all --profile wuhan.toml" \
    "./puhui lineage $home_serial --city-url EZHOU=line-ezhou.toml --profile wuhan.toml" \
    "./puhui account units firm/units --profile ezhou.toml" \
    "./puhui totals --profile enshi.toml" \
    "python3 $(quoted "$demo_scripts/conservation.py") wuhan.toml ezhou.toml enshi.toml" \
    "./puhui tail --follow --profile wuhan.toml"
  say "停止:" "To stop it:"
  printf '    $ %s\n' "$(quoted "$project/scripts/demo.sh" --stop "$folder")"
}
