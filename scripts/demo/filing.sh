# shellcheck shell=bash disable=SC2034,SC2154
# The opening, the actors, the methodologies, the accounts and the projects.

readonly data_provider=data-provider
readonly shown_party=expert-1

tell_opening() {
  ln -s "$build/node/cli/puhui" puhui
  ln -s "$build/node/identity/puhui-identity" puhui-identity
  mkdir -p data keys as log papers receipts rides
  cp "$project"/scripts/demo-data/*.json data/
  # The catalogue's window, from the third day to the eighth, would be over in two seconds here.
  jq '.defaults.claim_window = {visible_after_days: 0, collect_within_days: 366}' \
    "$project/scripts/demo-data/methodologies.json" >data/methodologies.json
  printf '%s普惠账本:一座碳普惠城市的一年有余%s\n' "$bold" "$plain"
  printf '%sPuhui Ledger: a year and more of a carbon-inclusion city%s\n' "$bold" "$plain"
  say "数量取自公开报道(data/public-record.json);日期是演示自己的(演示时钟 DEMO CLOCK:$demo_start 起,快 $demo_rate 倍)。" \
    "Amounts follow the public record; dates are the demonstration's own (DEMO CLOCK, $demo_rate times as fast)."
  say "标注「示例」的主体和统一代码 DEMO-… 是虚构的。" \
    "Parties marked 示例 and the codes DEMO-… are invented."
  say "下面每条命令都可在此目录中重复:cd $folder" \
    "Every command below can be repeated in that folder; all answers are kept in transcript.log."
}

# register PARTY ZH EN ROLE…: makes the actor's own key and registers it.
register() {
  local party=$1 zh=$2 en=$3 role command
  shift 3
  command=(./puhui party register "$party" --legal-entity "DEMO-${party^^}" --name-zh "$zh"
    --name-en "$en" --area 420100 --public-key "keys/$party.key")
  for role in "$@"; do command+=(--role "$role"); done
  command+=(--profile as/operator.toml --key keys/operator.key --key keys/authority.key)
  quietly ./puhui key new "keys/$party.key"
  write_actor "$party"
  if [[ $party == "$shown_party" ]]; then show_command "${command[@]}"; fi
  quietly "${command[@]}"
  printf '      %-5s %-14s %s  [%s]\n' "$(field position)" "$party" "$zh" "$*"
}

tell_actors() {
  act "登记主体:每个主体持有自己的密钥,由运营方提出、主管部门共同签署" \
    "Actors: each holds its own key; the operator proposes, the authority signs too"
  register expert-1 "专家委员会委员甲(示例)" "Expert A" expert
  register expert-2 "专家委员会委员乙(示例)" "Expert B" expert
  register expert-3 "专家委员会委员丙(示例)" "Expert C" expert
  register exchange "$(on_record .actors.exchange)" "Hubei exchange" exchange
  register ets "碳市场主管部门(示例)" "ETS authority" ets-authority
  register verifier "核证机构(示例)" "Verifier" verifier
  register auditor "审计机构(示例)" "Auditor" auditor
  register pv-owner "光伏业主企业(示例)" "Owner of the PV project" enterprise
  register buyer "购买企业(示例)" "Buying enterprise" enterprise
  register marathon "马拉松组委会(示例)" "Marathon organiser" enterprise
  register smelter "控排企业(示例)" "Firm in the ETS" enterprise
  register bank "合作银行(示例)" "Bank" bank
  register merchant "激励商户(示例)" "Merchant" merchant
  register metro "$(on_record '.actors.data_providers[0]')" "Metro" "$data_provider,methodology=metro"
  register bus "$(on_record '.actors.data_providers[1]')" "Bus" "$data_provider,methodology=bus"
  register bike "$(on_record '.actors.data_providers[2]')" "Shared bikes" \
    "$data_provider,methodology=shared-bike"
  register power "$(on_record '.actors.data_providers[3]')" "Power grid" \
    "$data_provider,methodology=household-power"
  register travel-app "出行平台(示例)" "Second travel platform" platform "$data_provider"
  view ./puhui party list --all --profile wuhan.toml
}

tell_methodologies() {
  act "备案方法学:公式、常数和取整规则都是账本上的数据" \
    "Methodologies: formula, constants and rounding are data on the ledger"
  run ./puhui methodology file data/methodologies.json --party expert-1 --key keys/expert-1.key \
    --key keys/expert-2.key --key keys/operator.key --profile wuhan.toml
  say "这里的一天只有三分之一秒,所以各行为的申领窗口放宽到 366 天。" \
    "A day is a third of a second here, so acts may be claimed for 366 days."
  view ./puhui methodology list --all --profile wuhan.toml
  local own samples
  own=$(ask .methodologies totals --linearizable --profile wuhan.toml)
  samples=$(ask .samples totals --linearizable --profile wuhan.toml)
  [[ $((own + samples)) -ge 10 ]] || die "备案不足十个 / fewer than ten are filed"
  good "共备案 $((own + samples)) 个:武汉 $own 个,外地示例 $samples 个(示例另计,不计入城市目标,不产生减排量)。" \
    "$((own + samples)) filed: $own by Wuhan, $samples samples from elsewhere, counted apart, which earn nothing here."
  keep methodologies.city "$own"
  keep methodologies.samples "$samples"
}

open_account() {
  quietly ./puhui account open "$2" --kind "$3" --profile "as/$1.toml" \
    --key "keys/$1.key" --key keys/operator.key
  printf '      %-5s %-16s %s\n' "$(field position)" "$2" "$3"
}

tell_accounts_opened() {
  act "开立账户:户主与运营方共同签署" "Accounts: the holder and the operator sign"
  show_command ./puhui account open pv-owner/units --kind project --profile as/pv-owner.toml \
    --key keys/pv-owner.key --key keys/operator.key
  open_account pv-owner pv-owner/units project
  open_account buyer buyer/units enterprise
  open_account buyer buyer/lots enterprise
  open_account marathon marathon/event event
  open_account smelter smelter/units enterprise
  open_account travel-app travel-app/units enterprise
  open_account travel-app travel-app/pool pool
  open_account bank bank/pool pool
}

# review_and_publicise FILING: two experts approve, the operator opens the notice.
review_and_publicise() {
  local expert
  for expert in expert-1 expert-2; do
    run ./puhui filing review "$1" for --opinion papers/opinion.txt --profile "as/$expert.toml"
  done
  run ./puhui filing publicise "$1" --profile as/operator.toml
}

tell_project() {
  act "备案两个项目:草案 → 专家评审 → 公示与异议 → 备案" \
    "Two projects are filed: draft → experts → public notice and an objection → filed"
  local not_in=(--not-in CCER --not-in green-certificate --not-in green-power)
  echo "示例项目设计文件:分布式光伏 5.9 MW,电表 meter-pv-001" >papers/project.txt
  echo "示例专家意见:同意" >papers/opinion.txt
  echo "示例异议:夏季反光" >papers/letter.txt
  echo "示例决定:已加装防眩光膜,异议不成立" >papers/decision.txt
  run ./puhui project file PVWH001 --name-zh "分布式光伏(示例)" --name-en "Distributed PV" \
    --owner pv-owner --methodology WH-PV-2023 --account pv-owner/units --area 420100 \
    --meter meter-pv-001 --parameter capacity=5.9 --crediting-from 2023-12-01 \
    --crediting-to 2033-12-01 "${not_in[@]}" --draft pvwh001 --enclose papers/project.txt \
    --profile as/pv-owner.toml
  say "平台归集的公交出行也是一个项目,减排量来自转换的克数。" \
    "Bus rides that a platform pools are a project too; its units come from grams."
  run ./puhui project file BUS1 --name-zh "公交出行归集(示例)" --name-en "Pooled bus rides" \
    --owner travel-app --scenario bus --account travel-app/units --area 420100 \
    --crediting-from 2023-10-01 --crediting-to 2033-10-01 "${not_in[@]}" --draft bus1 \
    --profile as/travel-app.toml
  review_and_publicise bus1
  review_and_publicise pvwh001
  say "公示期内谁都可以提出异议;期满且异议已有决定,才能备案。" \
    "During the notice anybody may object; it is filed when that is over and decided."
  fails 1 notice.running ./puhui filing complete pvwh001 --profile as/operator.toml
  run ./puhui filing object pvwh001 glare --grounds papers/letter.txt --profile as/buyer.toml
  run ./puhui filing decide pvwh001 glare dismissed --decision papers/decision.txt \
    --profile as/expert-1.toml --key keys/expert-1.key --key keys/expert-2.key
  until_notice_over filing pvwh001
  run ./puhui filing complete bus1 --profile as/operator.toml
  run ./puhui filing complete pvwh001 --profile as/operator.toml
  view ./puhui project list --all --profile wuhan.toml
}
