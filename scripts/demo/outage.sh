# shellcheck shell=bash disable=SC2034,SC2154
# The network between the cities is cut in the middle of transfers; nothing is lost or doubled.

readonly carried_kg=90000
readonly void_kg=80000

kill_process() {
  show_command kill -9 "$(process_of "$1")"
  kill -KILL "$(process_of "$1")"
}

# Where every kilogram of the three cities is; once more, whatever is going on.
conserved() {
  run python3 "$demo_scripts/conservation.py" "$@" wuhan.toml ezhou.toml enshi.toml
}

tell_renegotiation() {
  act "协议改版:恩施须在 $answer_days_renewed 天内答复(原为 $answer_days 天)" \
    "A new version of an agreement: Enshi answers within $answer_days_renewed days, not $answer_days"
  agree enshi 2 "$answer_days_renewed" quietly
  view ./puhui agreement show ENSHI --versions --profile wuhan.toml
  same "答复期限 / time to answer" \
    "$(ask .agreement.answer_within agreement show WUHAN --profile enshi.toml)" \
    "$(days "$answer_days_renewed")"
}

reaches() { ./puhui status --profile "line-$1.toml" >/dev/null 2>&1; }
cannot_reach() { ! reaches "$1"; }

tell_cut() {
  act "网络中断:到两座伙伴城市的线路被切断(kill -9)" \
    "The network is cut: the lines to both partners (kill -9)"
  local city before
  for city in ezhou enshi; do
    kill_process "line-$city"
    wait_for "the cut" cannot_reach "$city"
  done
  before=$(held pv-owner/units wuhan.toml)
  run ./puhui crossing export EZHOU --from pv-owner/units --to firm/units --amount 90t \
    --profile as/pv-owner.toml
  carried=$(field transfer)
  carried_at=$(field position)
  run ./puhui crossing export ENSHI --from pv-owner/units --to firm/units --amount 80t \
    --profile as/pv-owner.toml
  late=$(field transfer)
  late_serials=$(field serials)
  wait_for "the relay's complaint" grep -q unreachable log/relay-ezhou.log
  show_command tail -n 2 log/relay-ezhou.log
  tail -n 2 log/relay-ezhou.log | indent
  say "锁定的减排量既不能转让也不能核销。" "What is locked can be neither transferred nor retired."
  fails 1 serial.bound ./puhui transfer --from pv-owner/units --to buyer/units \
    --serials "$late_serials" --profile as/pv-owner.toml
  view ./puhui crossing list --state locked --profile wuhan.toml
  same "仍由户主持有 / still held" "$(held pv-owner/units wuhan.toml)" "$before"
  good "两笔在途,170 吨锁在原处,没有丢失。" "Two are on their way: 170 t are locked where they were, nothing is lost."
}

tell_bundle() {
  act "没有网络也能送到:证明装进一个文件,人送过去" \
    "Without a network: the proofs go in a file, carried by hand"
  local known
  known=$(ask .size partner show WUHAN --profile ezhou.toml)
  run ./puhui bundle export EZHOU --size "$known" --from-leaf "$carried_at" \
    --to papers/to-ezhou.bundle --profile wuhan.toml
  run ./puhui bundle import papers/to-ezhou.bundle --receipt papers/from-ezhou.receipt \
    --profile as/ezhou-operator.toml
  transfer_is IMPORTED "$carried" ezhou.toml || die "未送到 / not taken"
  transfer_is LOCKED "$carried" wuhan.toml || die "不应知道 / known too early"
  say "鄂州已认可 81 吨;武汉还不知道,仍锁着 90 吨。此刻守恒照样成立:" \
    "Ezhou has recognised 81 t; Wuhan does not know and still locks 90 t. The sums hold even now:"
  conserved
}

tell_healed() {
  act "线路恢复:答复回家;过期的一笔作废,减排量解锁" \
    "The lines are back: the answer comes home; the one that is late is void, its units free again"
  say "中继什么都不记,杀掉再启动即可。" "A relay remembers nothing: it is killed and started anew."
  mend ezhou
  crossed "$carried" wuhan.toml
  view ./puhui crossing list --state concluded --profile wuhan.toml
  local deadline
  deadline=$(ask .deadline crossing show "$late" --profile wuhan.toml)
  progress "等到恩施的答复期限已过 / until the time for Enshi to answer is over"
  wait_for "the deadline" has_come $((deadline / 1000000 + 1)) enshi.toml
  mend enshi
  wait_for "the end of $late" transfer_is FREED "$late" wuhan.toml
  view ./puhui crossing list --state void --profile enshi.toml
  view ./puhui crossing list --state freed --profile wuhan.toml
  same "解锁 / free again" "$(ask '.bound_by' serial show "${late_serials%%-*}" --profile wuhan.toml)" ""
  good "一笔到了,一笔作废;哪一头都不会既算有又算没有。" \
    "One has arrived, one is void; on no side is anything both."
}

mend() {
  show_command python3 "$demo_scripts/link.py" --listen "${line_port[$1]}" --to "${node_port[$1]}"
  start_line "$1"
  wait_for "the line" reaches "$1"
  kill_process "relay-$1"
  start_relay "$1"
}

tell_conservation() {
  act "全局守恒:三座城市签发的每一千克,此刻都恰在一处" \
    "Global conservation: every kilogram issued by the three cities is in exactly one place"
  conserved --at-rest --out conservation.json
  good "由三本账各自公开的视图逐号核对:没有一个号在两处,也没有一个号丢失。" \
    "Compared serial by serial from the public views of three ledgers: none is in two places, none is missing."
  jq -r 'paths(numbers) as $at | "conservation_kg.\($at | join("."))\t\(getpath($at))"' \
    conservation.json >>summary.lines
}
