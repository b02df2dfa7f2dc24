import { describe, expect, test } from 'vitest';
import type { Result, SetResults } from '../../eval/evaluate.ts';
import { fallen, recordedResults } from '../../eval/recorded-results.ts';
import type { Scores } from '../../eval/score.ts';
import { calibration, costs, figures, figuresBy } from '../../eval/summary.ts';
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
  high_claims: 1,
  high_right: 1,
  no_cause: false,
  start_quoted: false,
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

/** Results as those of one set. */
const oneSet = (...results: Result[]): SetResults[] => [{ set: 'sample', results }];

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

  test('tell how well the confidence fits, and whether an answer without a cause shows where to start', () => {
    const all = [
      result('1', { high_claims: 2, high_right: 1 }),
      result('2', { high_claims: 2, high_right: 2 }),
      result('3', { high_claims: 0, high_right: 0, no_cause: true, start_quoted: true }),
      result('4', { high_claims: 0, high_right: 0, no_cause: true }),
      result('5', { high_claims: 1, high_right: 0, cleared: false }, control),
    ];
    expect(figures(all)).toMatchObject({ high_claims: 5, high_wrong: 2, no_cause: 2, start_missed: 1 });
    expect(calibration(figures(all))).toEqual({ high_right_share: 0.6, start_quoted_share: 0.5 });
    expect(calibration(figures([]))).toEqual({ high_right_share: null, start_quoted_share: null });
  });

  test('count a state in each of its kinds, in their order', () => {
    const all = [result('1', {}, { kinds: [10, 2] }), result('2', {}, { kinds: [2] }), result('3')];
    const kinds = figuresBy(all, 'kind');
    expect(Object.keys(kinds)).toEqual(['2 warnings and conditions are read', '10 fixes']);
    expect(Object.values(kinds).map((it) => it.faults)).toEqual([2, 1]);
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
  const before = recordedResults(
    oneSet(result('1'), result('2', {}, { category: 'B', kinds: [7] }), result('3', { cleared: true }, control)),
  );

  test('nothing fell', () => {
    const same = [result('1'), result('2', {}, { category: 'B', kinds: [7] }), result('3', { cleared: true }, control)];
    expect(fallen(oneSet(...same), before)).toEqual([]);
  });

  test.each<[string, Result, string]>([
    ['a cause', result('2', { cause_first: false }, { category: 'B' }), 'sample: category B: cause_first is 0, was 1'],
    ['a value', result('2', { wrong_value: false }, { category: 'B' }), 'sample: 2: no longer wrong_value'],
    ['a wrong claim', result('2', { wrong_claims: ['x'] }, { category: 'B' }), 'sample: all: wrong_claims is 1, was 0'],
    ['a false flag', result('2', { flagged: false }, { category: 'B' }), 'sample: all: false_flags is 1, was 0'],
    [
      'precision',
      result('2', { precision: 0.5 }, { category: 'B' }),
      'sample: all: precision_at_full_recall is 0.75, was 1',
    ],
    ['a kind', result('2', { wrong_value: false }, { kinds: [7] }), 'sample: kind 7 probes: wrong_value is 0, was 1'],
    ['a sure cause', result('2', { high_claims: 2 }), 'sample: all: high_wrong is 1, was 0'],
    ['a line', result('2', { no_cause: true }), 'sample: all: start_missed is 1, was 0'],
    [
      'calls',
      result('2', {}, { category: 'B' }, { apiCalls: 61, ms: 1 }),
      '61 API calls for one recording, over the limit of 60',
    ],
  ])('%s', (_name, changed, sentence) => {
    const now = oneSet(result('1'), changed, result('3', { cleared: true }, control));
    expect(fallen(now, before)).toContain(sentence);
  });

  test('one recording better and one worse is still a fall', () => {
    const was = recordedResults(oneSet(result('1', { must_mention: false }), result('2')));
    const now = oneSet(result('1'), result('2', { must_mention: false }));
    expect(fallen(now, was)).toEqual(['sample: 2: no longer must_mention']);
  });

  test('a recording that is gone is a fall', () => {
    expect(fallen(oneSet(result('1')), before)).toContain('sample: all: faults is 1, was 2');
  });

  test('better is no fall', () => {
    const was = recordedResults(oneSet(result('1', { must_mention: false, wrong_claims: ['x'] })));
    expect(fallen(oneSet(result('1')), was)).toEqual([]);
  });

  test('an answer without a cause that now has one is no fall', () => {
    const was = recordedResults(oneSet(result('1', { cause_first: false, no_cause: true, start_quoted: true })));
    expect(fallen(oneSet(result('1', { high_claims: 3, high_right: 3 })), was)).toEqual([]);
  });

  test('one set better and another worse is still a fall; only the sets that were answered are compared', () => {
    const [good, bad] = [result('1'), result('1', { wrong_value: false })];
    const was = recordedResults([
      { set: 'one', results: [bad] },
      { set: 'two', results: [good] },
    ]);
    const now = [
      { set: 'one', results: [good] },
      { set: 'two', results: [bad] },
    ];
    expect(fallen(now, was)).toContain('two: 1: no longer wrong_value');
    expect(fallen(now.slice(0, 1), was)).toEqual([]);
    expect(fallen([{ set: 'three', results: [] }], was)).toEqual(['set three: no figures of it are recorded']);
  });

  test('the share of right causes among those of high confidence stays at 98 % over all sets', () => {
    const results = (wrong: number): SetResults[] =>
      oneSet(result('1', { high_claims: 100, high_right: 100 - wrong }), result('2'));
    const sentence = 'calibration: 0.97 of the causes of high confidence are right, at least 0.98 have to be';
    expect(fallen(results(3), recordedResults(results(1)))).toContain(sentence);
    expect(fallen(results(4), recordedResults(results(3)))).not.toContain(sentence);
  });

  test('the same results give the same text', () => {
    const all = oneSet(result('1'), result('2', { cause_first: false }));
    expect(JSON.stringify(recordedResults(all))).toBe(JSON.stringify(recordedResults(all)));
    expect(JSON.stringify(recordedResults(all))).not.toContain('"ms');
  });
});
