import { expect, test } from 'vitest';
import type { HeardDraft } from '../../../src/domain/question.ts';
import { Database } from '../../../src/storage/sqlite/database.ts';
import { minute, startOfTime as start } from '../../support/signals.ts';
import { openTestStore } from '../store-fixture.ts';

const hour = 60 * minute;

function draft(ts: string, over: Partial<HeardDraft> = {}): HeardDraft {
  const place = { channel: 'C1', ts, threadTs: '1.0' };
  return { id: `said:C1:${ts}`, place, incidentId: 'inc_1', userId: 'U1', text: 'why?', askedAt: start, ...over };
}

test('NOT-5, NOT-3: a question is kept once however often it is heard, until it has ended, over a restart', async () => {
  const { store, file } = await openTestStore();
  const twice = await Promise.all([store.hearQuestion(draft('1.1'), start), store.hearQuestion(draft('1.1'), start)]);
  expect(twice).toEqual([{ kind: 'heard' }, { kind: 'repeated' }]);
  await store.hearQuestion(draft('1.2'), start + 1);
  await store.stepQuestion('said:C1:1.1', { kind: 'begin', processId: 'p1' }, start + 2);
  await store.close();

  const { store: again } = await openTestStore({}, file);
  expect((await again.openQuestions()).map(({ id, workedBy }) => [id, workedBy])).toEqual([
    ['said:C1:1.1', 'p1'],
    ['said:C1:1.2', null],
  ]);
  const answer = { text: 'because', sources: [], by: 'rules' };
  await again.stepQuestion('said:C1:1.1', { kind: 'reply', reply: { kind: 'answer', answer } }, start + 3);
  await again.stepQuestion('said:C1:1.1', { kind: 'send' }, start + 4);
  expect(await again.openQuestions()).toMatchObject([{ uncertain: true, reply: { answer } }, { reply: null }]);
  await again.stepQuestion('said:C1:1.1', { kind: 'end', end: 'answered' }, start + 5);
  expect((await again.openQuestions()).map(({ id }) => id)).toEqual(['said:C1:1.2']);
  expect(await again.hearQuestion(draft('1.1'), start + 23 * hour)).toEqual({ kind: 'repeated' });
  await expect(again.stepQuestion('said:C1:1.1', { kind: 'send' }, start)).rejects.toThrow('has ended');
  await expect(again.stepQuestion('said:C1:9', { kind: 'send' }, start)).rejects.toThrow('no question');
});

test('GAT-4: a secret in a question is not written down, and nothing of its words when it has ended', async () => {
  const { store, file } = await openTestStore({ redact: { secrets: ['canary-secret-1'], patterns: [] } });
  await store.hearQuestion(draft('1.1', { text: 'is canary-secret-1 right?' }), start);
  const [question] = await store.openQuestions();
  expect(question?.text).toMatch(/^is <redacted[^>]*> right\?$/);
  const answer = { text: 'long words of an answer', sources: [], by: 'rules' };
  await store.stepQuestion('said:C1:1.1', { kind: 'reply', reply: { kind: 'answer', answer } }, start);
  const ended = await store.stepQuestion('said:C1:1.1', { kind: 'end', end: 'answered' }, start);
  expect(ended).toMatchObject({ end: 'answered', reply: { answer } });
  await store.close();
  const db = new Database(file, { readOnly: true });
  const rows = db.all<{ body: string }>('SELECT body FROM heard_questions');
  db.close();
  expect(rows).toHaveLength(1);
  expect(rows[0]?.body).not.toMatch(/canary|long words/);
});

test('NOT-5: what was asked counts for the bounds over a restart, for each person, incident and all; a refusal is for good', async () => {
  const { store, file } = await openTestStore();
  for (let at = 0; at < 10; at += 1) await store.hearQuestion(draft(`1.${at}`), start + at);
  await store.close();
  const { store: again } = await openTestStore({}, file);
  const eleventh = await again.hearQuestion(draft('2.0'), start + minute);
  expect(eleventh).toEqual({ kind: 'refused', againMs: 9 * minute });
  expect(await again.hearQuestion(draft('2.1', { incidentId: 'inc_2' }), start + minute)).toEqual({ kind: 'heard' });
  expect(await again.hearQuestion(draft('2.2', { incidentId: null }), start + minute)).toEqual({ kind: 'heard' });
  // The same message comes as another event, when there is room.
  expect(await again.hearQuestion(draft('2.0'), start + 11 * minute)).toEqual({ kind: 'repeated' });
  expect(await again.hearQuestion(draft('2.3'), start + 11 * minute)).toEqual({ kind: 'heard' });
  expect(await again.openQuestions()).toHaveLength(13);
});

test('NOT-5: those that have ended go after a day', async () => {
  const { store, file } = await openTestStore();
  for (const ts of ['1.1', '1.2']) await store.hearQuestion(draft(ts), start);
  await store.stepQuestion('said:C1:1.1', { kind: 'end', end: 'expired' }, start);
  await store.hearQuestion(draft('1.3'), start + 25 * hour);
  expect((await store.openQuestions()).map(({ id }) => id)).toEqual(['said:C1:1.2', 'said:C1:1.3']);
  await store.close();
  const db = new Database(file, { readOnly: true });
  expect(db.all('SELECT id FROM heard_questions')).toHaveLength(2);
  db.close();
});
