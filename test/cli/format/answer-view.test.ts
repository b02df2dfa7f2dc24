import { expect, test } from 'vitest';
import { answerLines } from '../../../src/cli/format/answer-view.ts';
import { outputStyle } from '../../../src/cli/format/style.ts';

const style = outputStyle({ stdout: { write: () => true }, env: {} });
const looks = { style, width: 40, timeZone: 'Asia/Tokyo' };

test('NOT-5 UX-20: times of the words are of the zone of the person, those of a quote as they are quoted', () => {
  const text = [
    'Since 2026-11-29 16:36:04Z (4 min ago).',
    '> 2026-11-29T16:36:04Z FATAL checkout: startup failed, and more of it',
    '$ kubectl logs --since-time=2026-11-29T16:36:04Z -n shop checkout-7876dd8dd7',
  ].join('\n');
  expect(answerLines(text, { ...looks, width: Infinity })).toEqual([
    'Since 2026-11-30 01:36:04+09:00 (4 min ago).',
    '  > 2026-11-29T16:36:04Z FATAL checkout: startup failed, and more of it',
    '    kubectl logs --since-time=2026-11-29T16:36:04Z -n shop checkout-7876dd8dd7',
  ]);
});

test('NOT-5 UX-20: words are wrapped between words and hang behind the mark of a list; quotes and commands stay whole', () => {
  const words = 'The image of container query-api does not exist in its registry.';
  const long = `kubectl -n shop ${'x'.repeat(60)}`;
  expect(answerLines(`${words}\n1. ${words}\n  - ${words}\n> ${long}\n$ ${long}\n`, looks)).toEqual([
    'The image of container query-api does',
    'not exist in its registry.',
    '1. The image of container query-api does',
    '   not exist in its registry.',
    '  - The image of container query-api',
    '    does not exist in its registry.',
    `  > ${long}`,
    `    ${long}`,
    '',
  ]);
});
