import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { signalProcess } from '../../src/lib/process/send-signal.ts';
import { freePorts } from './free-ports.ts';
import { type StartedProcess, startProcess } from './started-process.ts';
import { waitUntil } from './wait-until.ts';

// The sources, not the bin: that one prefers a build, which may be an old one.
const main = path.join(import.meta.dirname, '..', '..', 'src', 'main.ts');

/** The daemon as its users start it: `nightcrier run` in a process of its own. */
export class Daemon {
  readonly url: string;
  readonly dir: string;
  readonly configFile: string;
  readonly #port: number;
  readonly #env: Record<string, string>;
  #process: StartedProcess | null = null;

  private constructor(dir: string, port: number, env: Record<string, string>) {
    this.dir = dir;
    this.#port = port;
    this.#env = env;
    this.url = `http://127.0.0.1:${port}`;
    this.configFile = path.join(dir, 'nightcrier.yaml');
  }

  /** Writes the configuration (JSON is YAML) into `dir`; `data_dir` is `dir/data`. */
  static async prepare(dir: string, config: object, env: Record<string, string> = {}): Promise<Daemon> {
    const [port] = (await freePorts(1)) as [number];
    const daemon = new Daemon(dir, port, env);
    mkdirSync(dir, { recursive: true });
    const text = JSON.stringify({ data_dir: path.join(dir, 'data'), ...config });
    writeFileSync(daemon.configFile, text, { mode: 0o600 });
    return daemon;
  }

  get pid(): number {
    return this.#process?.pid ?? -1;
  }

  get exited(): boolean {
    return this.#process?.exited ?? true;
  }

  log(): string {
    return this.#process?.output() ?? '';
  }

  /** What to give to Node for a process that the test starts itself. */
  get args(): string[] {
    return [main, 'run', '--config', this.configFile, '--health-port', String(this.#port)];
  }

  /** Starts it and waits until it is ready. */
  async start(): Promise<void> {
    const started = startProcess(process.execPath, this.args, path.join(this.dir, 'daemon.log'), this.#env);
    this.#process = started;
    const ready = async () => {
      if (started.exited) throw new Error(`the daemon ended: ${started.output()}`);
      return (await fetch(`${this.url}/health/ready`).catch(() => null))?.status === 200;
    };
    await waitUntil(ready, 'a ready daemon', 30_000);
  }

  /** Polls a condition; what the daemon said last is in the error. */
  async until<T>(condition: () => T | Promise<T>, what: string, withinMs = 60_000): Promise<NonNullable<T>> {
    try {
      return await waitUntil(condition, what, withinMs);
    } catch (error) {
      throw new Error(`timed out waiting for: ${what}\n${this.log()}`, { cause: error });
    }
  }

  /** kill -9, and waits until it is gone. */
  async kill(): Promise<void> {
    signalProcess(this.pid, 'SIGKILL');
    await waitUntil(() => this.exited, 'the end of the daemon');
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  async get<T>(route: string): Promise<T> {
    const response = await fetch(`${this.url}${route}`);
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async text(route: string): Promise<string> {
    return (await fetch(`${this.url}${route}`)).text();
  }
}

/** What tests read of an incident of the read API. */
export interface ApiIncident {
  readonly id: string;
  readonly cluster: string;
  readonly status: string;
  readonly title: string;
  readonly owner: { readonly kind: string; readonly namespace: string | null; readonly name: string };
  readonly faults: readonly { readonly fault_type: string; readonly source: string }[];
  readonly cause: string | null;
  readonly confidence: string | null;
  readonly report: string | null;
  readonly runs: readonly {
    readonly status: string;
    readonly attempt: number;
    readonly started_at: string | null;
  }[];
}

/** What tests read of a cluster of `/health/clusters`. */
export interface ApiCluster {
  readonly name: string;
  readonly status: string;
  readonly source: string;
  readonly event_count: number;
  readonly reconnects: number;
  readonly last_sweep: string | null;
  readonly error: { readonly code: string; readonly fix: string } | null;
  readonly retry_in: number | null;
  readonly triage_enabled: boolean;
  readonly triage_disabled_reason: string | null;
  readonly permissions: { readonly minimum_met: boolean | null; readonly can_get_logs: boolean | null } | null;
  readonly incidents: { readonly open: number };
}
