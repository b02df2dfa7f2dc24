import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type SpawnResult, spawnProcess } from '../../../src/lib/process/spawn.ts';
import { lacks } from '../needs.ts';
import { anthropic } from './anthropic.ts';
import { gemini } from './gemini.ts';
import type { Dialect } from './model-server.ts';
import { openai } from './openai.ts';

export type AgentCli = 'claude' | 'codex' | 'gemini';

/** What each CLI speaks, and a model of which the price is known. */
export const agentClis: readonly { readonly cli: AgentCli; readonly dialect: Dialect; readonly model: string }[] = [
  { cli: 'claude', dialect: anthropic, model: 'claude-sonnet-5-5' },
  { cli: 'codex', dialect: openai, model: 'gpt-5.5' },
  { cli: 'gemini', dialect: gemini, model: 'gemini-3.8-flash' },
];

const bin = path.join(import.meta.dirname, '../../../agent/node_modules/.bin');

/** For `test.skipIf`: whether the CLIs of `agent/package.json` are not installed; says so in one line. */
export function lacksAgentClis(suite: string): boolean {
  if (lacks(suite, 'kubectl')) return true;
  const gone = agentClis.filter(({ cli }) => !existsSync(path.join(bin, cli)));
  if (gone.length > 0) console.log(`skipped: ${suite}: needs the agent CLIs (npm ci --prefix agent)`);
  return gone.length > 0;
}

export interface AgentRunOptions {
  readonly cli: AgentCli;
  readonly model: string;
  /** Address below which each provider's paths are: the CLI is told `BASE` or `BASE/v1`. */
  readonly baseUrl: string;
  /** An empty folder: HOME and the workspace are made in it. */
  readonly dir: string;
  readonly key?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** What an agent CLI is given for a key. */
export const dummyKey = 'no-key-in-here';

/** The folder that a CLI works in, as the script of the model has to name it. */
export function workspaceIn(dir: string): string {
  return path.join(dir, 'workspace');
}

/** Runs a real CLI without a terminal until it ends: a HOME of its own, few retries, no calls home. */
export async function runAgentCli(options: AgentRunOptions): Promise<SpawnResult> {
  const home = path.join(options.dir, 'home');
  const cwd = workspaceIn(options.dir);
  mkdirSync(home, { recursive: true });
  mkdirSync(path.join(cwd, 'output'), { recursive: true });
  const { args, env } = settingsOf[options.cli](options, home);
  return await spawnProcess(path.join(bin, options.cli), args, {
    cwd,
    input: 'Find out what is wrong in the namespace shop.',
    env: { HOME: home, TMPDIR: options.dir, PATH: process.env['PATH'] ?? '', ...env, ...options.env },
    timeoutMs: options.timeoutMs ?? 60_000,
  });
}

/** Whether a CLI says itself that it came to a good end; its exit code alone does not. */
export function endedWell(cli: AgentCli, result: SpawnResult): boolean {
  const events = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { type?: string; is_error?: boolean; status?: string });
  const good = events.some(({ type, is_error: isError, status }) =>
    cli === 'codex' ? type === 'turn.completed' : type === 'result' && (isError === false || status === 'success'),
  );
  return good && result.exitCode === 0;
}

interface Settings {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const settingsOf: Record<AgentCli, (options: AgentRunOptions, home: string) => Settings> = {
  claude: ({ model, baseUrl, key }) => ({
    args: claudeArgs(model),
    env: {
      ANTHROPIC_API_KEY: key ?? dummyKey,
      ANTHROPIC_BASE_URL: baseUrl,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
    },
  }),
  codex: ({ model, baseUrl, key }, home) => {
    mkdirSync(path.join(home, '.codex'));
    writeFileSync(path.join(home, '.codex', 'config.toml'), codexConfig(baseUrl));
    return {
      args: ['exec', '--json', '--skip-git-repo-check', '--ephemeral', '--strict-config', '-m', model, '-'],
      env: { MODEL_KEY: key ?? dummyKey },
    };
  },
  gemini: ({ model, baseUrl, key }, home) => {
    mkdirSync(path.join(home, '.gemini'));
    writeFileSync(path.join(home, '.gemini', 'settings.json'), JSON.stringify(geminiSettings));
    const policy = path.join(home, 'policy.toml');
    writeFileSync(policy, geminiPolicy);
    return {
      args: ['-m', model, '--skip-trust', '--policy', policy, '--output-format', 'stream-json'],
      env: { GEMINI_API_KEY: key ?? dummyKey, GOOGLE_GEMINI_BASE_URL: baseUrl, GEMINI_CLI_NO_RELAUNCH: 'true' },
    };
  },
};

function claudeArgs(model: string): string[] {
  const output = ['-p', '--model', model, '--output-format', 'stream-json', '--verbose'];
  const tools = ['--permission-mode', 'dontAsk', '--tools', 'Bash,Read,Write'];
  const allowed = ['--allowedTools', 'Bash(kubectl *)', 'Bash(env)', 'Edit(./output/**)'];
  const rest = ['--setting-sources', '', '--strict-mcp-config', '--max-turns', '30', '--no-session-persistence'];
  return [...output, ...tools, ...allowed, ...rest];
}

function codexConfig(baseUrl: string): string {
  return `model_provider = "gateway"
approval_policy = "never"
sandbox_mode = "danger-full-access"
web_search = "disabled"
check_for_update_on_startup = false
project_doc_max_bytes = 0
[analytics]
enabled = false
[features]
plugins = false
apps = false
multi_agent = false
goals = false
unbounded_connection_retries = false
[model_providers.gateway]
name = "gateway"
base_url = "${baseUrl}/v1"
env_key = "MODEL_KEY"
wire_api = "responses"
request_max_retries = 1
stream_max_retries = 1
stream_idle_timeout_ms = 20000
`;
}

const geminiSettings = {
  security: { auth: { selectedType: 'gemini-api-key' } },
  privacy: { usageStatisticsEnabled: false },
  telemetry: { enabled: false },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 2 },
  model: { maxSessionTurns: 30 },
};

const geminiPolicy = `[[rule]]
toolName = "*"
decision = "deny"
priority = 1
[[rule]]
toolName = "run_shell_command"
commandPrefix = ["kubectl", "env"]
decision = "allow"
priority = 200
[[rule]]
toolName = "write_file"
decision = "allow"
priority = 200
`;
