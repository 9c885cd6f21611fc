# shellcheck shell=bash disable=SC2034,SC2154
# Units cross: both ways, with a discount; assisted areas first; retired abroad; home again.

readonly sent_kg=500000
readonly from_ezhou_kg=200000
readonly from_enshi_kg=300000
readonly substituted_kg=120000
readonly retired_abroad_kg=100000
readonly returned_kg=150000

# transfer_is STATE TRANSFER PROFILE
transfer_is() {
  [[ $(ask .state crossing show "$2" --profile "$3" 2>/dev/null) == "TRANSFER_$1" ]]
}
# crossed TRANSFER PROFILE: until the answer is home.
crossed() { wait_for "the answer to $1" transfer_is CONCLUDED "$1" "$2"; }

# first_serial_of TRANSFER CITY: what came is numbered from there.
first_serial_of() { ask '.serials[0].start' crossing show "$1" --profile "$2.toml"; }

held() { ask .units_held_kg account show "$1" --profile "$2"; }
retired_abroad() { [[ $(ask .units_retired_abroad_kg totals --profile "$1") == "$2" ]]; }

tell_crossings() {
  act "减排量双向流转:出口锁定 → 对方凭证明认可 → 回执到家" \
    "Units move both ways: locked → recognised there by proof → the answer comes home"
  local back forth
  run ./puhui crossing export EZHOU --from pv-owner/units --to firm/units --amount 500t \
    --profile as/pv-owner.toml
  sent=$(field transfer)
  run ./puhui crossing export WUHAN --from firm/units --to buyer/units --amount 200t \
    --profile as/ezhou-firm.toml
  back=$(field transfer)
  run ./puhui crossing export WUHAN --from firm/units --to buyer/units --amount 300t \
    --profile as/enshi-firm.toml
  forth=$(field transfer)
  crossed "$sent" wuhan.toml
  crossed "$back" ezhou.toml
  crossed "$forth" enshi.toml
  show_command tail -n 4 log/relay-ezhou.log
  tail -n 4 log/relay-ezhou.log | indent
  view ./puhui crossing list --all --profile wuhan.toml
  view ./puhui account units firm/units --profile ezhou.toml
  same "鄂州认可 / recognised" "$(ask .recognised_kg crossing show "$sent" --profile ezhou.toml)" \
    $((sent_kg * 9 / 10))
  same "注销 / cancelled" "$(ask .units_cancelled_kg totals --profile wuhan.toml)" \
    $((sent_kg / 10))
  good "九折:450 吨到了鄂州,50 吨在两本账上按号注销;恩施的 300 吨足额到武汉。" \
    "Nine tenths: 450 t are in Ezhou, 50 t are cancelled by name on both ledgers; Enshi's 300 t came in full."
}

tell_assisted_first() {
  act "先用受助地区的减排量:视图先列,规则也要求" \
    "Assisted areas first: the view lists them first, and a rule requires it"
  local case=(--account buyer/units --purpose equal_substitution --beneficiary "购买企业(示例)"
    --from 2024-01-01 --to 2025-01-01)
  local of_ezhou
  view ./puhui account units buyer/units --for equal_substitution --profile wuhan.toml
  same "最先列出 / offered first" "$(awk 'NR == 2 { print $7 }' <<<"$answer")" 422800
  of_ezhou=$(awk '$7 == 420700 { print $1; exit }' <<<"$answer")
  run ./puhui case open substitution-1 "${case[@]}" --profile as/buyer.toml
  echo "示例决定:同意等量替代" >papers/substitution.txt
  run ./puhui case confirm substitution-1 accepted --amount "${substituted_kg}kg" \
    --document papers/substitution.txt --profile as/authority.toml
  say "点名要用鄂州的:恩施的还有,不行。" "Ezhou's by name, while there are some of Enshi: refused."
  fails 1 area.first ./puhui retire "${case[@]}" --case substitution-1 \
    --serials "$of_ezhou-$((of_ezhou + substituted_kg - 1))" --profile as/buyer.toml
  run ./puhui retire "${case[@]}" --case substitution-1 --amount "${substituted_kg}kg" \
    --profile as/buyer.toml
  count_retired "$substituted_kg"
  wait_for "the news in Enshi" retired_abroad enshi.toml "$substituted_kg"
  good "120 吨恩施减排量在武汉核销,恩施的账本已凭证明记下。" \
    "120 t of Enshi are retired in Wuhan, and Enshi's ledger knows it by proof."
}

tell_abroad() {
  act "在外核销与回家:鄂州核销 100 吨武汉的,送回 150 吨" \
    "Retired abroad, and home again: Ezhou retires 100 t of Wuhan's and sends 150 t back"
  local mirrored before home
  mirrored=$(first_serial_of "$sent" ezhou)
  abroad_serial=$mirrored
  run ./puhui retire --account firm/units --purpose voluntary_offset --beneficiary "鄂州企业(示例)" \
    --serials "$mirrored-$((mirrored + retired_abroad_kg - 1))" --from 2024-01-01 --to 2025-01-01 \
    --profile as/ezhou-firm.toml
  wait_for "the news in Wuhan" retired_abroad wuhan.toml "$retired_abroad_kg"
  mirrored=$((mirrored + retired_abroad_kg))
  before=$(held pv-owner/units wuhan.toml)
  run ./puhui crossing export WUHAN --from firm/units --to pv-owner/units --return \
    --serials "$mirrored-$((mirrored + returned_kg - 1))" --profile as/ezhou-firm.toml
  home=$(field transfer)
  crossed "$home" ezhou.toml
  view ./puhui crossing list --state imported --partner EZHOU --profile wuhan.toml
  same "回家 / came home" "$(held pv-owner/units wuhan.toml)" $((before + returned_kg))
  home_serial=$(ask '.export.runs[0].origin_start' crossing show "$home" --profile wuhan.toml)
  view ./puhui lineage "$home_serial" --city-url EZHOU=line-ezhou.toml --profile wuhan.toml
  view ./puhui lineage "$abroad_serial" --city-url WUHAN=wuhan.toml --profile ezhou.toml
  good "回来的是原来的号,不再打折;一条命令看完一个号在各城的一生。" \
    "The original serials came back without a second discount; one command shows a unit's life in all cities."
}
