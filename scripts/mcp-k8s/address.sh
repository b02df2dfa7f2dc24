# shellcheck shell=bash disable=SC2154,SC2034
# Where the server answers, and how that is told.

# Sets node_port, scheme, url and host (the node that the server runs on) from what is in the cluster.
find_address() {
  local found
  found=$(kube --namespace "$namespace" get "service/$release" "deployment/$release" --ignore-not-found -o 'go-template={{range .items}}{{with .spec.ports}}{{(index . 0).nodePort}}{{end}}{{with .spec.template}}|{{with (index .spec.containers 0)}}{{.image}}|{{with .readinessProbe}}{{with .httpGet}}{{.scheme}}{{end}}{{end}}{{end}}{{end}}{{end}}')
  IFS='|' read -r node_port used_image scheme <<<"$found"
  case $node_port in
    '' | *[!0-9]*)
      fail 1 "there is no Service $release with a node port in namespace $namespace" 'run this without --dry-run'
      ;;
  esac
  case $scheme in HTTPS) scheme=https ;; *) scheme=http ;; esac
  host=$(kube --namespace "$namespace" get pods -l "$chart_selector" --field-selector status.phase=Running \
    -o 'jsonpath={.items[*].status.hostIP}')
  host=${host%% *}
  if [ -z "$node_ip" ]; then
    node_ip=${host:-$(kube get nodes -o 'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}')}
    node_ip=${node_ip%% *}
    [ -n "$node_ip" ] || fail 1 'no node has an address of its own (InternalIP)' 'give one with --node-ip; kubectl get nodes -o wide shows them'
    say "warning: $node_ip is the InternalIP of a node, which may not be reachable from elsewhere; --node-ip names another"
  fi
  case $node_ip in *:*) url=$scheme://[$node_ip]:$node_port ;; *) url=$scheme://$node_ip:$node_port ;; esac
  if [ "$node_port" -lt "$range_from" ] || [ "$node_port" -gt "$range_to" ]; then
    fail 1 "the node port $node_port is outside of --nodeport-range $port_range" \
      "let your firewall pass it, or delete the Service and run this again for another: kubectl -n $namespace delete service $release"
  fi
}

# As `nightcrier init` names clusters: the last part of an ARN, other signs as '-'.
config_name() {
  local name
  name=$(cluster_name)
  case $name in arn:*) name=${name##*/} ;; esac
  name=$(printf '%s' "$name" | LC_ALL=C sed -e 's/[^A-Za-z0-9_-]\{1,\}/-/g' -e 's/^-*//' -e 's/-*$//' | cut -c 1-60)
  printf '%s' "${name:-cluster}"
}

print_result() {
  local name kubeconfig
  name=$(config_name)
  if [ -n "$print_config" ]; then
    printf 'clusters:\n  - name: "%s"\n    mcp:\n      endpoint: "%s/mcp"\n' "$name" "$url"
    [ "$scheme" = http ] || printf '      # ca_file: FILE # with the certificate of its authority, when that is not a public one\n'
    kubeconfig=kubeconfigs/$name.yaml
    if [ -f "$kubeconfig" ]; then
      printf '    triage:\n      kubeconfig: "%s"\n' "$kubeconfig"
    else
      printf '    triage: { enabled: false } # instead: kubeconfig: FILE, which "nightcrier kubeconfig create" makes\n'
    fi
    return
  fi
  printf 'node port  %s\nendpoint   %s/mcp\nhealth     %s/healthz\n' "$node_port" "$url" "$url"
  printf 'sse        %s/sse (servers up to 0.0.66)\n' "$url"
  say_notes
}

say_notes() {
  case $used_image in *:latest) say "note: the image $used_image changes; --image with a version keeps one" ;; esac
  if [ ${#source_cidrs[@]} -gt 0 ]; then
    say "note: only the node that the server runs on answers${host:+, now $host}"
  else
    say 'note: whoever reaches this port can read the cluster without a key; --source-cidr limits who can'
  fi
  say "next: nightcrier init --endpoint $url/mcp$([ -z "$context" ] || printf ' --context %q' "$context")"
}
