#!/usr/bin/env bash
# build-agent-image.sh: builds the image in which agents run.
set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)

usage() {
  cat <<'TEXT'
usage: build-agent-image.sh [--cli NAME]... [--base IMAGE] [--kubectl FILE] [--node FILE] [--tag TAG] [--engine NAME]

Builds the image in which agents run: kubectl, jq, the agent CLIs, and the forwarder to the gateway. The versions of the
CLIs are those of agent/package-lock.json. They are fetched with npm on this machine; with a base image that has bash, jq,
socat and ca-certificates the build itself needs no network.

  --cli NAME       claude, codex or gemini; may stand several times (default: all three; `none`: for an agent of one's own)
  --base IMAGE     a Debian with glibc (default: debian:bookworm-slim)
  --kubectl FILE   kubectl for the image (default: the one in PATH)
  --node FILE      Node for gemini (default: the one in PATH)
  --tag TAG        name of the image (default: nightcrier-agent:latest)
  --engine NAME    docker (default) or podman
  --help           this text
TEXT
}

fail() { # CODE MESSAGE
  printf 'build-agent-image.sh: %s\n' "$2" >&2
  exit "$1"
}

clis=()
base=debian:bookworm-slim
kubectl=
node=
tag=nightcrier-agent:latest
engine=docker
while [ $# -gt 0 ]; do
  case $1 in
    --help | -h) usage; exit 0 ;;
    --*=*) flag=${1%%=*}; value=${1#*=}; shift ;;
    --*)
      flag=$1
      [ $# -ge 2 ] || fail 2 "$flag needs a value; see --help"
      value=$2
      shift 2
      ;;
    *) fail 2 "unexpected argument '$1'; see --help" ;;
  esac
  case $flag in
    --cli) clis+=("$value") ;;
    --base) base=$value ;;
    --kubectl) kubectl=$value ;;
    --node) node=$value ;;
    --tag) tag=$value ;;
    --engine) engine=$value ;;
    *) fail 2 "unknown flag $flag; see --help" ;;
  esac
done
[ ${#clis[@]} -gt 0 ] || clis=(claude codex gemini)
[ "${clis[*]}" != none ] || clis=()
for cli in ${clis[@]+"${clis[@]}"}; do
  case $cli in claude | codex | gemini) ;; *) fail 2 "--cli is claude, codex or gemini, not '$cli'" ;; esac
done

# A program as the file that it is at the end of all links.
program() { # FLAG NAME FILE
  local file=${3:-$(command -v -- "$2" || true)}
  if [ -z "$file" ] || [ ! -f "$file" ]; then fail 1 "no $2 here; give one with $1 FILE"; fi
  file=$(readlink -f -- "$file")
  # A script that starts something beside it would find nothing in the image.
  [ "$(head -c 4 -- "$file" | tr -d '\177')" = ELF ] || fail 1 "$file is no program by itself; give one with $1 FILE"
  printf '%s\n' "$file"
}
command -v -- "$engine" >/dev/null || fail 1 "no such program: $engine (--engine)"
kubectl=$(program --kubectl kubectl "$kubectl")
case " ${clis[*]-} " in *' gemini '*) node=$(program --node node "$node") ;; esac

context=$(mktemp -d)
trap 'rm -rf -- "$context"' EXIT
bin=$context/root/usr/local/bin
lib=$context/root/usr/local/lib
mkdir -p "$bin" "$lib" "$context/root/workspace" "$context/root/home/agent" "$context/root/run/nightcrier" "$context/root/opt/nightcrier"

# The CLIs as npm has them: those that are installed beside the lock file, else fetched for this build.
modules=$root/agent/node_modules
if [ ${#clis[@]} -gt 0 ] && [ ! -d "$modules" ]; then
  command -v npm >/dev/null || fail 1 'npm is needed to fetch the agent CLIs'
  mkdir "$context/npm"
  cp "$root/agent/package.json" "$root/agent/package-lock.json" "$context/npm/"
  npm ci --prefix "$context/npm" --ignore-scripts --no-audit --no-fund >&2
  modules=$context/npm/node_modules
fi
# Hard links where the file system allows: the files are large.
add() { # FROM TO
  cp -lL -- "$1" "$2" 2>/dev/null || cp -L -- "$1" "$2"
}
for cli in ${clis[@]+"${clis[@]}"}; do
  case $cli in
    # The program alone; what else the packages hold only starts it.
    claude) add "$modules"/@anthropic-ai/claude-code-linux-*/claude "$bin/claude" ;;
    codex)
      for name in codex codex-code-mode-host; do
        add "$modules"/@openai/codex-linux-*/vendor/*/bin/"$name" "$bin/$name"
      done
      ;;
    gemini)
      add "$node" "$bin/node"
      mkdir -p "$lib/gemini-cli"
      cp -R "$modules/@google/gemini-cli/." "$lib/gemini-cli/"
      rm -rf "$lib/gemini-cli/bundle/docs"
      printf '#!/bin/sh\nexec /usr/local/bin/node /usr/local/lib/gemini-cli/bundle/gemini.js "$@"\n' >"$bin/gemini"
      ;;
  esac
done
add "$kubectl" "$bin/kubectl"
cp "$root/agent/entry.sh" "$bin/nightcrier-agent"
cp "$root/agent/Dockerfile" "$context/Dockerfile"
rm -rf "$context/npm"
find "$context/root" -type d -exec chmod 755 {} +
chmod 755 "$bin/gemini" "$bin/nightcrier-agent" 2>/dev/null || chmod 755 "$bin/nightcrier-agent"

"$engine" build --tag "$tag" --build-arg "BASE=$base" --build-arg "CLIS=${clis[*]-}" "$context" >&2
"$engine" image inspect --format "$tag {{.Size}} bytes" "$tag"
