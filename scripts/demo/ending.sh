# shellcheck shell=bash disable=SC2034,SC2154
# Totals with their conservation sums, the three nodes' positions, the checkpoint, and the summary.

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
  local issued held retired credited credits_held
  issued=$(field units_issued_kg) held=$(field units_held_kg) retired=$(field units_retired_kg)
  credited=$(field credits_credited_g) credits_held=$(field credits_held_g)
  same "减排量守恒 / units" $((held + retired)) "$issued"
  same "核销 / retired" "$retired" "$marathon_kg"
  same "个人减碳量守恒 / credits" "$credits_held" "$credited"
  good "减排量(千克):签发 $(thousands "$issued") = 持有 $(thousands "$held") + 核销 $(thousands "$retired")" \
    "Units (kg): issued $(thousands "$issued") = held $(thousands "$held") + retired $(thousands "$retired")"
  good "个人减碳量(克):记入 $(thousands "$credited") = 持有 $(thousands "$credits_held")" \
    "Credits (g): credited $(thousands "$credited") = held $(thousands "$credits_held")"
  tell_accounts "$held"
  tell_nodes
  quietly ./puhui checkpoint --profile wuhan.toml --out checkpoint
  run ./puhui checkpoint --verify city.policy --profile wuhan.toml
  keep units.issued_kg "$issued"
  keep units.held_kg "$held"
  keep units.retired_kg "$retired"
  keep credits.credited_g "$credited"
  keep credits.held_g "$credits_held"
}

tell_accounts() {
  local account kg sum=0
  show_command ./puhui account show buyer/units --profile wuhan.toml
  for account in pv-owner/units buyer/units buyer/lots marathon/event; do
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
  keep ledger.checkpoint_root "$(field root)"
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
    say "城市随演示结束而停止。" "The city stops with the demonstration."
    return
  fi
  keep_running=1
  say "城市继续运行。查看:" "The city stays up. Have a look:"
  printf '    $ cd %s\n' "$(quoted "$folder")"
  printf '    $ %s\n' \
    "./puhui status --profile wuhan.toml" \
    "./puhui totals --profile wuhan.toml" \
    "./puhui party list --all --profile wuhan.toml" \
    "./puhui methodology list --all --profile wuhan.toml" \
    "./puhui project show PVWH001 --profile wuhan.toml" \
    "./puhui report show pvwh001-1 --profile wuhan.toml" \
    "./puhui batch show B2025001 --profile wuhan.toml" \
    "./puhui account units pv-owner/units --profile wuhan.toml" \
    "./puhui serial history $first_serial --profile wuhan.toml" \
    "./puhui retirement list --profile wuhan.toml" \
    "./puhui checkpoint --verify city.policy --profile wuhan.toml" \
    "./puhui tail --follow --profile wuhan.toml"
  say "停止:" "To stop it:"
  printf '    $ %s\n' "$(quoted "$project/scripts/demo.sh" --stop "$folder")"
}
