import { describe, expect, test } from 'vitest';
import type { CliDeps, DemoOptions, RunOptions } from '../../src/cli/context.ts';
import { unknownPermissions } from '../../src/domain/permissions.ts';
import { cli } from '../support/cli-run.ts';
import { kubeconfigText, minimal } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';
import { answeredIncident, sampleFault, sampleRun } from '../support/incident-samples.ts';
import { MemoryReader } from '../support/memory-reader.ts';
import { sampleListedFault } from '../support/listed-fault-sample.ts';

const commands = [
  'run',
  'demo',
  'init',
  'kubeconfig',
  'validate',
  'incidents',
  'show',
  'report',
  'search',
  'why',
  'ask',
  'tail',
  'audit',
  'triage',
  'silence',
  'feedback',
  'ack',
  'resolve',
  'rerun',
  'version',
  'schema',
  'completion',
];

async function examplesOf(command: string): Promise<string[]> {
  const { code, out, err } = await cli([command, '--help'], { cwd: '/' });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  const lines = out.split('\nExamples:\n')[1]?.trimEnd().split('\n') ?? [];
  return lines.map((line) => line.trim());
}

/** The words of an example as a shell would give them; what follows a redirection is the shell's. */
function argvOf(example: string): string[] {
  const inner = /^source <\((.*)\)$/.exec(example)?.[1] ?? example;
  return (inner.split(' > ')[0] ?? '').split(' ').slice(1);
}

/** A directory in which every example has what it names. */
function world(): { cwd: string; deps: Partial<CliDeps>; env: Record<string, string> } {
  const text = minimal('health: {port: 0}').replace('name: main', 'name: prod-eu');
  const record = 'logs/gateway.jsonl';
  const records = {
    [`data/workspaces/inc_01K9Z3W8Q4/run_1/${record}`]: '',
    [`reports/prod/inc_01K9Z3W8Q4/${record}`]: '',
  };
  const files = { ...records, 'nightcrier.yaml': text, 'k.yaml': kubeconfigText(), 'configs/k.yaml': kubeconfigText() };
  const cwd = tempDir({ ...files, 'configs/fleet.yaml': text, 'home/.kube/config': kubeconfigText() });
  const reader = Object.assign(new MemoryReader(), {
    why: async () => [sampleListedFault(1, 'opened')],
    close: async () => {},
  });
  const detail = { incident: answeredIncident(), faults: [sampleFault()], runs: [sampleRun()] };
  reader.details = [detail];
  const deps: Partial<CliDeps> = {
    runDaemon: async () => 0,
    runDemo: async () => 0,
    openReader: async () => reader,
    readStored: async () => Buffer.from('# Report'),
    askAlone: async () => ({ text: 'because', sources: [], by: 'rules' }),
    triageOnce: async () => detail,
    makeCredential: async () => ({ kubeconfig: '', server: 'https://x', expiresAt: null, applied: [] }),
    credentialText: async () => '',
    askPermissions: async () => unknownPermissions('prod-eu', 0, 'not asked', false),
  };
  return { cwd, deps, env: { HOME: `${cwd}/home` } };
}

/** Need a running daemon or an absolute path outside of the test's directory; proven elsewhere. */
const elsewhere = new Set([
  'tail',
  'silence',
  'ack',
  'resolve',
  'rerun',
  'incidents --watch',
  'feedback add inc_01K9Z3W8Q4 --right',
  'feedback add 01K9Z3W8Q4 --wrong --comment "it was the quota"',
  'run --config /etc/nightcrier/nightcrier.yaml',
]);

describe('help', () => {
  test('UX-20: names every command and no hidden one', async () => {
    const { code, out } = await cli(['--help'], { cwd: '/' });
    expect(code).toBe(0);
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(out).not.toContain('analyse');
  });

  test.each(commands)('UX-20: %s --help has examples, and they run', async (command) => {
    const examples = await examplesOf(command);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      expect(example).toContain(`nightcrier ${command}`);
      const argv = argvOf(example);
      if (elsewhere.has(command) || elsewhere.has(argv.join(' '))) continue;
      const given = world();
      const fresh = command === 'init' ? { ...given, cwd: tempDir() } : given;
      const { code, err } = await cli(argv, fresh);
      expect(`${example}: ${code} ${code === 0 ? '' : err}`).toBe(`${example}: 0 `);
    }
  });

  test('UX-20: an unknown command or option is exit 2, with the nearest one', async () => {
    const command = await cli(['incident'], { cwd: '/' });
    expect(command).toMatchObject({ code: 2, out: '' });
    expect(command.err).toContain('Did you mean incidents?');
    const option = await cli(['run', '--helth-port', '1'], { cwd: '/' });
    expect(option.code).toBe(2);
    expect(option.err).toContain('Did you mean --health-port?');
    for (const argv of [
      [],
      ['show'],
      ['run', '--health-port', '99999'],
      ['validate', '-o', 'xml'],
      ['completion', 'tcsh'],
    ]) {
      expect((await cli(argv, { cwd: '/' })).code).toBe(2);
    }
  });
});

describe('what commands hand on', () => {
  test('OPS-4 CFG-5: run loads the configuration and passes port, level and --once', async () => {
    const seen: RunOptions[] = [];
    const given = world();
    const deps = {
      runDaemon: async (options: RunOptions) => {
        seen.push(options);
        return 1;
      },
    };
    const argv = ['run', '--once', '--health-port', 'auto', '--log-level', 'error'];
    expect((await cli(argv, { ...given, deps })).code).toBe(1);
    expect(seen[0]).toMatchObject({ once: true, loaded: { healthPort: 'auto' } });
    expect(seen[0]?.loaded.config.log.level).toBe('error');
    expect((await cli(['run', '--config', 'gone.yaml'], { ...given, deps })).code).toBe(2);
    expect(seen).toHaveLength(1);
  });

  test('OPS-4: demo needs no configuration', async () => {
    const seen: DemoOptions[] = [];
    const deps = {
      runDemo: async (options: DemoOptions) => {
        seen.push(options);
        return 0;
      },
    };
    expect((await cli(['demo', '--once', '-o', 'json'], { cwd: tempDir(), deps })).code).toBe(0);
    expect(seen[0]).toMatchObject({ once: true, output: 'json', healthPort: 'auto', logLevel: 'warn' });
    expect((await cli(['demo', '--log-level', 'loud'], { cwd: tempDir(), deps })).code).toBe(2);
  });

  test('OPS-4: an unexpected failure is one sentence without a stack, exit 1', async () => {
    const deps = { runDemo: () => Promise.reject(new Error('something\nbroke')) };
    const { code, err } = await cli(['demo'], { cwd: tempDir(), deps });
    expect({ code, err }).toEqual({ code: 1, err: 'error: something broke\n' });
  });

  test('UX-20: colours only on a terminal, and not with NO_COLOR', async () => {
    const given = world();
    expect((await cli(['incidents'], { ...given, tty: true })).out).toContain('\u001b[');
    expect((await cli(['incidents'], { ...given, tty: true, env: { NO_COLOR: '1' } })).out).not.toContain('\u001b[');
    expect((await cli(['incidents'], given)).out).not.toContain('\u001b[');
  });
});
