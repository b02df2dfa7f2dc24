import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { containerEnv, dataDirLabel } from '../../../src/triage/runner/docker-runner.ts';
import { agentImage, containersWith, lacksEngine } from '../../support/agent-image.ts';
import {
  containerTrial,
  dockerRunner,
  readText,
  type Trial,
  type TrialOptions,
} from '../../support/container-trial.ts';
import { runAgentScript } from '../../support/triage-bench.ts';
import { tempDir } from '../../support/temp-dir.ts';

const skip = lacksEngine('agents in containers');
let image = '';

beforeAll(async () => {
  if (!skip) image = await agentImage();
}, 120_000);

/** A trial that also says which of its containers are left. */
async function trial(script: string, options: TrialOptions = {}): Promise<Trial & { left: string[] }> {
  const done = await containerTrial(image, script, options);
  return { ...done, left: await containersWith(done.label) };
}

const docker = (...args: string[]) => spawnSync('docker', args, { encoding: 'utf8' });

test('TRI-4: what of agent.env gets into a container: nothing secret, nothing that steers the engine', () => {
  const env = {
    TEAM: 'a',
    MODEL_KEY: 'k',
    API_KEY: 'k',
    DOCKER_HOST: 'h',
    LD_PRELOAD: 'l',
    PATH: 'p',
    HOME: 'h',
    BASH_ENV: 'b',
  };
  expect(Object.keys(containerEnv(env)).sort()).toEqual(['TEAM']);
});

describe.skipIf(skip)('TRI-4: an agent in a container', () => {
  test('sees its workspace, and can write to bounded memory alone', async () => {
    const look = [
      'cat evidence/pods.txt; echo; id -u',
      'for path in /x /workspace/x /workspace/evidence/pods.txt /usr/bin/x /etc/x /opt/nightcrier/agents/x; do',
      '  (echo x > $path) 2>/dev/null && echo "written $path"; done',
      'for path in $HOME/x /tmp/x output/x logs/x; do (echo x > $path) && echo "own $path"; done',
      'cp /bin/true /tmp/program; chmod +x /tmp/program; /tmp/program 2>/dev/null && echo executed',
      "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status",
      "sed -n '3,$p' /proc/net/dev | cut -d: -f1; ls /sys/class/net",
      'ls /var/run/docker.sock /run/containerd 2>/dev/null; cat /etc/resolv.conf',
      'env | grep -E "^(TEAM|MODEL_KEY|API_KEY)"',
    ];
    const { end, left, workspace } = await trial(look.join('\n'), { env: { TEAM: 'red', API_KEY: 'canary' } });
    expect(end).toMatchObject({ exitCode: 0 });
    const lines = end.stdout.split('\n').map((line) => line.trim());
    expect(lines.slice(0, 2)).toEqual(['evidence', process.getuid?.() === 0 ? '1000' : String(process.getuid?.())]);
    expect(lines.filter((line) => line.startsWith('written'))).toEqual([]);
    expect(lines.filter((line) => line.startsWith('own'))).toHaveLength(4);
    expect(lines).not.toContain('executed');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(lines).toContain(`${set}:\t${'0'.repeat(16)}`);
    expect(lines).toContain('NoNewPrivs:\t1');
    expect(lines).toContain('Seccomp:\t2');
    expect(lines.filter((line) => /^(eth|ens|wlan|docker|br-)/.test(line))).toEqual([]);
    expect(end.stdout).not.toMatch(/docker\.sock|containerd/);
    expect(lines.filter((line) => line.startsWith('nameserver'))).toEqual(['nameserver 192.0.2.1']);
    expect(lines.filter((line) => /^(TEAM|MODEL_KEY|API_KEY)/.test(line))).toEqual(['TEAM=red']);
    expect(statSync(path.join(workspace, 'output')).isDirectory()).toBe(true);
    expect(left).toEqual([]);
  });

  test.each([
    ['fills output/', 'cat /dev/zero > output/full; stat -c %s output/full', 8 * 1024 * 1024],
    ['fills logs/', 'cat /dev/zero > logs/full; stat -c %s logs/full', 4 * 1024 * 1024],
    ['fills HOME', 'cat /dev/zero > $HOME/full; stat -c %s $HOME/full', 256 * 1024 * 1024],
    ['fills /tmp', 'cat /dev/zero > /tmp/full; stat -c %s /tmp/full', 256 * 1024 * 1024],
  ])('an agent that %s hurts itself alone', async (_, script, most) => {
    const { end, left, workspace } = await trial(script);
    expect(Number(end.stdout.trim())).toBeLessThanOrEqual(most);
    expect(Number(end.stdout.trim())).toBeGreaterThan(most / 2);
    expect(docker('version').status).toBe(0);
    for (const folder of ['output', 'logs']) expect(readText(path.join(workspace, folder, 'full'))).toBe('');
    expect(left).toEqual([]);
  });

  test('an agent that makes files without end is bounded in their number', async () => {
    const { end, left } = await trial('i=0; while : > /tmp/$i; do i=$((i+1)); done 2>/dev/null; echo $i');
    expect(Number(end.stdout.trim())).toBeLessThanOrEqual(20_000);
    expect(left).toEqual([]);
  });

  test('an agent that hangs, and one that ignores SIGTERM, end at the time limit', async () => {
    for (const script of ['sleep 300', "trap '' TERM; while :; do sleep 0.2; done"]) {
      const { end, left } = await trial(script, { timeoutMs: 1500 });
      expect(end).toMatchObject({ reason: 'timeout', engineFault: null });
      expect(left).toEqual([]);
    }
  });

  test('an agent that forks without end is bounded, and nothing of it is left', async () => {
    const bomb = 'bomb() { bomb | bomb & }; bomb; sleep 60';
    const limits = { memoryBytes: 256 * 1024 * 1024, cpus: 0.5, pids: 64 };
    const { end, left } = await trial(bomb, { timeoutMs: 3000, container: { limits } });
    expect(end.reason).toMatch(/timeout|exit/);
    expect(left).toEqual([]);
  });

  test('an agent that takes more memory than it may is ended, and that is told', async () => {
    const limits = { memoryBytes: 64 * 1024 * 1024, cpus: 2, pids: 64 };
    const hog = 'text=$(head -c 400000000 /dev/zero | tr "\\\\0" a); echo ${#text}';
    const { end, left } = await trial(hog, { container: { limits } });
    expect(end.engineFault).toMatchObject({ fault: 'out_of_memory' });
    expect(left).toEqual([]);
  });

  test('an agent that writes its log without end is stopped', async () => {
    const { end, left, workspace } = await trial('cat /dev/zero', { timeoutMs: 60_000 });
    expect(end).toMatchObject({ reason: 'output_limit' });
    expect(statSync(path.join(workspace, 'logs/agent.stdout.log')).size).toBeLessThanOrEqual(1024 * 1024);
    expect(left).toEqual([]);
  });

  test('processes that leave the group of the agent end with its container', async () => {
    const mark = `mark-${process.pid}-left`;
    const { left } = await trial(`setsid bash -c 'exec -a ${mark} sleep 300' & sleep 0.3; echo begun`);
    expect(left).toEqual([]);
    expect(spawnSync('pgrep', ['-f', mark], { encoding: 'utf8' }).stdout).toBe('');
  });

  test('a stop of ours ends it', async () => {
    const stop = new AbortController();
    const { end, left } = await trial('echo begun; sleep 300', { stop, meanwhile: () => stop.abort() });
    expect(end.reason).toBe('aborted');
    expect(left).toEqual([]);
  });

  test.each<[string, TrialOptions, string | null]>([
    ['no such engine', { container: { engine: '/no/such/engine' } }, 'engine_absent'],
    ['an image that is not there', { container: { image: 'nightcrier-test/none:1' } }, 'image_missing'],
    ['an image that is none for agents', { container: { image: 'nightcrier-test/base:bookworm' } }, 'image_unsuitable'],
    ['an image without the CLI', { cli: 'codex' }, 'agent_not_installed'],
    ['a network that is not there', { container: { network: 'no-such-network' } }, 'container_not_started'],
    ['somebody removes it', { meanwhile: (name) => void docker('rm', '-f', name) }, 'container_removed'],
    ['somebody stops it', { meanwhile: (name) => void docker('stop', name) }, 'container_stopped'],
  ])('told apart: %s', async (_, options, fault) => {
    const { end, left } = await trial('echo begun; sleep 20', options);
    expect(end.engineFault?.fault ?? null).toBe(fault);
    expect(left).toEqual([]);
  });

  test('a program that cannot be run is told apart from one that is not there', async () => {
    const { end } = await trial('exit 126');
    expect(end.engineFault?.fault).toBe('agent_not_executable');
  });

  test('what an earlier process left is found by its label and removed; that of others stays', async () => {
    const mine = tempDir();
    const others = tempDir();
    const start = (dataDir: string, name: string) =>
      docker(
        'run',
        '-d',
        '--name',
        name,
        '--label',
        `nightcrier.data-dir=${dataDirLabel(dataDir)}`,
        '--entrypoint',
        'sleep',
        image,
        '300',
      );
    const names = [`nightcrier-left-${process.pid}`, `nightcrier-others-${process.pid}`] as const;
    try {
      start(mine, names[0]);
      start(others, names[1]);
      expect(await dockerRunner(mine).endAbandoned('docker')).toBe(1);
      expect(await containersWith(`nightcrier.data-dir=${dataDirLabel(mine)}`)).toEqual([]);
      expect(await containersWith(`nightcrier.data-dir=${dataDirLabel(others)}`)).toEqual([names[1]]);
      expect(await dockerRunner(mine).endAbandoned('/no/such/engine')).toBe(null);
    } finally {
      docker('rm', '-f', ...names);
    }
  });

  test('what an earlier process left while the engine was away at the start goes before the first run', async () => {
    const name = `nightcrier-late-${process.pid}`;
    try {
      const { end, left } = await trial('echo well', {
        before: (label) =>
          void docker('run', '-d', '--name', name, '--label', label, '--entrypoint', 'sleep', image, '300'),
      });
      expect(end).toMatchObject({ exitCode: 0, stdout: 'well\n' });
      expect(left).toEqual([]);
    } finally {
      docker('rm', '-f', name);
    }
  });

  test('by hand: the time limit is 124, memory is told, and no container is left', async () => {
    const workspace = tempDir();
    const label = `hand-${process.pid}`;
    const args = ['--incident', 'i', '--cluster', 'c', '--workspace', workspace, '--cli', 'custom', '--image', image];
    const byHand = (script: string, ...more: string[]) =>
      spawnSync(runAgentScript, [...args, '--data-dir', label, ...more, '--', 'bash', '-c', script], {
        encoding: 'utf8',
      });
    expect(byHand('echo well; exit 3')).toMatchObject({ status: 3, stdout: 'well\n' });
    expect(byHand('sleep 60', '--timeout', '1')).toMatchObject({ status: 124 });
    const hog = byHand('text=$(head -c 400000000 /dev/zero | tr "\\0" a); echo ${#text}', '--memory', '64m');
    expect(hog.stderr).toContain('out of memory (--memory 64m)');
    expect(await containersWith(`nightcrier.data-dir=${label}`)).toEqual([]);
  });

  test('whether agents could be started', async () => {
    const runner = dockerRunner(tempDir());
    expect(await runner.look('docker', image, ['custom', 'goose'])).toBe(null);
    expect(await runner.look('/no/such', image, [])).toMatchObject({ fault: 'engine_absent' });
    expect(await runner.look('docker', 'nightcrier-test/none:1', [])).toMatchObject({ fault: 'image_missing' });
    expect(await runner.look('docker', 'nightcrier-test/base:bookworm', [])).toMatchObject({
      fault: 'image_unsuitable',
    });
    expect(await runner.look('docker', image, ['codex'])).toEqual({
      fault: 'agent_not_installed',
      detail: `codex in ${image}`,
    });
    const silent = dockerRunner(tempDir(), { DOCKER_HOST: 'unix:///no/such.sock' });
    expect(await silent.look('docker', image, [])).toMatchObject({ fault: 'engine_unavailable' });
  });
});
