#!/usr/bin/env bash
# gemini: Gemini CLI without a terminal. The workspace is not trusted: no settings, hooks, MCP servers, .env of it count.
set -u
agents_dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 125
# shellcheck source=scripts/agents/lib/cli.sh
. "$agents_dir/lib/cli.sh"
need_program gemini

if [ -n "$gateway" ]; then
  export GOOGLE_GEMINI_BASE_URL="$gateway/llm/gemini" GEMINI_API_KEY="$dummy_key"
  unset GOOGLE_API_KEY GOOGLE_GENAI_USE_VERTEXAI
fi
# These two are read by the CLI whatever it is told; a workspace that has one was not made by nightcrier.
for name in .gemini/.env GEMINI.md; do
  if [ -e "$workspace/$name" ]; then
    complain "the workspace holds $name, which would configure the agent"
    exit 125
  fi
done
# One process, which hears signals.
export GEMINI_CLI_NO_RELAUNCH=true
export GEMINI_CLI_SYSTEM_SETTINGS_PATH="$agents_dir/etc/gemini-settings.json"
if [ -z "${NIGHTCRIER_RUN_DRY_RUN:-}" ]; then
  GEMINI_CLI_HOME=$(mktemp -d "${TMPDIR:-/tmp}/gemini-home.XXXXXX") || exit 125
  export GEMINI_CLI_HOME
  mkdir -p "$GEMINI_CLI_HOME/.gemini"
  # As settings of the user too: those of the system are not read below a folder that everybody can write to.
  settings=.
  # The tools of nightcrier, about the cluster of the run.
  [ -z "$gateway" ] || settings=".mcpServers.nightcrier.httpUrl = \"$gateway/mcp\""
  need_program jq
  jq "$settings" "$agents_dir/etc/gemini-settings.json" >"$GEMINI_CLI_HOME/.gemini/settings.json" || exit 125
  # It becomes part of the system instruction; the CLI's own, with the manual of its tools, stays.
  [ ! -f "$system_file" ] || cp -- "$system_file" "$GEMINI_CLI_HOME/.gemini/NIGHTCRIER-SYSTEM.md"
fi

args=(--skip-trust --policy "$agents_dir/etc/gemini-policy.toml" --output-format stream-json)
[ -z "$model" ] || args+=(-m "$model")

run_stream '.type == "result"' '.status == "success"' '.error.message // .status' gemini "${args[@]}"
