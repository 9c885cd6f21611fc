# shellcheck shell=bash disable=SC2034,SC2154
# A day of 20 000 citizens' rides, and one of them worked by hand.

readonly people=20000
readonly ride_day=2024-09-05

expect() { jq -er "$1" rides/expected.json; }

tell_rides() {
  until_day 2024-09-06
  act "两万名市民一天的地铁、公交和单车出行,按备案公式记入克数" \
    "A day of 20 000 citizens' metro, bus and bike rides, credited in grams by the filed formulas"
  run python3 "$demo_scripts/rides.py" --people "$people" --day "$ride_day" --seed wuhan-2024 \
    --methodologies data/methodologies.json --folder rides
  say "运营方的身份服务在账外把人和车变成带密钥的假名和标签;账本上没有身份。" \
    "Off the ledger, the operator's identity service turns people and vehicles into keyed tags."
  local file
  for file in rides/pseudonyms-*.txt; do
    run ./puhui account open-personal --pseudonyms "$file" --profile as/operator.toml
  done
  run ./puhui consent submit rides/bus-consents.csv --batch "c-$ride_day" --profile as/operator.toml
  local before refused credited
  before=$(ask .records_credited totals --profile wuhan.toml)
  refused=$(ask .records_refused totals --profile wuhan.toml)
  credited=$(ask .credits_credited_g totals --profile wuhan.toml)
  submit_rides metro metro WH-METRO-2024 rides/metro.ndjson
  submit_rides bus bus WH-BUS-2023 rides/bus.csv
  submit_rides bike shared-bike WH-BIKE-2024 rides/bike.csv
  bike_position=$batch_position
  check_rides "$before" "$refused" "$credited"
}

# Sends a provider's day; $batch_position is then the leaf of its first batch.
submit_rides() {
  local mode=$1 scenario=$2 methodology=$3 file=$4
  run ./puhui behaviour submit "$file" --batch "$mode-$ride_day" --scenario "$scenario" \
    --methodology-file data/methodologies.json --methodology "$methodology" \
    --profile "as/$mode.toml"
  batch_position=$(first_position)
  wait_for "a checkpoint" provable "$batch_position"
  quietly ./puhui receipt get "$batch_position" --profile wuhan.toml \
    --out "receipts/$mode-rides.tlog-proof"
}

# Of one event's answer, or of several in a table.
first_position() {
  awk '$1 == "position" { print $2; exit } $2 == "accepted" && NF >= 4 { print $4; exit }' \
    <<<"$answer"
}

# check_rides RECORDS REFUSED GRAMS: against the totals from before.
check_rides() {
  view ./puhui totals --profile wuhan.toml
  same "记录数 / records credited" "$(($(field records_credited) - $1))" "$(expect .total.records)"
  same "拒绝数 / records refused" "$(($(field records_refused) - $2))" 0
  same "克数 / grams credited" "$(($(field credits_credited_g) - $3))" "$(expect .total.grams)"
  good "$(thousands "$(expect .total.records)") 条记录记入 $(thousands "$(expect .total.grams)") 克,与账外独立计算的结果一致。" \
    "$(thousands "$(expect .total.records)") records gave $(thousands "$(expect .total.grams)") g, as worked out apart from the ledger with exact fractions."
  keep credits.records "$(expect .total.records)"
}

tell_one_ride() {
  act "手算一次骑行:900 米" "One ride worked by hand: 900 m"
  local account index
  account=$(expect .sample.record.account)
  index=$(expect .sample.index)
  run ./puhui methodology compute data/methodologies.json --code WH-BIKE-2024 --input distance=900
  same "手算 / by hand" "$(sed -n 's/^result: \(.*\) g$/\1/p' <<<"$answer")" "$(expect .sample.grams)"
  say "账本上的同一条记录:只有运营方证书(或本人)能看。" \
    "The same record on the ledger: only the operator's certificate, or the person, may see it."
  run ./puhui record proof "$bike_position" "$index" --profile as/operator.toml \
    --out receipts/one-ride.json
  run ./puhui record verify receipts/one-ride.json --policy city.policy
  view ./puhui account show "$account" --profile as/operator.toml
  same "账本 / on the ledger" "$(field credits_held_g)" "$(expect .sample.grams)"
  good "手算 83.97 → 84 克,账本 84 克:这名市民当天只有这一次出行。" \
    "By hand 83.97 → 84 g, on the ledger 84 g: this citizen's only ride of the day."
  say "没有证书的人看不到别人的账户。" "Without a certificate nobody sees a person's account."
  fails 5 not_permitted ./puhui account show "$account" --profile wuhan.toml
}
