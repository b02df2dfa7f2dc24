import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { spawnProcess, type SpawnResult } from '../../../src/lib/process/spawn.ts';
import { lacks } from '../../support/needs.ts';
import { isAlive, pidsIn } from '../../support/processes.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { agentFixture, runAgentScript } from '../../support/triage-bench.ts';
import { waitUntil } from '../../support/wait-until.ts';

const project = path.resolve(import.meta.dirname, '../../..');

function script(args: readonly string[], env: Record<string, string> = {}, timeoutMs = 20_000): Promise<SpawnResult> {
  const basics = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: '/nonexistent' };
  return spawnProcess(runAgentScript, args, { env: { ...basics, ...env }, timeoutMs, graceMs: 8000 });
}

function workspace(): string {
  return path.join(tempDir());
}

const named = (dir: string): string[] => ['--incident', 'inc_1', '--cluster', 'prod', '--workspace', dir];
const required = (dir: string): string[] => [...named(dir), '--runner', 'process'];

describe('TRI-3: the script by hand', () => {
  test('--help tells every flag and exit code', async () => {
    const { exitCode, stdout } = await script(['--help']);
    expect(exitCode).toBe(0);
    const flags = 'incident cluster workspace kubeconfig cli model timeout runner prompt-file';
    const ofDocker = 'engine image network gateway-socket user memory cpus pids run data-dir cidfile env';
    for (const flag of `${flags} ${ofDocker}`.split(' ')) expect(stdout).toContain(`--${flag} `);
    for (const code of ['124', '125', '126, 127', '2 usage']) expect(stdout).toContain(code);
  });

  test('runs a command in the workspace, with its exit code', async () => {
    const dir = workspace();
    const answered = await script([...required(dir), '--cli', 'custom', '--', agentFixture('answer')]);
    expect(answered).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    expect(readFileSync(path.join(dir, 'output/investigation.md'), 'utf8')).toContain('Text of the agent for prod.');
    const failed = await script([...required(dir), '--cli=custom', '--', agentFixture('exits-3')]);
    expect(failed.exitCode).toBe(3);
  });

  test('takes every flag from the environment; the flag wins', async () => {
    const dir = workspace();
    const env = {
      NIGHTCRIER_RUN_INCIDENT: 'inc_env',
      NIGHTCRIER_RUN_CLUSTER: 'of-the-environment',
      NIGHTCRIER_RUN_WORKSPACE: dir,
      NIGHTCRIER_RUN_CLI: 'custom',
      NIGHTCRIER_RUN_MODEL: 'big',
      NIGHTCRIER_RUN_RUNNER: 'process',
      NIGHTCRIER_RUN_COMMAND: agentFixture('prints-environment'),
    };
    const { stdout, exitCode } = await script(['--cluster', 'of-the-flag'], env);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('NIGHTCRIER_RUN_CLUSTER=of-the-flag\n');
    expect(stdout).toContain('NIGHTCRIER_RUN_INCIDENT=inc_env\n');
    expect(stdout).toContain('NIGHTCRIER_RUN_MODEL=big\n');
    expect(stdout).toContain(`NIGHTCRIER_RUN_PROMPT_FILE=${dir}/prompt.md\n`);
  });

  test('KUBECONFIG is that of the workspace, or none at all', async () => {
    const dir = workspace();
    const print = ['--cli', 'custom', '--', agentFixture('prints-environment')];
    const none = await script([...required(dir), ...print], { KUBECONFIG: '/home/me/.kube/config' });
    expect(none.stdout).not.toMatch(/^KUBECONFIG=/m);
    writeFileSync(path.join(dir, 'kubeconfig'), 'kind: Config\n');
    const own = await script([...required(dir), ...print]);
    expect(own.stdout).toContain(`KUBECONFIG=${dir}/kubeconfig\n`);
  });

  test('the time limit is 124, and nothing of the agent is left', async () => {
    const dir = workspace();
    const loop = "echo $$ > output/pid; trap 'exit 0' TERM; sleep 300 & wait";
    const started = performance.now();
    const result = await script([...required(dir), '--cli', 'custom', '--timeout', '1', '--', 'bash', '-c', loop]);
    expect(result).toMatchObject({ reason: 'exit', exitCode: 124 });
    expect(result.stderr).toContain('time limit of 1 s');
    expect(performance.now() - started).toBeLessThan(4000);
    await waitUntil(() => !pidsOf(dir).some(isAlive), 'the end of the agent');
  });

  test('an agent that ignores SIGTERM is killed after the grace time', async () => {
    const dir = workspace();
    const loop = "trap '' TERM; echo $$ > output/pid; while :; do sleep 0.2; done";
    const result = await script([...required(dir), '--cli', 'custom', '--timeout', '1', '--', 'bash', '-c', loop]);
    expect(result).toMatchObject({ reason: 'exit', exitCode: 124 });
    expect(pidsOf(dir).map(isAlive)).toEqual([false]);
  });

  test('a signal to the script ends the agent', async () => {
    const dir = workspace();
    const loop = 'echo $$ > output/pid; exec sleep 300';
    const stop = new AbortController();
    const done = spawnProcess(runAgentScript, [...required(dir), '--cli', 'custom', '--', 'bash', '-c', loop], {
      env: { PATH: process.env['PATH'] ?? '' },
      timeoutMs: 20_000,
      graceMs: 8000,
      signal: stop.signal,
    });
    await waitUntil(() => pidsOf(dir).length > 0, 'the agent');
    stop.abort();
    expect(await done).toMatchObject({ reason: 'aborted', exitCode: 143 });
    expect(pidsOf(dir).map(isAlive)).toEqual([false]);
  });
});

describe('TRI-3: usage', () => {
  test.each([
    ['nothing', [], 'incident is required'],
    ['an unknown flag', ['--colour', 'red'], 'unknown flag --colour'],
    ['a flag without its value', ['--incident'], '--incident needs a value'],
    ['a word', ['hello'], "unexpected argument 'hello'"],
    ['a workspace that is not there', ['--incident', 'i', '--cluster', 'c', '--workspace', '/no/such'], '/no/such'],
  ])('%s is refused with 2', async (_, args, message) => {
    const { exitCode, stderr, stdout } = await script(args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  test.each([
    ['a time limit that is no number', ['--timeout', '10m'], "not '10m'"],
    ['an agent that is not there', ['--cli', 'clippy'], 'there are: builtin claude codex custom gemini goose'],
    ['an agent that is a path', ['--cli', '../../evil'], '--cli is the name of an agent'],
    ['builtin in a container', ['--runner', 'docker'], 'builtin runs without a container'],
    ['root in a container', ['--runner', 'docker', '--cli', 'codex', '--user', '0:0'], 'not root'],
    ['a run that is no name', ['--runner', 'docker', '--cli', 'codex', '--run', '../x'], '--run is a name'],
    ['a value for --env', ['--runner', 'docker', '--cli', 'codex', '--env', 'A=b'], 'the name of a variable'],
    [
      'no folder of the gateway',
      ['--runner', 'docker', '--cli', 'codex', '--gateway-socket', '/no/g'],
      'cannot be entered',
    ],
    ['a mount with a colon', ['--runner', 'docker', '--cli', 'codex', '--prompt-file', '/a:b'], 'cannot be mounted'],
    ['an unknown runner', ['--runner', 'ssh'], "unknown runner 'ssh'"],
    ['a kubeconfig that is not there', ['--kubeconfig', '/no/kubeconfig'], 'no such kubeconfig'],
    ['custom without a command', ['--cli', 'custom'], 'needs a command after --'],
  ])('%s is refused with 2', async (_, args, message) => {
    const { exitCode, stderr } = await script([...required(workspace()), ...args]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  test('a command that does not exist is 125', async () => {
    const result = await script([...required(workspace()), '--cli', 'custom', '--', '/no/such/agent']);
    expect(result.exitCode).toBe(125);
  });
});

describe('TRI-3: --dry-run', () => {
  test('prints the command, starts nothing, and shows no secret', async () => {
    const dir = workspace();
    const command = [
      'agent',
      '--api-key',
      'sk-1',
      '--token=sk-2',
      'Authorization: Bearer sk-3',
      'PASSWORD=sk-4',
      'a b',
    ];
    const { stdout, exitCode } = await script([...required(dir), '--dry-run', '--cli', 'custom', '--', ...command], {
      ANTHROPIC_API_KEY: 'sk-5',
    });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('scripts/agents/custom.sh agent --api-key ***');
    expect(stdout).toContain('a\\ b');
    expect(stdout).not.toContain('sk-');
    expect(existsSync(path.join(dir, 'output'))).toBe(false);
  });

  test('TRI-4: of a container: all that locks it, and no value of the environment', async () => {
    const dir = workspace();
    const args = [...named(dir), '--cli', 'codex', '--model', 'gpt-5.5', '--run', 'run_7', '--data-dir', 'd1'];
    const more = ['--gateway-socket', dir, '--user', '1234:1235', '--memory', '512m', '--pids', '99', '--env', 'TEAM'];
    const { exitCode, stdout } = await script([...args, ...more, '--dry-run'], { TEAM: 'value-of-team' });
    expect(exitCode).toBe(0);
    const [container = '', inside = ''] = stdout.split('\n');
    for (const part of [
      'docker run --name nightcrier-run_7 --init --pull never --log-driver none',
      '--network none --ipc none --user 1234:1235 --cap-drop ALL --security-opt no-new-privileges --read-only',
      '--memory 512m --memory-swap 512m --cpus 2 --pids-limit 99',
      '--label nightcrier.incident=inc_1 --label nightcrier.run=run_7 --label nightcrier.data-dir=d1',
      `--volume ${dir}:/workspace:ro`,
      `--volume ${dir}:/run/nightcrier:ro`,
      '--env NIGHTCRIER_RUN_GATEWAY=http://127.0.0.1:8001',
      '--env TEAM ',
      '--entrypoint /usr/local/bin/nightcrier-agent nightcrier-agent:latest codex',
    ]) {
      expect(container).toContain(part);
    }
    for (const folder of ['/home/agent', '/tmp', '/workspace/output', '/workspace/logs']) {
      expect(container).toMatch(
        new RegExp(
          `--tmpfs ${folder}:rw\\\\,nosuid\\\\,nodev\\\\,noexec\\\\,mode=0700\\\\,nr_inodes=\\d+\\S*size=\\d+m `,
        ),
      );
    }
    expect(stdout).not.toContain('value-of-team');
    expect(inside).toMatch(/^# which runs: codex exec --json .*127\.0\.0\.1:8001\/llm\/openai\/v1/);
  });

  test('TRI-3: goose, from its documentation', async () => {
    const dir = workspace();
    writeFileSync(path.join(dir, 'system.md'), 'Read only.');
    const { exitCode, stdout } = await script([...required(dir), '--cli', 'goose', '--dry-run']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('# which runs: goose run --no-session --quiet --with-builtin developer --max-turns 80');
    expect(stdout).toContain(`--instructions ${dir}/prompt.md`);
  });
});

test('TRI-3: a workspace whose path has spaces and quotes works', async () => {
  const dir = path.join(workspace(), "it's a $(workspace)");
  mkdirSync(dir);
  const result = await script([...required(dir), '--cli', 'custom', '--', agentFixture('answer')]);
  expect(result.exitCode).toBe(0);
  expect(existsSync(path.join(dir, 'output/verdict.json'))).toBe(true);
});

function pidsOf(dir: string): number[] {
  return pidsIn(path.join(dir, 'output/pid'));
}

test.skipIf(lacks('the check of the shell scripts', 'shellcheck'))(
  'TRI-3: shellcheck has nothing to say of the scripts',
  async () => {
    const folders = ['scripts', 'scripts/agents', 'scripts/agents/lib', 'agent'];
    const files = folders.flatMap((folder) =>
      readdirSync(path.join(project, folder))
        .filter((name) => name.endsWith('.sh'))
        .map((name) => `${folder}/${name}`),
    );
    const { stdout, exitCode } = await spawnProcess('shellcheck', files, {
      cwd: project,
      env: { PATH: process.env['PATH'] ?? '' },
      timeoutMs: 30_000,
    });
    expect(stdout).toBe('');
    expect(exitCode).toBe(0);
  },
);
