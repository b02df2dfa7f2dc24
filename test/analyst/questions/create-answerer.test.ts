import { expect, test } from 'vitest';
import { answerQuestion } from '../../../src/analyst/questions/answer-question.ts';
import { createQuestionAnswerer } from '../../../src/analyst/questions/create-answerer.ts';
import { windowText } from '../../../src/analyst/questions/time/asked-window.ts';
import type { AskedQuestion, RulesAnswer } from '../../../src/analyst/questions/view/kept.ts';
import type { IncidentHistory } from '../../../src/domain/history.ts';
import type { ArtifactFile } from '../../../src/domain/ports.ts';
import { type Question, TooManyQuestionsError } from '../../../src/domain/question.ts';
import { answeredIncident, sampleFault, sampleRun, sampleTime } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryArtifacts } from '../../support/memory-artifacts.ts';
import { MemoryReader } from '../../support/memory-reader.ts';
import { minute } from '../../support/signals.ts';

const never = new AbortController().signal;
const id = answeredIncident().id;
const log = 'evidence/logs/payments/api-7c4-x1/api.log';

async function world(
  files: readonly Pick<ArtifactFile, 'path' | 'content'>[] = [],
  work: (question: AskedQuestion) => Promise<RulesAnswer> = (question) => Promise.resolve(answerQuestion(question)),
) {
  const reader = new MemoryReader();
  reader.details = [{ incident: answeredIncident(), faults: [sampleFault()], runs: [sampleRun()] }];
  const artifacts = new MemoryArtifacts();
  await artifacts.put(
    'prod-eu',
    id,
    files.map((file) => ({ ...file, contentType: 'text/plain' })),
  );
  const clock = new ManualClock(sampleTime + 10 * minute);
  const asked: AskedQuestion[] = [];
  const settings = () => ({ kubectl: (cluster: string) => ['--context', cluster], redact: {} });
  const answerer = createQuestionAnswerer({ reader, artifacts, settings, clock }, (question) => {
    asked.push(question);
    return work(question);
  });
  const ask = (text: string, incidentId = id, signal = never, over: Partial<Question> = {}) =>
    answerer.answer({ incidentId, text, by: 'ana', mayAct: true, ...over }, signal);
  return { ask, asked, artifacts, clock, reader };
}

test('NOT-5: what is stored of the incident answers: rows, evidence, verdict, with the context of its cluster', async () => {
  const { ask, asked } = await world([
    { path: log, content: 'starting\nDB_URL is required\n' },
    { path: 'investigation.html', content: '<p>' },
  ]);
  const logs = await ask('show me the log');
  expect(logs).toMatchObject({ by: 'rules', sources: [log] });
  expect(logs.text).toContain('> DB_URL is required');
  expect((await ask('why')).text).toContain('rollout 41 dropped env');
  expect((await ask('is it still down')).text).toContain('$ kubectl --context prod-eu -n payments get pods');
  expect(asked[0]?.kept.files.map(({ path }) => path)).toEqual([log]);
});

test('NOT-5: other incidents and messages come from what is kept beside it', async () => {
  const history: IncidentHistory = {
    deliveries: [],
    receptions: [],
    feedback: [],
    silences: [],
    unheard: [],
    sameObject: [answeredIncident({ id: 'inc_before', openedAt: sampleTime - 60 * minute })],
    around: [],
  };
  const { ask, reader } = await world();
  reader.incidentHistory = async () => history;
  expect((await ask('did this happen before?')).text).toContain('inc_before');
});

test.each([
  ['asked now', undefined, 0],
  ['that has waited', sampleTime - 30 * minute, 40],
  ['written by a clock that is ahead', sampleTime + 60 * minute, 0],
])('NOT-5: the times of a question count from when it was asked: one %s', async (_name, askedAt, agoMinutes) => {
  const { ask, clock } = await world([{ path: log, content: 'starting' }]);
  const { text } = await ask('events in the last 10 minutes', id, never, askedAt === undefined ? {} : { askedAt });
  const to = clock.now() - agoMinutes * minute;
  expect(text).toContain(windowText({ from: to - 10 * minute, to }));
});

test('NOT-5: of an incident that is not kept nothing is told', async () => {
  const { ask } = await world();
  expect(await ask('why', 'inc_none')).toEqual({
    text: 'Nothing is kept of this incident any more.',
    sources: [],
    by: 'rules',
    noIncident: true,
  });
});

test('NOT-5: a verdict that is broken or of another version counts as none', async () => {
  for (const content of ['{"version": 2}', 'no JSON', '[]']) {
    const { ask, asked } = await world([{ path: 'verdict.json', content }]);
    await ask('why');
    expect(asked[0]?.kept.verdict).toBeNull();
  }
});

test('NOT-5, SEC-4: a secret that a person wrote into a comment is not told', async () => {
  const { ask, reader } = await world();
  const comment = 'use password=hunter2hunter2 for now';
  const acknowledged = { by: 'ben', at: sampleTime, comment };
  reader.details = reader.details.map((one) => ({ ...one, incident: answeredIncident({ acknowledged }) }));
  const { text } = await ask('who has it');
  expect(text).toContain('ben has it');
  expect(text).not.toContain('hunter2hunter2');
});

test('NOT-5: of much evidence a bounded part is read, what the cause quotes first, and the rest is counted', async () => {
  const big = 'x'.repeat(1024 * 1024);
  const files = Array.from({ length: 40 }, (_none, at) => ({ path: `evidence/logs/a/p${at}/c.log`, content: big }));
  const verdict = JSON.stringify(quoting('evidence/logs/a/p39/c.log'));
  const { ask, asked } = await world([...files, { path: 'verdict.json', content: verdict }]);
  const { text } = await ask('help');
  const read = asked[0]?.kept.files ?? [];
  expect(read[0]?.path).toBe('evidence/logs/a/p39/c.log');
  expect(read.reduce((sum, file) => sum + file.text.length, 0)).toBeLessThanOrEqual(16 * 1024 * 1024);
  expect(text).toContain(`${40 - read.length} files of evidence were not looked at`);
});

const quoting = (file: string): object => ({
  version: 1,
  is_fault: true,
  summary: 'it fails',
  causes: [
    {
      rank: 1,
      entity: { kind: 'Pod', namespace: 'a', name: 'p39' },
      mechanism: 'other',
      wrong_value: null,
      statement: 'it fails',
      confidence: 'low',
      evidence: [{ file, quote: 'xxx' }],
    },
  ],
  victims: [],
  missing: [],
  remediation: [],
});

test('NOT-5: so many are answered in a minute, and so many at once; the next one after that', async () => {
  const { ask, clock } = await world();
  for (let at = 0; at < 60; at += 1) await ask('help');
  await expect(ask('help')).rejects.toThrow(TooManyQuestionsError);
  await clock.advance(minute);
  expect((await ask('help')).text).toContain('You can ask');

  const waiting = Promise.withResolvers<never>();
  const slow = await world([], () => waiting.promise);
  const four = Array.from({ length: 4 }, () => slow.ask('why'));
  await expect(slow.ask('why')).rejects.toMatchObject({ code: 'NC-ANALYST-001' });
  waiting.reject(new Error('the thread ended'));
  for (const one of four)
    await expect(one).rejects.toMatchObject({ code: 'NC-ANALYST-002', message: 'the thread ended' });
});

test('NOT-5: what cannot be read, or takes too long, is a problem that says so; who leaves stops it', async () => {
  const failing = await world();
  failing.artifacts.list = () => Promise.reject(new Error('the disk is gone'));
  await expect(failing.ask('why')).rejects.toMatchObject({ code: 'NC-ANALYST-002', message: 'the disk is gone' });

  const hanging = await world();
  hanging.artifacts.list = () => new Promise(() => {});
  const [answer] = await Promise.allSettled([hanging.ask('why'), hanging.clock.advance(20_000)]);
  expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'NC-ANALYST-002' } });

  const left = new AbortController();
  const gone = hanging.ask('why', id, left.signal);
  left.abort(new Error('left'));
  await expect(gone).rejects.toThrow('left');
});

test('NOT-5: what the rules did not understand is said to be so beside the answer', async () => {
  const { ask } = await world([]);
  expect((await ask('colourless green ideas')).understood).toBe(false);
  expect('understood' in (await ask('why'))).toBe(false);
});
