import { describe, expect, test } from 'vitest';
import { answerQuestion } from '../../../../src/analyst/questions/answer-question.ts';
import { viewOf } from '../../../../src/analyst/questions/view/view.ts';
import type { EarlierQuestion } from '../../../../src/domain/history.ts';
import { keptIncident } from '../../../support/kept-incident.ts';

const env = keptIncident('recordings/001-missing-env');
const pod = 'checkout-7876dd8dd7-ddk2t';
const taken = (topic: string, asked: string): string => `Taken to mean: ${topic}, after the question “${asked}”.`;

interface Row {
  /** What was asked before, the newest first. */
  readonly after: readonly string[];
  readonly question: string;
  readonly has: readonly string[];
  readonly hasNot?: readonly string[];
}

const goingOn: readonly Row[] = [
  {
    after: [`logs of ${pod}`],
    question: 'and before?',
    has: [taken(`the log of the run before, of Pod shop/${pod}`, `logs of ${pod}`), 'the run before this one'],
  },
  {
    after: ['what does the log say'],
    question: 'and the one before that?',
    has: ['Taken to mean: the log of the run'],
  },
  { after: ['which image'], question: 'what was it before', has: ['Taken to mean: what changed', '1.4.2'] },
  {
    after: ['is pricing ok'],
    question: 'why?',
    has: ['Taken to mean: why, of Deployment shop/pricing', '2 of 2 pods of Deployment shop/pricing are ready'],
  },
  { after: ['is worker-01 ok'], question: 'why that?', has: ['Taken to mean: why, of Node worker-01'] },
  {
    after: ['how do I roll back'],
    question: 'which command?',
    has: [
      `${taken('what to do', 'how do I roll back')}\n2. Roll checkout back`,
      '-n shop rollout undo deployment/checkout',
    ],
  },
  { after: ['how do I undo step 1'], question: 'and which command is that?', has: ['Taken to mean: how a step is'] },
  {
    after: ['limits of checkout'],
    question: 'and pricing?',
    has: ['Taken to mean: limits and requests, of Deployment shop/pricing', 'Container pricing of'],
    hasNot: ['Container checkout'],
  },
  { after: ['is pricing ok'], question: 'and the limits?', has: ['Taken to mean: limits', 'Container pricing of'] },
  { after: ['is pricing ok'], question: 'what are its limits', has: ['Container pricing of'] },
  {
    after: ['is pricing ok'],
    question: 'show the events of that deployment',
    has: ['Taken to mean: the events, of Deployment shop/pricing', 'Created pod: pricing-'],
  },
  // A time narrows the topic before it, and stands before the time of that; alone it takes the object too.
  {
    after: ['what changed?'],
    question: 'and of pricing in the last 10 minutes?',
    has: ['Taken to mean: what changed, of Deployment shop/pricing', 'between 2026-11-20 22:43:01Z and'],
  },
  {
    after: ['events in the last 2 days'],
    question: 'and of pricing in the last 10 minutes?',
    has: ['Taken to mean: the events, of Deployment shop/pricing', 'between 2026-11-20 22:43:01Z and'],
  },
  {
    after: ['events in the last 10 minutes'],
    question: 'and of pricing?',
    has: ['Taken to mean: the events, of Deployment shop/pricing', 'between 2026-11-20 22:43:01Z and'],
  },
  {
    after: ['and of pricing in the last 10 minutes?', 'events in the last 2 days'],
    question: 'and of checkout?',
    has: ['Taken to mean: the events, of container checkout', 'between 2026-11-20 22:43:01Z and'],
  },
  {
    after: ['what changed in the last hour?'],
    question: 'and of pricing since 22:45?',
    has: ['Taken to mean: what changed, of Deployment shop/pricing', 'between 2026-11-20 22:45:00Z and'],
    hasNot: ['first received'],
  },
  {
    after: ['events of checkout'],
    question: 'what about pricing before 22:50',
    has: ['Taken to mean: the events, of Deployment shop/pricing', 'and 2026-11-20 22:50:00Z'],
    hasNot: ['other incidents'],
  },
  {
    after: ['what changed in pricing?'],
    question: 'and in the last 10 minutes?',
    has: ['Taken to mean: what changed, of Deployment shop/pricing', 'between 2026-11-20 22:43:01Z and'],
  },
  {
    after: ['events of pricing'],
    question: 'and yesterday?',
    has: ['Taken to mean: the events, of Deployment shop/pricing', 'between 2026-11-19 00:00:00Z and 2026-11-20'],
  },
  {
    after: ['events of cart'],
    question: 'and yesterday?',
    has: ['Taken to mean: the events, after', 'is named cart'],
    hasNot: ['BackOff'],
  },
  {
    after: ['events in the last 10 minutes'],
    question: 'and of pricing since 22:50 CET?',
    has: ['Taken to mean: the events', '“since 22:50 CET” was not understood'],
    hasNot: ['between 2026'],
  },
  // A chain: what goes on from a question that went on itself.
  {
    after: ['and pricing?', 'logs of checkout'],
    question: 'and before?',
    has: [taken('the log of the run before, of Deployment shop/pricing, Service shop/pricing', 'and pricing?')],
  },
];

test.each(goingOn)('NOT-5: after $after, $question', async ({ after, question: text, has, hasNot = [] }) => {
  const { text: answer, understood } = answerQuestion({ kept: await env, text, after });
  for (const fact of has) expect(answer).toContain(fact);
  for (const fact of hasNot) expect(answer).not.toContain(fact);
  expect([understood, answer.startsWith('Taken to mean: ')]).toEqual([true, true]);
});

describe('NOT-5: what says all that it means, or nobody knows what it goes on from, is answered as if nothing was asked before', () => {
  test.each<[readonly string[], string]>([
    [[], 'and before?'],
    [['what changed'], 'why?'],
    [['what changed'], 'and before?'],
    [['exit codes'], 'and before?'],
    [['what does the log say and which image is it'], 'and before?'],
    [['what does the log say'], 'which command?'],
    [['is pricing ok'], 'is it still down?'],
    [['is pricing ok'], 'why is checkout down'],
    [['is pricing ok'], 'which pods are on that node'],
    [['is worker-01 ok'], 'logs of that pod'],
    [['is pricing ok'], 'logs of cart'],
    [[`logs of ${pod}`], 'and yesterday?'],
    [['is pricing ok'], 'and in the last hour?'],
    [['what does the log say'], 'what changed since 22:50'],
    [['what is this weather'], 'and before?'],
    [['ist pricing kaputt und warum nur', `logs of ${pod}`], 'and before?'],
  ])('after %j, %s', async (after, text) => {
    const kept = await env;
    expect(answerQuestion({ kept, text, after })).toEqual(answerQuestion({ kept, text }));
  });
});

describe('NOT-5: the last question of the person or the thread is meant, and none where they differ', () => {
  const minute = 60_000;
  const said = async (
    talk: { person: string; thread: string | null; id?: string },
    asked: Partial<EarlierQuestion>[],
    askedAgoMs = 0,
  ) => {
    const kept = await env;
    const earlier = asked.map((one, index) => ({
      id: `ask_${index}`,
      at: kept.now - (index + 1) * minute,
      by: 'x',
      person: 'ana',
      thread: null,
      text: 'logs',
      answer: { text: 'a', by: 'rules' },
      hasPage: false,
      ...one,
    }));
    const { meaning } = viewOf({ ...kept, earlier }, 'and before?', { talk, askedAt: kept.now - askedAgoMs });
    return /after the question “(.*)”/.exec(meaning.said ?? '')?.[1] ?? null;
  };
  const ana = { person: 'ana', thread: 't1' };
  const thread = 't1';

  test.each<[string, Partial<EarlierQuestion>[], string | null]>([
    ['her own', [{ text: 'the log' }], 'the log'],
    ['her own newest', [{ text: 'the log' }, { text: 'which image' }], 'the log'],
    ['nobody else, elsewhere', [{ person: 'bo' }], null],
    ['what another asked in her thread', [{ person: 'bo', thread, text: 'the log' }], 'the log'],
    [
      'her own after that of another',
      [
        { thread, text: 'which image' },
        { person: 'bo', thread },
      ],
      'which image',
    ],
    ['not where another asked for something else since', [{ person: 'bo', thread }, { text: 'which image' }], null],
    ['both where another asked for the same', [{ person: 'bo', thread, text: 'the log' }, { text: 'log' }], 'log'],
    ['nothing of more than ten minutes ago', [{ at: 0 }], null],
    ['nothing at all', [], null],
  ])('%s', async (_name, asked, expected) => {
    expect(await said(ana, asked)).toBe(expected);
  });

  test('what it goes on from may rest on a question of longer ago, as far as each was asked soon after the one before it', async () => {
    const { now } = await env;
    const rests = (ago: number) =>
      said(ana, [
        { text: 'and pricing?', at: now - 9 * minute },
        { text: 'the log', at: now - ago * minute },
      ]);
    expect(await rests(18)).toBe('and pricing?');
    expect(await rests(20)).toBeNull();
  });

  test('what was asked after it, though answered before it, is not meant where it waited', async () => {
    const asked = [{ text: 'which image' }, { text: 'the log' }, { person: 'bo', thread, text: 'logs' }];
    expect(await said(ana, asked)).toBe('which image');
    expect(await said(ana, asked, 1.5 * minute)).toBe('the log');
    expect(await said({ ...ana, person: 'cy' }, asked, 2.5 * minute)).toBe('logs');
    expect(await said(ana, asked, 4 * minute)).toBeNull();
    expect(await said(ana, [{ text: 'the log', at: 0 }], 4 * minute)).toBeNull();
  });

  test('of one moment, as chats give whole seconds, the ids tell which was asked before', async () => {
    const at = (await env).now;
    const of = (count: number) => ({ id: `said:C1:1764454321.00000${count}` });
    const asked = [
      { ...of(4), at, text: 'the log' },
      { ...of(2), at, text: 'which image' },
    ];
    expect(await said({ ...ana, ...of(3) }, asked)).toBe('which image');
    expect(await said({ ...ana, ...of(5) }, asked)).toBe('the log');
    expect(await said({ ...ana, ...of(1) }, asked)).toBeNull();
    expect(await said({ ...ana, ...of(2) }, asked)).toBeNull();
  });

  test('one that is asked anew after a crash does not go on from itself', async () => {
    expect(await said({ ...ana, id: 'ask_0' }, [{ text: 'the log' }])).toBeNull();
  });
});
