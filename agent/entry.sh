#!/usr/bin/env bash
# nightcrier-agent CLI [ARG...]: the first program in the container of a run. Opens the way to the gateway, runs the agent,
# then hands its report over: what is in the container is gone with it. Exits as the agent did.
set -u

agents=/opt/nightcrier/agents
socket=/run/nightcrier/gateway.sock
output=/workspace/output
# What it may be: the report of an investigation with its verdict, or the answer to a question.
handed_over='investigation.md verdict.json answer.json'
# What the gateway takes of a file, bytes.
max_bytes=1048576
# How long the forwarder may take to listen, in steps of 20 ms.
max_wait=250

fail() { # CODE MESSAGE
  printf 'nightcrier-agent: %s\n' "$2" >&2
  exit "$1"
}

# socat carries 127.0.0.1:8001 to the socket of the gateway, and listens before the agent starts.
open_way() {
  local waited=0
  command -v socat >/dev/null || fail 127 'no socat in this image'
  socat TCP4-LISTEN:8001,bind=127.0.0.1,fork,reuseaddr,backlog=128 "UNIX-CONNECT:$socket" &
  until (exec 3<>/dev/tcp/127.0.0.1/8001) 2>/dev/null; do
    waited=$((waited + 1))
    [ "$waited" -lt "$max_wait" ] || fail 125 'the way to the gateway does not open'
    sleep 0.02
  done
}

# Hands one file of output/ to the gateway.
put() { # NAME
  local file=$output/$1 size answer
  [ -f "$file" ] && [ ! -L "$file" ] || return 0
  size=$(stat -c %s -- "$file") || return 0
  if [ "$size" -gt "$max_bytes" ]; then
    printf 'nightcrier-agent: %s has %s bytes; %s are allowed\n' "$1" "$size" "$max_bytes" >&2
    return 0
  fi
  answer=$({
    printf 'PUT /output/%s HTTP/1.1\r\nHost: gateway\r\nContent-Length: %s\r\nConnection: close\r\n\r\n' "$1" "$size"
    head -c "$size" -- "$file"
  } | socat -t 10 - "UNIX-CONNECT:$socket" | head -n 1)
  case $answer in
    'HTTP/1.1 2'*) ;;
    *) printf 'nightcrier-agent: %s was not taken: %s\n' "$1" "${answer:-no answer}" >&2 ;;
  esac
}

[ $# -ge 1 ] || fail 2 'usage: nightcrier-agent CLI [ARG...]'
cli=$1
shift
[ -f "$agents/$cli.sh" ] || fail 127 "no script for the agent '$cli' in $agents"
[ ! -S "$socket" ] || open_way
cd /workspace || fail 125 'no workspace is mounted'
umask 077

# To kill, an empty id or zero is the caller's own group, and one is everybody: only a number above one is signalled.
is_pid() { # PID
  case $1 in '' | 0* | 1 | *[!0-9]*) return 1 ;; esac
}
alive() { # PID
  is_pid "$1" && kill -0 "$1" 2>/dev/null
}

stopped=''
agent_pid=''
stop() {
  stopped=1
  is_pid "$agent_pid" && kill -TERM -- "-$agent_pid" 2>/dev/null
}
trap stop TERM INT HUP
# The agent leads a group of its own, so that a stop reaches all of it.
set -m
bash "$agents/$cli.sh" "$@" </dev/null &
agent_pid=$!
set +m
[ -z "$stopped" ] || stop
wait "$agent_pid"
code=$?
while alive "$agent_pid"; do
  wait "$agent_pid"
  code=$?
done
if [ -n "$stopped" ]; then exit 143; fi
if [ -S "$socket" ]; then
  for name in $handed_over; do put "$name"; done
fi
exit "$code"
