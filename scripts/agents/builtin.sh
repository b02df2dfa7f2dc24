#!/usr/bin/env bash
# builtin: the rules of nightcrier over evidence/ of the workspace; no model, no key.
set -u
agents_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125
root=$agents_dir/../..
nightcrier=$root/bin/nightcrier.js
if [ -f "$nightcrier" ]; then
  # The daemon's own Node, else the one that npm installed with it, else the one in PATH.
  for node in "${NIGHTCRIER_RUN_NODE:-}" "$root/node_modules/.bin/node" node; do
    if [ -n "$node" ] && command -v -- "$node" >/dev/null 2>&1; then
      exec "$node" "$nightcrier" analyse "$NIGHTCRIER_RUN_WORKSPACE"
    fi
  done
fi
if command -v nightcrier >/dev/null 2>&1; then
  exec nightcrier analyse "$NIGHTCRIER_RUN_WORKSPACE"
fi
echo 'run-agent.sh: neither node nor nightcrier is in PATH' >&2
exit 125
