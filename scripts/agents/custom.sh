#!/usr/bin/env bash
# custom: any command. It comes as arguments, never as text that a shell would take apart.
set -u
if [ $# -eq 0 ] && [ -n "${NIGHTCRIER_RUN_COMMAND:-}" ]; then
  set -- "$NIGHTCRIER_RUN_COMMAND"
fi
if [ $# -eq 0 ]; then
  echo 'run-agent.sh: --cli custom needs a command after -- (agent.command in the configuration)' >&2
  exit 2
fi
if ! command -v -- "$1" >/dev/null 2>&1; then
  printf 'run-agent.sh: no such command: %s\n' "$1" >&2
  exit 125
fi
exec "$@"
