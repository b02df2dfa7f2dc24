#!/usr/bin/env bash
# run-agent.sh: starts one agent in the workspace of one triage run. The daemon uses it; it works by hand as well.
set -u

# Many agents start at the same time: no process is started here for what the shell itself can do.
case $0 in
  /*) script_dir=${0%/*} ;;
  *) script_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125 ;;
esac

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
  --runner NAME        auto (default: process for builtin, else docker), docker (a locked container), process
  --prompt-file FILE   the task (default: DIR/prompt.md)
  --dry-run            prints the command without secrets and starts nothing
  --help               this text

For the runner docker:
  --engine NAME        a program that speaks docker's command line: docker (default), podman
  --image NAME         image of the container (default: nightcrier-agent:latest; see build-agent-image.sh)
  --network NAME       network of the container (default: none)
  --gateway-socket DIR folder with gateway.sock, the only way out of a container without a network
  --user UID:GID       user in the container (default: the caller; 1000:1000 for root)
  --memory SIZE        memory of the container (default: 2g), as the engine writes it
  --cpus NUMBER        processors (default: 2)
  --pids NUMBER        processes (default: 512)
  --run ID             the run; names and labels the container (default: made up)
  --data-dir NAME      label that tells the containers of one daemon from those of others (default: by-hand)
  --cidfile FILE       gets the id of the container when the engine has made it; must not be there yet
  --env NAME           hands a variable of the caller's environment into the container; may stand several times

Each flag is also an environment variable: NIGHTCRIER_RUN_INCIDENT, NIGHTCRIER_RUN_PROMPT_FILE and so on; the flag wins.
NIGHTCRIER_RUN_ENV takes several names, separated by blanks.
Everything after -- is the command of `--cli custom` (or NIGHTCRIER_RUN_COMMAND: one program without arguments).

exit: the agent's own; 124 time limit; 125 the agent or its container could not be started; 126, 127 its program cannot
be run or is not there; 2 usage
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
runner=${NIGHTCRIER_RUN_RUNNER:-auto}
engine=${NIGHTCRIER_RUN_ENGINE:-docker}
image=${NIGHTCRIER_RUN_IMAGE:-nightcrier-agent:latest}
network=${NIGHTCRIER_RUN_NETWORK:-none}
gateway_socket=${NIGHTCRIER_RUN_GATEWAY_SOCKET:-}
user=${NIGHTCRIER_RUN_USER:-}
memory=${NIGHTCRIER_RUN_MEMORY:-2g}
cpus=${NIGHTCRIER_RUN_CPUS:-2}
pids=${NIGHTCRIER_RUN_PIDS:-512}
run=${NIGHTCRIER_RUN_RUN:-${NIGHTCRIER_RUN_ID:-by-hand-$$}}
data_dir=${NIGHTCRIER_RUN_DATA_DIR:-by-hand}
cidfile=${NIGHTCRIER_RUN_CIDFILE:-}
read -r -a env_names <<<"${NIGHTCRIER_RUN_ENV:-}"
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
    --engine) engine=$value ;;
    --gateway-socket) gateway_socket=$value ;;
    --user) user=$value ;;
    --memory) memory=$value ;;
    --cpus) cpus=$value ;;
    --pids) pids=$value ;;
    --run) run=$value ;;
    --data-dir) data_dir=$value ;;
    --cidfile) cidfile=$value ;;
    --env) env_names+=("$value") ;;
    --prompt-file) prompt_file=$value ;;
    *) fail 2 "unknown flag $flag; see --help" ;;
  esac
done

[ -n "$incident" ] || fail 2 '--incident is required'
[ -n "$cluster" ] || fail 2 '--cluster is required'
[ -n "$workspace" ] || fail 2 '--workspace is required'
[ -d "$workspace" ] || fail 2 "the workspace is not a directory: $workspace"
case $workspace in
  /*) ;;
  *) workspace=$(CDPATH='' cd -- "$workspace" && pwd) || fail 2 'the workspace cannot be entered' ;;
esac
case $timeout in '' | *[!0-9]*) fail 2 "--timeout is a number of seconds, not '$timeout'" ;; esac
case $cli in '' | *[!a-z0-9-]*) fail 2 "--cli is the name of an agent: $(known_agents)" ;; esac
if [ "$runner" = auto ]; then
  runner=docker
  [ "$cli" != builtin ] || runner=process
fi
case $runner in
  process) ;;
  docker) [ "$cli" != builtin ] || fail 2 'builtin runs without a container; use --runner process' ;;
  *) fail 2 "unknown runner '$runner'; there are: auto docker process" ;;
esac
agent=$script_dir/agents/$cli.sh
[ -f "$agent" ] || fail 2 "no agent '$cli'; there are: $(known_agents)"
if [ -z "$kubeconfig" ] && [ -f "$workspace/kubeconfig" ]; then kubeconfig=$workspace/kubeconfig; fi
[ -z "$kubeconfig" ] || [ -f "$kubeconfig" ] || fail 2 "no such kubeconfig: $kubeconfig"
[ -n "$prompt_file" ] || prompt_file=$workspace/prompt.md
if [ "$runner" = docker ]; then
  case $user in '' | [1-9]*:[1-9]*) ;; *) fail 2 "--user is UID:GID, and not root: '$user'" ;; esac
  case $run in '' | *[!A-Za-z0-9_.-]*) fail 2 "--run is a name of letters, digits, '_', '.' and '-', not '$run'" ;; esac
  for name in ${env_names[@]+"${env_names[@]}"}; do
    case $name in '' | [0-9]* | *[!A-Za-z0-9_]*) fail 2 "--env is the name of a variable, not '$name'" ;; esac
  done
  [ -z "$gateway_socket" ] || [ -d "$gateway_socket" ] || fail 2 'the folder of --gateway-socket cannot be entered'
  case $gateway_socket in
    '' | /*) ;;
    *) gateway_socket=$(CDPATH='' cd -- "$gateway_socket" && pwd) || fail 2 'the folder of --gateway-socket cannot be entered' ;;
  esac
  # Colons part the words of a mount.
  for path in "$workspace" "$script_dir" "$gateway_socket" "$kubeconfig" "$prompt_file"; do
    case $path in *:*) fail 2 "a path with a colon cannot be mounted: $path" ;; esac
  done
  # shellcheck source=scripts/agents/lib/container.sh
  . "$script_dir/agents/lib/container.sh"
  compose_container "$@"
fi

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

export NIGHTCRIER_RUN_INCIDENT="$incident" NIGHTCRIER_RUN_CLUSTER="$cluster" NIGHTCRIER_RUN_WORKSPACE="$workspace"
export NIGHTCRIER_RUN_KUBECONFIG="$kubeconfig" NIGHTCRIER_RUN_CLI="$cli" NIGHTCRIER_RUN_MODEL="$model"
export NIGHTCRIER_RUN_TIMEOUT="$timeout" NIGHTCRIER_RUN_RUNNER="$runner" NIGHTCRIER_RUN_PROMPT_FILE="$prompt_file"
export NIGHTCRIER_RUN_IMAGE="$image" NIGHTCRIER_RUN_NETWORK="$network"

# What the scripts of the agent CLIs would run, with the paths that hold where they run.
show_cli() {
  case $cli in builtin | custom) return ;; esac
  printf '# which runs: '
  if [ "$runner" = docker ]; then
    export NIGHTCRIER_RUN_WORKSPACE=/workspace NIGHTCRIER_RUN_PROMPT_FILE=/workspace/prompt.md
    [ -z "$gateway_socket" ] || export NIGHTCRIER_RUN_GATEWAY=http://127.0.0.1:8001
  fi
  NIGHTCRIER_RUN_DRY_RUN=1 bash "$agent"
}

if [ -n "$dry_run" ]; then
  if [ "$runner" = docker ]; then
    print_command "${container[@]}"
  else
    printf 'cd %q && KUBECONFIG=%q NIGHTCRIER_RUN_INCIDENT=%q NIGHTCRIER_RUN_CLUSTER=%q ' \
      "$workspace" "$kubeconfig" "$incident" "$cluster"
    printf 'NIGHTCRIER_RUN_MODEL=%q NIGHTCRIER_RUN_TIMEOUT=%q NIGHTCRIER_RUN_PROMPT_FILE=%q ' \
      "$model" "$timeout" "$prompt_file"
    print_command "$agent" "$@"
  fi
  show_cli
  exit 0
fi

if [ -n "$kubeconfig" ]; then export KUBECONFIG="$kubeconfig"; else unset KUBECONFIG; fi

cd -- "$workspace" || fail 125 'the workspace cannot be entered'
umask 077
mkdir -p output logs || fail 125 'output/ and logs/ cannot be made'
if [ "$runner" = docker ]; then
  command -v -- "$engine" >/dev/null 2>&1 || fail 125 "no such program: $engine (--engine)"
  give_workspace || fail 125 "the workspace cannot be given to user $container_user"
  start=("${container[@]}")
else
  # An agent that fills the disk is stopped at 256 MiB a file; no core dumps.
  ulimit -f 262144 2>/dev/null
  ulimit -c 0 2>/dev/null
  start=(bash "$agent" "$@")
fi

# The daemon keeps the time, ends the whole group and removes the container itself: nothing may stand between it and the agent.
if [ "${NIGHTCRIER_RUN_SUPERVISED:-}" = 1 ]; then
  exec "${start[@]}" </dev/null
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
alive() { # PID
  is_pid "$1" && kill -0 "$1" 2>/dev/null
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
"${start[@]}" </dev/null &
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
  alive "$agent_pid" || break
done
for pid in "$agent_pid" "$watch_pid" "$kill_pid"; do
  signal_group KILL "$pid"
done 2>/dev/null

if [ "$runner" = docker ]; then
  [ "$("$engine" inspect --format '{{.State.OOMKilled}}' "$container_name" 2>/dev/null)" != true ] ||
    printf 'run-agent.sh: out of memory (--memory %s)\n' "$memory" >&2
  remove_container
fi
[ -z "$timed_out" ] || { printf 'run-agent.sh: time limit of %s s\n' "$timeout" >&2; exit 124; }
[ -z "$ended_by" ] || exit "$ended_by"
exit "$code"
