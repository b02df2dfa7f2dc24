import { expect, test } from 'vitest';
import { markdownLines } from '../../../src/cli/format/markdown-view.ts';
import { outputStyle } from '../../../src/cli/format/style.ts';
import { displayWidth } from '../../../src/lib/display/width.ts';

const plain = outputStyle({ stdout: { write: () => {} }, env: {} });
const colored = outputStyle({ stdout: { write: () => {}, isTTY: true }, env: {} });
const view = (markdown: string, width = Infinity, style = plain) =>
  markdownLines(markdown, { width, style, timeZone: 'Europe/Berlin' }).join('\n');

test('OPS-4: headings, lists, emphasis, entities and escapes are read, not shown', () => {
  const markdown =
    '# CrashLoop · shop/cart\n\n## Triage card\n\n- **Why**: needs &lt;value&gt; of \\[a\\] and *nothing* else\n* second\n';
  expect(view(markdown)).toBe(
    'CrashLoop · shop/cart\n\nTriage card\n\n- Why: needs <value> of [a] and nothing else\n- second',
  );
});

test('OPS-4: code keeps what it holds; a command alone on its line can be copied', () => {
  expect(view('- `a &lt; **b**` and ``x `y` ``')).toBe('- `a &lt; **b**` and `x `y``');
  const command = `kubectl --context prod-eu -n shop set env deployment/cart ${'A=b '.repeat(40)}`.trim();
  expect(view(`   To undo: \`${command}\``, 60)).toBe(`   To undo:\n    ${command}`);
  // What fits, and what is quoted in a list, is text like any other.
  expect(view('- **Run**: `kubectl get po`', 60)).toBe('- Run: `kubectl get po`');
  expect(view('- `one two three four`', 16)).toBe('- `one two three\n  four`');
  expect(view(`1. Set it\n\n   \`${command}\`\n`, 60)).toBe(`1. Set it\n\n    ${command}`);
});

test('OPS-4: a fenced block stays as it is, its marked line stands out', () => {
  const block = '  ```text\n    before **not bold**\n  > the line\n    after\n  ```\ntext';
  expect(view(block, 20)).toBe('      before **not bold**\n    > the line\n      after\ntext');
  expect(view(block, 80, colored)).toContain('\u001b[1m    > the line\u001b[22m');
  // One that never ends takes the rest, and nothing is lost.
  expect(view('```\na\nb')).toBe('    a\n    b');
  expect(view('````\n```\n````\nx')).toBe('    ```\nx');
});

test('OPS-4: times are those of the reader, with their offset; a quoted one stays as it was written', () => {
  expect(view('- **Since**: 2026-11-28T15:11:31.259Z')).toBe('- Since: 2026-11-28 16:11:31+01:00');
  expect(view('at 2026-11-28 15:11:31 UTC: `2026-11-28T15:11:31Z`')).toBe(
    'at 2026-11-28 16:11:31+01:00: `2026-11-28T15:11:31Z`',
  );
  expect(view('2026-99-99T15:11:31Z')).toBe('2026-99-99T15:11:31Z');
});

test('OPS-4: links to files show the file, others where they lead', () => {
  expect(view('[`evidence/a.json`](evidence/a.json) [docs](https://x.io/a)')).toBe(
    '`evidence/a.json` docs (https://x.io/a)',
  );
});

test('OPS-4: text is wrapped below its mark, quotations keep theirs, tables stand in columns', () => {
  expect(view('- one two three four', 12)).toBe('- one two\n  three four');
  expect(view('> one two three four', 12)).toBe('│ one two\n│ three four');
  expect(view('| pod | state |\n|---|:--|\n| cart-1 | ok |\n')).toBe('pod     state\ncart-1  ok');
  expect(view('---')).toMatch(/^─+$/);
});

test('UX-20: no line of prose is wider than the terminal', () => {
  const words = Array.from({ length: 200 }, (_, at) => 'wörd'.slice(0, 1 + (at % 4))).join(' ');
  for (const width of [40, 60, 80]) {
    for (const text of [words, `- ${words}`, `12. ${words}`, `> ${words}`, `**${words}**: ${words}`]) {
      const lines = markdownLines(text, { width, style: plain, timeZone: 'UTC' });
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
    }
  }
});

test('OPS-4: a report cannot steer the terminal', () => {
  const hostile = '# a\u001b[2J\n- **b\u009b31m**: \u202ec\r\n```\n\u0007d\n```\n`\u001b]0;x\u0007`\n| \u001b[1m |\n';
  expect(view(hostile)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test('a hostile line takes no time to speak of, and is shown', () => {
  const ticks = Array.from({ length: 300 }, (_, at) => `${'`'.repeat((at % 7) + 1)}x`).join(' ');
  expect(view(ticks)).toContain('x');
  expect(view('`'.repeat(1_000_000))).toHaveLength(0);
  expect(view(`a${'*'.repeat(1_000_000)}`)).toHaveLength(1_000_001);
  expect(view('['.repeat(3999))).toHaveLength(3999);
});
