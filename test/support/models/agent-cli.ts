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

const root = path.join(import.meta.dirname, '../../..');
const bin = path.join(root, 'agent/node_modules/.bin');

/** For `test.skipIf`: whether the CLIs of `agent/package.json` are not installed; says so in one line. */
export function lacksAgentClis(suite: string): boolean {
  if (lacks(suite, 'kubectl', 'jq')) return true;
  const gone = agentClis.filter(({ cli }) => !existsSync(path.join(bin, cli)));
  if (gone.length > 0) console.log(`skipped: ${suite}: needs the agent CLIs (npm ci --prefix agent)`);
  return gone.length > 0;
}

export interface AgentRunOptions {
  readonly cli: AgentCli;
  readonly model: string;
  /** Address of the gateway; each provider is below `/llm`. */
  readonly gateway: string;
  /** An empty folder: HOME and the workspace are made in it. */
  readonly dir: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What the scripts give an agent CLI for a key. */
export const dummyKey = 'no-key-in-the-container';

/** The folder that a CLI works in, as the script of the model has to name it. */
export function workspaceIn(dir: string): string {
  return path.join(dir, 'workspace');
}

const timeoutMs = 120_000;

/** Runs a real CLI by its script, as in the container, with a HOME of its own. */
export async function runAgentCli({ cli, model, gateway, dir, env }: AgentRunOptions): Promise<SpawnResult> {
  const home = path.join(dir, 'home');
  const workspace = workspaceIn(dir);
  for (const folder of [home, path.join(workspace, 'output')]) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(workspace, 'prompt.md'), 'Find out what is wrong in the namespace shop.\n');
  return await spawnProcess('bash', [path.join(root, 'scripts/agents', `${cli}.sh`)], {
    cwd: workspace,
    env: {
      HOME: home,
      TMPDIR: dir,
      PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`,
      NIGHTCRIER_RUN_WORKSPACE: workspace,
      NIGHTCRIER_RUN_MODEL: model,
      NIGHTCRIER_RUN_GATEWAY: gateway,
      CLAUDE_CODE_MAX_RETRIES: '1',
      ...env,
    },
    timeoutMs,
  });
}
