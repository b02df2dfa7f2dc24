import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { evidenceStage } from '../../../src/triage/stages/evidence.ts';
import { unusableWorkspace } from '../../../src/triage/workspace/workspace.ts';
import { FakeAnalyst } from '../../support/fake-analyst.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { runSample } from '../../support/run-context.ts';

const never = new AbortController().signal;

test('TRI-2: what was collected is handed on and stands under evidence/', async () => {
  const analyst = new FakeAnalyst();
  const { context, events } = await runSample();
  const next = await evidenceStage(analyst, new ManualClock()).run(context, never);
  // The same object: an analyst keeps more in it than its files.
  expect(next.evidence).toBe(analyst.evidence);
  expect(readFileSync(context.workspace.path('evidence/logs/shop/cart/cart.log'), 'utf8')).toContain('REDIS_URL');
  expect(events.at(-1)).toEqual({ event: 'evidence_collected', fields: { files: 1, missing: 1, api_calls: 3 } });
  expect(analyst.requests[0]).toMatchObject({ cluster: 'prod', incidentId: context.claim.incident.id });
});

test('a collector that fails costs the evidence, not the run, and the analyst is told', async () => {
  const analyst = new FakeAnalyst();
  analyst.collectError = new Error('the cluster is gone');
  const { context } = await runSample();
  const next = await evidenceStage(analyst, new ManualClock()).run(context, never);
  expect(next.evidence).toEqual({ files: [], missing: ['all evidence: the cluster is gone'], apiCalls: 0 });
  expect(next.failures).toEqual([{ stage: 'evidence', error: 'the cluster is gone' }]);
});

test('a collector that never ends is left behind after two minutes', async () => {
  const clock = new ManualClock();
  const analyst = new FakeAnalyst();
  analyst.gate = new Promise(() => {});
  const { context } = await runSample();
  const done = evidenceStage(analyst, clock).run(context, never);
  await clock.advance(120_000);
  expect((await done).failures).toEqual([{ stage: 'evidence', error: 'took longer than 120000 ms' }]);
  expect(clock.timers).toBe(0);
});

test('TRI-1: a run that is handed back is not a failure of the collector', async () => {
  const analyst = new FakeAnalyst();
  analyst.gate = new Promise(() => {});
  const { context } = await runSample();
  const stop = new AbortController();
  const done = evidenceStage(analyst, new ManualClock()).run(context, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(done).rejects.toThrow('stopped');
});

test('evidence that cannot be written is still there for the analyst', async () => {
  const analyst = new FakeAnalyst();
  const { context } = await runSample({ workspace: unusableWorkspace('/nowhere', 'disk full') });
  const next = await evidenceStage(analyst, new ManualClock()).run(context, never);
  expect(next.evidence?.files).toHaveLength(1);
  expect(next.failures).toEqual([{ stage: 'evidence', error: 'no workspace: disk full' }]);
});
