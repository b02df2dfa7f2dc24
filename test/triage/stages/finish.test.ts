import { expect, test } from 'vitest';
import type { RunResult } from '../../../src/domain/records.ts';
import { SpendMeter } from '../../../src/triage/workspace/spend-meter.ts';
import type { Spent } from '../../../src/domain/agent-limits.ts';
import { finishStage } from '../../../src/triage/stages/finish.ts';
import type { DeliveredAnswer, RunContext } from '../../../src/triage/stages/run-context.ts';
import { reportOf, verdictOf } from '../../support/fake-analyst.ts';
import { findingsSample } from '../../support/findings-sample.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { runSample } from '../../support/run-context.ts';
import { agentChoice, breakerPolicy } from '../../support/triage-bench.ts';

const never = new AbortController().signal;
const verdict = verdictOf('evidence/a.log');
const summary = { evidence: [], nextSteps: [], claimsBacked: 1, claims: 1, missing: [] };
const answered: DeliveredAnswer = {
  outcome: 'answered',
  markdown: reportOf('agent'),
  verdict,
  summary,
  findings: findingsSample({ impact: impactSample() }),
  ownText: null,
  checked: null,
};

async function finished(change: Partial<RunContext>) {
  const clock = new ManualClock();
  const sample = await runSample(change);
  const ended: RunResult[] = [];
  const refused: unknown[] = [];
  const stage = finishStage({
    store: sample.store,
    clock,
    breaker: () => breakerPolicy,
    onEnd: (result) => ended.push(result),
    onUnavailable: (error) => refused.push(error),
  });
  return { ...sample, clock, stage, ended, refused };
}

test('NOT-3, QUA-4: the result of an answer is in the row of the run, which ends with it', async () => {
  const agent = agentChoice({ cli: 'custom', command: ['a'], model: 'm-1' });
  const { context, stage, store, ended } = await finished({ delivered: answered, agent, report: '/r.html' });
  await stage.run(context, never);
  const run = store.run(context.claim.run.id);
  expect(run).toMatchObject({ status: 'succeeded' });
  expect(run.result).toEqual({
    outcome: 'answered',
    agent: 'custom',
    model: 'm-1',
    defects: [],
    isFault: true,
    cause: 'The key REDIS_URL is missing.',
    confidence: 'high',
    rootCause: { mechanism: 'missing_key', wrong_value: 'REDIS_URL' },
    impact: impactSample(),
    report: '/r.html',
    durationMs: 0,
    error: null,
    repairs: 0,
    summary,
    usage: null,
    artifacts: null,
  });
  expect(ended).toEqual([run.result]);
});

test('TRI-6: defects and failures are named, each defect once; the model of builtin is none', async () => {
  const { context, stage, ended } = await finished({
    defects: [
      { defect: 'report_missing', detail: 'output/investigation.md' },
      { defect: 'report_missing', detail: '' },
    ],
    failures: [{ stage: 'store', error: 'full' }],
    delivered: { ...answered, outcome: 'fallback' },
    agent: { ...agentChoice(), model: 'ignored' },
  });
  await stage.run(context, never);
  expect(ended[0]).toMatchObject({ outcome: 'fallback', agent: 'builtin', model: null, defects: ['report_missing'] });
  expect(ended[0]?.error).toBe('report_missing: output/investigation.md; report_missing; store: full');
});

test('TRI-8: what models answered is in the row, and it is written before the run ends', async () => {
  const tokens = { input: 900, cached: 300, output: 100 };
  const written: Spent[] = [];
  const save = (spent: Spent): Promise<void> => Promise.resolve(void written.push(spent));
  const meter = new SpendMeter({ save, onSpend: () => {}, failed: () => {} });
  const agent = agentChoice({ cli: 'custom', command: ['a'] });
  const admission = { budget: { usd: 2, tokens: null }, meter };
  const { context, stage, ended, store } = await finished({ delivered: answered, agent, admission });
  meter.add({ provider: 'openai', model: 'm-1', tokens, usd: 0.25 });
  await stage.run(context, never);
  expect(written.at(-1)).toEqual({ answers: 1, tokens, usd: 0.25, unpriced: 0 });
  expect(ended[0]?.usage).toEqual({ turns: null, tokens, usd: 0.25, requests: null });
  expect(store.ends).toEqual([{ agent: 'custom', end: 'not_counted', detail: '', breaker: breakerPolicy }]);
});

test('without any answer the run has failed; a long error is cut', async () => {
  const { context, stage, ended, store } = await finished({
    failures: [{ stage: 'analyst', error: 'x'.repeat(5000) }],
  });
  await stage.run(context, never);
  expect(ended[0]).toMatchObject({ outcome: 'failed', cause: null, confidence: null, isFault: null, summary: null });
  expect(ended[0]?.error).toHaveLength(2000);
  expect(store.run(context.claim.run.id).status).toBe('failed');
});

test('NOT-3: a store that refuses is asked until it takes the result', async () => {
  const { context, stage, store, clock, refused, ended, events } = await finished({ delivered: answered });
  store.unavailable = true;
  const done = stage.run(context, never);
  await clock.advance(0);
  await clock.advance(60_000);
  expect(refused.length).toBeGreaterThan(2);
  expect(ended).toEqual([]);
  store.unavailable = false;
  await clock.advance(30_000);
  await done;
  expect(ended).toHaveLength(1);
  expect(events.filter(({ event }) => event === 'finish_failed')).toHaveLength(refused.length);
});

test('TRI-1: a stop ends the asking, and the run is handed back; another error is not repeated', async () => {
  const { context, stage, store, clock } = await finished({ delivered: answered });
  store.unavailable = true;
  const stop = new AbortController();
  const done = stage.run(context, stop.signal);
  await clock.advance(0);
  stop.abort(new Error('stopped'));
  await expect(done).rejects.toThrow('stopped');
  const broken = finishStage({
    store: { finishRun: () => Promise.reject(new Error('no such run')) },
    clock,
    breaker: () => breakerPolicy,
    onEnd: () => {},
    onUnavailable: () => {},
  });
  await expect(broken.run(context, never)).rejects.toThrow('no such run');
});
