# shellcheck shell=bash disable=SC2154,SC2034
# What mcp-k8s-up and mcp-k8s-down have in common: options, errors, the checks of the tools and of the cluster, and whose
# an object is. Sourced by both.

program=${0##*/}
release=kubernetes-mcp-server
namespace=mcp-system
context=
dry_run=
# Objects that carry it are ours; nothing else is ever changed or deleted.
owner=mcp-k8s-up

fail() { # CODE WHAT FIX
  printf '%s: %s\n  fix: %s\n' "$program" "$2" "$3" >&2
  exit "$1"
}

say() { printf '%s\n' "$*" >&2; }

# Text of a cluster or a program in one printable line.
one_line() { # TEXT
  printf '%s' "$1" | tr '\n\t' '  ' | tr -d '\000-\037\177' | cut -c 1-600
}

# Takes the options that both have. $flag and $value are what was read.
common_option() {
  case $flag in
    --release) release=$value ;;
    --namespace) namespace=$value ;;
    --context) context=$value ;;
    --kubeconfig)
      [ -r "$value" ] || fail 2 "--kubeconfig '$value' cannot be read" 'name a file that kubectl can use'
      export KUBECONFIG="$value"
      ;;
    *) fail 2 "unknown option $flag" "see $program --help" ;;
  esac
}

check_common_options() {
  local name='^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'
  [[ $release =~ $name && ${#release} -le 53 ]] ||
    fail 2 "--release '$release' is no name that Helm takes" "small letters, digits and '-', at most 53 of them"
  [[ $namespace =~ $name && ${#namespace} -le 63 ]] ||
    fail 2 "--namespace '$namespace' is no name of a namespace" "small letters, digits and '-', at most 63 of them"
  case $namespace in
    default | kube-*) fail 2 "--namespace $namespace belongs to the cluster" 'give the server a namespace of its own' ;;
  esac
  # Cluster-wide objects have the namespace in their labels: releases of one name in two namespaces are two.
  selector="app.kubernetes.io/managed-by=$owner,app.kubernetes.io/instance=$release,nightcrier/namespace=$namespace"
  # The chart gives it to all that it makes.
  chart_selector="app.kubernetes.io/instance=$release"
}

kube() { kubectl ${context:+--context "$context"} --request-timeout=60s "$@"; }

chart_tool() { helm ${context:+--kube-context "$context"} --namespace "$namespace" "$@"; }

check_tools() {
  command -v kubectl >/dev/null 2>&1 ||
    fail 1 'kubectl is not on PATH' 'install it: https://kubernetes.io/docs/tasks/tools/'
  command -v helm >/dev/null 2>&1 || fail 1 'helm is not on PATH' 'install Helm 3.13 or newer: https://helm.sh/docs/intro/install/'
  local version major minor
  version=$(helm version --template '{{.Version}}' 2>/dev/null) || version=
  major=${version#v}
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  case $major$minor in '' | *[!0-9]*) return ;; esac
  [ "$major" -gt 3 ] || { [ "$major" -eq 3 ] && [ "$minor" -ge 13 ]; } ||
    fail 1 "helm is ${version}, which cannot label what it installs" 'install Helm 3.13 or newer: https://helm.sh/docs/intro/install/'
}

# Where we are, for people.
cluster_name() {
  local name=$context
  [ -n "$name" ] || name=$(kubectl config current-context 2>/dev/null) || name=
  printf '%s' "$name"
}

check_cluster() {
  local said where
  said=$(kube --request-timeout=15s get --raw /version 2>&1 >/dev/null) && return
  where=$(cluster_name)
  where="context ${where:-(none)}, KUBECONFIG ${KUBECONFIG:-~/.kube/config}"
  said=$(one_line "$said")
  case $said in
    *'must be logged in'* | *Unauthorized*)
      fail 1 "the cluster refuses the credential ($where): $said" 'log in again, or choose another with --context or --kubeconfig'
      ;;
    *localhost:8080*)
      # What kubectl asks when nobody has said which cluster.
      fail 1 "there is no cluster to talk to ($where)" 'set KUBECONFIG or give --kubeconfig FILE, and --context NAME when none is current'
      ;;
    *'does not exist'*)
      fail 1 "the kubeconfig cannot be used ($where): $said" 'kubectl config get-contexts lists what --context takes'
      ;;
    *) fail 1 "the cluster does not answer ($where): $said" 'see to the network (VPN, proxy, firewall), or choose another with --context' ;;
  esac
}

# Whether the caller may do something; what it may not is added to $refused.
ask_right() { # VERB RESOURCE [FLAG...]
  local answer
  answer=$(kube auth can-i "$@" 2>/dev/null) && return
  case $answer in
    no*) refused="$refused${refused:+, }$1 $2" ;;
    *)
      answer=$(kube auth can-i "$@" 2>&1) || true
      fail 1 "the cluster does not say what you may do: $(one_line "$answer")" "try kubectl auth can-i $1 $2 by hand"
      ;;
  esac
}

# Prints whose an object is: nobody's (it is not there), ours, foreign, or going (ours or not, it is being deleted).
whose() { # KIND NAME [FLAG...]
  local found
  found=$(kube get "$@" --ignore-not-found \
    -o 'jsonpath={.metadata.labels.app\.kubernetes\.io/managed-by}|{.metadata.deletionTimestamp}|') ||
    fail 1 "$1 $2 cannot be read" 'see the message of kubectl above'
  case $found in
    '') echo nobody ;;
    *'||') if [ "$found" = "$owner||" ]; then echo ours; else echo foreign; fi ;;
    *) echo going ;;
  esac
}

# The same of the Helm release. `list` leaves out releases in odd states unless they are asked for one by one.
whose_release() {
  local states=(--deployed --failed --pending --superseded --uninstalled --uninstalling) all own
  all=$(chart_tool list --filter "^$release\$" --short "${states[@]}") ||
    fail 1 "the Helm releases of namespace $namespace cannot be listed" 'see the message of helm above'
  if [ -z "$all" ]; then echo nobody; return; fi
  own=$(chart_tool list --filter "^$release\$" --short "${states[@]}" --selector "app.kubernetes.io/managed-by=$owner") || own=
  if [ -n "$own" ]; then echo ours; else echo foreign; fi
}
