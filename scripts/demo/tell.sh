# shellcheck shell=bash disable=SC2034,SC2154
# What the audience sees: acts and sentences in two languages, commands and their answers.
# Every command is also kept, with its whole answer, in transcript.log.

act_number=0
answer=''

if [[ -t 1 ]]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' yellow=$'\e[33m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' green='' yellow='' red='' plain=''
fi

# act ZH EN: a new act.
act() {
  act_number=$((act_number + 1))
  printf '\n%s第 %d 幕 · %s%s\n%sAct %d · %s%s\n' \
    "$bold" "$act_number" "$1" "$plain" "$bold" "$act_number" "$2" "$plain"
  if [[ -f wuhan.toml ]]; then printf '  %s[%s]%s\n' "$dim" "$(city_day)" "$plain"; fi
}

# say ZH EN: one sentence.
say() { printf '  %s\n  %s%s%s\n' "$1" "$dim" "$2" "$plain"; }

# good ZH EN: something that was checked, and holds.
good() { printf '  %s✓ %s%s\n    %s\n' "$green" "$1" "$plain" "$2"; }

# progress TEXT: what is being waited for.
progress() { printf '%s… %s%s\n' "$dim" "$1" "$plain"; }

# show_answer: what the last command answered, if anything.
show_answer() { if [[ -n $answer ]]; then indent <<<"$answer"; fi; }
indent() { sed 's/^/      /'; }

# quoted WORD…: the words as a shell reads them, without escapes for Chinese.
quoted() {
  local word out=()
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then
      out+=("$word")
    else
      out+=("'${word//\'/\'\\\'\'}'")
    fi
  done
  echo "${out[*]}"
}

show_command() { printf '    %s$ %s%s\n' "$yellow" "$(quoted "$@")" "$plain"; }

# Runs a command in the demonstration's folder; its output goes to $answer and the transcript.
# Returns its exit status.
attempt() {
  local status=0
  answer=$("$@" 2>&1) || status=$?
  printf '$ %s\n%s\n[exit %d]\n\n' "$(quoted "$@")" "$answer" "$status" >>"$folder/transcript.log"
  return "$status"
}

# run COMMAND…: shows the command and its answer; it must succeed.
run() {
  local status=0
  show_command "$@"
  attempt "$@" || status=$?
  show_answer
  [[ $status -eq 0 ]] || die "退出码 $status / the command above ended with exit code $status"
}

# quietly COMMAND…: the same, but only a failure is shown.
quietly() {
  local status=0
  attempt "$@" || status=$?
  [[ $status -eq 0 ]] && return 0
  show_command "$@"
  show_answer
  die "退出码 $status / the command above ended with exit code $status"
}

# fails EXIT CODE COMMAND…: shows a command that must end with this exit code and error code.
# Of an event's answer only the explanation is shown, not the same facts as a table above it.
fails() {
  local expected=$1 code=$2 status=0
  shift 2
  show_command "$@"
  attempt "$@" || status=$?
  sed -n '/^puhui: /,$p' <<<"$answer" | indent
  [[ $status -eq $expected ]] || die "期望退出码 $expected / expected exit $expected, got $status"
  grep -qE "^puhui: (refused: )?${code//./\\.}: " <<<"$answer" ||
    die "期望拒绝码 $code / expected the code $code"
}

# field NAME: a value of the table in $answer.
field() { awk -v name="$1" '$1 == name { $1 = ""; print substr($0, 2); exit }' <<<"$answer"; }

# view COMMAND…: runs a command that reads, and sees all that was answered before.
view() { run "$@" --linearizable; }

# ask FILTER ARGUMENT…: a figure from the city, by jq from a view's JSON.
ask() {
  local filter=$1
  shift
  ./puhui "$@" -o json 2>>"$folder/transcript.log" | jq -er "$filter"
}

# same WHAT GOT EXPECTED: the story's figures are checked, not only printed.
same() {
  [[ $2 == "$3" ]] || die "$1: 得到 $2,应为 $3 / got $2, expected $3"
}

# thousands N: 7028000 as 7 028 000.
thousands() { sed -E ':a; s/([0-9])([0-9]{3})($| )/\1 \2\3/; ta' <<<"$1"; }

# tonnes KG: kilograms as tonnes without a trailing zero.
tonnes() { jq -nr --argjson kg "$1" '$kg / 1000 | tostring'; }

# keep PATH VALUE: a figure for summary.json; dots in the path make objects.
keep() { printf '%s\t%s\n' "$1" "$2" >>summary.lines; }

die() {
  printf '\n%s演示中止:%s%s\n' "$red" "$1" "$plain" >&2
  exit 1
}

# The trap of commands that fail where the story expects none to.
unexpected() {
  local status=$?
  [[ $BASH_SUBSHELL -gt 0 ]] && return
  printf '\n%s演示中止:命令意外失败 / a command failed unexpectedly%s\n  %s:%s: %s (exit %s)\n' \
    "$red" "$plain" "${2#"$project/"}" "$3" "$1" "$status" >&2
}
