# shellcheck shell=bash disable=SC2034,SC2154
# The city's machines: binaries, folder, three processes, their clock, and how they are stopped.

readonly city_code=WUHAN
readonly demo_start=2023-10-01T08:00:00+08:00
readonly demo_rate=280000
readonly wait_s=120
# An event is signed for so long, which is four minutes and more of the demonstration.
readonly valid_for=900d

ports=()
load_pid=''
keep_running=0

prepare_folder() {
  local given=$folder
  [[ -n $folder ]] || folder=$project/demo/$(date +%Y%m%d-%H%M%S)
  if [[ -e $folder ]] && [[ ! -d $folder || -n $(ls -A "$folder") ]]; then
    usage "'$given' exists and is not an empty folder"
  fi
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd -P)
}

prepare_binaries() {
  if [[ -z $build ]]; then
    progress "安装软件包 / packages (scripts/setup.sh)"
    "$project/scripts/setup.sh"
    progress "编译发布版 / building the release (build/release)"
    cd "$project" || die "$project"
    cmake --preset release
    cmake --build --preset release --target puhuid puhui puhui-identity
    build=$project/build/release
  fi
  [[ -d $build ]] || usage "'$build' is not a folder"
  build=$(cd "$build" && pwd)
  local binary
  for binary in "$build/node/puhuid" "$build/node/cli/puhui" "$build/node/identity/puhui-identity"; do
    [[ -x $binary ]] || usage "no binary at '$binary'"
  done
}

# Ports the system holds free now; all are held until all are known.
free_ports() {
  python3 - "$1" <<'PY'
import socket
import sys

held = [socket.create_server(("127.0.0.1", 0)) for _ in range(int(sys.argv[1]))]
print(*(s.getsockname()[1] for s in held))
PY
}

on_record() { jq -er "$1" data/public-record.json; }

tell_founding() {
  act "建城:三个节点,三个进程" "The city is founded: three nodes, three processes"
  found_city
  run_nodes
}

found_city() {
  local nodes=() n
  read -ra ports < <(free_ports 6)
  for n in 0 1 2; do
    nodes+=(--node "127.0.0.1:${ports[2 * n]},127.0.0.1:${ports[2 * n + 1]}")
  done
  run "$build/node/puhuid" init city --city "$city_code" --name-zh 武汉市 --name-en Wuhan \
    --area 420100 --authority-entity DEMO-AUTHORITY --authority-en "Ecology bureau" \
    --authority-zh "$(on_record .actors.authority)" --operator-entity DEMO-OPERATOR \
    --operator-zh "$(on_record .actors.operator)" --operator-en "Operating company" \
    --demo-start "$demo_start" --demo-rate "$demo_rate" "${nodes[@]}"
  ln -s ../city/keys/authority.key ../city/keys/operator.key keys/
}

run_nodes() {
  local n
  for n in 1 2 3; do
    start_node "$n"
    write_profile "node-$n.toml" "$city_code" city "https://127.0.0.1:${ports[2 * n - 1]}"
  done
  write_profile wuhan.toml "$city_code" city \
    "https://127.0.0.1:${ports[1]}" "https://127.0.0.1:${ports[3]}" "https://127.0.0.1:${ports[5]}"
  write_actor operator
  show_client operator
  write_actor authority
  progress "等待选出主节点 / waiting for a leader"
  wait_for "a leader" has_leader
  view ./puhui node list --profile wuhan.toml
  run ./puhui policy export --profile wuhan.toml --out city.policy
  good "三个节点已启动,主节点是 $(leader) 号(进程 $(pid_of "$(leader)"))。" \
    "Three nodes run as processes; node $(leader) leads."
}

# A profile names a city's nodes to ask; an actor's profile also names the party and its key.
#   write_profile FILE CODE FOLDER URL…
write_profile() {
  local file=$1 code=$2 folder=$3
  shift 3
  {
    jq -nr '"url = " + ($ARGS.positional | tojson)' --args "$@"
    printf 'ca = "%s/authority.pem"\ncity = "%s"\nvalid-for = "%s"\n' "$folder" "$code" "$valid_for"
  } >"$file"
}

# write_actor PARTY [PREFIX PROFILE]: in the first city, or a partner's.
write_actor() {
  {
    cat "${3:-wuhan.toml}"
    printf 'party = "%s"\nkey = "keys/%s.key"\n' "$1" "${2:-}$1"
  } >"as/${2:-}$1.toml"
}

# What the actor's requests show besides: a certificate of the city's API authority.
show_client() {
  printf 'client-cert = "city/clients/%s.pem"\nclient-key = "city/clients/%s-key.pem"\n' "$1" "$1" \
    >>"as/$1.toml"
}

start_node() { start_process "node-$1" "$build/node/puhuid" run --config "city/node-$1/node.toml"; }

# start_process NAME COMMAND…: a process of its own, known by its number and when it began.
start_process() {
  local name=$1
  shift
  setsid "$@" </dev/null >>"log/$name.log" 2>&1 &
  echo "$! $(began_at $!)" >"log/$name.pid"
  disown
}
# Nothing of one that has ended.
began_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | awk '$1 != "Z" { print $20 }'; }

process_of() { cut -d' ' -f1 "log/$1.pid"; }
pid_of() { process_of "node-$1"; }

# True while the process in a PID file is the one that was started.
is_ours() {
  local pid began
  [[ -f $1 ]] || return 1
  read -r pid began <"$1"
  [[ -n $began && $(began_at "$pid") == "$began" ]]
}

# The node that leads, by what the others say of it; nothing if none is known.
leader() {
  local n seen
  for n in 1 2 3; do
    seen=$(./puhui status -o json --profile "node-$n.toml" 2>/dev/null) || continue
    jq -er 'select(.role == "leader") | .node_id' <<<"$seen" && return 0
  done
  return 1
}
has_leader() { leader >/dev/null; }

# wait_for WHAT CONDITION…: until it holds, a minute at most.
wait_for() {
  local what=$1 end=$((SECONDS + wait_s))
  shift
  until "$@"; do
    [[ $SECONDS -lt $end ]] || die "等待超时 / $what did not come within $wait_s s (see $folder/log)"
    sleep 0.1
  done
}

# The demonstration's clock, in the first city or another's profile: seconds, and the day in Beijing.
city_seconds() { echo $(($(ask .now status --profile "${1:-wuhan.toml}") / 1000000)); }
city_day() { date -u -d "@$(($(city_seconds) + 28800))" +%F; }
has_come() { [[ $(city_seconds "${2:-wuhan.toml}") -ge $1 ]]; }

# until_day YYYY-MM-DD: waits for the day to begin, if it has not.
until_day() {
  local begins
  begins=$(date -d "$1T00:00:00+08:00" +%s)
  has_come "$begins" && return
  progress "演示时钟走到 $1 / until the demonstration's clock says $1"
  wait_for "$1" has_come "$begins"
}

# until_notice_over report|filing NAME: until its public notice is over.
until_notice_over() {
  wait_for "the end of the notice" has_come \
    $(($(ask .notice.until "$1" show "$2" --profile wuhan.toml) / 1000000 + 1))
}

# A receipt exists once a checkpoint of the voters' majority covers the leaf.
provable() { [[ $(ask .provable_size status --profile wuhan.toml) -gt $1 ]]; }

# Stops the processes that this folder started, and no others.
stop_processes() {
  local file tries
  for file in "$1"/log/*.pid; do
    if is_ours "$file"; then kill -TERM "$(cut -d' ' -f1 "$file")"; fi
  done
  for file in "$1"/log/*.pid; do
    for ((tries = 0; tries < 100; ++tries)); do
      is_ours "$file" || break
      sleep 0.1
    done
    if is_ours "$file"; then kill -KILL "$(cut -d' ' -f1 "$file")"; fi
    rm -f "$file"
  done
}

stop_city() {
  [[ -d $1/log && -f $1/wuhan.toml ]] || usage "'$1' holds no city of this demonstration"
  stop_processes "$(cd "$1" && pwd -P)"
  echo "城市已停止,数据仍在 $1 / the cities are stopped; their data stays in $1"
}

# On every way out: nothing that was started goes on, unless the city is meant to.
leave() {
  local status=$1
  trap - EXIT ERR
  set +e
  if [[ -n $load_pid ]]; then kill "$load_pid" 2>/dev/null; fi
  if [[ $keep_running -eq 0 ]]; then stop_processes "$folder"; fi
  if [[ $status -ne 0 ]]; then
    printf '  记录在 / the record is in %s (transcript.log, log/node-*.log)\n' "$folder" >&2
  fi
  exit "$status"
}
