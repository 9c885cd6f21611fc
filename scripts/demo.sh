#!/usr/bin/env bash
# A carbon-inclusion city on this machine: three nodes, and a year and more of its story, told on a
# fast clock from the public record. Then what it does with a second city and an assisted area, of
# one node each: units cross both ways, and the network between them is cut in the middle.
#
#   scripts/demo.sh                 set up, build, found the cities, tell the story; they stay up
#   scripts/demo.sh --once          the same, then stop them and leave receipts and summary.json
#   scripts/demo.sh --stop DIR      stop cities that stayed up
#   scripts/demo.sh --help          this text
#
#   --folder DIR   new or empty folder for the cities (demo/ and the time of day unless given)
#   --build DIR    folder with built binaries; without it packages are installed (scripts/setup.sh,
#                  needs root or sudo) and build/release is made
#
# Amounts follow the public record (scripts/demo-data/public-record.json); dates are the
# demonstration's own (DEMO CLOCK). Exit 0 when the story went as told, 1 when something did not,
# 2 for wrong usage.
set -Eeuo pipefail
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1

demo_scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/demo" && pwd)
readonly demo_scripts
project=$(cd "$demo_scripts/../.." && pwd)
readonly project

# shellcheck source=scripts/demo/tell.sh
. "$demo_scripts/tell.sh"
# shellcheck source=scripts/demo/city.sh
. "$demo_scripts/city.sh"
# shellcheck source=scripts/demo/rules.sh
. "$demo_scripts/rules.sh"
# shellcheck source=scripts/demo/filing.sh
. "$demo_scripts/filing.sh"
# shellcheck source=scripts/demo/citizens.sh
. "$demo_scripts/citizens.sh"
# shellcheck source=scripts/demo/vouchers.sh
. "$demo_scripts/vouchers.sh"
# shellcheck source=scripts/demo/units.sh
. "$demo_scripts/units.sh"
# shellcheck source=scripts/demo/market.sh
. "$demo_scripts/market.sh"
# shellcheck source=scripts/demo/enterprise.sh
. "$demo_scripts/enterprise.sh"
# shellcheck source=scripts/demo/rides.sh
. "$demo_scripts/rides.sh"
# shellcheck source=scripts/demo/proofs.sh
. "$demo_scripts/proofs.sh"
# shellcheck source=scripts/demo/failure.sh
. "$demo_scripts/failure.sh"
# shellcheck source=scripts/demo/partners.sh
. "$demo_scripts/partners.sh"
# shellcheck source=scripts/demo/agreements.sh
. "$demo_scripts/agreements.sh"
# shellcheck source=scripts/demo/crossings.sh
. "$demo_scripts/crossings.sh"
# shellcheck source=scripts/demo/outage.sh
. "$demo_scripts/outage.sh"
# shellcheck source=scripts/demo/ending.sh
. "$demo_scripts/ending.sh"

usage() {
  echo "demo.sh: $1 (see --help)" >&2
  exit 2
}

once=0 folder='' build='' stop=''
while [[ $# -gt 0 ]]; do
  case $1 in
    -h | --help)
      sed -n '2,18s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    --once) once=1 ;;
    --folder | --build | --stop)
      [[ $# -ge 2 && -n $2 ]] || usage "$1 needs a folder"
      printf -v "${1#--}" '%s' "$2"
      shift
      ;;
    *) usage "unknown argument '$1'" ;;
  esac
  shift
done

if [[ -n $stop ]]; then
  stop_city "$stop"
  exit 0
fi

prepare_folder
prepare_binaries
cd "$folder"

trap 'leave $?' EXIT
trap 'exit 130' INT TERM
trap 'unexpected "$BASH_COMMAND" "${BASH_SOURCE[0]}" "$LINENO"' ERR

story_begins=$SECONDS
tell_opening
tell_founding
tell_rules
tell_actors
tell_methodologies
tell_accounts_opened
tell_project
tell_citizens
tell_bus_rides
tell_pooling
tell_voucher
tell_reversal
tell_conversion
tell_footprint
tell_issuance
tell_sale
tell_settlement
tell_pledge
tell_neutrality
tell_statement
tell_marathon
tell_compliance
tell_rides
tell_one_ride
tell_refusals
tell_receipts
tell_erasure
tell_failover
tell_return
tell_disclosure
tell_partners
tell_agreements
tell_relays
tell_crossings
tell_assisted_first
tell_abroad
tell_renegotiation
tell_cut
tell_bundle
tell_healed
tell_conservation
tell_totals
tell_audit
write_summary
tell_ending
