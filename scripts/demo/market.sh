# shellcheck shell=bash disable=SC2034,SC2154
# The market: delivery against payment, a pledge, and compliance in the emissions trading scheme.

readonly reserved_kg=250000
readonly compliance_kg=50000

# legs LAST_KG: an instruction of two legs out of the reservation; 200 t, and so much.
legs() {
  jq -n --arg last "$1" '{instruction: "s-2024-0001", legs: [
    {bond: "order-1", amount_kg: "200000", to: "smelter/units",
     trade: {reference: "DEMO-2024-0002", price_cents_per_tonne: "4350"}},
    {bond: "order-1", amount_kg: $last, to: "buyer/units",
     trade: {reference: "DEMO-2024-0003", price_cents_per_tonne: "4350"}}]}'
}

tell_settlement() {
  act "货银对付:交易所签署一条指令,几笔一起成,或者都不成" \
    "Delivery against payment: the exchange signs one instruction, every leg or none"
  run ./puhui bond bind order-1 --kind reservation --account pv-owner/units --amount 250t \
    --beneficiary exchange --expires-at 2034-01-01T00:00:00Z --profile as/pv-owner.toml
  legs 60000 >papers/legs-too-much.json
  legs 50000 >papers/legs.json
  say "第二笔多要 10 吨:两笔都不成。" "The second leg asks 10 t too much: neither is settled."
  fails 1 bond.insufficient ./puhui settle papers/legs-too-much.json --profile as/exchange.toml
  view ./puhui account show smelter/units --profile wuhan.toml
  same "第一笔也未成交 / nor the first" "$(field units_held_kg)" 0
  run ./puhui settle papers/legs.json --profile as/exchange.toml
  view ./puhui trade list --all --profile wuhan.toml
  view ./puhui account show smelter/units --profile wuhan.toml
  same "控排企业持有 / held" "$(field units_held_kg)" 200000
  view ./puhui bond show order-1 --profile wuhan.toml
  good "公开记录的价格 43.5 元/吨,记为 4 350 分。" "The public record's price: 43.5 yuan, 4 350 cents."
}

tell_pledge() {
  act "质押:减排量留在原处,不能移动,直到银行解除" \
    "A pledge: the units stay where they are and may not move until the bank lets go"
  local held
  run ./puhui bond bind loan-1 --kind pledge --account buyer/units --amount 100t \
    --beneficiary bank --reference "示例贷款 1 号" --profile as/buyer.toml --key keys/buyer.key \
    --key keys/bank.key
  echo "示例:利率按减排量分档" >papers/rates.txt
  run ./puhui loan refer loan-1 --account buyer/units --bank bank --rate-table papers/rates.txt \
    --amount 100t --until 2030-01-01 --profile as/buyer.toml --key keys/buyer.key \
    --key keys/bank.key
  held=$(ask .units_held_kg account show buyer/units --profile wuhan.toml)
  fails 1 balance.insufficient ./puhui transfer --from buyer/units --to buyer/lots \
    --amount "${held}kg" --profile as/buyer.toml
  run ./puhui bond release loan-1 --reason "贷款已还" --profile as/bank.toml
}

tell_compliance() {
  act "碳市场履约:不超过应清缴配额的 5%,由碳市场主管部门接受" \
    "Compliance in the ETS: at most 5 % of the allowances due, accepted by its authority"
  local due_kg=1000000
  printf 'legal_entity,energy_band,allowances_due_kg,verified_emissions_kg,keys\n%s\n' \
    "DEMO-SMELTER,1,$due_kg,1040000,meter-smelter" >papers/firms-2023.csv
  run ./puhui ets publish papers/firms-2023.csv --year 2023 --last-part --profile as/ets.toml
  run ./puhui case open ets-2023 --purpose ets_compliance --account smelter/units \
    --beneficiary "控排企业(示例)" --from 2023-01-01 --to 2024-01-01 --estimate 60t \
    --profile as/smelter.toml
  say "全年总量上限按申请先后占用:自立项起,为这 60 吨留出额度。" \
    "The yearly cap of all is first come, first served: from now on it has room for these 60 t."
  view ./puhui case show ets-2023 --profile wuhan.toml
  same "已占额度 / kept in the cap" "$(field reserved_kg)" 60000
  run ./puhui bond bind ets-2023 --kind reservation --account smelter/units --amount 100t \
    --case ets-2023 --profile as/smelter.toml
  echo "示例:履约抵销申请" >papers/ets.txt
  say "申请 60 吨;上限是 1 000 吨的 5%。" "60 t are asked; the cap is 5 % of 1 000 t."
  fails 1 cap.exceeded ./puhui case confirm ets-2023 accepted --amount 60t \
    --document papers/ets.txt --profile as/ets.toml
  run ./puhui case confirm ets-2023 accepted --amount 50t --document papers/ets.txt \
    --profile as/ets.toml
  run ./puhui retire --account smelter/units --amount 50t --purpose ets_compliance \
    --beneficiary "控排企业(示例)" --from 2023-01-01 --to 2024-01-01 --case ets-2023 \
    --profile as/smelter.toml --key keys/smelter.key --key keys/ets.key
  same "核销 / retired" "$(field retired_kg)" "$compliance_kg"
  count_retired "$compliance_kg"
  view ./puhui account show smelter/units --profile wuhan.toml
  good "50 吨履约,其余预留自动释放。" "50 t are surrendered; the rest of the reservation is free again."
}
