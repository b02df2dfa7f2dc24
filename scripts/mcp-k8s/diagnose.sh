# shellcheck shell=bash disable=SC2154
# Why the server does not get ready, from what the cluster says of its newest pod.

# Ends the script with the cause, as far as it can be told, and what to do.
explain_not_ready() {
  say "not ready after $wait_seconds s"
  find_pod
  [ -n "$pod" ] || explain_no_pod
  explain_start
  explain_log
  explain_memory
  explain_refusal probable
  explain_end
  fail 1 "pod $pod runs but is not ready" "kubectl -n $namespace describe pod $pod, kubectl -n $namespace logs $pod"
}

# Sets pod (empty: there is none), container and shown_image.
find_pod() {
  pod=$(kube --namespace "$namespace" get pods -l "$chart_selector" --sort-by=.metadata.creationTimestamp \
    -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}' | tail -n 1) || pod=
  [ -n "$pod" ] || return 0
  container=$(kube --namespace "$namespace" get deployment "$release" -o 'jsonpath={.spec.template.spec.containers[0].name}') ||
    container=
  shown_image=$(of_pod "{.spec.containers[?(@.name==\"$container\")].image}")
}

of_pod() { # JSONPATH
  local text
  text=$(kube --namespace "$namespace" get pod "$pod" -o "jsonpath=$1" 2>/dev/null) || text=
  one_line "$text"
}

of_container() { # PATH
  of_pod "{.status.containerStatuses[?(@.name==\"$container\")]$1}"
}

explain_no_pod() {
  local why
  why=$(kube --namespace "$namespace" get deployment "$release" \
    -o 'jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].message}' 2>/dev/null) || why=
  fail 1 "no pod was made for deployment $release in namespace $namespace${why:+: $(one_line "$why")}" \
    "a quota, an admission policy or the cluster's controllers keep it; kubectl -n $namespace describe deployment,replicaset"
}

# What keeps a container from being started: no node, no image, a setting that the node refuses.
explain_start() {
  local why reason
  why=$(of_pod '{.status.conditions[?(@.type=="PodScheduled")].message}')
  [ -z "$why" ] ||
    fail 1 "no node takes pod $pod: $why" 'make room on the nodes, or give nodeSelector, tolerations or resources with --values FILE'
  reason=$(of_container .state.waiting.reason)
  why=$(of_container .state.waiting.message)
  case $reason in
    ErrImagePull | ImagePullBackOff | InvalidImageName | ErrImageNeverPull | RegistryUnavailable)
      fail 1 "the node cannot get the image $shown_image ($reason: $why)" \
        '--image REGISTRY/REPOSITORY:TAG with one that the nodes can pull; imagePullSecrets go into a file for --values'
      ;;
    CreateContainer* | RunContainerError | CreatePodSandboxError)
      fail 1 "the container of pod $pod cannot be started ($reason: $why)" \
        'the image must run as a user with a number that is not root, with a read-only root; see --image and --values'
      ;;
  esac
}

# An image may listen where it likes: then probes and Service ask at a port where nobody is.
explain_log() {
  local listens
  listens=$(listening_port)
  if [ -n "$listens" ] && [ "$listens" != "$port" ]; then
    fail 1 "the server of image $shown_image listens on port $listens, but --port says $port: probes and Service ask at $port" \
      "run it again with --port $listens"
  fi
}

explain_memory() {
  [ "$(of_container .lastState.terminated.reason)" != OOMKilled ] ||
    fail 1 "pod $pod is out of memory" 'write a higher resources.limits.memory into a file for --values FILE'
}

# The same when the log does not say the port. Early on, nobody may listen yet: it is certain when the node has ended the
# container for it, and probable when all the time has passed. A server that ends by itself does not answer either.
explain_refusal() { # certain|probable
  local refused killed
  refused=$(pod_events Unhealthy 'connection refused')
  [ -n "$refused" ] || return 0
  killed=$(pod_events Killing 'failed liveness probe')
  if [ -z "$killed" ]; then
    if [ "$1" = certain ] || [ "$(of_container .state.waiting.reason)" = CrashLoopBackOff ]; then return 0; fi
  fi
  fail 1 "pod $pod runs, but nothing listens on port $port ($refused)" \
    "run it again with --port and the port of the image, 8080 in most; kubectl -n $namespace logs $pod may say it"
}

explain_end() {
  [ "$(of_container .state.waiting.reason)" = CrashLoopBackOff ] || return 0
  fail 1 "the server ends again and again; it said last: $(one_line "$(server_log | tail -n 3)")" \
    "kubectl -n $namespace logs $pod --previous; config in the file of --values becomes its configuration"
}

# The first event of the pod with this reason that says so.
pod_events() { # REASON WORDS
  local found
  found=$(kube --namespace "$namespace" get events --field-selector "involvedObject.name=$pod,reason=$1" \
    -o 'jsonpath={range .items[*]}{.message}{"\n"}{end}' 2>/dev/null | grep -m 1 -F "$2") || found=
  one_line "$found"
}

# What it said, before its last restart too.
server_log() {
  kube --namespace "$namespace" logs "$pod" -c "$container" --tail=200 --previous 2>/dev/null || true
  kube --namespace "$namespace" logs "$pod" -c "$container" --tail=200 2>/dev/null || true
}

# As versions of the server say it in their log: server.addr="0.0.0.0:8080", or "starting on port 8080".
listening_port() {
  server_log | sed -n -e 's/.*server\.addr="[^"]*:\([0-9][0-9]*\)".*/\1/p' -e 's/.*on port :\{0,1\}\([0-9][0-9]*\).*/\1/p' | tail -n 1
}
