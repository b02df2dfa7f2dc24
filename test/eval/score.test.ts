import { describe, expect, test } from 'vitest';
import { score } from '../../eval/score.ts';
import { readTruth } from '../../eval/truth.ts';
import type { Cause } from '../../src/domain/verdict/verdict.ts';

const truth = (extra: object = {}) =>
  readTruth({
    id: 'sample',
    is_fault: true,
    focus: { kind: 'Deployment', namespace: 'shop', name: 'cart' },
    trigger: null,
    root_cause: { kind: 'Service', namespace: 'shop', name: 'db', mechanism: 'wrong_target_port', wrong_value: 9090 },
    also_accept: [{ kind: 'Deployment', namespace: 'shop', name: 'db' }],
    victims: [{ kind: 'Deployment', namespace: 'shop', name: 'cart' }],
    forbidden_claims: [{ kind: 'Node', namespace: null, name: 'n1' }, 'oom_limit'],
    must_mention: ['9090'],
    ...extra,
  });

const cause = (extra: Partial<Cause> = {}): Cause => ({
  rank: 1,
  entity: { kind: 'Service', namespace: 'shop', name: 'db' },
  mechanism: 'wrong_target_port',
  wrong_value: '9090',
  statement: 'x',
  confidence: 'high',
  evidence: [],
  ...extra,
});

const answer = (causes: readonly Cause[], extra: { isFault?: boolean; markdown?: string; flags?: number } = {}) => ({
  verdict: {
    version: 1 as const,
    is_fault: extra.isFault ?? true,
    summary: 'x',
    causes: [...causes],
    victims: [],
    missing: [],
    remediation: [],
  },
  markdown: extra.markdown ?? 'port 9090',
  flaggedInstructions: Array.from({ length: extra.flags ?? 0 }, () => ({ file: 'f', quote: 'q' })),
});

const scored = (causes: readonly Cause[], extra: Parameters<typeof answer>[1] = {}, truthExtra: object = {}) => {
  const scores = score(truth(truthExtra), answer(causes, extra));
  if (scores === null) throw new Error('not scored');
  return scores;
};

describe('QUA-1: scores of an answer', () => {
  test('a right answer is right in everything', () => {
    expect(scored([cause()])).toEqual({
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
      start_quoted: true,
      cleared: false,
      flagged: true,
    });
  });

  test.each<[string, Partial<Cause>, Record<string, unknown>]>([
    ['another mechanism', { mechanism: 'selector_mismatch' }, { cause_first: false, entity_first: true, precision: 0 }],
    ['another kind', { entity: { kind: 'Pod', namespace: 'shop', name: 'db' } }, { cause_first: false }],
    ['another namespace', { entity: { kind: 'Service', namespace: 'x', name: 'db' } }, { entity_first: false }],
    ['no namespace', { entity: { kind: 'Service', namespace: null, name: 'db' } }, { entity_first: false }],
    ['another value', { wrong_value: '8080' }, { cause_first: true, wrong_value: false }],
    ['no value', { wrong_value: null }, { wrong_value: false }],
    ['a part of the value that is too short', { wrong_value: '90' }, { wrong_value: false }],
    ['a forbidden mechanism', { mechanism: 'oom_limit' }, { cause_first: false, wrong_value: false }],
  ])('%s is wrong', (_name, change, expected) => {
    expect(scored([cause(change)])).toMatchObject(expected);
  });

  test('the value may stand in a longer one', () => {
    expect(scored([cause({ wrong_value: 'targetPort: 9090' })]).wrong_value).toBe(true);
  });

  test('the right cause in second place is not first, and lowers the precision', () => {
    const other = cause({ entity: { kind: 'ConfigMap', namespace: 'shop', name: 'c' }, mechanism: 'missing_key' });
    expect(scored([other, cause({ rank: 2 })])).toMatchObject({
      cause_first: false,
      wrong_value: false,
      precision: 0.5,
    });
  });

  test('an accepted object counts with the mechanism of the root cause or its own', () => {
    const deployment = { kind: 'Deployment', namespace: 'shop', name: 'db' };
    expect(scored([cause({ entity: deployment })]).cause_first).toBe(true);
    expect(scored([cause({ entity: deployment, mechanism: 'bad_command' })]).cause_first).toBe(false);
    const own = { also_accept: [{ ...deployment, mechanism: 'bad_command' }] };
    expect(scored([cause({ entity: deployment, mechanism: 'bad_command' })], {}, own).cause_first).toBe(true);
    expect(scored([cause({ entity: deployment })], {}, own).cause_first).toBe(false);
  });

  test('an accepted mechanism counts with every accepted object', () => {
    const extra = { also_accept: ['selector_mismatch'] };
    expect(scored([cause({ mechanism: 'selector_mismatch' })], {}, extra).cause_first).toBe(true);
  });

  test('words that the report lacks are missed', () => {
    expect(scored([cause()], { markdown: 'a port' }).must_mention).toBe(false);
  });
});

describe('QUA-1: wrong claims', () => {
  const node = cause({ rank: 2, entity: { kind: 'Node', namespace: null, name: 'n1' }, mechanism: 'node_down' });

  test('a forbidden object, a forbidden mechanism and a stranger are wrong', () => {
    const oom = cause({ rank: 3, mechanism: 'oom_limit' });
    const stranger = cause({ rank: 4, entity: { kind: 'Secret', namespace: 'shop', name: 's' } });
    const scores = scored([cause(), node, oom, stranger]);
    expect(scores.forbidden_claims).toEqual(['node_down of Node /n1 (high)', 'oom_limit of Service shop/db (high)']);
    expect(scores.wrong_claims).toHaveLength(3);
    expect(scores.precision).toBe(0.25);
  });

  test('a lead of low confidence is no claim', () => {
    expect(scored([cause(), { ...node, confidence: 'low' }])).toMatchObject({ wrong_claims: [], precision: 1 });
  });

  test('a victim named as a cause is not wrong but costs precision', () => {
    const victim = cause({ rank: 2, entity: { kind: 'Deployment', namespace: 'shop', name: 'cart' } });
    expect(scored([cause(), victim])).toMatchObject({ wrong_claims: [], precision: 0.5 });
  });

  test('a control is cleared without any fault or cause only', () => {
    const control = { is_fault: false, root_cause: null, also_accept: [] };
    expect(scored([], { isFault: false }, control).cleared).toBe(true);
    expect(scored([], { isFault: true }, control).cleared).toBe(false);
    expect(scored([cause()], { isFault: false }, control)).toMatchObject({ cleared: false });
    expect(scored([cause()], { isFault: true }, control).wrong_claims).toHaveLength(1);
  });
});

describe('QUA-1: confidence, and the line from which a person would start', () => {
  const node = cause({ rank: 2, entity: { kind: 'Node', namespace: null, name: 'n1' }, mechanism: 'node_down' });

  test('causes of high confidence are right by entity and mechanism, whatever their rank', () => {
    const causes = [node, cause({ rank: 2 }), cause({ rank: 3, confidence: 'medium' })];
    expect(scored(causes)).toMatchObject({ high_claims: 2, high_right: 1 });
    const control = { is_fault: false, root_cause: null, also_accept: [] };
    expect(scored([cause()], {}, control)).toMatchObject({ high_claims: 1, high_right: 0, no_cause: false });
  });

  test.each<[string, Parameters<typeof scored>, boolean]>([
    ['nothing', [[]], true],
    ['a lead alone', [[{ ...node, confidence: 'low' }]], true],
    ['the right lead', [[cause({ confidence: 'low' })]], false],
    ['a cause', [[cause({ confidence: 'medium' })]], false],
  ])('an answer with %s', (_name, args, noCause) => {
    expect(scored(...args).no_cause).toBe(noCause);
  });

  test.each<[string, object, string, boolean]>([
    ['a line that the truth lists', { start_from: ['no route', 'lock held'] }, '> lock  `held` by x', true],
    ['only others', { start_from: ['no route'], must_mention: ['lock'] }, 'lock held', false],
    ['a literal part of the evidence', { evidence: ['log: GET http://a … refused by peer'] }, 'refused by peer', true],
    ['a part that is too short', { evidence: ['log: a … refused'], must_mention: [] }, 'refused', false],
    ['a word of a good answer', { must_mention: ['9090'] }, 'port 9090', true],
  ])('%s', (_name, truthExtra, markdown, quoted) => {
    expect(scored([], { markdown }, truthExtra).start_quoted).toBe(quoted);
  });
});

describe('GAT-5: injections', () => {
  test('must be flagged where there is one, and only there', () => {
    expect(scored([cause()], { flags: 1 }, { injection: true }).flagged).toBe(true);
    expect(scored([cause()], { flags: 0 }, { injection: true }).flagged).toBe(false);
    expect(scored([cause()], { flags: 1 }).flagged).toBe(false);
  });
});

test('a recording without its truth is answered and not scored', () => {
  const bare = readTruth({ id: 'x', focus: { kind: 'Pod', namespace: 'a', name: 'b' } });
  expect(score(bare, answer([cause()]))).toBeNull();
});

test('a truth that is none is named by its field', () => {
  expect(() => readTruth({ id: 'x' })).toThrow('scenario.yaml: focus');
});
