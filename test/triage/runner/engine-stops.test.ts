import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { signalProcess } from '../../../src/lib/process/send-signal.ts';
import { agentImage, lacksEngine } from '../../support/agent-image.ts';
import { containerTrial } from '../../support/container-trial.ts';
import { lacks } from '../../support/needs.ts';
import { newTempDir } from '../../support/temp-dir.ts';
import { waitUntil } from '../../support/wait-until.ts';

const skip =
  lacksEngine('an engine that stops') || lacks('an engine that stops', 'dockerd') || process.getuid?.() !== 0;

/** An engine beside the machine's, so that other people's containers go on; it holds the image of agents. */
class OwnEngine {
  readonly dir: string;
  readonly env: Record<string, string>;
  #pid = 0;

  constructor() {
    const { dir, remove } = newTempDir();
    this.dir = dir;
    this.env = { DOCKER_HOST: `unix://${dir}/sock` };
    onTestFinished(async () => {
      await this.end('SIGTERM');
      unmountIn(dir);
      remove();
    });
  }

  async start(): Promise<void> {
    const at = (name: string): string => path.join(this.dir, name);
    // One that was killed leaves them, and the number may be somebody else's by now.
    for (const name of ['pid', 'exec/containerd/containerd.pid']) rmSync(at(name), { force: true });
    const places = [
      '--data-root',
      at('data'),
      '--exec-root',
      at('exec'),
      '--pidfile',
      at('pid'),
      '--host',
      `unix://${at('sock')}`,
    ];
    const alone = ['--storage-driver=overlay2', '--bridge=none', '--iptables=false', '--group', 'root'];
    this.#pid = spawn('dockerd', [...places, ...alone], { stdio: 'ignore' }).pid ?? 0;
    await waitUntil(() => this.answers(), 'an engine', 30_000);
  }

  async load(image: string): Promise<void> {
    const file = path.join(this.dir, 'image.tar');
    execFileSync('docker', ['save', '--output', file, image]);
    this.ask('load', '--input', file);
    rmSync(file);
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const pid = this.#pid;
    this.#pid = 0;
    if (pid === 0 || !signalProcess(pid, signal)) return;
    await waitUntil(() => !signalProcess(pid, 0), 'the end of the engine', 30_000);
  }

  ask(...args: string[]): string {
    return execFileSync('docker', args, {
      encoding: 'utf8',
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  answers(): boolean {
    try {
      this.ask('version');
      return true;
    } catch {
      return false;
    }
  }

  containers(): string[] {
    return this.ask('ps', '--all', '--format', '{{.Names}}')
      .split('\n')
      .filter((name) => name !== '');
  }
}

/** An engine that was killed leaves mounts. */
function unmountIn(dir: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const inside = mounts.map((line) => line.split(' ')[1] ?? '').filter((place) => place.startsWith(`${dir}/`));
  for (const place of inside.toReversed()) execFileSync('umount', ['--lazy', place]);
}

describe.skipIf(skip)('TRI-4: an engine that goes away during a run', () => {
  test('is told apart from an agent that failed; what it leaves is removed when it is back', async () => {
    const image = await agentImage();
    const engine = new OwnEngine();
    await engine.start();
    await engine.load(image);
    const sleeps = 'echo begun; sleep 60';
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const meanwhile = () => engine.end(signal);
      const { end } = await containerTrial(image, sleeps, { engineEnv: engine.env, meanwhile });
      expect(`${signal} ${end.engineFault?.fault}`).toBe(`${signal} engine_lost`);
      const next = await containerTrial(image, sleeps, { engineEnv: engine.env });
      expect(`${signal} ${next.end.engineFault?.fault}`).toBe(`${signal} engine_unavailable`);
      await engine.start();
      await waitUntil(() => engine.containers().length === 0, 'the removal of the container', 30_000);
    }
    const restart = async (): Promise<void> => {
      await engine.end('SIGTERM');
      await engine.start();
    };
    const restarted = await containerTrial(image, sleeps, { engineEnv: engine.env, meanwhile: restart });
    expect(restarted.end.engineFault?.fault).toMatch(/^(engine_lost|container_stopped)$/);
    await waitUntil(() => engine.containers().length === 0, 'the removal of the container', 30_000);
    expect((await containerTrial(image, 'echo well', { engineEnv: engine.env })).end).toMatchObject({ exitCode: 0 });
  }, 180_000);
});
