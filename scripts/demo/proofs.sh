# shellcheck shell=bash disable=SC2034,SC2154
# What the ledger refuses, and what a stranger can check without it.

tell_refusals() {
  act "拒绝:每次都说明规则、限额、已用和申请" \
    "Refusals: each names its rule, the limit, what is used and what was asked"
  local before
  before=$(ask .state_digest status --profile "node-$(leader).toml")
  say "同一次骑行由另一平台再报一次:同一人、同一时段、同一辆车就是同一把申领键。" \
    "The same ride from a second platform: same person, time slot and bike make the same claim key."
  fails 1 claim.duplicate ./puhui behaviour submit rides/second-platform.csv --batch app-0001 \
    --scenario shared-bike --profile as/travel-app.toml
  say "一年多以前的一次乘车:申领窗口已过。" "A ride of more than a year ago: the claim window is over."
  fails_to_submit claim.window bus late.csv bus-late
  say "监测期与已受理的报告重叠。" "A monitoring period that overlaps an accepted report."
  fails 1 report.period_overlap ./puhui report submit pvwh001-2 --project PVWH001 \
    --meter meter-pv-001 --from 2024-07-31 --to 2024-08-08 --input generation=100 \
    --profile as/pv-owner.toml
  say "转让别人的序列号。" "Somebody else's serial numbers."
  local others=$((first_serial + sold_kg - 1000))
  fails 1 serial.not_owned ./puhui transfer --from pv-owner/units --to buyer/units \
    --serials "$others-$((others + 999))" --profile as/pv-owner.toml
  say "超出角色范围:地铁集团只能报地铁,不能报单车。" \
    "A role out of scope: the metro reports metro rides, not bikes."
  fails 1 role.out_of_scope ./puhui behaviour submit rides/second-platform.csv --batch bike-0001 \
    --scenario shared-bike --profile as/metro.toml
  say "再次核销已核销的减排量。" "A retired unit, again."
  fails 1 serial.retired ./puhui retire --account marathon/event \
    --serials "$retired_serial-$retired_serial" --purpose voluntary_offset \
    --beneficiary "另一场活动" --profile as/marathon.toml
  same "账本 / the ledger" "$(ask .state_digest status --profile "node-$(leader).toml")" "$before"
  good "六次都被拒绝,账本未变。" "All six are refused; nothing changed."
}

# The words that take the network away from a command, if this machine allows it.
without_network() {
  if unshare -n true 2>/dev/null; then
    echo "unshare -n"
  elif unshare -rn true 2>/dev/null; then
    echo "unshare -rn"
  fi
}

tell_receipts() {
  act "离线验证凭证:空目录,没有网络" "A receipt verified offline: an empty folder, no network"
  local isolate=()
  read -ra isolate < <(without_network; echo)
  if [[ ${#isolate[@]} -gt 0 ]]; then
    say "命令在没有任何网络接口的环境中运行。" "The command runs where there is no network at all."
  else
    say "本机不允许隔离网络,命令照常运行(仍不联网)。" \
      "This machine does not let us take the network away; the command uses none anyhow."
  fi
  mkdir offline
  cp receipts/retirement.tlog-proof city.policy offline/
  cd offline || die "offline"
  run ls
  run "${isolate[@]}" ../puhui receipt verify retirement.tlog-proof --policy city.policy \
    --key-file "$(public_key marathon)"
  grep -q '^verified  *yes' <<<"$answer" || die "凭证未通过 / the receipt was not verified"
  say "把签名内容里的人数改一个数字,其余不动。" \
    "One digit of the signed text is changed, nothing else."
  run python3 "$demo_scripts/change_digit.py" retirement.tlog-proof "26000 runners" changed.tlog-proof
  fails 3 proof.invalid "${isolate[@]}" ../puhui receipt verify changed.tlog-proof \
    --policy city.policy
  cd "$folder" || die "$folder"
  good "原凭证通过;改动一个数字后退出码 3。" \
    "The receipt holds; after one changed digit it fails with exit code 3."
}

public_key() { ../puhui key show "../keys/$1.key" -o json | jq -er .public_key; }
