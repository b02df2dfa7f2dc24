import { expect, test } from 'vitest';
import { outputStyle, severityStyle } from '../../../src/cli/format/style.ts';

const sink = (isTTY: boolean) => ({ write: () => true, isTTY });

test('UX-20: colours only on a terminal that has them, and when nobody asked for none', () => {
  const colored = (isTTY: boolean, env: Record<string, string>): boolean =>
    outputStyle({ stdout: sink(isTTY), env }).red('x') !== 'x';
  expect(colored(true, {})).toBe(true);
  expect(colored(true, { TERM: 'xterm-256color', NO_COLOR: '' })).toBe(true);
  expect(colored(false, {})).toBe(false);
  expect(colored(true, { NO_COLOR: '1' })).toBe(false);
  expect(colored(true, { NO_COLOR: '0' })).toBe(false);
  expect(colored(true, { TERM: 'dumb' })).toBe(false);
  expect(outputStyle({ stdout: { write: () => true }, env: {} }).bold('x')).toBe('x');
});

test('UX-20: every colour ends where it began', () => {
  const style = outputStyle({ stdout: sink(true), env: {} });
  for (const name of ['bold', 'dim', 'red', 'yellow', 'green'] as const) {
    expect(style[name]('text')).toMatch(/^\u001b\[\d+mtext\u001b\[\d+m$/);
  }
});

test('UX-20: the severity has its colour, and information none', () => {
  const style = outputStyle({ stdout: sink(true), env: {} });
  expect(severityStyle(style, 'critical')('x')).toBe(style.red('x'));
  expect(severityStyle(style, 'warning')('x')).toBe(style.yellow('x'));
  expect(severityStyle(style, 'info')('x')).toBe('x');
});
