# shellcheck shell=bash disable=SC2034,SC2154
# Units: report, verification, public notice, issuance, sale, and the marathon's retirement.

readonly issued_kg=7028000
readonly sold_kg=2000000
readonly given_kg=1500000
readonly marathon_kg=1448500

retired_kg=0
# count_retired KG: what the story has retired, for the sums at the end.
count_retired() { retired_kg=$((retired_kg + $1)); }

# verify_and_publicise REPORT STATEMENT: until its public notice is over.
verify_and_publicise() {
  run ./puhui report verify "$1" --positive --statement "$2" --profile as/verifier.toml
  run ./puhui report publicise "$1" --profile as/operator.toml
  until_notice_over report "$1"
}

tell_issuance() {
  until_day 2024-08-01
  act "监测 10 120 MWh → 核证 → 公示 → 签发 7 028 吨" "10 120 MWh monitored → verified → publicised → 7 028 t issued"
  local generation
  generation=$(on_record '.facts[0].inputs.generation_MWh')
  run ./puhui methodology compute data/methodologies.json --code WH-PV-2023 \
    --input "generation=$generation" --input capacity=5.9
  run ./puhui report submit pvwh001-1 --project PVWH001 --meter meter-pv-001 --from 2023-12-01 \
    --to 2024-08-01 --input "generation=$generation" --profile as/pv-owner.toml
  echo "示例核证声明:报告 pvwh001-1 真实、完整" >papers/statement.txt
  verify_and_publicise pvwh001-1 papers/statement.txt
  say "签发:运营方写好并签名,文件交给主管部门签署,再提交。" \
    "Issuance: the operator signs a file, the authority adds its signature, then it is submitted."
  run ./puhui batch issue B2024001 --report pvwh001-1 --profile as/operator.toml \
    --out papers/issue.event
  run ./puhui event sign papers/issue.event --key keys/authority.key
  run ./puhui event submit papers/issue.event --profile as/operator.toml \
    --receipt-out receipts/issuance.tlog-proof
  keep positions.issuance "$(field position)"
  run ./puhui batch register B2024001 --profile as/operator.toml
  view ./puhui batch show B2024001 --profile wuhan.toml
  first_serial=$(field start)
  local last
  last=$(field end)
  same "签发数量 / amount issued" $((last - first_serial + 1)) "$issued_kg"
  same "公开记录 / public record" "$((issued_kg / 1000))" "$(on_record '.facts[0].issued_t')"
  good "正好 7 028 吨:序列号 $first_serial–$last,每千克一个号。" \
    "Exactly 7 028 t: serials $first_serial to $last, one number per kilogram."
  keep units.serials "$(field serial)"
}

tell_sale() {
  act "向企业出售 2 000 吨,交易所共同签署" "2 000 t sold to an enterprise; the exchange signs too"
  run ./puhui transfer --from pv-owner/units --to buyer/units --amount 2000t \
    --trade DEMO-2024-0001 --price "$(on_record '.facts[0].price_yuan_per_t')" \
    --profile as/pv-owner.toml --key keys/pv-owner.key --key keys/exchange.key \
    --receipt-out receipts/sale.tlog-proof
  local position
  position=$(field position)
  keep positions.sale "$position"
  view ./puhui entry show "$position" --profile wuhan.toml
  same "价格(分/吨)/ price (cents per tonne)" \
    "$(field payload.transfer.trade.price_cents_per_tonne)" 3000
  view ./puhui account show buyer/units --profile wuhan.toml
  same "买方持有 / held by the buyer" "$(field units_held_kg)" "$sold_kg"
  view ./puhui account units pv-owner/units --profile wuhan.toml
  good "单价 30 元/吨(记为 3 000 分),账本上没有钱,只有交易所签过名的数字。" \
    "30 yuan/t (3 000 cents): no money is on the ledger, only the figure the exchange signed."
}

tell_marathon() {
  act "马拉松碳中和:核销 1 448.5 吨" "Carbon-neutral marathon: 1 448.5 t retired"
  same "公开记录 / public record" "$(on_record '.facts[2].retired_t')" "$(tonnes "$marathon_kg")"
  say "估算 → 预留 → 赛后足迹经核查 → 核销。购买企业赠予 1 500 吨。" \
    "Estimate → reserve → the footprint is verified → retire. The enterprise gives 1 500 t."
  run ./puhui transfer --from buyer/units --to marathon/event --amount "${given_kg}kg" \
    --profile as/buyer.toml
  local case=(--account marathon/event --purpose event_neutrality --beneficiary "武汉马拉松"
    --from 2024-04-01 --to 2024-05-01)
  run ./puhui case open marathon-2024 "${case[@]}" --estimate 1500t --profile as/marathon.toml
  run ./puhui bond bind marathon-2024 --kind event --account marathon/event --amount 1500t \
    --case marathon-2024 --profile as/marathon.toml
  echo "示例核查声明:马拉松足迹 1 448.5 吨" >papers/marathon.txt
  run ./puhui case confirm marathon-2024 accepted --amount 1448.5t \
    --document papers/marathon.txt --profile as/verifier.toml
  run ./puhui retire --amount 1448.5t "${case[@]}" --case marathon-2024 --note "26000 runners" \
    --profile as/marathon.toml --receipt-out receipts/retirement.tlog-proof
  count_retired "$marathon_kg"
  retired_serial=$(field serials)
  retired_serial=${retired_serial%%-*}
  keep positions.retirement "$(field position)"
  view ./puhui retirement list --profile wuhan.toml
  view ./puhui serial history "$retired_serial" --profile wuhan.toml
  good "预留 1 500 吨,核销 1 448.5 吨,其余自动释放。" \
    "1 500 t were reserved, 1 448.5 t retired; the rest is free again."
}
