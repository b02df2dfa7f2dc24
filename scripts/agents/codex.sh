#!/usr/bin/env bash
# codex: OpenAI Codex without a terminal. Its own sandbox cannot work inside a container: the container is the sandbox.
set -u
agents_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125
# shellcheck source=scripts/agents/lib/cli.sh
. "$agents_dir/lib/cli.sh"
need_program codex

args=(exec --json --skip-git-repo-check --ephemeral --strict-config --ignore-rules -C "$workspace")
[ -z "$model" ] || args+=(-m "$model")
set_key() { # KEY=TOML
  args+=(-c "$1")
}
set_key 'approval_policy="never"'
set_key 'sandbox_mode="danger-full-access"'
set_key 'web_search="disabled"'
set_key 'check_for_update_on_startup=false'
# The AGENTS.md of the workspace is no instruction.
set_key 'project_doc_max_bytes=0'
set_key 'analytics.enabled=false'
for feature in plugins apps multi_agent goals unbounded_connection_retries; do set_key "features.$feature=false"; done
# Keys, secrets and tokens are not handed to the commands of the agent.
set_key 'shell_environment_policy.ignore_default_excludes=false'
if [ -n "$gateway" ]; then
  export NIGHTCRIER_MODEL_KEY="$dummy_key"
  set_key 'model_provider="gateway"'
  set_key 'model_providers.gateway.name="gateway"'
  set_key "model_providers.gateway.base_url=\"$gateway/llm/openai/v1\""
  set_key 'model_providers.gateway.env_key="NIGHTCRIER_MODEL_KEY"'
  set_key 'model_providers.gateway.wire_api="responses"'
  set_key 'model_providers.gateway.request_max_retries=3'
  set_key 'model_providers.gateway.stream_max_retries=3'
  set_key 'model_providers.gateway.stream_idle_timeout_ms=120000'
  # The tools of nightcrier, about the cluster of the run.
  set_key "mcp_servers.nightcrier.url=\"$gateway/mcp\""
fi
if [ -f "$system_file" ]; then
  # A JSON string is a TOML string.
  need_program jq
  set_key "developer_instructions=$(jq -Rs . <"$system_file")"
fi

run_stream '.type == "turn.completed" or .type == "turn.failed"' '.type == "turn.completed"' '.error.message' \
  codex "${args[@]}" -
