import { expect, test } from 'vitest';
import { evidenceViewLines } from '../../../src/cli/format/evidence-view.ts';
import type { EvidenceLine } from '../../../src/domain/verdict/findings.ts';
import { findingsSample } from '../../support/findings-sample.ts';

const now = Date.UTC(2026, 10, 20, 9, 0, 0);
const berlin = { now, timeZone: 'Europe/Berlin' };

const field: EvidenceLine = {
  file: 'evidence/objects/shop/Pod/cart-1.json',
  quote: '"exitCode": 1',
  object: 'Pod shop/cart-1',
  field: 'status.containerStatuses[cart].lastState.terminated.exitCode',
  value: '1',
  words: 'Pod shop/cart-1, container cart, last run: exit code 1',
  excerpt: null,
};
const log = (lines: number, marked: number, first = 1): EvidenceLine => ({
  ...field,
  field: null,
  value: null,
  words: `Pod shop/cart-1, log of container cart, line ${first + marked}`,
  excerpt: {
    first,
    lines: Array.from({ length: lines }, (_, at) => ({ text: `line ${first + at}`, marked: at === marked })),
    times: 1,
    at: null,
  },
});

test('OPS-4: evidence is the object, its field and its value, or the line of a log in its place', () => {
  const evidence = [field, log(9, 4, 97)];
  expect(evidenceViewLines(findingsSample({ evidence }), berlin).join('\n')).toBe(`
Evidence
  - Pod shop/cart-1, container cart, last run: exit code 1
    field status.containerStatuses[cart].lastState.terminated.exitCode
  - Pod shop/cart-1, log of container cart, line 101
       99  line 99
      100  line 100
    > 101  line 101
      102  line 102
      103  line 103`);
});

test('OPS-4: a quote of another file stands as it was written; the rest is counted', () => {
  const other = { ...field, field: null, value: null, words: 'Events of namespace shop', quote: 'FailedScheduling' };
  const lines = evidenceViewLines(findingsSample({ evidence: Array.from({ length: 9 }, () => other) }), berlin);
  expect(lines.slice(0, 4)).toEqual(['', 'Evidence', '  - Events of namespace shop', '    FailedScheduling']);
  expect(lines.at(-1)).toBe('  … and 3 more, in the report');
});

test('OPS-4: what changed before, the newest first as it was found, and what could not be seen', () => {
  const change = {
    at: now - 240_000,
    kind: 'rollout' as const,
    object: 'Deployment shop/cart',
    words: 'image a:1 became a:2',
  };
  const lines = evidenceViewLines(findingsSample({ changes: [change], missing: ['secrets'] }), berlin);
  expect(lines).toEqual([
    '',
    'Changed before',
    '  - Deployment shop/cart: image a:1 became a:2, 4m ago (2026-11-20 09:56:00+01:00)',
    '',
    'Not seen',
    '  - secrets',
  ]);
  expect(evidenceViewLines(findingsSample(), berlin)).toEqual([]);
});

test('OPS-4: an excerpt without a marked line, and one at its edges', () => {
  expect(evidenceViewLines(findingsSample({ evidence: [log(3, 0)] }), berlin).slice(3)).toEqual([
    '    > 1  line 1',
    '      2  line 2',
    '      3  line 3',
  ]);
  expect(evidenceViewLines(findingsSample({ evidence: [log(2, -1)] }), berlin)).toHaveLength(5);
});

test('OPS-4: text of a cluster cannot steer the terminal', () => {
  const bad = 'a\u001b[2J\r\nb\u009b\u202e';
  const evidence = [
    {
      ...log(1, 0),
      words: bad,
      quote: bad,
      excerpt: { first: 1, lines: [{ text: bad, marked: true }], times: 1, at: null },
    },
    { ...field, words: bad, field: bad },
  ];
  const changes = [{ at: now, kind: 'event' as const, object: bad, words: bad }];
  for (const line of evidenceViewLines(findingsSample({ evidence, changes, missing: [bad] }), berlin)) {
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
});
