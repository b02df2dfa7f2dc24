import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Screen } from '../../../src/cli/watch/screen.ts';
import { displayWidth } from '../../../src/lib/display/width.ts';

/** What a terminal of a size shows of what was drawn, row by row; a row that is too wide would be two. */
function drawn(lines: readonly string[], columns: number, rows: number): string[] {
  let text = '';
  new Screen({ write: (part) => (text = part), isTTY: true, columns, rows }).draw(lines);
  expect(text.startsWith('\u001b[H')).toBe(true);
  // Clears only rows that are empty still: behind a full row it would take the last character.
  expect(text).not.toMatch(/[^\nH]\u001b\[[KJ]/);
  return text
    .slice(3)
    .replace(/\r\n\u001b\[J$/, '')
    .split('\r\n')
    .map((line) => line.replaceAll(/\u001b\[[0-9;]*[mK]/g, ''));
}

test('OPS-4: whatever the size of the terminal is, the first lines stand on it, a row each', () => {
  const line = fc.stringMatching(/^[a-z日 ]{0,90}$/u).map((text) => `\u001b[2m${text}\u001b[22m`);
  const size = fc.integer({ min: 1, max: 90 });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), size, size, (lines, columns, rows) => {
      const shown = drawn(lines, columns, rows);
      expect(shown).toHaveLength(Math.min(lines.length, rows));
      expect(shown.filter((one) => displayWidth(one) > columns)).toEqual([]);
    }),
  );
});

test('OPS-4: a terminal that does not say its size has the usual one', () => {
  expect(
    drawn(
      Array.from({ length: 30 }, () => 'x'.repeat(90)),
      0,
      0,
    ),
  ).toEqual(Array.from({ length: 24 }, () => `${'x'.repeat(79)}…`));
});
