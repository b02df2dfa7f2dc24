# shellcheck shell=bash disable=SC2154
# The container of one run, for run-agent.sh, which sets the variables that are used here. What is asked of the engine:
#   no network (or the named one), no capabilities, no new privileges, a user that is not root, a root that cannot be
#   written, bounded memory, processors, processes and files, no logs of the engine's own. The workspace is mounted
#   read-only; output/, logs/, HOME and /tmp are bounded and in memory: nothing in the container writes to a disk.

# Sizes of what the agent can write to, and how many files; memory of the container counts them as well.
home_size=256m
tmp_size=256m
output_size=8m
logs_size=4m
max_inodes=20000

# Where things are inside.
inside_agents=/opt/nightcrier/agents
inside_socket=/run/nightcrier
entry=/usr/local/bin/nightcrier-agent

container_name=nightcrier-$run
container_user=$user
if [ -z "$container_user" ]; then
  container_user=1000:1000
  [ "$EUID" -eq 0 ] || container_user=$EUID:$(id -g)
fi

# Fills the array `container` with the command that runs the agent. ARGs are the command of `--cli custom`.
compose_container() { # ARG...
  local owner=uid=${container_user%%:*},gid=${container_user##*:} name
  local writable=rw,nosuid,nodev,noexec,mode=0700
  container=("$engine" run --name "$container_name" --init --pull never --log-driver none --workdir /workspace)
  [ -z "$cidfile" ] || container+=(--cidfile "$cidfile")
  container+=(--hostname agent --network "$network" --ipc none --user "$container_user" --cap-drop ALL)
  container+=(--security-opt no-new-privileges --read-only --oom-score-adj 500)
  container+=(--memory "$memory" --memory-swap "$memory" --cpus "$cpus" --pids-limit "$pids")
  container+=(--ulimit nofile=4096:4096 --ulimit core=0:0 --ulimit fsize=268435456:268435456 --ulimit msgqueue=0:0)
  container+=(--label "nightcrier.incident=$incident" --label "nightcrier.run=$run" --label "nightcrier.data-dir=$data_dir")
  case ${engine##*/} in
    podman*)
      # Rootless: the user inside is the one that owns the workspace.
      [ "$EUID" -eq 0 ] || container+=(--userns keep-id)
      # It knows no numbers of files of these places, and gives them to the user of the container by a letter.
      writable=rw,nosuid,nodev,noexec,U
      # Left to itself it raises this as far as the system allows, which not every caller may; --pids-limit bounds them.
      container+=(--ulimit nproc=4096:4096)
      ;;
    *)
      writable=$writable,nr_inodes=$max_inodes,$owner
      # An address that nobody has: who the machine asks for names is not the agent's business.
      [ "$network" != none ] || container+=(--dns 192.0.2.1)
      ;;
  esac
  container+=(--tmpfs "/home/agent:$writable,size=$home_size" --tmpfs "/tmp:$writable,size=$tmp_size")
  container+=(--volume "$workspace:/workspace:ro")
  container+=(--tmpfs "/workspace/output:$writable,size=$output_size" --tmpfs "/workspace/logs:$writable,size=$logs_size")
  container+=(--volume "$script_dir/agents:$inside_agents:ro")
  [ -z "$gateway_socket" ] || container+=(--volume "$gateway_socket:$inside_socket:ro")
  container+=(--env HOME=/home/agent --env TMPDIR=/tmp --env LANG=C.UTF-8 --env NIGHTCRIER_RUN_WORKSPACE=/workspace)
  container+=(--env "NIGHTCRIER_RUN_INCIDENT=$incident" --env "NIGHTCRIER_RUN_CLUSTER=$cluster" --env "NIGHTCRIER_RUN_MODEL=$model")
  [ -z "$gateway_socket" ] || container+=(--env NIGHTCRIER_RUN_GATEWAY=http://127.0.0.1:8001)
  mount_file "$kubeconfig" kubeconfig KUBECONFIG
  mount_file "$prompt_file" prompt.md NIGHTCRIER_RUN_PROMPT_FILE
  # Values of the caller's environment: they stand on no command line.
  for name in ${env_names[@]+"${env_names[@]}"}; do container+=(--env "$name"); done
  container+=(--entrypoint "$entry" "$image" "$cli" "$@")
}

# Tells the agent by VARIABLE where FILE is: in the workspace as it is, else mounted.
mount_file() { # FILE NAME VARIABLE
  [ -n "$1" ] || return 0
  if [ "$1" = "$workspace/$2" ]; then
    container+=(--env "$3=/workspace/$2")
  else
    container+=(--volume "$1:/opt/nightcrier/$2:ro" --env "$3=/opt/nightcrier/$2")
  fi
}

# As root, the files of the run are given to the user of the container; output/ and logs/ stay, it has its own.
give_workspace() {
  [ "$EUID" -eq 0 ] || return 0
  find "$workspace" -xdev \( -path "$workspace/output" -o -path "$workspace/logs" \) -prune -o -exec chown -h "$container_user" {} +
}

remove_container() {
  "$engine" rm --force --volumes "$container_name" >/dev/null 2>&1
}
