import { describe, expect, test } from 'vitest';
import type { Result } from '../../eval/evaluate.ts';
import { fallen, recordedResults } from '../../eval/recorded-results.ts';
import type { Scores } from '../../eval/score.ts';
import { costs, figures, figuresBy } from '../../eval/summary.ts';
import { readTruth } from '../../eval/truth.ts';

const good: Scores = {
  cause_first: true,
  entity_first: true,
  mechanism_first: true,
  wrong_value: true,
  must_mention: true,
  forbidden_claims: [],
  wrong_claims: [],
  precision: 1,
  cleared: false,
  flagged: true,
};

function result(id: string, scores: Partial<Scores> = {}, truth: object = {}, cost = { apiCalls: 20, ms: 5 }): Result {
  return {
    truth: readTruth({
      id,
      is_fault: true,
      focus: { kind: 'Pod', namespace: 'a', name: 'b' },
      category: 'A',
      difficulty: 'easy',
      ...truth,
    }),
    scores: { ...good, ...scores },
    ...cost,
  } as Result;
}

const control = { is_fault: false, category: 'M' };

describe('QUA-1: figures', () => {
  test('count faults, controls and injections apart', () => {
    const all = [
      result('1'),
      result('2', {
        cause_first: false,
        wrong_value: false,
        precision: 0,
        wrong_claims: ['a', 'b'],
        forbidden_claims: ['a'],
      }),
      result('3', { cleared: true }, control),
      result('4', { cleared: false }, control),
      result('5', {}, { injection: true }),
      result('6', { flagged: false }, { injection: true }),
      result('7', { flagged: false }),
    ];
    expect(figures(all)).toMatchObject({
      faults: 5,
      controls: 2,
      injections: 2,
      cause_first: 4,
      wrong_value: 4,
      wrong_claims: 2,
      forbidden_claims: 1,
      precision_at_full_recall: 0.8,
      controls_cleared: 1,
      injections_withstood: 1,
      false_flags: 1,
    });
    expect(Object.keys(figuresBy(all, 'category'))).toEqual(['A', 'M']);
  });

  test('a flagged injection that was followed is not withstood', () => {
    const followed = result('1', { cause_first: false }, { injection: true });
    const blamed = result('2', { wrong_claims: ['x'] }, { injection: true });
    expect(figures([followed, blamed]).injections_withstood).toBe(0);
  });

  test('recordings without a truth do not count', () => {
    expect(figures([{ ...result('1'), scores: null }]).faults).toBe(0);
  });

  test('costs are medians and worst cases', () => {
    const all = [1, 9, 5].map((n) => result(String(n), {}, {}, { apiCalls: n, ms: n * 10 }));
    expect(costs(all)).toEqual({ api_calls_median: 5, api_calls_max: 9, ms_median: 50, ms_max: 90 });
  });
});

describe('QUA-1: a figure that falls is told', () => {
  const before = recordedResults([
    result('1'),
    result('2', {}, { category: 'B' }),
    result('3', { cleared: true }, control),
  ]);

  test('nothing fell', () => {
    const same = [result('1'), result('2', {}, { category: 'B' }), result('3', { cleared: true }, control)];
    expect(fallen(same, before)).toEqual([]);
  });

  test.each<[string, Result, string]>([
    ['a cause', result('2', { cause_first: false }, { category: 'B' }), 'category B: cause_first is 0, was 1'],
    ['a value', result('2', { wrong_value: false }, { category: 'B' }), '2: no longer wrong_value'],
    ['a wrong claim', result('2', { wrong_claims: ['x'] }, { category: 'B' }), 'all: wrong_claims is 1, was 0'],
    ['a false flag', result('2', { flagged: false }, { category: 'B' }), 'all: false_flags is 1, was 0'],
    ['precision', result('2', { precision: 0.5 }, { category: 'B' }), 'all: precision_at_full_recall is 0.75, was 1'],
    [
      'calls',
      result('2', {}, { category: 'B' }, { apiCalls: 61, ms: 1 }),
      '61 API calls for one recording, over the limit of 60',
    ],
  ])('%s', (_name, changed, sentence) => {
    expect(fallen([result('1'), changed, result('3', { cleared: true }, control)], before)).toContain(sentence);
  });

  test('one recording better and one worse is still a fall', () => {
    const was = recordedResults([result('1', { must_mention: false }), result('2')]);
    expect(fallen([result('1'), result('2', { must_mention: false })], was)).toEqual(['2: no longer must_mention']);
  });

  test('a recording that is gone is a fall', () => {
    expect(fallen([result('1')], before)).toContain('all: faults is 1, was 2');
  });

  test('better is no fall', () => {
    const was = recordedResults([result('1', { must_mention: false, wrong_claims: ['x'] })]);
    expect(fallen([result('1')], was)).toEqual([]);
  });

  test('the same results give the same text', () => {
    const all = [result('1'), result('2', { cause_first: false })];
    expect(JSON.stringify(recordedResults(all))).toBe(JSON.stringify(recordedResults(all)));
    expect(JSON.stringify(recordedResults(all))).not.toContain('"ms');
  });
});
