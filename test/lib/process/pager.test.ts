import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { pageText } from '../../../src/lib/process/pager.ts';
import { tempDir } from '../../support/temp-dir.ts';

const env = { PATH: process.env['PATH'] ?? '' };

test('OPS-4: a pager gets the whole text, and is waited for', async () => {
  const out = path.join(tempDir(), 'out');
  const text = 'line\n'.repeat(50_000);
  expect(await pageText(text, { command: `cat > ${out}`, env })).toBe(true);
  expect(readFileSync(out, 'utf8')).toBe(text);
});

test('OPS-4: a pager that is left before the end was a pager, whatever its exit code', async () => {
  const text = 'x'.repeat(5_000_000);
  expect(await pageText(text, { command: 'true', env })).toBe(true);
  expect(await pageText(text, { command: 'exec 0<&-; exit 3', env })).toBe(true);
});

test('OPS-4: one that is not there is said, so that the text is shown in another way', async () => {
  expect(await pageText('text', { command: '/nowhere/pager 2>/dev/null', env })).toBe(false);
});

test('OPS-4: less leaves what is short, unless the person has options of their own', async () => {
  const out = path.join(tempDir(), 'out');
  await pageText('', { command: `printf %s "$LESS" > ${out}`, env });
  expect(readFileSync(out, 'utf8')).toBe('FRX');
  await pageText('', { command: `printf %s "$LESS" > ${out}`, env: { ...env, LESS: '-i' } });
  expect(readFileSync(out, 'utf8')).toBe('-i');
});
