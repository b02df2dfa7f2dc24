import { describe, expect, test } from 'vitest';
import type { AgentEnd, AgentRequest, BreakerPolicy, Spent, RunLimits } from '../../src/domain/agent-limits.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { owner, signal, startOfTime as start } from '../support/signals.ts';
import { agentBudget, breakerPolicy } from '../support/triage-bench.ts';
import { openTestStore, receive, runResult } from './store-fixture.ts';

const wide: RunLimits = { maxConcurrent: 100, perCluster: {}, defaultPerCluster: 100 };
const due = start + 3000;
const hour = 3_600_000;

/** Runs of new incidents, started. */
async function running(store: StateStore, count: number, cluster = 'prod', at = due): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `app-${cluster}-${at}-${index}`;
    await receive(store, [signal({ cluster, pod: name })], { owner: owner(name) }, at - 3000);
    const claim = await store.claimRun(wide, at);
    ids.push(claim?.run.id ?? '');
  }
  return ids;
}

function request(runId: string, change: Partial<AgentRequest> = {}): AgentRequest {
  return { runId, agent: 'claude', budget: agentBudget(), breaker: breakerPolicy, ...change };
}

function spent(usd: number, change: Partial<Spent> = {}): Spent {
  return { answers: 1, tokens: { input: 1000, cached: 400, output: 100 }, usd, unpriced: 0, ...change };
}

function ended(end: AgentEnd['end'], change: Partial<BreakerPolicy> = {}): AgentEnd {
  return { agent: 'claude', end, detail: 'exit_nonzero: 3', breaker: { ...breakerPolicy, ...change } };
}

const fellBack = runResult({ agent: 'claude', outcome: 'fallback' });
const finish = (store: StateStore, id: string, end: AgentEnd['end'], at = due) =>
  store.finishRun(id, fellBack, at, ended(end));

async function notices(store: StateStore): Promise<string[]> {
  const claims = await store.claimDeliveries('slack', 1000, due + hour);
  return claims.flatMap(({ delivery }) => (delivery.kind === 'incident' ? [] : [delivery.kind]));
}

describe('INT-4: the budget of agents', () => {
  test('a run that goes on counts with what it may still spend, and then with what it spent', async () => {
    const { store } = await openTestStore();
    const budget = agentBudget({ usdPerDay: 3 });
    const [a = '', b = '', c = ''] = await running(store, 3);
    const admitted = (usd: number) => ({ kind: 'admitted', budget: { usd, tokens: 2_000_000 }, probe: false });
    expect(await store.admitAgent(request(a, { budget }), due)).toEqual(admitted(2));
    expect(await store.admitAgent(request(b, { budget }), due)).toEqual(admitted(1));
    expect(await store.admitAgent(request(c, { budget }), due)).toMatchObject({
      kind: 'refused',
      reason: 'over_budget',
      detail: expect.stringContaining('usd_per_day: $3.00 of $3.00') as string,
    });
    await store.saveSpend(a, spent(0.25));
    await finish(store, a, 'worked');
    expect(await store.admitAgent(request(c, { budget }), due)).toEqual(admitted(1.75));
  });

  test('a limit of one cluster leaves the others alone; another day begins anew', async () => {
    const { store } = await openTestStore();
    const budget = agentBudget({ usdPerClusterDay: 2 });
    const [a = '', b = ''] = await running(store, 2, 'east');
    const [c = ''] = await running(store, 1, 'west');
    await store.admitAgent(request(a, { budget }), due);
    expect(await store.admitAgent(request(b, { budget }), due)).toMatchObject({ reason: 'over_budget' });
    expect(await store.admitAgent(request(c, { budget }), due)).toMatchObject({ kind: 'admitted' });
    expect(await store.admitAgent(request(b, { budget }), due + 15 * hour)).toMatchObject({ kind: 'admitted' });
  });

  test('what a run may spend stays counted over kill and restart, until it goes back to the queue', async () => {
    const { store, file } = await openTestStore();
    const budget = agentBudget({ usdPerDay: 2.5 });
    const [a = '', b = ''] = await running(store, 2);
    await store.admitAgent(request(a, { budget }), due);
    await store.saveSpend(a, spent(1.5));
    await store.close();
    const again = await openTestStore({}, file);
    const seen = await again.store.admitAgent(request(b, { budget }), due);
    expect(seen).toMatchObject({ kind: 'admitted', budget: { usd: 0.5 } });
    await again.store.recoverRuns(due + 1);
    const claim = await again.store.claimRun(wide, due + 1);
    const next = await again.store.admitAgent(request(claim?.run.id ?? '', { budget }), due + 1);
    // Of the day 1.5 are spent; the run that spent them has 0.5 of its own left, the other 1.
    const left = claim?.run.id === a ? 0.5 : 1;
    expect(next).toMatchObject({ kind: 'admitted', budget: { usd: left } });
  });

  test('starts count within an hour, over attempts and restarts', async () => {
    const { store } = await openTestStore();
    const budget = agentBudget({ runsPerHour: 2 });
    const [a = '', b = ''] = await running(store, 2);
    await store.admitAgent(request(a, { budget }), due);
    await store.returnRun(a, due + 1);
    await store.claimRun(wide, due + 1);
    await store.admitAgent(request(a, { budget }), due + 1);
    const refused = await store.admitAgent(request(b, { budget }), due + 2);
    expect(refused).toMatchObject({ detail: expect.stringContaining('runs_per_hour: 2 of 2') as string });
    expect(await store.admitAgent(request(b, { budget }), due + hour)).toMatchObject({ kind: 'admitted' });
  });

  test('an agent that used a model without a price counts with all that it might spend', async () => {
    const { store } = await openTestStore();
    const budget = agentBudget({ usdPerDay: 2 });
    const [a = '', b = ''] = await running(store, 2);
    await store.admitAgent(request(a, { budget }), due);
    await store.saveSpend(a, spent(0, { unpriced: 1 }));
    await finish(store, a, 'worked');
    expect(await store.admitAgent(request(b, { budget }), due)).toMatchObject({ reason: 'over_budget' });
  });

  test('runs side by side never pass the limit of the day', async () => {
    const { store } = await openTestStore();
    const budget = agentBudget({ usdPerDay: 5, usdPerClusterDay: 0 });
    const ids = await running(store, 12);
    const answers = await Promise.all(ids.map((id) => store.admitAgent(request(id, { budget }), due)));
    const given = answers.map((answer) => (answer.kind === 'admitted' ? (answer.budget.usd ?? 0) : 0));
    expect(given.reduce((sum, usd) => sum + usd, 0)).toBe(5);
  });

  test('only a run that goes on may ask', async () => {
    const { store } = await openTestStore();
    const [a = ''] = await running(store, 1);
    await finish(store, a, 'worked');
    await expect(store.admitAgent(request(a), due)).rejects.toThrow(`run ${a} is succeeded, not running`);
  });
});

describe('TRI-8: what agents spent', () => {
  test('is summed by day, cluster and agent, and goes when it is old', async () => {
    const { store } = await openTestStore();
    const [a = '', b = ''] = await running(store, 2, 'east');
    const [c = ''] = await running(store, 1, 'west', due + 15 * hour);
    await store.admitAgent(request(a), due);
    await store.saveSpend(a, spent(0.25));
    await store.admitAgent(request(b), due);
    await store.saveSpend(b, spent(0.5));
    await store.saveSpend(b, spent(0.75, { answers: 3, unpriced: 1 }));
    await store.admitAgent(request(c, { agent: 'codex' }), due + 15 * hour);
    const east = {
      day: '2026-11-20',
      cluster: 'east',
      agent: 'claude',
      runs: 2,
      questions: 0,
      answers: 4,
      usd: 1,
      unpriced: 1,
    };
    const west = {
      day: '2026-11-21',
      cluster: 'west',
      agent: 'codex',
      runs: 1,
      questions: 0,
      answers: 0,
      usd: 0,
      unpriced: 0,
    };
    const rows = await store.spend({ since: 0 });
    expect(rows).toEqual([
      { ...west, tokens: { input: 0, cached: 0, output: 0 } },
      { ...east, tokens: { input: 2000, cached: 800, output: 200 } },
    ]);
    expect(await store.spend({ since: 0, cluster: 'west' })).toEqual([rows[0]]);
    expect(await store.spend({ since: due + hour })).toEqual([rows[0]]);
    for (const id of [a, b, c]) await finish(store, id, 'worked', due + 16 * hour);
    await store.saveSpend(a, spent(99));
    // What counts for a budget stays, however short the rest is kept.
    await store.prune(due + hour);
    expect(await store.spend({ since: 0 })).toEqual(rows);
    const [d = ''] = await running(store, 1, 'west', due + 60 * hour);
    await store.admitAgent(request(d), due + 60 * hour);
    await store.prune(due - hour);
    expect(await store.spend({ since: 0 })).toHaveLength(3);
    await store.prune(due + 61 * hour);
    expect((await store.spend({ since: 0 })).map(({ day }) => day)).toEqual(['2026-11-22', '2026-11-21']);
  });

  test('what was counted in the end is kept where it is more than what was written', async () => {
    const { store } = await openTestStore();
    const [a = ''] = await running(store, 1);
    await store.admitAgent(request(a), due);
    await store.saveSpend(a, spent(0.25));
    const usage = { turns: 3, tokens: { input: 5000, cached: 1, output: 50 }, usd: 0.5, requests: null };
    await store.finishRun(a, { ...fellBack, usage }, due, ended('worked'));
    const tokens = { input: 5000, cached: 400, output: 100 };
    expect(await store.spend({ since: 0 })).toMatchObject([{ usd: 0.5, tokens }]);
  });
});

describe('TRI-7: the breaker is on disk', () => {
  test('three failures, one message, a restart, one run that tries it, one message', async () => {
    const { store, file } = await openTestStore({ targets: ['slack'] });
    const [a = '', b = '', c = '', d = '', e = ''] = await running(store, 5);
    for (const id of [a, b, c]) {
      expect(await store.admitAgent(request(id), due)).toMatchObject({ kind: 'admitted' });
      await finish(store, id, 'failed');
    }
    expect(await store.admitAgent(request(d), due + 1000)).toEqual({
      kind: 'refused',
      reason: 'breaker_open',
      detail: '3 failures in a row, tried again at 2026-11-20 09:05:03Z; the last: exit_nonzero: 3',
    });
    await finish(store, d, 'refused', due + 1000);
    expect(await notices(store)).toEqual(['agent_degraded']);
    await store.close();

    const again = await openTestStore({ targets: ['slack'] }, file);
    expect(await again.store.agentBreakers()).toMatchObject([{ agent: 'claude', state: 'open', fellBack: 4 }]);
    const later = due + breakerPolicy.coolDownMs;
    expect(await again.store.admitAgent(request(e), later)).toMatchObject({ kind: 'admitted', probe: true });
    await again.store.finishRun(e, runResult({ agent: 'claude' }), later + 9000, ended('worked'));
    const [told] = (await again.store.claimDeliveries('slack', 100, later + hour)).filter(
      ({ delivery }) => delivery.kind === 'agent_recovered',
    );
    expect(told?.delivery.notice).toMatchObject({
      since: due,
      until: later + 9000,
      agent: { name: 'claude', runs: 4 },
      answers: { key: `agent_degraded:claude:${due}` },
    });
    expect((await again.store.counters()).breakers).toMatchObject([{ state: 'closed', failures: 0 }]);
  });

  test('a process that dies while a run tries it: the next one tries it, and never two at a time', async () => {
    const { store, file } = await openTestStore({ targets: ['slack'] });
    const ids = await running(store, 5);
    for (const id of ids.slice(0, 3)) await finish(store, id, 'failed');
    const later = due + breakerPolicy.coolDownMs;
    const asked = await Promise.all(ids.slice(3).map((id) => store.admitAgent(request(id), later)));
    expect(asked.map(({ kind }) => kind).sort()).toEqual(['admitted', 'refused']);
    await store.close();

    const again = await openTestStore({ targets: ['slack'] }, file);
    expect(await again.store.recoverRuns(later)).toBe(2);
    const claims = [await again.store.claimRun(wide, later), await again.store.claimRun(wide, later)];
    const retried = await Promise.all(
      claims.map((claim) => again.store.admitAgent(request(claim?.run.id ?? ''), later)),
    );
    expect(retried.map(({ kind }) => kind).sort()).toEqual(['admitted', 'refused']);
    expect(await notices(again.store)).toEqual(['agent_degraded']);
  });

  test('each agent has its own; a run over its budget does not try one', async () => {
    const { store } = await openTestStore({ targets: ['slack'] });
    const ids = await running(store, 6);
    for (const id of ids.slice(0, 3)) await finish(store, id, 'failed');
    const [, , , d = '', e = '', f = ''] = ids;
    expect(await store.admitAgent(request(d, { agent: 'codex' }), due)).toMatchObject({ kind: 'admitted' });
    const later = due + breakerPolicy.coolDownMs;
    const budget = agentBudget({ runsPerHour: 1 });
    expect(await store.admitAgent(request(e, { budget }), later)).toMatchObject({ reason: 'over_budget' });
    expect(await store.admitAgent(request(f), later)).toMatchObject({ kind: 'admitted', probe: true });
  });
});
