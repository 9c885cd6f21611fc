# shellcheck shell=bash disable=SC2034,SC2154
# An enterprise's footprint from its meter's readings, and the year it is neutral in.

tell_footprint() {
  act "企业碳账户:电表用自己的密钥签读数,账本算出全年足迹" \
    "An enterprise: its meter signs readings with a key of its own, the ledger works out the year"
  printf 'name,unit,kg_per_unit,source\ngrid-power,kWh,0.4364,%s\n' "湖北省电力平均排放因子 2022" \
    >papers/factors.csv
  run ./puhui factor file papers/factors.csv --table hubei-2022 --from 2023-01-01 --to 2025-01-01 \
    --profile as/authority.toml
  quietly ./puhui key new keys/meter.key
  run ./puhui source file buyer/power --area 420100 --name-zh "厂区用电(示例)" \
    --factor grid-power --unit kWh --scale 1 --device keys/meter.key --from 2023-01-01 \
    --profile as/buyer.toml
  run python3 "$demo_scripts/readings.py" --year 2023 --factor 0.4364 --out papers/readings.csv
  footprint_kg=$answer
  say "别的密钥签的读数不被接受。" "Readings signed by another key are not taken."
  fails 1 device.signature ./puhui reading submit buyer/power papers/readings.csv \
    --device-key keys/buyer.key --profile as/buyer.toml
  run ./puhui reading submit buyer/power papers/readings.csv --device-key keys/meter.key \
    --profile as/buyer.toml
  same "读数 / readings" "$(field records_accepted)" 365
  run ./puhui footprint report buyer-2023 --year 2023 --profile as/buyer.toml
  same "足迹(千克)/ footprint (kg)" "$(field amount_kg)" "$footprint_kg"
  echo "示例核查声明:buyer-2023" >papers/footprint.txt
  run ./puhui footprint verify buyer-2023 positive --statement papers/footprint.txt \
    --profile as/verifier.toml
  run ./puhui target set --year 2023 --max 330t --profile as/buyer.toml
  good "$(tonnes "$footprint_kg") 吨,与账外用精确分数算得的一致。" \
    "$(tonnes "$footprint_kg") t, as worked out apart from the ledger with exact fractions."
}

tell_neutrality() {
  act "企业年度碳中和:核销量就是经核查的足迹,出具可选择披露的证书" \
    "A neutral year: what is retired is the verified footprint; a certificate to show in part"
  local retirement whom="购买企业(示例)"
  local case=(--account buyer/units --purpose organisation_neutrality --beneficiary "$whom"
    --from 2023-01-01 --to 2024-01-01)
  say "有步骤的用途,没有立案就不能核销。" "A purpose with steps is not retired without a case."
  fails 1 case.required ./puhui retire --amount "${footprint_kg}kg" "${case[@]}" \
    --profile as/buyer.toml
  run ./puhui case open neutral-2023 "${case[@]}" --profile as/buyer.toml
  say "核查足迹是多少,就确认多少,一千克也不少。" "What is confirmed is the footprint, not a kilogram less."
  fails 1 case.amount ./puhui case confirm neutral-2023 accepted \
    --amount "$((footprint_kg - 1))kg" --footprint buyer-2023 --document papers/footprint.txt \
    --profile as/verifier.toml
  run ./puhui case confirm neutral-2023 accepted --amount "${footprint_kg}kg" \
    --footprint buyer-2023 --document papers/footprint.txt --profile as/verifier.toml
  run ./puhui retire --amount "${footprint_kg}kg" "${case[@]}" --case neutral-2023 \
    --profile as/buyer.toml
  retirement=$(field position)
  count_retired "$footprint_kg"
  certify "$retirement" "$whom"
  view ./puhui enterprise show buyer 2023 --profile wuhan.toml
  same "中和 / neutral" "$(field is_neutral)" yes
  same "目标 / target" "$(field meets_target)" yes
  good "2023 年:足迹 $(tonnes "$footprint_kg") 吨,核销同量,净额为零。" \
    "2023: $(tonnes "$footprint_kg") t emitted, as much retired, net zero."
}

tell_statement() {
  act "给银行的说明:企业签名同意,只出示其中两项" \
    "A statement for a bank: the enterprise consents by its signature, and shows two fields of it"
  view ./puhui certificate statement --number sb-2023-1 --bank bank --year 2023 \
    --out papers/statement.json --profile as/buyer.toml
  say "运营方签名之前,与节点在同一位置所知逐项核对。" \
    "Before the operator signs, it compares every field with what its node knows at that position."
  view ./puhui certificate check papers/statement.json --profile as/operator.toml
  run ./puhui certificate certify papers/statement.json --profile as/buyer.toml \
    --key keys/buyer.key --key keys/operator.key
  run ./puhui certificate disclose papers/statement.json --field footprint_kg --field held_kg \
    --out papers/to-bank.json
  view ./puhui certificate verify papers/to-bank.json --profile as/bank.toml
  same "出示的足迹 / footprint shown" "$(field field)" "footprint_kg $footprint_kg"
  good "银行看到 2 项,其余字段只有企业自己知道。" "The bank sees two fields; the enterprise keeps the rest."
}

tell_disclosure() {
  act "证书出示的两项,离线验证:只信公布的验证策略" \
    "Two fields of the certificate, verified offline: only the published policy is believed"
  local isolate=()
  read -ra isolate < <(without_network; echo)
  run ./puhui proof state certificate cn-2023-1 --out papers/certificate.proof \
    --profile wuhan.toml
  run "${isolate[@]}" ./puhui certificate verify papers/shown.json \
    --state papers/certificate.proof --policy city.policy
  same "出示 / shown" "$(field shown)" "2 of 4"
  good "状态根证明证书在账本上;另外两项没有出示,谁也看不到。" \
    "A state root proves the certificate; the two other fields stay with their holder."
}

# certify LEAF HOLDER: the exchange certifies a retirement; two of four fields are shown.
certify() {
  jq -n --arg holder "$2" --arg amount "$(tonnes "$footprint_kg") t" \
    '{holder: $holder, amount: $amount, year: "2023", contract: "示例合同 17 号"}' >papers/fields.json
  run ./puhui certificate make papers/fields.json --number cn-2023-1 --out papers/certificate.json
  run ./puhui certificate certify papers/certificate.json --retirement "$1" \
    --profile as/exchange.toml
  run ./puhui certificate disclose papers/certificate.json --field holder --field amount \
    --out papers/shown.json
}
