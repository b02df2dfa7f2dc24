import { describe, expect, test } from 'vitest';
import { type Cause, sections, type Verdict, verdictSchema } from '../../../src/domain/verdict/verdict.ts';

const cause: Cause = {
  rank: 1,
  entity: { kind: 'ConfigMap', namespace: 'shop', name: 'cart-settings' },
  mechanism: 'missing_key',
  wrong_value: 'REDIS_URL',
  statement: 'The map has no key REDIS_URL.',
  confidence: 'high',
  evidence: [{ file: 'evidence/logs/shop/cart.log', quote: "KeyError: 'REDIS_URL'" }],
};

const verdict: Verdict = {
  version: 1,
  is_fault: true,
  summary: 'cart cannot start.',
  causes: [cause],
  victims: [{ kind: 'Deployment', namespace: 'shop', name: 'cart' }],
  missing: ['metrics of node n3'],
  remediation: [{ action: 'Add the key', command: 'kubectl edit cm', risk: 'low', reversible: true, undo: null }],
};

const refusal = (change: object) => verdictSchema.safeParse({ ...verdict, ...change }).error?.issues[0]?.path.join('.');
const withCause = (change: object) => ({ causes: [{ ...cause, ...change }] });

describe('TRI-5: a verdict', () => {
  test('is read as it is', () => {
    expect(verdictSchema.parse(verdict)).toEqual(verdict);
  });

  test.each([
    ['that nothing is wrong', { is_fault: false, causes: [], victims: [], remediation: [], missing: [] }],
    ['about what has no namespace', withCause({ entity: { kind: 'Node', namespace: null, name: 'n1' } })],
    ['without a wrong value', withCause({ wrong_value: null })],
    ['with advice without a command', { remediation: [{ ...verdict.remediation[0], command: null }] }],
    ['with 50 causes', { causes: Array.from({ length: 50 }, () => cause) }],
  ])('%s is good', (_, change) => {
    expect(refusal(change)).toBeUndefined();
  });

  test('needs all of its keys', () => {
    for (const key of Object.keys(verdict)) expect(refusal({ [key]: undefined })).toBe(key);
    for (const key of Object.keys(cause)) expect(refusal(withCause({ [key]: undefined }))).toBe(`causes.0.${key}`);
  });
});

describe('TRI-6: what an agent must not give', () => {
  test.each([
    ['version', { version: 2 }],
    ['is_fault', { is_fault: 'yes' }],
    ['summary', { summary: '' }],
    ['summary', { summary: 'x'.repeat(2001) }],
    ['causes', { causes: Array.from({ length: 51 }, () => cause) }],
    ['causes.0.confidence', withCause({ confidence: 'certain' })],
    ['causes.0.rank', withCause({ rank: 0 })],
    ['causes.0.rank', withCause({ rank: 1.5 })],
    ['causes.0.mechanism', withCause({ mechanism: '' })],
    ['causes.0.mechanism', withCause({ mechanism: 'x'.repeat(65) })],
    ['causes.0.entity.name', withCause({ entity: { kind: 'Pod', namespace: null, name: '' } })],
    ['causes.0.entity.name', withCause({ entity: { kind: 'Pod', namespace: null, name: 'x'.repeat(301) } })],
    ['causes.0.evidence.0.quote', withCause({ evidence: [{ file: 'evidence/a', quote: '' }] })],
    ['causes.0.evidence', withCause({ evidence: Array.from({ length: 51 }, () => cause.evidence[0]) })],
    ['victims', { victims: Array.from({ length: 501 }, () => verdict.victims[0]) }],
    ['missing.0', { missing: ['x'.repeat(1001)] }],
    ['remediation.0.risk', { remediation: [{ ...verdict.remediation[0], risk: 'huge' }] }],
    ['remediation.0.reversible', { remediation: [{ ...verdict.remediation[0], reversible: 'maybe' }] }],
  ])('%s is refused at its place', (path, change) => {
    expect(refusal(change)).toBe(path);
  });

  test('keys that there are not, at any depth', () => {
    expect(verdictSchema.safeParse({ ...verdict, notes: 'x' }).error?.issues[0]?.code).toBe('unrecognized_keys');
    expect(verdictSchema.safeParse({ ...verdict, ...withCause({ why: 'x' }) }).error?.issues[0]?.path).toEqual([
      'causes',
      0,
    ]);
  });

  test.each([null, [], 'a verdict', 1])('%j instead of an object', (value) => {
    expect(verdictSchema.safeParse(value).success).toBe(false);
  });
});

test('TRI-5: the report has seven sections', () => {
  expect(new Set(sections).size).toBe(7);
});
