import { expect, test } from 'vitest';
import { analystStage } from '../../../src/triage/stages/analyst.ts';
import { FakeAnalyst } from '../../support/fake-analyst.ts';
import { runSample } from '../../support/run-context.ts';

const never = new AbortController().signal;

test('TRI-5: the built-in answer is there before any agent is asked', async () => {
  const analyst = new FakeAnalyst();
  const { context, events } = await runSample({ evidence: analyst.evidence });
  const next = await analystStage(analyst).run(context, never);
  expect(next.builtin?.verdict.causes[0]?.evidence[0]?.file).toBe('evidence/logs/shop/cart/cart.log');
  expect(events.map(({ event }) => event)).toEqual(['analysed']);
});

test('without evidence it still answers, and says that it saw nothing', async () => {
  const { context } = await runSample();
  const { builtin } = await analystStage(new FakeAnalyst()).run(context, never);
  expect(builtin?.verdict.causes).toEqual([]);
  expect(builtin?.summary.missing).toEqual(['no evidence was collected']);
});
