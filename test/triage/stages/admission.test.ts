import { describe, expect, test } from 'vitest';
import type { AgentAdmission } from '../../../src/domain/agent-limits.ts';
import type { ModelSpend } from '../../../src/domain/agent-gateway.ts';
import { createRedactor } from '../../../src/lib/redact/redact.ts';
import { admissionStage } from '../../../src/triage/stages/admission.ts';
import type { RunContext } from '../../../src/triage/stages/run-context.ts';
import { runSample } from '../../support/run-context.ts';
import { agentBudget, agentChoice, breakerPolicy } from '../../support/triage-bench.ts';

const never = new AbortController().signal;
const custom = agentChoice({ cli: 'custom', command: ['my-agent'] });
const answer: ModelSpend = {
  provider: 'anthropic',
  model: 'm-1',
  tokens: { input: 1000, cached: 400, output: 50 },
  usd: 0.25,
};

async function asked(admission: AgentAdmission | null, change: Partial<RunContext> = {}) {
  const sample = await runSample({ agent: custom, ...change });
  if (admission === null) sample.store.unavailable = true;
  else sample.store.admission = admission;
  const counted: [string, number][] = [];
  const stage = admissionStage({
    store: sample.store,
    breaker: () => breakerPolicy,
    now: () => 5000,
    onSpend: (agent, { usd }) => counted.push([agent, usd]),
  });
  return { ...sample, counted, next: await stage.run(sample.context, never) };
}

describe('INT-4, TRI-7: whether the agent of a run may be started', () => {
  test('one that may knows what it may spend', async () => {
    const budget = { usd: 1.5, tokens: 1000 };
    const { next, store, context, events } = await asked({ kind: 'admitted', budget, probe: true });
    expect(next.admission?.budget).toEqual(budget);
    expect(next.defects).toEqual([]);
    const runId = context.claim.run.id;
    expect(store.asked).toEqual([{ runId, agent: 'custom', budget: agentBudget(), breaker: breakerPolicy }]);
    expect(events[0]).toEqual({ event: 'agent_admission', fields: { kind: 'admitted', budget, probe: true } });
  });

  test.each(['over_budget', 'breaker_open'] as const)('%s is a defect with its reason', async (reason) => {
    const detail = 'the last: token=canary-key-1';
    const redact = createRedactor({ secrets: ['canary-key-1'] });
    const { next } = await asked({ kind: 'refused', reason, detail }, { redact });
    expect(next.admission).toBeNull();
    expect(next.defects).toEqual([{ defect: reason, detail: expect.not.stringContaining('canary') as string }]);
  });

  test('when the store cannot say, the agent is not started', async () => {
    const { next } = await asked(null);
    expect(next.admission).toBeNull();
    expect(next.failures).toEqual([{ stage: 'admission', error: 'no space left on device' }]);
  });

  test('builtin asks nobody', async () => {
    const { next, store, context } = await asked(
      { kind: 'refused', reason: 'over_budget', detail: '' },
      { agent: agentChoice() },
    );
    expect(next).toBe(context);
    expect(store.asked).toEqual([]);
  });

  test('TRI-6: an agent whose runs the process did not survive is not started for ever', async () => {
    const { context, store } = await runSample({ agent: custom });
    const claim = { ...context.claim, run: { ...context.claim.run, attempt: 6 } };
    const stage = admissionStage({ store, breaker: () => breakerPolicy, now: () => 0, onSpend: () => {} });
    const next = await stage.run({ ...context, claim }, never);
    expect(next.defects).toEqual([{ defect: 'too_many_attempts', detail: 'attempt 6' }]);
    expect(store.asked).toEqual([]);
  });
});

describe('TRI-8: what is spent is written as it happens', () => {
  test('all of it, after each answer', async () => {
    const { next, store, context, counted } = await asked({
      kind: 'admitted',
      budget: { usd: 1, tokens: null },
      probe: false,
    });
    const meter = next.admission?.meter;
    meter?.add(answer);
    meter?.add({ ...answer, usd: null });
    await meter?.flush();
    expect(store.spent.get(context.claim.run.id)).toEqual({
      answers: 2,
      tokens: { input: 2000, cached: 800, output: 100 },
      usd: 0.25,
      unpriced: 1,
    });
    expect(counted).toEqual([
      ['custom', 0.25],
      ['custom', 0],
    ]);
  });

  test('what the store refused is made good by the next write', async () => {
    const { next, store, context, events } = await asked({
      kind: 'admitted',
      budget: { usd: 1, tokens: null },
      probe: false,
    });
    const meter = next.admission?.meter;
    store.unavailable = true;
    meter?.add(answer);
    await meter?.flush();
    expect(events.at(-1)?.event).toBe('spend_not_written');
    expect(store.spent.size).toBe(0);
    store.unavailable = false;
    meter?.add(answer);
    await meter?.flush();
    expect(store.spent.get(context.claim.run.id)).toMatchObject({ answers: 2, usd: 0.5 });
  });
});
