import { expect, test } from 'vitest';
import type { AnsweredQuestion } from '../../../src/domain/history.ts';
import { startOfTime as start } from '../../support/signals.ts';
import { agentBudget } from '../../support/triage-bench.ts';
import { openIncident, openTestStore } from '../store-fixture.ts';

const day = 24 * 60 * 60_000;

function answered(incidentId: string, id: string, over: Partial<AnsweredQuestion> = {}): AnsweredQuestion {
  const answer = { text: 'because', by: 'rules' };
  return { id, incidentId, at: start, by: 'ana', person: 'ana', thread: null, text: 'why?', answer, ...over };
}

test('NOT-5: what rules and agents answered about an incident is read newest first, also after a restart', async () => {
  const { store, file } = await openTestStore();
  const incidentId = await openIncident(store, 'web', 'critical');
  const other = await openIncident(store, 'api', 'critical');
  await store.keepAnswered(answered(incidentId, 'said:1', { thread: 't1', at: start + 1 }));
  await store.keepAnswered(answered(other, 'said:2'));
  const asked = { incidentId, cluster: 'prod', text: 'and before?', by: 'bo', person: 'bo', thread: 't1' };
  const draft = { ...asked, agent: 'claude', model: null, until: start + day, budget: agentBudget() };
  for (const at of [2, 3]) await store.admitQuestion(draft, start + at);
  const [late, first] = await store.agentQuestions(incidentId);
  const answer = { text: 'it was so', sources: [] };
  await store.endQuestion(first!.id, { answer, error: null, usage: null }, start + 9);
  await store.endQuestion(late!.id, { answer: null, error: 'it failed', usage: null }, start + 9);
  await store.close();

  const { store: again } = await openTestStore({}, file);
  expect(await again.earlierQuestions(incidentId)).toMatchObject([
    { id: first!.id, person: 'bo', thread: 't1', answer: { text: 'it was so', by: 'claude' }, hasPage: true },
    { id: 'said:1', person: 'ana', thread: 't1', text: 'why?', answer: { by: 'rules' }, hasPage: false },
  ]);
  expect(await again.earlierQuestions('inc_none')).toEqual([]);
});

test('NOT-5: those of one moment are read by their ids, the newest first', async () => {
  const { store } = await openTestStore();
  const incidentId = await openIncident(store, 'web', 'critical');
  for (const count of [2, 4, 1, 3]) await store.keepAnswered(answered(incidentId, `said:C1:1764454321.00000${count}`));
  const ids = (await store.earlierQuestions(incidentId)).map(({ id }) => id.at(-1));
  expect(ids).toEqual(['4', '3', '2', '1']);
});

test('NOT-5, GAT-4: twenty are kept of an incident, of each answer the beginning, and no secret; the same once', async () => {
  const { store } = await openTestStore({ redact: { secrets: ['canary-secret-1'], patterns: [] } });
  const incidentId = await openIncident(store, 'web', 'critical');
  const long = { text: `canary-secret-1 ${'x'.repeat(5000)}`, by: 'rules' };
  for (let at = 0; at < 30; at += 1) {
    const said = { at: start + at, text: `is it canary-secret-1? ${at}`, answer: long };
    for (const _ of [1, 2]) await store.keepAnswered(answered(incidentId, `said:${at}`, said));
  }
  await store.keepAnswered(answered('inc_none', 'said:none'));
  const earlier = await store.earlierQuestions(incidentId);
  expect(earlier.map(({ id }) => id)).toEqual([...Array(20).keys()].map((at) => `said:${29 - at}`));
  expect(JSON.stringify(earlier)).not.toContain('canary');
  expect(Math.max(...earlier.map(({ answer }) => answer.text.length))).toBeLessThanOrEqual(2000);
});
