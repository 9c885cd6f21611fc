# shellcheck shell=bash disable=SC2034,SC2154
# A bank's voucher for grams: offered, redeemed by a batch, settled.

tell_voucher() {
  act "银行代金券:1 千克 = 2 元;兑换与结算" \
    "A bank's voucher, 1 kg = 2 yuan: redeemed, and settled"
  run ./puhui offer open voucher-1kg --sponsor bank/pool --name-zh "一千克代金券" --price 1kg \
    --stock 100 --per-person 1 --to 2030-01-01T00:00:00+08:00 --value 2 --profile as/bank.toml \
    --key keys/bank.key --key keys/operator.key
  run ./puhui offer redeem voucher-1kg citizens/redemptions.csv --batch v-2024-01 \
    --profile as/operator.toml --key keys/operator.key --key keys/bank.key
  same "兑换 / redeemed" "$(field spent_g)" $((passengers * 1000))
  say "每人限一张。" "One each."
  fails 1 offer.limit ./puhui offer redeem voucher-1kg citizens/again.csv --batch v-2024-02 \
    --profile as/operator.toml --key keys/operator.key --key keys/bank.key
  run ./puhui offer settle voucher-2024-01 --offer voucher-1kg --quantity "$passengers" \
    --amount "${passengers}kg" --value "$((passengers * 2))" --profile as/bank.toml
  view ./puhui offer show voucher-1kg --profile wuhan.toml
  same "公开记录(千克)/ public record (kg)" "$passengers" \
    "$(on_record '.facts[] | select(.what | startswith("bank voucher")) | .personal_kg')"
  same "公开记录(元)/ public record (yuan)" "$((passengers * 2))" \
    "$(on_record '.facts[] | select(.what | startswith("bank voucher")) | .yuan')"
  good "45 千克换 90 元:账本上没有钱,只有双方签过名的数字。" \
    "45 kg for 90 yuan: no money is on the ledger, only the figure both signed."
}
