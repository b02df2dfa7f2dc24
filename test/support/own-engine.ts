import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { signalProcess } from '../../src/lib/process/send-signal.ts';
import { newTempDir } from './temp-dir.ts';
import { waitUntil } from './wait-until.ts';

/** An engine beside the machine's, so that other people's containers go on; it holds the image of agents. */
export class OwnEngine {
  readonly dir: string;
  readonly env: Record<string, string>;
  readonly #remove: () => void;
  #pid = 0;

  constructor() {
    const { dir, remove } = newTempDir();
    this.dir = dir;
    this.env = { DOCKER_HOST: `unix://${dir}/sock` };
    this.#remove = remove;
  }

  async close(): Promise<void> {
    await this.end('SIGTERM');
    endRest(this.dir);
    unmountIn(this.dir);
    this.#remove();
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

/** One that was killed also leaves what held its containers. */
function endRest(dir: string): void {
  const lines = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  const parts = lines.filter((line) => line.includes(`${dir}/`) && /containerd|dockerd/.test(line));
  for (const line of parts) signalProcess(Number(line.trim().split(' ')[0]), 'SIGKILL');
}
