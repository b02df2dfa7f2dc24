import { describe, expect, test } from 'vitest';
import type { DemoOptions, RunOptions } from '../../../src/cli/context.ts';
import { ProblemError } from '../../../src/lib/problem.ts';
import { cli, type CliRun } from '../../support/cli-run.ts';
import { kubeconfigText, minimal } from '../../support/config-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** Runs `run` beside a valid configuration; gives what the daemon was started with. */
async function run(argv: string[], env: Record<string, string> = {}): Promise<CliRun & { started: RunOptions[] }> {
  const started: RunOptions[] = [];
  const cwd = tempDir({ 'nightcrier.yaml': minimal('health: {port: 1234}'), 'k.yaml': kubeconfigText() });
  const runDaemon = async (options: RunOptions): Promise<number> => {
    started.push(options);
    return 0;
  };
  return { ...(await cli(['run', ...argv], { cwd, env, deps: { runDaemon } })), started };
}

describe('run', () => {
  const ports: [argv: string[], port: number | 'auto'][] = [
    [[], 1234],
    [['--health-port', '0'], 0],
    [['--health-port', '65535'], 65_535],
    [['--health-port', 'auto'], 'auto'],
  ];
  test.each(ports)('CFG-5: %j listens on %s', async (argv, port) => {
    const { code, started } = await run(argv);
    expect(code).toBe(0);
    expect(started.map(({ loaded, once }) => ({ port: loaded.healthPort, once }))).toEqual([{ port, once: false }]);
  });

  test.each(['65536', '-1', '80.5', '8o', '', ' 80', '0x50'])('UX-20: the port %j is refused, exit 2', async (port) => {
    const { code, out, err, started } = await run([`--health-port=${port}`]);
    expect({ code, out, started }).toEqual({ code: 2, out: '', started: [] });
    expect(err).toContain('It must be a port from 0 to 65535, or auto.');
  });

  test('CFG-5: warnings of the configuration go to standard error before the daemon starts', async () => {
    const { err, started } = await run([], { NIGHTCRIER_LOG__LEVL: 'debug' });
    expect(started).toHaveLength(1);
    expect(err).toMatch(
      /^warning: environment variable NIGHTCRIER_LOG__LEVL is no setting[^\n]+\n {4}fix: [^\n]+\n {4}NC-CONFIG-018\n$/,
    );
  });

  test('CFG-2: a wrong --log-level is an error of the configuration that names the flag, exit 2', async () => {
    const { code, err, started } = await run(['--log-level', 'loud']);
    expect({ code, started }).toEqual({ code: 2, started: [] });
    expect(err).toContain('error: --log-level: log.level is "loud"');
  });

  test('OPS-4: a problem of the daemon is its sentence, fix and code, exit 1', async () => {
    const cwd = tempDir({ 'nightcrier.yaml': minimal(), 'k.yaml': kubeconfigText() });
    const kind = { code: 'NC-RUN-999', title: 'title', fix: 'do {what}', about: '' };
    const runDaemon = (): Promise<number> =>
      Promise.reject(new ProblemError(kind, 'the port is taken', { fields: { what: 'this' } }));
    const { code, out, err } = await cli(['run'], { cwd, deps: { runDaemon } });
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: 'error: the port is taken\n    fix: do this\n    NC-RUN-999\n',
    });
  });

  test('OPS-4: a stop while it fails says nothing more, exit 1', async () => {
    const cwd = tempDir({ 'nightcrier.yaml': minimal(), 'k.yaml': kubeconfigText() });
    const stop = new AbortController();
    const runDaemon = async (): Promise<number> => {
      stop.abort(new Error('stopped by SIGTERM'));
      throw new Error('cut off');
    };
    const { code, err } = await cli(['run'], { cwd, deps: { runDaemon }, signal: stop.signal });
    expect({ code, err }).toEqual({ code: 1, err: '' });
  });

  test('OPS-4: with --log-level debug an unexpected failure shows its stack', async () => {
    const cwd = tempDir({ 'nightcrier.yaml': minimal(), 'k.yaml': kubeconfigText() });
    const runDaemon = (): Promise<number> => Promise.reject(new TypeError('not a function'));
    const quiet = await cli(['run'], { cwd, deps: { runDaemon } });
    expect(quiet.err).toBe('error: not a function\n');
    const { err } = await cli(['run', '--log-level', 'debug'], { cwd, deps: { runDaemon } });
    expect(err).toMatch(/^error: not a function\nTypeError: not a function\n {4}at /);
  });
});

describe('demo', () => {
  async function demo(...argv: string[]): Promise<CliRun & { started: DemoOptions[] }> {
    const started: DemoOptions[] = [];
    const runDemo = async (options: DemoOptions): Promise<number> => {
      started.push(options);
      return 3;
    };
    return { ...(await cli(['demo', ...argv], { cwd: tempDir(), deps: { runDemo } })), started };
  }

  test('OPS-4: hands on what was asked for, and its exit code', async () => {
    const { code, started } = await demo('--health-port', '9090', '--log-level', 'info');
    expect(code).toBe(3);
    expect(started).toMatchObject([{ once: false, keep: false, output: 'text', healthPort: 9090, logLevel: 'info' }]);
  });

  test('UX-20: a level that is none is refused with those that are, exit 2', async () => {
    const { code, err, started } = await demo('--log-level', 'trace');
    expect({ code, started }).toEqual({ code: 2, started: [] });
    expect(err).toContain("option '--log-level' must be one of debug, info, warn, error");
  });
});
