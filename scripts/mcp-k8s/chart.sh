# shellcheck shell=bash disable=SC2154,SC2034
# The public chart of kubernetes-mcp-server: which one, with which image, and the values that it always gets.

# The chart takes an image in three parts; one without a registry is Docker Hub's.
split_image() {
  image_flags=()
  [ -n "$image" ] || return 0
  local name=${image%%@*} version='' registry=docker.io repository
  case $image in *@*) version=${image#*@} ;; esac
  repository=$name
  # A colon before the last slash parts a registry from its port.
  case ${name##*/} in
    *:*) version=${version:-${name##*:}}; repository=${name%:*} ;;
  esac
  case $repository in
    */*)
      case ${repository%%/*} in
        *.* | *:* | localhost) registry=${repository%%/*}; repository=${repository#*/} ;;
      esac
      ;;
    *) repository=library/$repository ;;
  esac
  local registries='^[A-Za-z0-9.:-]+$' repositories='^[a-z0-9]+([._/-]+[a-z0-9]+)*$'
  local tags='^[A-Za-z0-9_][A-Za-z0-9_.-]*$' digests='^sha256:[0-9a-f]{64}$'
  [[ $registry =~ $registries && $repository =~ $repositories && ($version =~ $tags || $version =~ $digests) ]] ||
    fail 2 "--image '$image' is no image with a tag" 'such as ghcr.io/you/kubernetes-mcp-server:v0.0.66'
  image_flags=(--set-string "image.registry=$registry,image.repository=$repository,image.version=$version")
}

split_chart() {
  chart_version=()
  case $chart in
    oci://*)
      case ${chart##*/} in *:*) chart_version=(--version "${chart##*:}"); chart=${chart%:*} ;; esac
      ;;
    https://*) ;;
    *) [ -e "$chart" ] || fail 2 "--chart '$chart' is not there" 'a file or folder of a chart, oci://…:VERSION or https://…' ;;
  esac
}

# The chart with the values that nobody may change. Its defaults end on a hostname that an Ingress wants, and it garbles
# addresses and decimals in `config`: so there is none here. 128 MiB and a tenth of a processor, its own limits, are not
# enough for a list of a thousand pods.
with_chart() { # COMMAND [FLAG...]
  local file files=()
  for file in ${values_files[@]+"${values_files[@]}"}; do files+=(--values "$file"); done
  chart_tool "$@" "$release" "$chart" ${chart_version[@]+"${chart_version[@]}"} --values - ${files[@]+"${files[@]}"} \
    --set "serviceAccount.create=false,serviceAccount.name=$release,fullnameOverride=$release,rbac.create=false" \
    --set "service.type=NodePort,service.port=$port,ingress.enabled=false" \
    --set config.read_only=true,config.disable_destructive=true --set-string "config.port=$port" \
    ${image_flags[@]+"${image_flags[@]}"} <<'YAML'
resources:
  requests: {cpu: 100m, memory: 128Mi}
  limits: {cpu: 1, memory: 1Gi}
YAML
}

# What the chart makes with these values; before anything is applied, for a chart that cannot be had or used.
render_chart() {
  local said
  chart_objects=$(with_chart template 2>/dev/null) && return
  said=$(with_chart template 2>&1 >/dev/null) || true
  chart_failed "$said"
}

chart_failed() { # MESSAGE
  local said fix
  said=$(one_line "$1")
  case $said in
    *'another operation'*) fix="an earlier run was cut off: run mcp-k8s-down, then this again" ;;
    *'invalid ownership metadata'* | *'cannot be imported'*) fix='give another --release or --namespace, or delete what is in the way' ;;
    *'connection refused'* | *'no such host'* | *'failed to perform'* | *'failed to do request'* | *'i/o timeout'* | *'not found'*)
      fix="fetch the chart where there is a network (helm pull $default_chart --version $default_chart_version), and give the file with --chart"
      ;;
    *) fix='see what helm says; --values and --chart decide what it installs' ;;
  esac
  fail 1 "helm cannot install the chart $chart: $said" "$fix"
}
