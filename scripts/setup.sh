#!/usr/bin/env bash
# Installs every package that building, testing and running Puhui Ledger needs, on a bare Debian 12.
#
#   scripts/setup.sh            install what is missing
#   scripts/setup.sh --help     this text
#
# Needs root (or sudo). Running it again when all is there asks no package server.
set -euo pipefail

if [[ "${1:-}" == "--help" || "${1:-}" == "-h" ]]; then
  sed -n '2,7s/^# \{0,1\}//p' "$0"
  exit 0
fi
[[ $# -eq 0 ]] || { echo "setup.sh: unknown argument '$1' (see --help)" >&2; exit 2; }

# The engine is pinned: older versions of this library are unsafe (see consensus/README.md).
readonly raft_version="0.22.1"

readonly packages=(
  build-essential ca-certificates clang clang-format clang-tidy cmake curl git iproute2 jq
  libclang-rt-dev ninja-build pkg-config procps python3
  libbenchmark-dev libboost1.81-dev libcli11-dev libexpected-dev libgtest-dev libgmock-dev
  libleveldb-dev libprotobuf-dev librapidcheck-dev libsodium-dev libspdlog-dev libssl-dev
  libsnappy-dev libtomlplusplus-dev prometheus-cpp-dev protobuf-compiler zlib1g-dev
  golang-go golang-golang-x-mod-dev spin
)

as_root() { if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

# `libclang-rt-dev` is a name of Debian 13; Debian 12 carries the runtime under its version.
resolve() {
  local package=$1
  if [[ $package == libclang-rt-dev ]]; then package="libclang-rt-$(clang_major)-dev"; fi
  echo "$package"
}
clang_major() { if [[ ${VERSION_CODENAME} == bookworm ]]; then echo 14; else echo 19; fi; }

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# Adds the backports suite beside the suite this machine already uses, from the same address.
add_backports() {
  local codename=$1 source
  grep -rqsE "${codename}-backports" /etc/apt/sources.list /etc/apt/sources.list.d && return 0
  source=$(find_source "$codename") || {
    echo "setup.sh: no apt source for '$codename' found to derive its backports suite from" >&2
    exit 1
  }
  echo "deb ${source} ${codename}-backports main" |
    as_root tee /etc/apt/sources.list.d/puhui-backports.list >/dev/null
}

# Prints "[options] address" of the first apt source that serves the given suite.
find_source() {
  local codename=$1
  python3 - "$codename" <<'PY'
import glob, re, sys
codename = sys.argv[1]
for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
    try:
        text = open(path, encoding="utf-8").read()
    except OSError:
        continue
    if path.endswith(".list"):
        for line in text.splitlines():
            m = re.match(r"deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s", line)
            if m and m[3] == codename:
                print((m[1] or "") + m[2]); sys.exit(0)
    if path.endswith(".sources"):
        for stanza in re.split(r"\n\s*\n", text):
            fields = {k.lower(): v.strip() for k, v in re.findall(r"(?m)^(\w[\w-]*):\s*(.*)$", stanza)}
            if codename in fields.get("suites", "").split():
                signed = fields.get("signed-by", "")
                print((f"[signed-by={signed}] " if signed else "") + fields["uris"].split()[0])
                sys.exit(0)
sys.exit(1)
PY
}

. /etc/os-release
missing=()
for package in "${packages[@]}"; do
  name=$(resolve "$package")
  installed "$name" || missing+=("$name")
done
raft_now=$(dpkg-query -W -f='${Version}' libraft-dev 2>/dev/null || true)

if [[ ${#missing[@]} -eq 0 && $raft_now == ${raft_version}-* ]]; then
  echo "setup: all packages are installed"
  exit 0
fi

export DEBIAN_FRONTEND=noninteractive
installed python3 || { as_root apt-get update -q && as_root apt-get install -qy python3; }
[[ ${VERSION_CODENAME} == bookworm ]] && add_backports bookworm
echo "setup: installing ${missing[*]:-} libraft-dev"
as_root apt-get update -q
[[ ${#missing[@]} -eq 0 ]] || as_root apt-get install -qy --no-install-recommends "${missing[@]}"
if [[ ${VERSION_CODENAME} == bookworm ]]; then
  as_root apt-get install -qy --no-install-recommends -t bookworm-backports libraft-dev
else
  as_root apt-get install -qy --no-install-recommends libraft-dev
fi
dpkg-query -W -f='setup: libraft-dev ${Version}\n' libraft-dev
