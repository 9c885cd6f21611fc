# shellcheck shell=bash disable=SC2034,SC2154
# The leader dies under load; nothing acknowledged is lost; the dead node comes back.

readonly load_events=300
readonly load_workers=3
readonly acknowledged_before_kill=60

acknowledged() {
  if [[ -f load/acknowledged.ndjson ]]; then wc -l <load/acknowledged.ndjson; else echo 0; fi
}
enough_acknowledged() {
  load_goes_on || die "负载意外结束 / the load ended unexpectedly (log/load.log)"
  [[ $(acknowledged) -ge $acknowledged_before_kill ]]
}
load_goes_on() { kill -0 "$load_pid" 2>/dev/null; }
load_ended() { ! load_goes_on; }
another_leads() {
  local now
  now=$(leader) && [[ $now != "$killed" ]]
}

tell_failover() {
  act "负载之下杀掉主节点(kill -9)" "The leader is killed under load (kill -9)"
  local first before kill_began
  first=$(ask .size status --profile wuhan.toml)
  quietly python3 "$demo_scripts/load.py" sign --count "$load_events" --folder load \
    --profile as/pv-owner.toml --from pv-owner/units --to buyer/lots
  say "$load_workers 个客户端不停发送 $load_events 笔 1 千克的转让,并记住每一个答复。" \
    "$load_workers clients send $load_events transfers of 1 kg and remember every answer."
  show_command python3 "$demo_scripts/load.py" send --folder load --profile as/pv-owner.toml \
    --workers "$load_workers"
  python3 "$demo_scripts/load.py" send --folder load --profile as/pv-owner.toml \
    --workers "$load_workers" >log/load.log 2>&1 &
  load_pid=$!
  wait_for "load" enough_acknowledged
  killed=$(leader)
  before=$(acknowledged)
  kill_began=$(date +%s%N)
  show_command kill -9 "$(pid_of "$killed")"
  kill -KILL "$(pid_of "$killed")"
  say "$killed 号节点(主节点)已被杀死,此前已答复 $before 笔。" \
    "Node $killed led and is dead; $before transfers were acknowledged by then."
  wait_for "a new leader" another_leads
  failover_ms=$((($(date +%s%N) - kill_began) / 1000000))
  say "$(leader) 号节点在 $failover_ms 毫秒内接替。" "Node $(leader) took over within $failover_ms ms."
  wait_for "the end of the load" load_ended
  wait "$load_pid" || die "负载客户端失败 / the load client failed: $(tail -1 log/load.log)"
  load_pid=''
  check_load "$first" "$before"
}

check_load() {
  run python3 "$demo_scripts/load.py" check --folder load --profile wuhan.toml --first "$1"
  local again
  again=$(jq -er .sent_again <<<"$answer")
  [[ $2 -lt $load_events ]] || die "杀死时负载已结束 / the load was over before the kill"
  view ./puhui account show buyer/lots --profile wuhan.toml
  same "到账 / received" "$(field units_held_kg)" "$load_events"
  good "$load_events 笔答复全部在账本上,各一次;$again 笔因答复不明用同样的字节重发,没有重复入账。" \
    "All $load_events acknowledged events are in the ledger, each once; $again were sent again with the same bytes."
  keep failover.ms "$failover_ms"
  keep failover.acknowledged_and_in_ledger "$load_events"
  keep failover.sent_again "$again"
}

caught_up() {
  local size now
  size=$(ask .size status --profile "node-$(leader).toml") || return 1
  now=$(ask .provable_size status --profile "node-$killed.toml") || return 1
  [[ $now -ge $size ]]
}

tell_return() {
  act "被杀的节点重新启动并追上" "The killed node starts again and catches up"
  show_command "$build/node/puhuid" run --config "city/node-$killed/node.toml"
  start_node "$killed"
  wait_for "the killed node" caught_up
  run ./puhui status --profile "node-$killed.toml"
  good "$killed 号节点已追上,位置 $(field size)。" "Node $killed has caught up at $(field size) leaves."
}
