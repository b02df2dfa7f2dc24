import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { Run } from '../../../src/domain/records.ts';
import type { Defect } from '../../../src/triage/output/defects.ts';
import { lacks } from '../../support/needs.ts';
import { isAlive, pidsIn } from '../../support/processes.ts';
import { TriageBench, agentFixture } from '../../support/triage-bench.ts';
import { waitUntil } from '../../support/wait-until.ts';

/* Real processes through the real script: each run ends in time, has an answer, and leaves no process. */
let bench: TriageBench;
afterEach(() => bench.cleanUp());

interface AgentOptions {
  readonly args?: readonly string[];
  readonly timeout?: string;
  readonly env?: Record<string, string>;
}

function makeBench(agent: string, { args = [], timeout = '20s', env = {} }: AgentOptions = {}): TriageBench {
  const command = [agentFixture(agent), ...args];
  bench = new TriageBench({ agent: { cli: 'custom', command, timeout, env } });
  return bench;
}

async function runAgent(agent: string, options: AgentOptions = {}): Promise<Run> {
  makeBench(agent, options);
  const run = await bench.runOne();
  // What was killed takes a moment to be gone.
  await waitUntil(() => processesOf(run).length === 0, 'no process is left', 5000);
  return run;
}

test('TRI-3, TRI-5: the answer of an agent whose output holds is delivered', async () => {
  const run = await runAgent('answer');
  expect(run.result).toMatchObject({
    outcome: 'answered',
    agent: 'custom',
    defects: [],
    cause: 'The agent says that REDIS_URL is missing.',
    confidence: 'medium',
    error: null,
  });
  expect(run.result?.summary).toMatchObject({ claims: 1, claimsBacked: 1 });
  expect(bench.artifacts.text('investigation.md')).toContain('Text of the agent for prod.');
  expect(bench.artifacts.paths()).toContain('logs/agent.stdout.log');
});

const defective: readonly [agent: string, defects: readonly Defect[]][] = [
  ['writes-nothing', ['report_missing', 'verdict_missing']],
  ['invalid-json', ['verdict_not_json']],
  ['wrong-schema', ['verdict_schema']],
  ['invents-evidence', ['evidence_not_found']],
  ['invents-quote', ['claims_unbacked']],
  ['exits-3', ['exit_nonzero']],
  ['report-too-short', ['report_too_short']],
  ['section-missing', ['section_missing']],
  ['verdict-is-pipe', ['verdict_not_regular']],
  ['verdict-1gib', ['verdict_too_large']],
];

const leavesNone = ['writes-nothing', 'verdict-is-pipe', 'verdict-1gib'];
const noPipes = lacks('an agent whose verdict is a pipe', 'mkfifo');

test.each(defective.filter(([agent]) => !(noPipes && agent === 'verdict-is-pipe')))(
  'TRI-6: %s → the built-in report, with the defects %j',
  async (agent, names) => {
    const run = await runAgent(agent);
    expect(run.status).toBe('succeeded');
    expect(run.result).toMatchObject({ outcome: 'fallback', defects: names, cause: 'The key REDIS_URL is missing.' });
    const report = bench.artifacts.text('investigation.md') ?? '';
    expect(report).toContain("Built-in analyst's report");
    expect(report).toContain(names[0]);
    expect(report).toContain('Report of built-in');
    expect(report).not.toContain('Text of the agent');
    // What was refused is kept, under a name that nobody takes for the answer's.
    const refused = bench.artifacts.paths().filter((name) => name.endsWith('.agent.json'));
    expect(refused).toEqual(leavesNone.includes(agent) ? [] : ['verdict.agent.json']);
    expect(await bench.registry.getSingleMetricAsString('nightcrier_fallback_reports_total')).toContain(
      `{reason="${names[0]}"} 1`,
    );
  },
);

describe('TRI-3: time limit', () => {
  test('an agent that ignores SIGTERM is killed with its children', async () => {
    const started = performance.now();
    const run = await runAgent('ignores-sigterm', { timeout: '500ms' });
    expect(performance.now() - started).toBeLessThan(5000);
    expect(run.result).toMatchObject({ outcome: 'fallback' });
    expect(run.result?.defects[0]).toBe('timed_out');
  });

  test('OPS-5: a stop ends the agent, and its run is not finished', async () => {
    makeBench('ignores-sigterm');
    const claim = await bench.claim();
    const stop = new AbortController();
    const done = bench.pipeline()(claim, stop.signal);
    const marker = path.join(bench.workspaceOf(claim.run), 'output/started');
    await waitUntil(() => existsSync(marker), 'the agent');
    stop.abort(new Error('stopped'));
    await expect(done).rejects.toThrow('stopped');
    expect(processesOf(claim.run)).toEqual([]);
    expect(bench.store.run(claim.run.id).status).toBe('running');
  });
});

const noSessions = lacks('agents whose children leave the group', 'setsid', 'nohup', '/proc');

test.skipIf(noSessions)(
  'TRI-3: children that outlive the agent are ended, also in a session of their own',
  async () => {
    const run = await runAgent('leaves-children');
    expect(run.result).toMatchObject({ outcome: 'answered' });
    const pids = pidsIn(path.join(bench.workspaceOf(run), 'output/pids'));
    expect(pids).toHaveLength(3);
    await waitUntil(() => !pids.some(isAlive), 'the end of the children');
  },
);

test('TRI-3: an agent that writes 1 GiB to stdout is ended; memory and disk keep their limit', async () => {
  const run = await runAgent('floods-stdout');
  expect(run.result).toMatchObject({ outcome: 'fallback' });
  expect(run.result?.defects).toEqual(['output_limit', 'report_missing', 'verdict_missing']);
  expect(statSync(path.join(bench.workspaceOf(run), 'logs/agent.stdout.log')).size).toBe(1024 * 1024);
  const dropped = Number(events(run).find(({ event }) => event === 'agent_ended')?.['dropped_bytes']);
  expect(dropped).toBeGreaterThan(64 * 1024 * 1024);
  expect(dropped).toBeLessThan(512 * 1024 * 1024);
});

describe('links to the outside are not followed', () => {
  function secretBench(agent: string): string {
    makeBench(agent);
    const secret = path.join(bench.dir, 'secret.md');
    writeFileSync(secret, `# The secret of the machine\n${'x'.repeat(200)}\n`);
    mkdirSync(path.join(bench.dir, 'elsewhere'));
    const env = { SECRET_FILE: secret, SECRET_DIR: path.join(bench.dir, 'elsewhere') };
    bench.settings = { ...bench.settings, agent: { ...bench.settings.agent, env } };
    return secret;
  }

  test('TRI-6: a report that is a link is a defect', async () => {
    secretBench('report-is-link');
    const run = await bench.runOne();
    expect(run.result).toMatchObject({ outcome: 'fallback', defects: ['report_not_regular'] });
    expect(everythingStored()).not.toContain('secret of the machine');
  });

  test('TRI-6: an output folder that is a link is a defect, and what it shows to stays as it is', async () => {
    secretBench('output-is-link');
    const run = await bench.runOne();
    expect(run.result).toMatchObject({
      outcome: 'fallback',
      defects: ['report_not_regular', 'verdict_not_regular'],
    });
    expect(readdirSync(path.join(bench.dir, 'elsewhere/real')).sort()).toEqual(['investigation.md', 'verdict.json']);
    expect(lstatSync(path.join(bench.workspaceOf(run), 'output')).isDirectory()).toBe(true);
    expect(everythingStored()).not.toContain('Text of the agent');
  });

  test('TRI-2: logs that are links are neither written through nor published', async () => {
    const secret = secretBench('logs-are-links');
    const before = readFileSync(secret, 'utf8');
    const run = await bench.runOne();
    expect(run.result?.outcome).toBe('answered');
    expect(readFileSync(secret, 'utf8')).toBe(before);
    expect(everythingStored()).not.toContain('secret of the machine');
  });
});

test('TRI-3: the environment of the agent is minimal, and HOME is its own', async () => {
  process.env['NIGHTCRIER_TEST_SECRET'] = 'of the daemon';
  try {
    const run = await runAgent('prints-environment', { env: { ANTHROPIC_API_KEY: 'key-of-the-agent' } });
    const output = readFileSync(path.join(bench.workspaceOf(run), 'logs/agent.stdout.log'), 'utf8');
    const names = output.split('\n').map((line) => line.split('=')[0] ?? '');
    expect(output).toContain('ANTHROPIC_API_KEY=key-of-the-agent');
    expect(output).toContain(`HOME=${bench.workspaceOf(run)}/home`);
    expect(output).not.toContain('of the daemon');
    const expected = /^(NIGHTCRIER_RUN_[A-Z_]+|PATH|HOME|TMPDIR|LANG|ANTHROPIC_API_KEY|PWD|OLDPWD|SHLVL|_|)$/;
    expect(names.filter((name) => !expected.test(name))).toEqual([]);
    expect(existsSync(path.join(bench.workspaceOf(run), 'home'))).toBe(false);
  } finally {
    delete process.env['NIGHTCRIER_TEST_SECRET'];
  }
});

test('UX-7: what a run was given stands in nothing that leaves its workspace', async () => {
  const key = 'canary-key-of-the-agent';
  makeBench('tells-its-key', { env: { EXAMPLE_API_KEY: key } });
  bench.configure({ name: 'prod', kubeconfig: '/k', context: null, allowSecrets: false });
  bench.kubeconfig = 'users:\n- name: prod\n  user:\n    token: canary-token-of-the-cluster\n';
  const run = await bench.runOne();
  expect(run.result?.outcome).toBe('answered');
  const left = bench.artifacts.paths().map((file) => bench.artifacts.text(file));
  expect(JSON.stringify([left, run.result])).not.toContain('canary');
  expect(bench.artifacts.text('investigation.md')).toContain('The key is <redacted:secret>.');
  expect(bench.artifacts.text('verdict.json')).toContain('The agent (<redacted:secret>) says');
  expect(bench.artifacts.text('logs/agent.stdout.log')).toContain('token: <redacted:');
  expect(readFileSync(path.join(bench.workspaceOf(run), 'logs/agent.stdout.log'), 'utf8')).toContain(key);
});

test('TRI-3: arguments of a custom command arrive as they are', async () => {
  const args = ['a b', '$(touch output/injected)', '`id`', "it's", '', '*', '--help', '-n'];
  const run = await runAgent('prints-arguments', { args });
  const output = readFileSync(path.join(bench.workspaceOf(run), 'logs/agent.stdout.log'), 'utf8');
  expect(output).toBe(args.map((arg) => `[${arg}]\n`).join(''));
  expect(existsSync(path.join(bench.workspaceOf(run), 'output/injected'))).toBe(false);
});

test('TRI-6: a command that does not exist has the defect not_started', async () => {
  bench = new TriageBench({ agent: { cli: 'custom', command: ['/no/such/agent'], timeout: '5s' } });
  const run = await bench.runOne();
  expect(run.result).toMatchObject({ outcome: 'fallback' });
  expect(run.result?.defects[0]).toBe('not_started');
  expect(run.result?.error).toContain('no such command: /no/such/agent');
});

test('TRI-6: a runner that throws costs the agent and not the answer', async () => {
  const runner = { run: () => Promise.reject(new Error('the runner broke')) };
  bench = new TriageBench({ agent: { cli: 'custom', command: ['x'] }, runner });
  const run = await bench.runOne();
  expect(run.result).toMatchObject({ outcome: 'fallback', defects: ['not_started'] });
  expect(run.result?.error).toContain('the runner broke');
});

test('TRI-1: an agent that the process did not survive five times is not started again', async () => {
  makeBench('answer');
  const claim = await bench.claim();
  const again = { ...claim, run: { ...claim.run, attempt: 6 } };
  bench.store.runs.set(again.run.id, again.run);
  await bench.pipeline()(again, new AbortController().signal);
  expect(bench.store.run(again.run.id).result).toMatchObject({ outcome: 'fallback', defects: ['too_many_attempts'] });
});

test("STO-3: a failed agent's logs are stored only when that is asked for", async () => {
  await runAgent('exits-3');
  expect(bench.artifacts.paths()).not.toContain('logs/agent.stderr.log');
  bench.cleanUp();
  makeBench('exits-3');
  bench.settings = { ...bench.settings, storeFailed: true };
  const run = await bench.runOne();
  expect(bench.artifacts.text('logs/agent.stderr.log')).toBe('the model is not there\n');
  // What the agent wrote is set aside for whoever looks into it.
  expect(readdirSync(path.join(bench.workspaceOf(run), 'rejected')).sort()).toEqual([
    'investigation.md',
    'verdict.json',
  ]);
});

function everythingStored(): string {
  return [...bench.artifacts.stored.values()]
    .flat()
    .map((file) => file.content.toString())
    .join('\n');
}

function events(run: Run): Record<string, unknown>[] {
  const text = readFileSync(path.join(bench.workspaceOf(run), 'logs/events.jsonl'), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Live processes that carry the workspace of the run. */
function processesOf(run: Run): string[] {
  const mark = bench.workspaceOf(run);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).includes(mark) || read(`/proc/${pid}/cmdline`).includes(mark));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
