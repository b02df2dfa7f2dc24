#!/bin/sh
# Stands in for tsh: its recorded forms, scripted by files in a folder (stub-tsh.ts). A remote command runs in a real
# shell with nothing of the caller's environment.
root=$(dirname "$(dirname "$0")")
state="$root/state"
call="$root/calls/$(date +%s%N)-$$"
for word in "$@"; do printf '%s\0' "$word"; done > "$call.argv"
env > "$call.env"

fail() {
  # tsh writes in colour whatever standard error is.
  printf '\033[31mERROR: \033[0m%s\n' "$1" >&2
  exit 1
}

option() {
  name=$1
  shift
  for word in "$@"; do
    case "$word" in "--$name="*) printf '%s' "${word#*=}" && return ;; esac
  done
}

# What needs the proxy, and a login.
connect() {
  [ -e "$state/unreachable" ] && fail 'failed to dial: dial tcp 127.0.0.1:3080: connect: connection refused'
  case "$(cat "$state/login")" in
    out) fail 'Not logged in.' ;;
    expired) fail 'your credentials have expired, please login using `tsh login`' ;;
  esac
  cluster=$(option cluster "$@")
  if [ -n "$cluster" ] && ! grep -q "\"cluster_name\":\"$cluster\"" "$state/clusters.json"; then
    fail "cluster \"$cluster\" is not found"
  fi
}

[ -s "$state/delay" ] && sleep "$(cat "$state/delay")"

case "$1" in
  version) cat "$state/version.json" ;;
  status)
    case "$(cat "$state/login")" in
      out) echo 'Not logged in.' >&2 && exit 1 ;;
      expired) cat "$state/status.json" && fail 'Active profile expired.' ;;
      *) cat "$state/status.json" ;;
    esac
    ;;
  ls)
    connect "$@"
    [ "$(cat "$state/nodes.json")" = '[]' ] && echo 'No nodes are available' >&2
    cat "$state/nodes.json"
    ;;
  clusters)
    connect "$@"
    cat "$state/clusters.json"
    ;;
  ssh)
    connect "$@"
    shift
    while [ "${1#-}" != "$1" ]; do shift; done
    user=${1%@*} node=${1#*@}
    shift
    grep -q "\"hostname\":\"$node\"" "$state/nodes.json" || fail "could not resolve \"$node\": no matching hosts"
    grep -q "\"$user\"" "$state/logins.json" || fail "access denied to $user connecting to $node"
    env -i PATH="$root/remote:/usr/bin:/bin" HOME="$root" KUBECONFIG="$state/kubeconfig" /bin/sh -c "$*"
    code=$?
    [ "$code" = 0 ] || printf '\033[31mERROR: \033[0mProcess exited with status %s\n' "$code" >&2
    exit "$code"
    ;;
  proxy)
    connect "$@"
    [ "$2" = kube ] || fail "unknown command $2"
    grep -q "\"$3\"" "$state/kube-clusters.json" || fail "kubernetes cluster \"$3\" not found"
    trap 'rm -f "$TELEPORT_KUBECONFIG"; exit 0' TERM INT
    echo 'Started local proxy for Kubernetes on 127.0.0.1:34567'
    (umask 077 && cp "$state/kubeconfig" "$TELEPORT_KUBECONFIG.new" && mv "$TELEPORT_KUBECONFIG.new" "$TELEPORT_KUBECONFIG")
    while [ ! -e "$state/proxy-ends" ]; do sleep 0.05; done
    rm -f "$TELEPORT_KUBECONFIG"
    fail 'listener closed'
    ;;
  *) fail "unknown command $*" ;;
esac
