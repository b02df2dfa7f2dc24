# shellcheck shell=bash disable=SC2154
# The objects that mcp-k8s-up makes beside the chart's: namespace, account, its rights, and who may connect.

# Cluster-wide names carry namespace and release, so that two servers of one cluster do not share rights.
cluster_wide=$namespace:$release

labels() { # PART
  printf '{app.kubernetes.io/name: kubernetes-mcp-server, app.kubernetes.io/instance: %s, ' "$release"
  printf 'app.kubernetes.io/component: %s, app.kubernetes.io/part-of: nightcrier, ' "$1"
  printf 'app.kubernetes.io/managed-by: %s, nightcrier/namespace: %s}' "$owner" "$namespace"
}

namespace_object() {
  cat <<YAML
---
apiVersion: v1
kind: Namespace
metadata:
  name: $namespace
  # Several releases may share it.
  labels: {app.kubernetes.io/part-of: nightcrier, app.kubernetes.io/managed-by: $owner}
YAML
}

account_object() {
  cat <<YAML
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: $release
  namespace: $namespace
  labels: $(labels account)
YAML
}

role_object() { # PART RESOURCES
  cat <<YAML
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: $cluster_wide:$1
  labels: $(labels "$1")
rules:
  - {apiGroups: [''], resources: [$2], verbs: [get, list, watch]}
YAML
}

binding_object() { # PART ROLE
  cat <<YAML
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: $cluster_wide:$1
  labels: $(labels "$1")
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '$2'}
subjects:
  - {kind: ServiceAccount, name: $release, namespace: $namespace}
YAML
}

# Only these addresses reach the server's pods, and its port alone. (A node reaches its own pods all the same: probes.)
source_limit_object() {
  cat <<YAML
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: $release
  namespace: $namespace
  labels: $(labels source-limit)
spec:
  podSelector: {matchLabels: {app.kubernetes.io/instance: $release}}
  policyTypes: [Ingress]
  ingress:
    - from:
$(printf "        - {ipBlock: {cidr: '%s'}}\n" "${source_cidrs[@]}")
      ports: [{protocol: TCP, port: $port}]
YAML
}

# The cluster-wide objects that the options want: what the account may do.
rights_objects() {
  # All that a sweep and triage read, but no Secret; nodes are not in it.
  binding_object view view
  if [ -n "$nodes_reader" ]; then
    role_object nodes-reader nodes
    binding_object nodes-reader "$cluster_wide:nodes-reader"
  fi
  if [ -n "$helm_reader" ]; then
    # Helm keeps releases in Secrets, so whoever reads releases reads every Secret.
    role_object helm-reader 'secrets, configmaps'
    binding_object helm-reader "$cluster_wide:helm-reader"
  fi
}

# Those of the namespace.
local_objects() {
  account_object
  if [ ${#source_cidrs[@]} -gt 0 ]; then source_limit_object; fi
}

# KIND/NAME of all of these, one a line.
wanted_names() {
  local part
  printf 'serviceaccount/%s\n' "$release"
  printf 'clusterrolebinding/%s:view\n' "$cluster_wide"
  for part in ${nodes_reader:+nodes-reader} ${helm_reader:+helm-reader}; do
    printf 'clusterrole/%s:%s\nclusterrolebinding/%s:%s\n' "$cluster_wide" "$part" "$cluster_wide" "$part"
  done
  if [ ${#source_cidrs[@]} -gt 0 ]; then printf 'networkpolicy/%s\n' "$release"; fi
}

# The parts that the options no longer want, for a label query.
unwanted_parts() {
  local parts=
  [ -n "$nodes_reader" ] || parts=nodes-reader
  [ -n "$helm_reader" ] || parts=$parts${parts:+,}helm-reader
  [ ${#source_cidrs[@]} -gt 0 ] || parts=$parts${parts:+,}source-limit
  printf '%s' "$parts"
}

# Takes away rights and limits of an earlier run that were not asked for again. FLAG: --dry-run=server
delete_unwanted() { # [FLAG...]
  local parts gone
  parts=$(unwanted_parts)
  [ -n "$parts" ] || return 0
  local which="$selector,app.kubernetes.io/component in ($parts)"
  gone=$(kube --namespace "$namespace" delete clusterrolebindings,clusterroles,networkpolicies -l "$which" "$@" -o name) ||
    fail 1 'what an earlier run made and this one does not want cannot be deleted' 'see the message of kubectl above'
  gone=$(printf '%s\n' "$gone" | grep -v '^No resources found') || return 0
  say "no longer wanted, deleted:${dry_run:+ (dry run)} $(one_line "$gone")"
}
