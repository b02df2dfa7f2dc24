#!/usr/bin/env bash
# goose: written from its documentation alone; it was never run here. It prints no event that tells a good end from a bad
# one, so its exit code and what stands in output/ decide.
set -u
agents_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125
# shellcheck source=scripts/agents/lib/cli.sh
. "$agents_dir/lib/cli.sh"
need_program goose

# Without a person there is nobody to approve: the container is the boundary.
export GOOSE_MODE=auto GOOSE_DISABLE_KEYRING=1 GOOSE_TELEMETRY_ENABLED=false
export GOOSE_PROVIDER="${GOOSE_PROVIDER:-anthropic}"
[ -z "$model" ] || export GOOSE_MODEL="$model"
if [ -n "$gateway" ]; then
  export ANTHROPIC_HOST="$gateway/llm/anthropic" ANTHROPIC_API_KEY="$dummy_key"
  export OPENAI_HOST="$gateway/llm/openai" OPENAI_API_KEY="$dummy_key"
  export GOOGLE_HOST="$gateway/llm/gemini" GOOGLE_API_KEY="$dummy_key"
fi

args=(run --no-session --quiet --with-builtin developer --max-turns "${NIGHTCRIER_RUN_MAX_TURNS:-80}")
[ ! -f "$system_file" ] || args+=(--system "$(cat -- "$system_file")")
args+=(--instructions "$prompt_file")
if [ -n "${NIGHTCRIER_RUN_DRY_RUN:-}" ]; then print_words goose "${args[@]}"; exit 0; fi
cd -- "$workspace" || exit 125
exec goose "${args[@]}" </dev/null
