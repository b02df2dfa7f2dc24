import { describe, expect, test } from 'vitest';
import type { AgentQuestionDraft } from '../../src/domain/question.ts';
import type { StateStore, StoreChange } from '../../src/domain/state-store.ts';
import { startOfTime as start } from '../support/signals.ts';
import { agentBudget, breakerPolicy } from '../support/triage-bench.ts';
import { limits, openIncident, openTestStore, runResult } from './store-fixture.ts';

const due = start + 3000;
const minute = 60_000;
const day = 24 * 60 * minute;
const wide = { ...limits, defaultPerCluster: 9 };

async function world() {
  const { store, file } = await openTestStore();
  const incidentId = await openIncident(store, 'web', 'critical');
  const ask = (over: Partial<AgentQuestionDraft> = {}, at = due) =>
    store.admitQuestion({ ...draft(incidentId), ...over }, at);
  return { store, file, incidentId, ask };
}

function draft(incidentId: string): AgentQuestionDraft {
  const asked = { incidentId, cluster: 'prod', text: 'why?', by: 'ana', agent: 'claude', model: null };
  return { ...asked, until: due + 2 * minute, budget: agentBudget() };
}

const spent = (usd: number) => ({ answers: 1, tokens: { input: 900, cached: 0, output: 100 }, usd, unpriced: 0 });
const usage = (usd: number) => ({ turns: 1, tokens: { input: 900, cached: 0, output: 100 }, usd, requests: null });

/** An agent that has failed until its breaker opened, in runs of its own. */
async function openBreaker(store: StateStore): Promise<void> {
  for (const failure of [1, 2, 3]) {
    await openIncident(store, `app-${failure}`, 'critical');
    const claim = await store.claimRun(wide, due);
    const end = { agent: 'claude', end: 'failed', detail: 'exit_nonzero: 3', breaker: breakerPolicy } as const;
    await store.finishRun(claim?.run.id ?? '', runResult({ agent: 'claude' }), due, end);
  }
}

test('NOT-5, OPS-9: a question to an agent is a row before its agent starts, and ends with its answer', async () => {
  const { store, incidentId, ask } = await world();
  const seen: StoreChange[] = [];
  store.onChange((changes) => seen.push(...changes));
  const admission = await ask();
  if (admission.kind !== 'admitted') throw new Error(admission.detail);
  const { question, budget } = admission;
  expect(budget).toEqual({ usd: 0.5, tokens: 500_000 });
  expect(question).toMatchObject({
    id: expect.stringMatching(/^ask_/) as string,
    askedAt: due,
    endedAt: null,
    answer: null,
  });
  expect(await store.agentQuestions(incidentId)).toEqual([question]);
  const answer = { text: 'because', sources: ['verdict.json'] };
  await store.endQuestion(question.id, { answer, error: null, usage: usage(0.02) }, due + 9000);
  await store.endQuestion(question.id, { answer: null, error: 'too late', usage: null }, due + 9999);
  expect(await store.agentQuestions(incidentId)).toMatchObject([
    { endedAt: due + 9000, answer, error: null, usage: { usd: 0.02 } },
  ]);
  expect(seen.map(({ type }) => type)).toEqual(['question', 'question']);
  expect(await store.spend({ since: 0 })).toMatchObject([{ agent: 'claude', runs: 0, questions: 1, usd: 0.02 }]);
});

test('NOT-5: each has its row for as long as its incident, however many were asked since', async () => {
  const { store, incidentId, ask } = await world();
  const budget = agentBudget({ questionsPerHour: 0, usdPerQuestion: 0.01 });
  const first = await ask({ budget });
  if (first.kind !== 'admitted') throw new Error(first.detail);
  for (let at = 1; at <= 100; at += 1) await ask({ budget }, due + at);
  expect((await store.agentQuestions(incidentId)).some(({ id }) => id === first.question.id)).toBe(false);
  expect(await store.agentQuestion(first.question.id)).toEqual(first.question);
  expect(await store.agentQuestion('ask_none')).toBeNull();
});

test('NOT-5: newest first, those of the incident alone; they go with it', async () => {
  const { store, incidentId, ask } = await world();
  const other = await openIncident(store, 'other', 'critical');
  const ids: string[] = [];
  for (const [at, over] of [{}, {}, { incidentId: other }].entries()) {
    const admission = await ask(over, due + at);
    if (admission.kind === 'admitted') ids.push(admission.question.id);
  }
  expect((await store.agentQuestions(incidentId)).map(({ id }) => id)).toEqual([ids[1], ids[0]]);
  expect(await ask({ incidentId: 'inc_none' })).toMatchObject({ kind: 'refused', reason: 'no_incident' });
  const asked = { id: 'said:1', at: due, by: 'ana', person: 'ana', thread: null, text: 'why?' };
  await store.keepAnswered({ ...asked, incidentId, answer: { text: 'because', by: 'rules' } });
  await end(store, due + minute);
  // One whose agent is at it holds its incident.
  expect((await store.prune(due + 90 * day)).incidents).toEqual([]);
  expect(await store.endedIncidents([incidentId, other])).toEqual([]);
  await store.endLeftQuestions('stopped', due + 2 * minute);
  expect((await store.prune(due + 90 * day)).incidents.map(({ id }) => id).sort()).toEqual([incidentId, other].sort());
  for (const id of [incidentId, other]) expect(await store.agentQuestions(id)).toEqual([]);
  expect(await store.earlierQuestions(incidentId)).toEqual([]);
});

/** Everything clears, and everything about it is told. */
async function end(store: StateStore, at: number): Promise<void> {
  for (let claim = await store.claimRun(wide, at); claim !== null; claim = await store.claimRun(wide, at)) {
    await store.finishRun(claim.run.id, runResult(), at);
  }
  const active = await store.activeFaults('prod');
  const observations = active.map(({ id: episodeId }) => ({ episodeId, observation: 'absent' as const }));
  for (const sweep of [at + day, at + 2 * day]) {
    await store.acceptSweep({ cluster: 'prod', at: sweep, findings: [], observations });
  }
  for (const { delivery } of await store.claimDeliveries('slack', 100, at + 3 * day)) {
    await store.finishDelivery(delivery.id, { kind: 'sent', post: { channel: 'C1', ts: delivery.id } }, at + 3 * day);
  }
}

describe('INT-4, NOT-5: questions and runs share the money of a day, not their starts', () => {
  test('what a question may cost is held until it ends, over kill and restart', async () => {
    const { store, file, incidentId } = await world();
    const budget = agentBudget({ usdPerDay: 2, usdPerClusterDay: 0 });
    const asked = { ...draft(incidentId), budget };
    const first = await store.admitQuestion(asked, due);
    const second = await store.admitQuestion(asked, due);
    expect([first, second]).toMatchObject([{ budget: { usd: 0.5 } }, { budget: { usd: 0.5 } }]);
    expect(await store.admitQuestion(asked, due)).toMatchObject({
      reason: 'over_budget',
      detail: expect.stringContaining('for questions: $1.00 of $1.00') as string,
    });
    const claim = await store.claimRun(limits, due);
    const run = { runId: claim?.run.id ?? '', agent: 'claude', budget, breaker: breakerPolicy };
    await store.saveSpend(first.kind === 'admitted' ? first.question.id : '', spent(0.25));
    await store.close();
    const again = (await openTestStore({}, file)).store;
    expect(await again.admitAgent(run, due)).toMatchObject({ kind: 'admitted', budget: { usd: 1 } });
    expect(await again.endLeftQuestions('stopped', due + 1)).toBe(2);
    expect(await again.endLeftQuestions('stopped', due + 1)).toBe(0);
    // What was spent stays, what was held is free: of the day the run holds 1, and questions have spent 0.25 of theirs.
    const unbounded = { ...budget, usdPerQuestion: 0 };
    expect(await again.admitQuestion({ ...asked, budget: unbounded }, due + 2)).toMatchObject({
      budget: { usd: 0.75 },
    });
    expect(await again.agentQuestions(incidentId)).toMatchObject([
      { error: null },
      { error: 'stopped' },
      { error: 'stopped' },
    ]);
  });

  test('neither counts for the limit of the other in an hour', async () => {
    const { store, incidentId, ask } = await world();
    const budget = agentBudget({ runsPerHour: 1, runsPerClusterHour: 1, questionsPerHour: 2 });
    expect(await ask({ budget })).toMatchObject({ kind: 'admitted' });
    const claim = await store.claimRun(limits, due);
    const run = { runId: claim?.run.id ?? '', agent: 'claude', budget, breaker: breakerPolicy };
    expect(await store.admitAgent(run, due)).toMatchObject({ kind: 'admitted' });
    expect(await ask({ budget })).toMatchObject({ kind: 'admitted' });
    expect(await ask({ budget })).toMatchObject({
      detail: expect.stringContaining('questions_per_hour: 2 of 2 questions') as string,
    });
    expect(await ask({ budget }, due + 61 * minute)).toMatchObject({ kind: 'admitted' });
    expect(await store.agentQuestions(incidentId)).toHaveLength(3);
  });
});

test('TRI-7, NOT-5: an agent whose breaker is open is not asked, nor is it tried by a question', async () => {
  const { store, ask } = await world();
  await openBreaker(store);
  for (const at of [due, due + breakerPolicy.coolDownMs + 1]) {
    const when = at === due ? 'tried again at 2026-11-20 09:05:03Z' : 'the next investigation tries it';
    expect(await ask({}, at)).toMatchObject({
      kind: 'refused',
      reason: 'breaker_open',
      detail: expect.stringContaining(`3 failures in a row, ${when}`) as string,
    });
  }
  expect(await store.agentBreakers()).toMatchObject([{ state: 'open', probe: null }]);
  expect(await ask({ agent: 'codex' })).toMatchObject({ kind: 'admitted' });
});
