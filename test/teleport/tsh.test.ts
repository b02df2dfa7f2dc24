import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { sshArguments, Tsh } from '../../src/teleport/tsh.ts';
import { tshFailure } from '../../src/teleport/tsh-failure.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { isAlive, pidsIn } from '../support/processes.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const target = { cluster: 'staging', node: 'k8s-staging-1', user: 'svc' };
const limits = { timeoutMs: 20_000 };
/** What a person has in the environment, and a proxy. */
const personal = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  HOME: '/home/somebody',
  KUBECONFIG: '/home/somebody/.kube/config',
  SSH_AUTH_SOCK: '/run/agent',
  TELEPORT_HOME: '/home/somebody/.tsh',
  TELEPORT_USER: 'somebody',
  TELEPORT_CLUSTER: 'elsewhere',
  HTTPS_PROXY: 'http://127.0.0.1:3128',
};

function prepared(identityFile: string | null = null) {
  const stub = new StubTsh(tempDir());
  const settings = stub.settings({ identityFile });
  const tsh = new Tsh({ settings: () => settings, spawn: spawnProcess, clock: systemClock, env: personal });
  return { stub, tsh };
}

describe('what tsh is called with', () => {
  test('is an array of arguments, of which the last alone is for a shell: the remote one (TEL-1, TEL-4)', async () => {
    const { stub, tsh } = prepared();
    const words = ['printf', '%s\\n', "it's $HOME; `id`", '--cluster=other'];
    const result = await tsh.ssh(target, words, limits);
    expect(result).toMatchObject({ exitCode: 0, stdout: "it's $HOME; `id`\n--cluster=other\n" });
    expect(stub.calls().map(({ argv }) => argv)).toEqual([
      [
        'ssh',
        '--no-relogin',
        '--request-mode=off',
        '--no-resume',
        '--cluster=staging',
        'svc@k8s-staging-1',
        `printf '%s\\n' 'it'"'"'s $HOME; \`id\`' --cluster=other`,
      ],
    ]);
  });

  test('never logs in again, never asks for access, never has a terminal (TEL-4)', () => {
    const args = sshArguments(target, ['true']);
    expect(args).toEqual(expect.arrayContaining(['--no-relogin', '--request-mode=off', '--no-resume']));
    expect(args.some((arg) => /^-t|--tty/.test(arg))).toBe(false);
  });

  test('its folder is its own, and nothing of a person is in its environment (TEL-9)', async () => {
    const { stub, tsh } = prepared('/run/tbot/identity');
    await tsh.run(['version', '--client', '--format=json'], limits);
    const [call] = stub.calls();
    expect(call?.env).toMatchObject({
      HOME: stub.home,
      TELEPORT_HOME: stub.home,
      TELEPORT_PROXY: 'teleport.example.com:443',
      TELEPORT_IDENTITY_FILE: '/run/tbot/identity',
      TELEPORT_TOOLS_VERSION: 'off',
      HTTPS_PROXY: 'http://127.0.0.1:3128',
    });
    expect(Object.keys(call?.env ?? {})).not.toEqual(expect.arrayContaining(['KUBECONFIG']));
    for (const name of ['SSH_AUTH_SOCK', 'TELEPORT_USER', 'TELEPORT_CLUSTER'])
      expect(call?.env).not.toHaveProperty(name);
    expect(existsSync(stub.home)).toBe(true);
  });

  test('a word that cannot be quoted starts nothing', () => {
    const { stub, tsh } = prepared();
    expect(() => tsh.ssh(target, ['echo', 'a\nb'], limits)).toThrow(RangeError);
    expect(stub.calls()).toEqual([]);
  });
});

describe('TEL-7: limits', () => {
  test('the time limit ends the whole group, the remote command with it: SIGTERM, two seconds later SIGKILL', async () => {
    const { stub } = prepared();
    const clock = new ManualClock();
    const tsh = new Tsh({ settings: () => stub.settings(), spawn: spawnProcess, clock, env: personal });
    const file = path.join(tempDir(), 'pid');
    const deaf = `trap "" TERM; echo $$ >${file}; while :; do sleep 600; done`;
    // The remote command does not listen to SIGTERM.
    const ended = tsh.run(['ssh', '--cluster=staging', 'svc@k8s-staging-1', deaf], { timeoutMs: 5000 });
    await waitUntil(() => pidsIn(file).length > 0, 'the remote command');
    const [pid = 0] = pidsIn(file);
    await clock.advance(4999);
    expect(isAlive(pid)).toBe(true);
    await clock.advance(1);
    await clock.advance(2000);
    expect(tshFailure(await ended)).toMatchObject({ kind: 'timeout' });
    await waitUntil(() => !isAlive(pid), 'the end of the remote command');
  });

  test('an abort ends it as well', async () => {
    const { tsh } = prepared();
    const file = path.join(tempDir(), 'pid');
    const stopping = new AbortController();
    const command = ['sh', '-c', `echo $$ >${file}; exec sleep 600`];
    const ended = tsh.ssh(target, command, { ...limits, signal: stopping.signal });
    await waitUntil(() => pidsIn(file).length > 0, 'the remote command');
    stopping.abort();
    expect((await ended).reason).toBe('aborted');
    await waitUntil(() => !pidsIn(file).some(isAlive), 'the end of the remote command');
  });

  test('what is over the output limit is counted, and said', async () => {
    const { tsh } = prepared();
    const result = await tsh.ssh(target, ['head', '-c', '5000', '/dev/zero'], { ...limits, maxOutputBytes: 1000 });
    expect([result.stdout.length, result.droppedBytes]).toEqual([1000, 4000]);
  });
});

describe('TEL-6: each way of not being ready has its fix', () => {
  test.each([
    { name: 'not installed', before: () => {}, code: 'NC-TELEPORT-001', fix: /Install tsh .*teleport\.tsh/ },
    {
      name: 'not logged in',
      before: (stub: StubTsh) => stub.login('out'),
      code: 'NC-TELEPORT-002',
      fix: /tbot.*TELEPORT_HOME=\S+home tsh login --proxy=teleport\.example\.com:443 staging/,
    },
    {
      name: 'expired',
      before: (stub: StubTsh) => stub.login('expired'),
      code: 'NC-TELEPORT-003',
      fix: /^Renew the login/,
    },
    {
      name: 'proxy unreachable',
      before: (stub: StubTsh) => stub.reachable(false),
      code: 'NC-TELEPORT-004',
      fix: /curl https:\/\/teleport\.example\.com:443\/webapi\/ping/,
    },
  ])('$name', async ({ name, before, code, fix }) => {
    const { stub } = prepared();
    before(stub);
    const settings = stub.settings(name === 'not installed' ? { tsh: '/no/such/tsh' } : {});
    const tsh = new Tsh({ settings: () => settings, spawn: spawnProcess, clock: systemClock, env: personal });
    const failure = tshFailure(await tsh.ssh(target, ['true'], limits));
    if (failure === null) throw new Error('it did not fail');
    const problem = tsh.errorOf(failure, target).toProblem();
    expect(problem.code).toBe(code);
    expect(problem.fix).toMatch(fix);
    // Every placeholder is filled.
    expect(problem.fix).not.toMatch(/\{\w+\}/);
  });
});
