import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { AgentJob, AgentRunEnd } from '../../../src/domain/ports.ts';
import { agentStage } from '../../../src/triage/stages/agent.ts';
import type { RunContext } from '../../../src/triage/stages/run-context.ts';
import { validateStage } from '../../../src/triage/stages/validate.ts';
import { FakeAnalyst, reportOf, verdictOf } from '../../support/fake-analyst.ts';
import { FakeGateway } from '../../support/fake-gateway.ts';
import { admitted, runSample } from '../../support/run-context.ts';
import { agentChoice } from '../../support/triage-bench.ts';

const never = new AbortController().signal;
const ended: AgentRunEnd = {
  reason: 'exit',
  exitCode: 0,
  exitSignal: null,
  stdout: '',
  stderr: '',
  droppedBytes: 0,
  durationMs: 60_000,
  error: null,
};
const file = new FakeAnalyst().evidence.files[0]?.path ?? '';
const good = { report: reportOf('agent'), verdict: JSON.stringify(verdictOf(file)) };

interface Turn {
  readonly report?: string;
  readonly verdict?: string;
  readonly end?: Partial<AgentRunEnd>;
}

/** The run after agent and validation, when the agent does these turns one after the other. */
async function runTurns(turns: readonly Turn[], change: Partial<RunContext> = {}) {
  const analyst = new FakeAnalyst();
  const agent = agentChoice({ cli: 'claude', timeout: '10m' });
  const { context, events } = await runSample({ agent, admission: admitted(), evidence: analyst.evidence, ...change });
  const jobs: AgentJob[] = [];
  const runner = {
    run: (job: AgentJob): Promise<AgentRunEnd> => {
      const turn = turns[jobs.length] ?? {};
      jobs.push(job);
      mkdirSync(`${job.workspace}/output`, { recursive: true });
      if (turn.report !== undefined) writeFileSync(`${job.workspace}/output/investigation.md`, turn.report);
      if (turn.verdict !== undefined) writeFileSync(`${job.workspace}/output/verdict.json`, turn.verdict);
      return Promise.resolve({ ...ended, ...turn.end });
    },
  };
  const ran = await agentStage({ runner, gateway: new FakeGateway(), owner: null }).run(context, never);
  const next = await validateStage(analyst).run(ran, never);
  const names = events.map(({ event }) => event);
  return { jobs, next, names, read: (name: string) => readFileSync(context.workspace.path(name), 'utf8') };
}

test('TRI-6: an answer of the wrong form is asked for once more, with its defects and the old files beside it', async () => {
  const { jobs, next, names, read } = await runTurns([{ ...good, verdict: '{"version": 1' }, good]);
  expect(jobs).toMatchObject([
    { promptFile: 'prompt.md', timeoutMs: 600_000 },
    { promptFile: 'repair.md', timeoutMs: 540_000 },
  ]);
  expect(read('repair.md')).toContain('verdict_not_json: ');
  expect(read('repair.md')).toContain('# Investigate one Kubernetes incident');
  expect(read('rejected/verdict.json')).toBe('{"version": 1');
  expect(next).toMatchObject({ repairs: 1, defects: [], delivered: { outcome: 'answered' } });
  expect(names).toEqual(['agent_started', 'agent_ended', 'repair_started', 'agent_started', 'agent_ended', 'answered']);
});

test.each<[string, Turn]>([
  ['nothing written', {}],
  ['a section that is missing', { ...good, report: reportOf('agent').replace('## Findings', '') }],
  ['evidence that does not exist', { ...good, verdict: JSON.stringify(verdictOf('evidence/none.log')) }],
  ['an unknown key', { ...good, verdict: JSON.stringify({ ...verdictOf(file), more: 1 }) }],
])('TRI-6: %s is mended, and only once', async (_name, turn) => {
  expect((await runTurns([turn, good])).next.delivered?.outcome).toBe('answered');
  const { jobs, next } = await runTurns([turn, turn, good]);
  expect(jobs).toHaveLength(2);
  expect(next).toMatchObject({ repairs: 1, delivered: null });
  expect(next.defects.length).toBeGreaterThan(0);
});

const over = admitted({ usd: 0.5, tokens: null });
over.meter.add({ provider: 'openai', model: 'm', tokens: { input: 1, cached: 0, output: 1 }, usd: 0.6 });
const wrong: Turn = { ...good, verdict: '[]' };

test.each<[string, Turn, Partial<RunContext>]>([
  ['the time limit', { ...wrong, end: { reason: 'timeout', exitCode: null } }, {}],
  ['a kill', { ...wrong, end: { exitCode: null, exitSignal: 'SIGKILL' } }, {}],
  ['an error', { ...wrong, end: { exitCode: 1 } }, {}],
  ['trouble with the engine', { ...wrong, end: { engineFault: { fault: 'out_of_memory', detail: '' } } }, {}],
  [
    'claims that the evidence does not back',
    { ...good, verdict: JSON.stringify(verdictOf(file)).replaceAll('KeyError', 'Never said') },
    {},
  ],
  ['next to no time left', { ...wrong, end: { durationMs: 580_000 } }, {}],
  ['a budget that is used up', wrong, { admission: over }],
  ['a command of one’s own', wrong, { agent: agentChoice({ cli: 'custom', command: ['x'] }) }],
  ['a good answer', good, {}],
])('TRI-6: not after %s', async (_name, turn, change) => {
  const { jobs, next } = await runTurns([turn, good], change);
  expect(jobs).toHaveLength(1);
  expect(next.repairs).toBe(0);
});

test('TRI-3: a repair that runs out of time falls back', async () => {
  const { next } = await runTurns([wrong, { end: { reason: 'timeout', exitCode: null } }]);
  expect(next.defects.map(({ defect }) => defect)).toEqual(['timed_out', 'report_missing', 'verdict_missing']);
});
