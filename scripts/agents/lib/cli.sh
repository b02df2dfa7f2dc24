# shellcheck shell=bash disable=SC2034
# What the scripts of the agent CLIs share. Sourced by them with:
#   NIGHTCRIER_RUN_WORKSPACE, NIGHTCRIER_RUN_PROMPT_FILE, NIGHTCRIER_RUN_MODEL   as run-agent.sh sets them
#   NIGHTCRIER_RUN_GATEWAY   address of the gateway; unset: the provider itself, with a key of one's own

workspace=${NIGHTCRIER_RUN_WORKSPACE:?run-agent.sh sets it}
prompt_file=${NIGHTCRIER_RUN_PROMPT_FILE:-$workspace/prompt.md}
system_file=$workspace/system.md
model=${NIGHTCRIER_RUN_MODEL:-}
gateway=${NIGHTCRIER_RUN_GATEWAY:-}
# Worth nothing anywhere: the gateway takes it out and puts the real one in.
dummy_key=no-key-in-the-container

complain() { # MESSAGE
  printf 'run-agent.sh: %s\n' "$1" >&2
}

need_program() { # NAME
  command -v -- "$1" >/dev/null 2>&1 && return 0
  complain "no program '$1' is installed here"
  [ -n "${NIGHTCRIER_RUN_DRY_RUN:-}" ] || exit 127
}

# To kill, an empty id or zero is the caller's own group, and one is everybody: only a number above one is signalled.
is_pid() { # PID
  case $1 in '' | 0* | 1 | *[!0-9]*) return 1 ;; esac
}

signal() { # SIGNAL PID
  is_pid "$2" && kill "-$1" "$2" 2>/dev/null
}

# Prints a command as a shell would take it.
print_words() {
  printf '%q ' "$@"
  printf '\n'
}

# Runs a CLI that prints JSON lines, with the prompt on its standard input, and exits as it did. The exit code of a CLI is
# no verdict: zero counts only when its last word in the stream is a good end.
#   ENDS  jq filter that picks the events with which a run ends
#   GOOD  jq filter that says of such an event whether the end is good
#   WHY   jq filter for what it says of a bad end
run_stream() { # ENDS GOOD WHY COMMAND [ARG...]
  local ends=$1 good=$2 why=$3 scratch reader child code last waited
  shift 3
  if [ -n "${NIGHTCRIER_RUN_DRY_RUN:-}" ]; then print_words "$@"; exit 0; fi
  need_program jq
  [ -f "$prompt_file" ] || { complain "no prompt: $prompt_file"; exit 125; }
  cd -- "$workspace" || exit 125
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/run-agent.XXXXXX") || exit 125
  # shellcheck disable=SC2064
  trap "rm -rf -- '$scratch'" EXIT
  exec 5> >(exec 5>&-; tee >(jq -Rc --unbuffered "fromjson? | objects | select($ends)" >"$scratch/ends" 2>/dev/null; : >"$scratch/read"))
  reader=$!
  "$@" <"$prompt_file" >&5 5>&- &
  child=$!
  trap 'signal TERM "$child"' TERM INT HUP
  wait "$child"
  code=$?
  # A trapped signal ends the first wait, not the CLI.
  while signal 0 "$child"; do wait "$child"; code=$?; done
  exec 5>&-
  # What a child that the CLI left behind still holds open is not waited for.
  waited=0
  while [ ! -e "$scratch/read" ] && [ "$waited" -lt 30 ]; do sleep 0.1; waited=$((waited + 1)); done
  signal TERM "$reader"
  last=$(tail -n 1 "$scratch/ends" 2>/dev/null)
  if [ -n "$last" ] && printf '%s' "$last" | jq -e "$good" >/dev/null 2>&1; then
    [ "$code" -eq 0 ] || complain "ended well by its own word, and with exit code $code"
  elif [ -n "$last" ]; then
    complain "ended with an error: $(printf '%s' "$last" | jq -r "($why) // \"no reason given\" | tostring | .[0:300]" 2>/dev/null)"
    [ "$code" -ne 0 ] || code=1
  else
    complain "ended with exit code $code and without saying how it went"
    [ "$code" -ne 0 ] || code=1
  fi
  # 124 to 127 are words of run-agent.sh and of the engine.
  case $code in 12[4567]) code=1 ;; esac
  exit "$code"
}
