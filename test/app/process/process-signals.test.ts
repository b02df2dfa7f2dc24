import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CliProcess } from '../../support/cli-process.ts';
import { newTempDir, tempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** `nightcrier run` with one cluster that nobody answers for, once it has said that it is ready. */
async function startRun(dir: string): Promise<{ run: CliProcess; url: string }> {
  const config = path.join(dir, 'nightcrier.yaml');
  const cluster = { name: 'prod', mcp: { endpoint: 'http://127.0.0.1:9/mcp' }, triage: { enabled: false } };
  writeFileSync(config, JSON.stringify({ clusters: [cluster], data_dir: path.join(dir, 'data') }));
  const run = new CliProcess(['run', '--config', config, '--health-port', 'auto']);
  try {
    const address = () => /^health: (http:\S+)\/health\/clusters$/m.exec(run.err)?.[1];
    const url = await waitUntil(
      () => (run.err.includes('nightcrier is ready') ? address() : undefined),
      'a daemon',
      30_000,
    );
    return { run, url };
  } catch (error) {
    run.kill();
    throw new Error(run.err, { cause: error });
  }
}

const nothing = 'nothing is done';

describe('OPS-5: signals that do not stop the daemon', () => {
  const { dir, remove } = newTempDir();
  let daemon: Awaited<ReturnType<typeof startRun>>;
  beforeAll(async () => {
    daemon = await startRun(dir);
  });
  afterAll(async () => {
    daemon.run.send('SIGKILL');
    await daemon.run.end();
    remove();
  });

  test.each<[NodeJS.Signals, string | null]>([
    ['SIGUSR1', 'no debugger is opened'],
    ['SIGUSR2', nothing],
    ['SIGALRM', nothing],
    ['SIGVTALRM', nothing],
    ['SIGPROF', nothing],
    ['SIGIO', nothing],
    ['SIGXCPU', 'ulimit -t'],
    ['SIGXFSZ', 'ulimit -f'],
    ...(process.platform === 'linux' ? (['SIGPWR', 'SIGSTKFLT'] as const).map((name) => [name, nothing] as const) : []),
    ['SIGPIPE', null],
    ['SIGWINCH', null],
    ['SIGCHLD', null],
    ['SIGURG', null],
    ['SIGCONT', null],
  ] as [NodeJS.Signals, string | null][])('%s: a line with %j, and it goes on', async (signal, line) => {
    const { run, url } = daemon;
    const lines = () => run.err.split('\n').filter((text) => text.includes(`"${signal}"`));
    run.send(signal);
    if (line !== null) await waitUntil(() => lines().length > 0, `a line about ${signal}`);
    expect(lines().map((text) => text.includes(line ?? ''))).toEqual(line === null ? [] : [true]);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(run.ended).toBeNull();
    expect(run.err).not.toContain('Debugger listening');
  });

  test('CFG-7: SIGHUP: the configuration is read again, and it goes on', async () => {
    const { run, url } = daemon;
    run.send('SIGHUP');
    await waitUntil(() => run.err.includes('the configuration is as it was'), 'a line about the reload');
    writeFileSync(path.join(dir, 'nightcrier.yaml'), 'clusters: []');
    run.send('SIGHUP');
    await waitUntil(() => run.err.includes('the configuration was not taken over'), 'a line about the refusal');
    expect(run.err).toContain('at least one cluster');
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(run.ended).toBeNull();
  });

  test('SIGTSTP stops it and SIGCONT lets it go on, as with any process', async () => {
    const { run, url } = daemon;
    run.send('SIGTSTP');
    const asked = fetch(`${url}/health/live`, { signal: AbortSignal.timeout(20_000) });
    run.send('SIGCONT');
    expect((await asked).status).toBe(200);
  });
});

describe('OPS-5: signals that stop the daemon', () => {
  test.each<[NodeJS.Signals[], number]>([
    [['SIGTERM'], 0],
    [['SIGINT'], 0],
    [['SIGQUIT'], 0],
    [['SIGTERM', 'SIGINT'], 1],
    [['SIGQUIT', 'SIGTERM'], 1],
    [['SIGHUP', 'SIGTERM'], 0],
  ])('%j ends it with %s', async (signals, expected) => {
    const { run } = await startRun(tempDir());
    onTestFinished(() => run.kill());
    for (const signal of signals) run.send(signal);
    expect(await run.end()).toBe(expected);
    expect(run.err.includes('nightcrier has stopped')).toBe(expected === 0);
    expect(run.err).not.toMatch(/\n {4}at |Debugger/);
  });
});
