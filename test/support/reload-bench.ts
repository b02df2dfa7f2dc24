import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { createApp } from '../../src/app/create-app.ts';
import { CurrentConfig } from '../../src/app/current-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { type Logger, silentLogger } from '../../src/lib/log.ts';
import { type PushServer, startPushServer } from '../../src/sim/mcp/push-server.ts';
import { tempDir } from './temp-dir.ts';
import { waitUntil } from './wait-until.ts';

/** A daemon in this process that was started from a file, with a push server for each of its clusters. */
export interface ReloadBench {
  readonly app: App;
  readonly current: CurrentConfig;
  readonly dir: string;
  readonly file: string;
  readonly servers: readonly PushServer[];
  /** The configuration of the servers' clusters `c0`, `c1` …, with settings beside them. */
  readonly settings: (changes?: Record<string, unknown>, clusters?: readonly object[]) => Record<string, unknown>;
  /** Writes the configuration file in place. */
  readonly write: (settings: object) => void;
  /** Handshakes that each server has seen. */
  readonly handshakes: () => number[];
  readonly allActive: () => Promise<void>;
}

export interface ReloadBenchOptions {
  readonly count: number;
  readonly settings?: Record<string, unknown>;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Where the configuration file is; the folder of the bench by default. */
  readonly file?: (dir: string) => string;
}

export async function startReloadBench(options: ReloadBenchOptions): Promise<ReloadBench> {
  const dir = tempDir();
  const file = options.file?.(dir) ?? path.join(dir, 'nightcrier.yaml');
  const servers: PushServer[] = [];
  for (let index = 0; index < options.count; index += 1) {
    const server = await startPushServer({ serverCluster: `sim-${index}`, subscribeDelayMs: 0 });
    onTestFinished(() => server.close());
    servers.push(server);
  }
  const own = servers.map((server, index) => clusterOf(`c${index}`, server));
  const settings: ReloadBench['settings'] = (changes = {}, clusters = own) => ({
    data_dir: path.join(dir, 'data'),
    clusters,
    health: { port: 0 },
    notify: { console: false },
    ...options.settings,
    ...changes,
  });
  const write = (values: object): void => writeFileSync(file, JSON.stringify(values));
  write(settings());
  const current = new CurrentConfig(loadConfig({ file, env: {}, cwd: dir, flags: { healthPort: 'auto' } }));
  const { clock, logger = silentLogger } = options;
  const sink = {
    write: () => Promise.resolve(),
    failure: () => null,
    isTerminal: false,
    color: false,
    columns: () => null,
    timeZone: 'UTC',
  };
  const env = { PATH: process.env['PATH'] };
  const app = await createApp({ current, env, sink, logger, ...(clock ? { clock } : {}) });
  onTestFinished(() => app.stop());
  await app.start();
  const isActive = () => app.manager.statuses().every(({ state }) => state === 'active');
  const allActive = async (): Promise<void> => {
    await waitUntil(isActive, 'active connections', 20_000);
  };
  await allActive();
  const handshakes = () => servers.map((server) => server.counts().methods['initialize'] ?? 0);
  return { app, current, dir, file, servers, settings, write, handshakes, allActive };
}

/** A cluster of the configuration, without triage. */
export function clusterOf(name: string, server: Pick<PushServer, 'endpoint'>, rest: object = {}): object {
  return { name, mcp: { endpoint: server.endpoint }, triage: { enabled: false }, ...rest };
}
