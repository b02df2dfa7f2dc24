import { existsSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { processId, signalProcess } from '../../../src/lib/process/send-signal.ts';
import { spawnProcess, type SpawnOptions } from '../../../src/lib/process/spawn.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { lacks } from '../../support/needs.ts';
import { isAlive, pidsIn } from '../../support/processes.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };

function bash(script: string, options: Partial<SpawnOptions> = {}) {
  return spawnProcess('bash', ['-c', script], { env, timeoutMs: 10_000, graceMs: 200, ...options });
}

describe('how a process ends is data', () => {
  test('its exit code, and both streams', async () => {
    const result = await bash('echo out; echo err >&2; exit 7');
    expect(result).toMatchObject({ reason: 'exit', exitCode: 7, exitSignal: null, stdout: 'out\n', stderr: 'err\n' });
    expect(result).toMatchObject({ droppedBytes: 0, error: null });
    expect(result.durationMs).toBeGreaterThan(0);
  });

  test('a signal', async () => {
    expect(await bash('kill -ABRT $$')).toMatchObject({ reason: 'exit', exitCode: null, exitSignal: 'SIGABRT' });
  });

  test.each([
    ['a command that does not exist', '/no/such/command', [], {}],
    ['a null byte in an argument', 'true', ['a\0b'], {}],
    ['a null byte in the environment', 'true', [], { env: { ...env, BAD: 'a\0b' } }],
    ['a working directory that does not exist', 'true', [], { cwd: '/no/such/folder' }],
    ['a folder as the command', '/', [], {}],
  ])('%s could not be started', async (_, command, args, options) => {
    const result = await spawnProcess(command, args, { env, timeoutMs: 5000, ...options });
    expect(result).toMatchObject({ reason: 'spawn_failed', exitCode: null });
    expect(result.error).toBeTruthy();
  });

  test('a signal that was aborted before starts nothing', async () => {
    const marker = path.join(tempDir(), 'started');
    const result = await bash(`touch ${marker}`, { signal: AbortSignal.abort() });
    expect(result.reason).toBe('aborted');
    expect(existsSync(marker)).toBe(false);
  });
});

describe('input', () => {
  test('is closed when there is none', async () => {
    expect(await bash('cat; echo end')).toMatchObject({ stdout: 'end\n', exitCode: 0 });
  });

  test('comes as text, also to a process that does not read it', async () => {
    expect(await bash('cat', { input: 'héllo' })).toMatchObject({ stdout: 'héllo' });
    expect(await bash('exit 0', { input: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 0 });
  });

  test('the environment is what is given and nothing else', async () => {
    const result = await spawnProcess('/usr/bin/env', [], { env: { ONLY: '1' }, timeoutMs: 5000 });
    expect(result.stdout).toBe('ONLY=1\n');
  });
});

describe('time limit and abort', () => {
  test('SIGTERM at the limit, and the reason is the limit even when the exit is clean', async () => {
    const result = await bash('trap "echo bye; exit 0" TERM; sleep 30 & wait', { timeoutMs: 150 });
    expect(result).toMatchObject({ reason: 'timeout', exitCode: 0, stdout: 'bye\n' });
  });

  test('SIGKILL after the grace time, with children that ignore SIGTERM too', async () => {
    const started = performance.now();
    const result = await bash("trap '' TERM; (trap '' TERM; sleep 30) & echo $!; while :; do sleep 1; done", {
      timeoutMs: 150,
    });
    expect(result).toMatchObject({ reason: 'timeout', exitCode: null, exitSignal: 'SIGKILL' });
    expect(performance.now() - started).toBeLessThan(3000);
    await waitUntil(() => !isAlive(processId(result.stdout.trim())), 'the end of the child');
  });

  test('the limit follows the clock that is given', async () => {
    const clock = new ManualClock();
    const done = bash('sleep 30', { timeoutMs: 60_000, clock });
    await clock.advance(59_999);
    await clock.advance(1);
    expect(await done).toMatchObject({ reason: 'timeout', exitSignal: 'SIGTERM' });
    expect(clock.timers).toBe(0);
  });

  test('an abort ends it; the first reason stays', async () => {
    const stop = new AbortController();
    const done = bash("trap '' TERM; echo ready; while :; do sleep 1; done", { signal: stop.signal, timeoutMs: 400 });
    setTimeout(() => stop.abort(), 100);
    expect(await done).toMatchObject({ reason: 'aborted', exitSignal: 'SIGKILL' });
  });

  test('a stopped process is ended as well', async () => {
    expect(await bash('kill -STOP $$', { timeoutMs: 200 })).toMatchObject({ reason: 'timeout', exitSignal: 'SIGKILL' });
  });
});

describe('what it leaves behind', () => {
  test('children of its group are ended when it ends', async () => {
    const result = await bash('sleep 30 & echo $!');
    expect(result.exitCode).toBe(0);
    await waitUntil(() => !isAlive(processId(result.stdout.trim())), 'the end of the child');
  });

  test.skipIf(lacks('a child in another session', 'setsid'))(
    'a child in another session that holds the pipe does not hold us',
    async () => {
      const started = performance.now();
      const result = await bash("setsid bash -c 'echo $$; exec sleep 30' & sleep 0.3");
      expect(performance.now() - started).toBeLessThan(3000);
      expect(result.exitCode).toBe(0);
      signalProcess(processId(result.stdout.trim()), 'SIGKILL');
    },
  );

  test('no listener stays at the signal', async () => {
    const stop = new AbortController();
    await bash('true', { signal: stop.signal });
    stop.abort();
    expect(await bash('true')).toMatchObject({ reason: 'exit', exitCode: 0 });
  });
});

describe('output', () => {
  test('is kept up to the limit, the rest is counted', async () => {
    const result = await bash('head -c 5000 /dev/zero | tr "\\0" x; head -c 10 /dev/zero | tr "\\0" y >&2', {
      maxOutputBytes: 1000,
    });
    expect([result.stdout.length, result.stderr, result.droppedBytes]).toEqual([1000, 'yyyyyyyyyy', 4000]);
  });

  test.skipIf(lacks('output without end', 'yes'))('a process that writes without end is ended', async () => {
    const result = await bash('yes', { maxOutputBytes: 1000, maxDroppedBytes: 1_000_000 });
    expect(result).toMatchObject({ reason: 'output_limit', exitSignal: 'SIGTERM' });
    expect(result.stdout.length).toBe(1000);
    expect(result.droppedBytes).toBeGreaterThan(1_000_000);
  });

  test('goes to a second place as it comes, up to the same limit', async () => {
    const chunks: Buffer[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _, done) {
        chunks.push(chunk);
        done();
      },
    });
    await bash('head -c 5000 /dev/zero | tr "\\0" x', { maxOutputBytes: 1000, stdout });
    expect(Buffer.concat(chunks).length).toBe(1000);
  });

  test('a second place that fails (a full disk) harms nobody', async () => {
    const stdout = new Writable({
      write(_chunk, _encoding, done) {
        done(new Error('no space left on device'));
      },
    });
    expect(await bash('echo a; sleep 0.1; echo b', { stdout })).toMatchObject({ stdout: 'a\nb\n', exitCode: 0 });
  });

  test('goes to one place alone as fast as it is taken, whole, whatever its size', async () => {
    let taken = 0;
    const slow = new Writable({
      highWaterMark: 1024,
      write: (chunk: Buffer, _, done) => {
        taken += chunk.length;
        setTimeout(done, 1);
      },
    });
    // It has ended long before the last of it is taken.
    const result = await bash('head -c 300000 /dev/zero; echo why >&2; sleep 60 &', { pipe: slow });
    expect(result).toMatchObject({ reason: 'exit', exitCode: 0, stdout: '', stderr: 'why\n', droppedBytes: 0 });
    expect([taken, slow.writableFinished]).toEqual([300_000, true]);
  });

  test('what is not taken holds nobody up when the process is ended', async () => {
    const never = new Writable({ write: () => {} });
    const stopping = new AbortController();
    const ended = bash('while :; do echo more; done', { pipe: never, signal: stopping.signal });
    await waitUntil(() => never.writableLength > 0, 'output');
    stopping.abort();
    expect((await ended).reason).toBe('aborted');
  });

  test('a process whose output nobody takes any more hears of it', async () => {
    const broken = new Writable({ write: (_chunk, _, done) => done(new Error('enough')) });
    expect(await bash('while echo more; do :; done; exit 9', { pipe: broken })).toMatchObject({ reason: 'exit' });
  });

  test('bytes that are no text do not break it', async () => {
    expect((await bash("printf '\\xff\\xfe\\x00ok'")).stdout).toContain('ok');
  });
});

test('TRI-3: a process that exits without a stop takes what it started with it', async () => {
  const file = path.join(tempDir(), 'pid');
  const source = path.join(import.meta.dirname, '../../../src/lib/process/spawn.ts');
  const script = `
    import { existsSync } from 'node:fs';
    const { spawnProcess } = await import(${JSON.stringify(source)});
    void spawnProcess('bash', ['-c', 'echo $$ > ${file}; sleep 300 & wait'], { env: { PATH: process.env.PATH }, timeoutMs: 60_000 });
    setInterval(() => existsSync('${file}') && process.exit(1), 20);`;
  const ended = await spawnProcess(process.execPath, ['--input-type=module', '-e', script], { env, timeoutMs: 20_000 });
  expect(ended).toMatchObject({ reason: 'exit', exitCode: 1 });
  const [pid = 0] = pidsIn(file);
  await waitUntil(() => !isAlive(pid), 'the end of the child');
});
