#!/usr/bin/env bash
# claude: Claude Code without a terminal. Nothing in the workspace configures it: no settings, hooks, MCP servers, CLAUDE.md.
set -u
agents_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125
# shellcheck source=scripts/agents/lib/cli.sh
. "$agents_dir/lib/cli.sh"
need_program claude

if [ -n "$gateway" ]; then
  export ANTHROPIC_BASE_URL="$gateway/llm/anthropic" ANTHROPIC_API_KEY="$dummy_key"
  unset ANTHROPIC_AUTH_TOKEN
fi
export CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1
export CLAUDE_CODE_MAX_RETRIES="${CLAUDE_CODE_MAX_RETRIES:-3}" API_TIMEOUT_MS="${API_TIMEOUT_MS:-300000}"

args=(-p --output-format stream-json --verbose)
[ -z "$model" ] || args+=(--model "$model")
[ ! -f "$system_file" ] || args+=(--append-system-prompt-file "$system_file")
args+=(--permission-mode dontAsk --tools 'Bash,Read,Write,Grep,Glob')
args+=(--setting-sources '' --strict-mcp-config --disable-slash-commands --no-session-persistence)
args+=(--max-turns "${NIGHTCRIER_RUN_MAX_TURNS:-80}")
# What is not on the list is refused. Its prefixes need the verb first: `kubectl get -n NAMESPACE`, not `kubectl -n`.
args+=(--allowedTools)
for verb in get describe logs top events explain api-resources version 'auth can-i'; do
  args+=("Bash(kubectl $verb *)")
done
args+=('Bash(jq *)' 'Edit(./output/**)')
if [ -n "$gateway" ]; then
  # The tools of nightcrier, about the cluster of the run. Without a type the server would be dropped silently.
  args+=(mcp__nightcrier --mcp-config "{\"mcpServers\":{\"nightcrier\":{\"type\":\"http\",\"url\":\"$gateway/mcp\"}}}")
fi

run_stream '.type == "result"' '.is_error == false' '.result // .subtype' claude "${args[@]}"
