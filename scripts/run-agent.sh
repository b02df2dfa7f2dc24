#!/usr/bin/env bash
# run-agent.sh: starts one agent in the workspace of one triage run. The daemon uses it; it works by hand as well.
set -u

script_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125

usage() {
  cat <<'TEXT'
usage: run-agent.sh --incident ID --cluster NAME --workspace DIR [flags] [-- COMMAND [ARG...]]

Starts one agent in the workspace of a triage run. The agent reads the workspace and writes
output/investigation.md and output/verdict.json.

  --incident ID        the incident
  --cluster NAME       the cluster, as it is named in the configuration
  --workspace DIR      the workspace of the run
  --kubeconfig FILE    becomes KUBECONFIG (default: DIR/kubeconfig when it is there)
  --cli NAME           the agent: one of the files in scripts/agents/ (default: builtin)
  --model NAME         the model, when the agent takes one
  --timeout SECONDS    time limit (default: 600; 0: none)
  --runner NAME        process (default); docker does not exist yet
  --image NAME         image of the container, for runners that use one
  --network NAME       network of the container, for runners that use one
  --prompt-file FILE   the task (default: DIR/prompt.md)
  --dry-run            prints the command without secrets and starts nothing
  --help               this text

Each flag is also an environment variable: NIGHTCRIER_RUN_INCIDENT, NIGHTCRIER_RUN_PROMPT_FILE and so on; the flag wins.
Everything after -- is the command of `--cli custom` (or NIGHTCRIER_RUN_COMMAND: one program without arguments).

exit: the agent's own; 124 time limit; 125 the agent could not be started; 2 usage
TEXT
}

fail() { # CODE MESSAGE
  printf 'run-agent.sh: %s\n' "$2" >&2
  exit "$1"
}

known_agents() {
  for file in "$script_dir"/agents/*.sh; do
    [ -f "$file" ] && basename -- "$file" .sh
  done | tr '\n' ' '
}

incident=${NIGHTCRIER_RUN_INCIDENT:-}
cluster=${NIGHTCRIER_RUN_CLUSTER:-}
workspace=${NIGHTCRIER_RUN_WORKSPACE:-}
kubeconfig=${NIGHTCRIER_RUN_KUBECONFIG:-}
cli=${NIGHTCRIER_RUN_CLI:-builtin}
model=${NIGHTCRIER_RUN_MODEL:-}
timeout=${NIGHTCRIER_RUN_TIMEOUT:-600}
runner=${NIGHTCRIER_RUN_RUNNER:-process}
image=${NIGHTCRIER_RUN_IMAGE:-}
network=${NIGHTCRIER_RUN_NETWORK:-}
prompt_file=${NIGHTCRIER_RUN_PROMPT_FILE:-}
dry_run=${NIGHTCRIER_RUN_DRY_RUN:-}

while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --dry-run) dry_run=1; shift; continue ;;
    --) shift; break ;;
    --*=*) flag=${1%%=*}; value=${1#*=}; shift ;;
    --*)
      flag=$1
      [ $# -ge 2 ] || fail 2 "$flag needs a value; see --help"
      value=$2
      shift 2
      ;;
    *) fail 2 "unexpected argument '$1'; the command of the agent stands after --" ;;
  esac
  case $flag in
    --incident) incident=$value ;;
    --cluster) cluster=$value ;;
    --workspace) workspace=$value ;;
    --kubeconfig) kubeconfig=$value ;;
    --cli) cli=$value ;;
    --model) model=$value ;;
    --timeout) timeout=$value ;;
    --runner) runner=$value ;;
    --image) image=$value ;;
    --network) network=$value ;;
    --prompt-file) prompt_file=$value ;;
    *) fail 2 "unknown flag $flag; see --help" ;;
  esac
done

[ -n "$incident" ] || fail 2 '--incident is required'
[ -n "$cluster" ] || fail 2 '--cluster is required'
[ -n "$workspace" ] || fail 2 '--workspace is required'
[ -d "$workspace" ] || fail 2 "the workspace is not a directory: $workspace"
workspace=$(CDPATH='' cd -- "$workspace" && pwd) || fail 2 'the workspace cannot be entered'
case $timeout in '' | *[!0-9]*) fail 2 "--timeout is a number of seconds, not '$timeout'" ;; esac
case $cli in '' | *[!a-z0-9-]*) fail 2 "--cli is the name of an agent: $(known_agents)" ;; esac
case $runner in
  process | auto) runner=process ;;
  docker) fail 2 'the runner docker does not exist yet; use --runner process' ;;
  *) fail 2 "unknown runner '$runner'; there is: process" ;;
esac
agent=$script_dir/agents/$cli.sh
[ -f "$agent" ] || fail 2 "no agent '$cli'; there are: $(known_agents)"
if [ -z "$kubeconfig" ] && [ -f "$workspace/kubeconfig" ]; then kubeconfig=$workspace/kubeconfig; fi
[ -z "$kubeconfig" ] || [ -f "$kubeconfig" ] || fail 2 "no such kubeconfig: $kubeconfig"
[ -n "$prompt_file" ] || prompt_file=$workspace/prompt.md

# Prints arguments as a shell would take them, with the values of what looks like a secret left out.
print_command() {
  hide=''
  for arg in "$@"; do
    shown=$(printf '%q' "$arg")
    if [ -n "$hide" ]; then shown='***'; hide=''; fi
    lower=$(printf '%s' "$arg" | tr '[:upper:]' '[:lower:]')
    case $lower in
      *key=* | *token=* | *secret=* | *password=*) shown="$(printf '%q' "${arg%%=*}")=***" ;;
      *authorization:* | *bearer\ *) shown='***' ;;
      -*key | -*token | -*secret | -*password) hide=1 ;;
    esac
    printf '%s ' "$shown"
  done
  printf '\n'
}

if [ -n "$dry_run" ]; then
  printf 'cd %q && KUBECONFIG=%q NIGHTCRIER_RUN_INCIDENT=%q NIGHTCRIER_RUN_CLUSTER=%q ' \
    "$workspace" "$kubeconfig" "$incident" "$cluster"
  printf 'NIGHTCRIER_RUN_MODEL=%q NIGHTCRIER_RUN_TIMEOUT=%q NIGHTCRIER_RUN_PROMPT_FILE=%q ' \
    "$model" "$timeout" "$prompt_file"
  print_command "$agent" "$@"
  exit 0
fi

export NIGHTCRIER_RUN_INCIDENT="$incident" NIGHTCRIER_RUN_CLUSTER="$cluster" NIGHTCRIER_RUN_WORKSPACE="$workspace"
export NIGHTCRIER_RUN_KUBECONFIG="$kubeconfig" NIGHTCRIER_RUN_CLI="$cli" NIGHTCRIER_RUN_MODEL="$model"
export NIGHTCRIER_RUN_TIMEOUT="$timeout" NIGHTCRIER_RUN_RUNNER="$runner" NIGHTCRIER_RUN_PROMPT_FILE="$prompt_file"
export NIGHTCRIER_RUN_IMAGE="$image" NIGHTCRIER_RUN_NETWORK="$network"
if [ -n "$kubeconfig" ]; then export KUBECONFIG="$kubeconfig"; else unset KUBECONFIG; fi

cd -- "$workspace" || fail 125 'the workspace cannot be entered'
umask 077
mkdir -p output logs || fail 125 'output/ and logs/ cannot be made'
# An agent that fills the disk is stopped at 256 MiB a file; no core dumps.
ulimit -f 262144 2>/dev/null
ulimit -c 0 2>/dev/null

# The daemon keeps the time and ends the whole group itself: nothing may stand between it and the agent.
if [ "${NIGHTCRIER_RUN_SUPERVISED:-}" = 1 ]; then
  exec bash "$agent" "$@" </dev/null
fi

# By hand: the agent gets a process group of its own, so that the time limit and Ctrl-C end everything it started.
grace=5
timed_out=''
ended_by=''
agent_pid=''
kill_pid=''
# To kill, an empty id or zero is the caller's own group, and one is everybody: only a number above one is signalled.
is_pid() { # PID
  case $1 in '' | 0* | 1 | *[!0-9]*) return 1 ;; esac
}
signal_group() { # SIGNAL PID
  is_pid "$2" && kill "-$1" -- "-$2"
}
end_agent() {
  [ -n "$agent_pid" ] && [ -z "$kill_pid" ] || return 0
  signal_group TERM "$agent_pid" 2>/dev/null
  ( sleep "$grace"; signal_group KILL "$agent_pid" ) </dev/null >/dev/null 2>&1 &
  kill_pid=$!
  disown "$kill_pid"
}
# Before the agent starts, so that no signal finds the script without them.
trap 'timed_out=1; end_agent' USR1
trap 'ended_by=143; end_agent' TERM
trap 'ended_by=130; end_agent' INT HUP

set -m
bash "$agent" "$@" </dev/null &
agent_pid=$!
(
  trap - TERM INT HUP USR1
  [ "$timeout" -eq 0 ] && exit 0
  sleep "$timeout"
  kill -USR1 $$
) </dev/null >/dev/null 2>&1 &
watch_pid=$!
# Their end by our own signals is no news for the person.
disown "$watch_pid"
[ -z "$ended_by" ] || end_agent

while :; do
  wait "$agent_pid"
  code=$?
  is_pid "$agent_pid" && kill -0 "$agent_pid" 2>/dev/null || break
done
for pid in "$agent_pid" "$watch_pid" "$kill_pid"; do
  signal_group KILL "$pid"
done 2>/dev/null

[ -z "$timed_out" ] || { printf 'run-agent.sh: time limit of %s s\n' "$timeout" >&2; exit 124; }
[ -z "$ended_by" ] || exit "$ended_by"
exit "$code"
