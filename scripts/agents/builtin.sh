#!/usr/bin/env bash
# builtin: the rules of nightcrier over evidence/ of the workspace; no model, no key.
set -u
agents_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125
nightcrier=$agents_dir/../../bin/nightcrier.js
if [ -n "${NIGHTCRIER_RUN_NODE:-}" ] && [ -f "$nightcrier" ]; then
  exec "$NIGHTCRIER_RUN_NODE" "$nightcrier" analyse "$NIGHTCRIER_RUN_WORKSPACE"
fi
if [ -f "$nightcrier" ] && command -v node >/dev/null 2>&1; then
  exec node "$nightcrier" analyse "$NIGHTCRIER_RUN_WORKSPACE"
fi
if command -v nightcrier >/dev/null 2>&1; then
  exec nightcrier analyse "$NIGHTCRIER_RUN_WORKSPACE"
fi
echo 'run-agent.sh: node is not in PATH' >&2
exit 125
