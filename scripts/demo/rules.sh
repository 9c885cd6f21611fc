# shellcheck shell=bash disable=SC2034,SC2154
# The rules the city goes by: filed as data, in place of some of those it was founded with.

# Prints what a rule of the file says, by jq.
ruled() { jq -er "$1" rules-2.json; }

tell_rules() {
  act "规则是账本上的数据:主管部门提交第二版规则" \
    "Rules are data on the ledger: the authority files the second rule set"
  echo "示例:碳普惠管理规则第二版" >papers/rules.txt
  ./puhui rules list -o json --profile wuhan.toml |
    jq --slurpfile more data/rules.json '.items[-1].rules * $more[0]' >rules-2.json
  say "第一版是任何新城都用的内置规则;第二版以 data/rules.json 中的各条取代其相应各条。" \
    "The first set is what every new city begins with; in the second, data/rules.json takes the place of its lines."
  run ./puhui rules file rules-2.json --document papers/rules.txt --profile as/authority.toml \
    --valid-for 6d
  same "规则版本 / rule sets" "$(ask '.items | length' rules list --linearizable --profile wuhan.toml)" 2
  printf '      %-22s %s\n' \
    consents "bus: $(ruled '.consents[0].items | join(" ")')" \
    pools "travel-app → $(ruled .pools[0].account), $(ruled .pools[0].threshold_g) g / month" \
    person_caps "bus: $(ruled .person_caps[0].day_g) g / day" \
    reversal_days "$(ruled .reversal_days)" \
    procedures "$(ruled '.procedures[0] | "\(.kind): \(.approvals) experts, \(.notice.days) days"')" \
    issuance_notice "$(ruled .issuance_notice.days) days" \
    purpose_rules "$(ruled '[.purpose_rules[].purpose] | join(" ")')" \
    "cap of ets_compliance" "$(ruled '.purpose_rules[2].caps[0].share') of the allowances due" \
    "first for $(ruled '.purpose_rules[3].purpose')" \
    "units of the areas $(ruled '.purpose_rules[3].areas_first | join(" ")')" \
    vintages "$(ruled .vintages[0].years) years" \
    trade_lot_kg "$(ruled .trade_lot_kg)"
  good "从这一叶起,新规则管住每一个事件。" "From this leaf on every event goes by it."
}
