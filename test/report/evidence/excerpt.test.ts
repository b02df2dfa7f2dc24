import { expect, test } from 'vitest';
import { excerptOf } from '../../../src/report/evidence/excerpt.ts';

const lines = Array.from(
  { length: 100 },
  (_, at) => `2026-11-28T15:00:${String(at % 60).padStart(2, '0')}Z line ${at}.`,
);

test('UX-21: a quote stands in its place: three lines before, two after, its number and its time', () => {
  const excerpt = excerptOf(lines.join('\n'), 'line 50.');
  expect(excerpt).toMatchObject({ first: 48, times: 1, at: Date.UTC(2026, 10, 28, 15, 0, 50) });
  expect(excerpt?.lines.map(({ text, marked }) => `${marked ? '>' : ''}${text.slice(21)}`)).toEqual([
    'line 47.',
    'line 48.',
    'line 49.',
    '>line 50.',
    'line 51.',
    'line 52.',
  ]);
});

test('UX-21: at the edges, over several lines, and where it is not', () => {
  expect(excerptOf(lines.join('\n'), 'line 0.')?.lines).toHaveLength(3);
  expect(excerptOf(`${lines.join('\n')}\n`, 'line 99.')?.lines).toHaveLength(4);
  const two = excerptOf('a\nb\nc\nd', 'b\nc');
  expect(two?.lines.map(({ marked }) => marked)).toEqual([false, true, true, false]);
  expect(excerptOf('a', 'b')).toBeNull();
  expect(excerptOf('a', '')).toBeNull();
});

test('UX-21: a very long line shows the part that counts; a time without a zone is none', () => {
  const excerpt = excerptOf(`2026-11-28 15:00:00 ${'x'.repeat(5000)} boom ${'y'.repeat(5000)}`, 'boom');
  expect(excerpt?.lines[0]?.text).toContain('boom');
  expect(excerpt?.lines[0]?.text.length).toBeLessThan(500);
  expect(excerpt?.at).toBeNull();
  const hostile = excerptOf('\u001b[2Jx\u202e boom', 'boom')?.lines[0]?.text;
  expect(hostile).not.toMatch(/[\u001b\u202e]/);
});
