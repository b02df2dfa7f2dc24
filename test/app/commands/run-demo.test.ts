import { existsSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { runDemo } from '../../../src/app/commands/run-demo.ts';

/** A demo that is ended before it has played: everything but the waiting. */
async function ended(output: 'text' | 'json', keep: boolean) {
  const [stdout, stderr]: string[][] = [[], []];
  const stop = new AbortController();
  const io = {
    stdout: { write: (text: string) => stdout?.push(text) },
    stderr: { write: (text: string) => stderr?.push(text) },
    env: { PATH: process.env['PATH'] },
    timeZone: 'UTC',
  };
  stop.abort(new Error('stopped by SIGINT'));
  const code = await runDemo({ once: false, keep, output, healthPort: 0, logLevel: 'error', io }, stop.signal);
  const said = stderr?.join('') ?? '';
  const config = /(\S+\/nightcrier\.yaml)/.exec(said)?.[1] ?? '';
  onTestFinished(() => rmSync(path.dirname(config), { recursive: true, force: true }));
  return { code, out: stdout?.join('') ?? '', said, config };
}

test('OPS-4: the demo leaves its data, when it is asked to, with a configuration that every other command can use', async () => {
  const { code, said, config } = await ended('text', true);
  expect(code).toBe(0);
  expect(said).toContain('nightcrier incidents');
  expect(existsSync(config)).toBe(true);
  const settings = JSON.parse(readFileSync(config, 'utf8')) as { clusters: unknown[]; health: unknown };
  expect(settings.clusters.length).toBeGreaterThan(1);
  expect(settings.health).toEqual({ port: 0 });
});

test('OPS-4: with -o json, standard output is one object and nothing else', async () => {
  const { out } = await ended('json', false);
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  expect(Object.keys(JSON.parse(out) as object).length).toBeGreaterThan(2);
});

test('OPS-4: the demo leaves nothing, unless it is asked to', async () => {
  const { code, said, config } = await ended('text', false);
  expect(code).toBe(0);
  expect(said).toContain('(removed at the end, --keep keeps it)');
  expect(path.basename(path.dirname(config))).toMatch(/^nightcrier-demo-/);
  expect(existsSync(path.dirname(config))).toBe(false);
});
