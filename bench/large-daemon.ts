import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fillLargeState, largeClusterName, largeFleet } from '../test/support/large-state.ts';
import { type BenchDaemon, BenchProcess, startDaemon, until } from './daemon.ts';

export interface LargeDaemon {
  readonly daemon: BenchDaemon;
  /** Ids of the incidents that stand, the newest first. */
  readonly standing: readonly string[];
  stop(): Promise<void>;
}

/** A daemon that hears 1,000 clusters and has 10,000 incidents behind it, when all are connected and it has come to rest. */
export async function startLargeDaemon(settings: Record<string, unknown> = {}): Promise<LargeDaemon> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-bench-'));
  const data = path.join(dir, 'data');
  mkdirSync(data);
  const standing = fillLargeState(path.join(data, 'nightcrier.db'), { ...largeFleet, now: Date.now() });
  const fleet = new BenchProcess(['bench/fleet-process.ts', String(largeFleet.clusters)]);
  let daemon: BenchDaemon | null = null;
  const stop = async (): Promise<void> => {
    await daemon?.stop();
    await fleet.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    const endpoints = JSON.parse(await fleet.nextLine()) as string[];
    const clusters = endpoints.map((endpoint, index) => ({ name: largeClusterName(index), endpoint }));
    // What stands is to stay: no sweep sees it gone meanwhile.
    const started = await startDaemon(clusters, { data_dir: data, sweep: { interval: '1h' }, ...settings });
    daemon = started;
    const active = async (): Promise<number> =>
      (await started.get<{ summary: { active: number } }>('/health/clusters')).summary.active;
    await until(async () => (await active()) === largeFleet.clusters, 180_000, 500);
    await quiet(started);
    return { daemon: started, standing, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is left of the start (sweeps, garbage, words of the search) settles: less than a tenth of a processor is used. */
async function quiet({ process }: BenchDaemon): Promise<void> {
  for (let second = 0; second < 120; second += 1) {
    const before = process.cpuMs();
    await sleep(1000);
    if (process.cpuMs() - before < 100) return;
  }
}
