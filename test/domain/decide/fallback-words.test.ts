import { expect, test } from 'vitest';
import { fallbackWords } from '../../../src/domain/decide/fallback-words.ts';
import { defects } from '../../../src/triage/output/defects.ts';

test.each(defects)('UX-18: the reason %s is told in words of its own', (defect) => {
  const words = fallbackWords(defect, 'so much');
  expect(words).toMatch(/^[A-Za-z, ]+: so much$/);
  expect(words).not.toContain('no usable answer');
});

test.each([
  ['timed_out', 'after 600 s', 'took longer than its time limit: after 600 s'],
  ['timed_out', '', 'took longer than its time limit'],
  ['of_a_later_version', 'x', 'gave no usable answer: of_a_later_version x'],
  [undefined, 'x', 'gave no usable answer: x'],
  [undefined, '', 'gave no usable answer'],
])('UX-18: %s %j', (defect, detail, expected) => {
  expect(fallbackWords(defect, detail)).toBe(expected);
});
