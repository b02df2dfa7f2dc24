import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { freePorts } from '../test/support/free-ports.ts';

const root = path.join(import.meta.dirname, '..');

/** A process of the benchmark: its lines of standard output as they come. */
export class BenchProcess {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [...args], {
      cwd: root,
      // As in a unit or an image: docs/operate.md.
      env: { ...process.env, MALLOC_ARENA_MAX: '1', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines: Interface = createInterface({ input: this.child.stdout ?? process.stdin });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  async nextLine(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done) throw new Error('the process ended early');
    return line.value;
  }

  send(command: object): void {
    this.child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Time of processors used so far, in all threads, ms. */
  cpuMs(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // utime and stime, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** Resident memory now, MiB. */
  rssMiB(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    const kill = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(kill);
  }
}

export interface BenchDaemon {
  readonly process: BenchProcess;
  readonly url: string;
  readonly configFile: string;
  /** Milliseconds from the start of the process to its first answer of ready. */
  readonly readyMs: number;
  get<T>(route: string): Promise<T>;
  stop(): Promise<void>;
}

export interface BenchCluster {
  readonly name: string;
  readonly endpoint?: string;
  readonly kubeconfig?: string;
  /** Kubeconfig of a cluster whose API is watched. */
  readonly watch?: string;
}

/** As the first line of the bin has it. */
const flags = ['--max-semi-space-size=2', '--heap-growing-percent=20'];

/** The real daemon in a process of its own, over a temporary data_dir. */
export async function startDaemon(clusters: readonly BenchCluster[], extra: object = {}): Promise<BenchDaemon> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-bench-'));
  const file = path.join(dir, 'nightcrier.yaml');
  const config = {
    data_dir: path.join(dir, 'data'),
    clusters: clusters.map(({ name, endpoint, kubeconfig, watch }) => ({
      name,
      ...(watch === undefined ? { mcp: { endpoint } } : { watch: { kubeconfig: watch } }),
      triage: kubeconfig === undefined ? { enabled: false } : { kubeconfig },
    })),
    notify: { console: false },
    log: { level: 'error', format: 'json' },
    ...extra,
  };
  writeFileSync(file, JSON.stringify(config));
  const [port] = (await freePorts(1)) as [number];
  const started = performance.now();
  const daemon = new BenchProcess([
    ...flags,
    'bin/nightcrier.js',
    'run',
    '--config',
    file,
    '--health-port',
    String(port),
  ]);
  const url = `http://127.0.0.1:${port}`;
  const get = async <T>(route: string): Promise<T> => (await fetch(`${url}${route}`)).json() as Promise<T>;
  try {
    await until(async () => (await fetch(`${url}/health/ready`).catch(() => null))?.status === 200, 60_000, 20);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  const readyMs = performance.now() - started;
  const stop = async (): Promise<void> => {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { process: daemon, url, configFile: file, readyMs, get, stop };
}

/** Polls until true. @throws Error after `limitMs` */
export async function until(condition: () => Promise<boolean>, limitMs: number, everyMs = 50): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('the benchmark waited too long');
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** The value below which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
