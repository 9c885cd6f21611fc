# shellcheck shell=bash disable=SC2034,SC2154
# Citizens and the bus: identities off the ledger, consents, a day of rides, what a platform pools,
# a record taken back, and an account erased.

readonly passengers=45
readonly users=12
readonly ride_g=150
readonly pooled_kg=36
readonly erased_citizen=3

# citizen N: the pseudonym of the N-th of them.
citizen() { sed -n "$1p" citizens/accounts.txt; }

tell_citizens() {
  until_day 2024-01-01
  act "市民:身份留在账外,账本上只有假名;先同意,才记入" \
    "Citizens: identity stays off the ledger, which has pseudonyms; consent comes before credit"
  export PUHUI_IDENTITY_STORE=identity
  mkdir citizens
  python3 "$demo_scripts/citizens.py" identities >citizens/identities.txt
  run ./puhui-identity init
  identity_key=$(field verifier_key)
  show_command ./puhui-identity enrol --out citizens/accounts.txt
  quietly ./puhui-identity enrol --out citizens/accounts.txt <citizens/identities.txt
  run ./puhui account open-personal --pseudonyms citizens/accounts.txt --profile as/operator.toml
  say "每一份同意都由身份服务留存,账本上只记它的哈希。" \
    "Each consent is kept by the identity service; the ledger gets its hash."
  run python3 "$demo_scripts/citizens.py" write --folder citizens
  run ./puhui consent submit citizens/consents.csv --batch c-2024-01 --profile as/operator.toml
  same "同意 / consents" "$(field records_accepted)" $((passengers + 1 + 2 * users))
  run ./puhui account consents "$(citizen $((passengers + 1)))" --profile as/operator.toml
}

# bus_rides PROVIDER FILE BATCH: the words that submit them, one a line.
bus_rides() {
  printf '%s\n' ./puhui behaviour submit "citizens/$2" --batch "$3" --scenario bus \
    --methodology-file data/methodologies.json --methodology WH-BUS-2023 --profile "as/$1.toml"
}
submits() {
  local words
  mapfile -t words < <(bus_rides "$@")
  run "${words[@]}"
}
# fails_to_submit CODE PROVIDER FILE BATCH
fails_to_submit() {
  local code=$1 words
  shift
  mapfile -t words < <(bus_rides "$@")
  fails 1 "$code" "${words[@]}"
}

# has_refused CODE RECORD: the batch just answered explains why it did not credit that one.
has_refused() {
  grep -qE "^refused record $2 +${1//./\\.}: rule .+, limit .+, used .+, asked " <<<"$answer" ||
    die "记录 $2 应以 $1 被拒 / record $2 should be refused as $1, explained"
}

tell_bus_rides() {
  act "公交一天的数据:一条超出每人每日上限,一条没有同意" \
    "A day of the bus: one record beyond a person's daily cap, one without consent"
  submits bus bus.csv bus-2023-12-04
  citizens_position=$(field position)
  same "记入 / credited" "$(field credited_g)" $((passengers * 8 * ride_g))
  same "拒绝 / refused" "$(field records_refused)" 1
  has_refused cap.day $((passengers * 8))
  say "数据包里每条记录各自裁定;被拒的那一条,账本说明理由:限额、已用、所求。" \
    "Each record is judged by itself; the refused one is explained: limit, used, asked."
  say "没有同意过的人:不记入。" "Of somebody who agreed to nothing: no credit."
  fails_to_submit consent.missing bus no-consent.csv bus-consent
  good "$passengers 名乘客每人 8 次 × $ride_g 克。" "$passengers passengers, 8 rides of $ride_g g each."
}

tell_pooling() {
  act "平台归集:每人每月 3 000 克归平台,超出的归个人" \
    "Pooling: of each person 3 000 g a month are the platform's, the rest is the person's"
  submits travel-app app.csv app-2023-12
  same "记入 / credited" "$(field credited_g)" $((users * 24 * ride_g))
  same "归集 / pooled" "$(field pooled_g)" $((pooled_kg * 1000))
  same "拒绝 / refused" "$(field records_refused)" 1
  say "被拒的一条是公交公司已经报过的那次乘车:同一人、同一时段、同一车门。" \
    "The refused one is a ride the bus company had reported: same person, slot and bus door."
  view ./puhui account show travel-app/pool --profile wuhan.toml
  same "平台归集账户 / pool" "$(field credits_held_g)" $((pooled_kg * 1000))
  view ./puhui account show "$(citizen $((passengers + 1)))" --profile as/operator.toml
  same "个人 / person" "$(field credits_held_g)" 600
  good "$users 人各 3 600 克:3 000 归集,600 归个人。" \
    "$users people with 3 600 g each: 3 000 pooled, 600 their own."
}

tell_reversal() {
  act "报错的记录被撤回,而克数已经花掉:成为欠额,由下一次记入偿还" \
    "Records taken back after their grams were spent: a debt, paid by the next credit"
  local first
  first=$(citizen 1)
  run ./puhui behaviour reverse citizens/wrong.csv --batch back-2024-01 --scenario bus \
    --reason "刷卡机重复计数" --profile as/bus.toml
  view ./puhui account show "$first" --profile as/operator.toml
  same "欠额 / owed" "$(field credits_owed_g)" 100
  submits bus next.csv bus-2023-12-05
  view ./puhui account show "$first" --profile as/operator.toml
  same "余额 / held" "$(field credits_held_g)" 50
  same "欠额 / owed" "$(field credits_owed_g)" 0
  good "记入 1 200,花掉 1 000,撤回 300,欠 100;再乘一次车 150,还清后余 50。" \
    "Credited 1 200, spent 1 000, reversed 300: owes 100; one more ride of 150 leaves 50."
}

tell_conversion() {
  act "归集的克数变成减排量:转换 → 核证 → 公示 → 签发 → 登记" \
    "Pooled grams become units: converted → verified → publicised → issued → registered"
  run ./puhui credits convert travel-app/pool --project BUS1 --report bus1-2023 \
    --amount "${pooled_kg}kg" --from 2023-10-01 --to 2024-01-01 --profile as/travel-app.toml \
    --key keys/travel-app.key --key keys/operator.key
  echo "示例核证声明:归集数据 bus1-2023 真实、完整" >papers/bus1.txt
  verify_and_publicise bus1-2023 papers/bus1.txt
  run ./puhui batch issue C2023001 --report bus1-2023 --profile as/operator.toml \
    --key keys/operator.key --key keys/authority.key
  run ./puhui batch register C2023001 --profile as/operator.toml
  view ./puhui account show travel-app/units --profile wuhan.toml
  same "平台持有 / held" "$(field units_held_kg)" "$pooled_kg"
  good "$pooled_kg 千克,每一克只变一次。" "$pooled_kg kg, each gram once."
}

tell_erasure() {
  act "注销一名市民:余额作废,账外的身份和密钥被销毁,证明仍然成立" \
    "A citizen is erased: the rest is cancelled, identity and keys are destroyed, proofs still hold"
  local account
  account=$(citizen "$erased_citizen")
  run ./puhui-identity trust city.policy
  run ./puhui-identity confirm "$account" "注销我的账户"
  run ./puhui account erase "$account" --confirmation "$(field confirmation)" \
    --profile as/operator.toml --receipt-out receipts/erasure.tlog-proof
  same "作废 / cancelled" "$(field cancelled_g)" "$((8 * ride_g - 1000))"
  run ./puhui-identity erase "$account" --receipt receipts/erasure.tlog-proof
  printf '%s\n' "$answer" >receipts/erasure.txt
  run ./puhui-identity erasure verify receipts/erasure.txt --verifier-key "$identity_key"
  say "身份服务再也说不出他是谁。" "The identity service cannot tell any more who it was."
  run ./puhui record proof "$citizens_position" "$((8 * (erased_citizen - 1)))" --profile as/operator.toml \
    --out receipts/bus-ride.json
  run ./puhui record verify receipts/bus-ride.json --policy city.policy
  good "身份服务只认账本的回执,没有回执什么也不销毁;注销之后,原来的记录仍能证明。" \
    "The service acts on the ledger's receipt alone; the old record can still be proven."
}
