import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInput, terminalAsk } from '../../src/cli/terminal.ts';
import { compileCache } from '../support/cli-process.ts';
import { kubeconfigText } from '../support/config-dir.ts';
import { lacks } from '../support/needs.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

async function* pieces(...parts: (Buffer | string)[]) {
  yield* parts;
}

test('what is piped in is read whole, letters that are cut between pieces too', async () => {
  const bytes = Buffer.from('größe');
  expect(await readInput(pieces(bytes.subarray(0, 3), bytes.subarray(3), ' x'))).toBe('größe x');
  expect(await readInput(pieces())).toBe('');
});

test('what never ends is not read for ever', async () => {
  let read = 0;
  async function* endless() {
    for (;;) {
      read += 1;
      yield Buffer.alloc(1024 * 1024);
    }
  }
  await expect(readInput(endless())).rejects.toThrow('more than 10485760 bytes');
  expect(read).toBe(11);
});

describe.skipIf(lacks('questions on a terminal', 'script'))('a person at a terminal', () => {
  /** Types each answer when its question is there; gives the exit code and what the terminal showed. */
  async function init(answers: readonly string[]): Promise<{ code: number | null; shown: string; cwd: string }> {
    const cwd = tempDir({ k: kubeconfigText('main') });
    const bin = path.join(import.meta.dirname, '..', '..', 'bin', 'nightcrier.js');
    const command = `'${process.execPath}' '${bin}' init`;
    const env = { ...compileCache, PATH: process.env['PATH'] ?? '', KUBECONFIG: path.join(cwd, 'k'), TERM: 'dumb' };
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], { cwd, env });
    let shown = '';
    let code: number | null = null;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    child.once('close', (ended) => (code = ended ?? -1));
    try {
      for (const [index, answer] of answers.entries()) {
        const asked = (): boolean => (shown.match(/\]: /g)?.length ?? 0) > index;
        await waitUntil(asked, `question ${index + 1}; it showed: ${shown}`, 30_000);
        child.stdin.write(answer);
      }
      await waitUntil(() => code !== null, `the end; it showed: ${shown}`, 30_000);
    } finally {
      child.kill('SIGKILL');
    }
    return { code, shown, cwd };
  }

  test('UX-4: answers are taken line by line', async () => {
    const { code, shown, cwd } = await init(['http://mcp.example/mcp\r', '#incidents\r']);
    expect({ code, shown }).toMatchObject({ code: 0 });
    const written = readFileSync(path.join(cwd, 'nightcrier.yaml'), 'utf8');
    expect(written).toContain('endpoint: http://mcp.example/mcp');
    expect(written).toContain('channel: "#incidents"');
  });

  test.for([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ] as const)('UX-4: %s leaves, and nothing is written', async ([, key]) => {
    const { code, shown, cwd } = await init([key]);
    expect({ code, shown }).toMatchObject({ code: 1 });
    expect(existsSync(path.join(cwd, 'nightcrier.yaml'))).toBe(false);
  });
});

test('nobody is asked where input or talk is no terminal', () => {
  const tty = (isTTY: boolean) => ({ isTTY }) as NodeJS.ReadStream & NodeJS.WriteStream;
  const ask = (stdin: boolean, stderr: boolean) =>
    terminalAsk({ stdin: tty(stdin), stderr: tty(stderr), signal: new AbortController().signal, interrupt: () => {} });
  expect([ask(false, true), ask(true, false)]).toEqual([null, null]);
  expect(ask(true, true)).not.toBeNull();
});
