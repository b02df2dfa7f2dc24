import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ClusterState } from '../src/sim/api/cluster-state.ts';
import { startKubeApi } from '../src/sim/api/kube-api.ts';
import { BenchProcess, percentile, startDaemon, until } from './daemon.ts';
import type { Figure } from './figure.ts';

interface Incidents {
  readonly incidents: readonly { runs: readonly { created_at: string; started_at: string | null; status: string }[] }[];
}
interface Faults {
  readonly faults: readonly { at: string; incident_id: string | null }[];
  readonly next: string | null;
}

/** From a fault on the wire to the start of its run, with 100 clusters that fail at the same moment. */
export async function faultToRun(): Promise<Figure[]> {
  return withFleet(100, { intake: { group_wait: '0s' }, agent: { max_concurrent: 100 } }, async ({ fleet, daemon }) => {
    fleet.send({ emit: { perServer: 1, servers: 100 } });
    const { at } = JSON.parse(await fleet.nextLine()) as { at: number };
    const all = async () => (await daemon.get<Incidents>('/api/incidents?limit=200')).incidents;
    await until(async () => (await all()).filter(started).length === 100, 60_000);
    const waits = (await all()).map(({ runs }) => Date.parse(runs[0]?.started_at ?? '') - at);
    return [
      { name: 'fault to run start, 100 clusters at once, p50', value: Math.round(percentile(waits, 0.5)), unit: 'ms' },
      { name: 'fault to run start, 100 clusters at once, p95', value: Math.round(percentile(waits, 0.95)), unit: 'ms' },
    ];
  });
}

/** 100 faults at once with an agent that takes 2 s, as configured by default but for the bound on runs. */
export async function slowAgent(
  concurrent: number,
  container?: { runner: 'docker'; image: string },
): Promise<Figure[]> {
  const agent = {
    cli: 'custom',
    runner: 'process',
    command: ['sh', '-c', 'sleep 2; exit 1'],
    max_concurrent: concurrent,
    ...container,
  };
  const where = container === undefined ? '' : ', in containers';
  // It fails each time, which is not what is measured.
  const held = { circuit_breaker: { failures: 100 }, budget: { runs_per_hour: 0 } };
  return withFleet(100, { intake: { group_wait: '0s' }, agent, ...held }, async ({ fleet, daemon }) => {
    const begun = performance.now();
    fleet.send({ emit: { perServer: 1, servers: 100 } });
    await fleet.nextLine();
    const ended = async () =>
      (await daemon.get<Incidents>('/api/incidents?limit=200')).incidents.filter(({ runs }) =>
        runs.some(({ status }) => status === 'succeeded' || status === 'failed'),
      ).length;
    await until(async () => (await ended()) === 100, 300_000, 500);
    const seconds = Number(((performance.now() - begun) / 1000).toFixed(1));
    return [
      { name: `100 faults, an agent of 2 s, ${concurrent} runs at the same time${where}`, value: seconds, unit: 's' },
    ];
  });
}

/** 2,000 faults at the same moment: how many are there afterwards. */
export async function burst(): Promise<Figure[]> {
  return withFleet(100, {}, async ({ fleet, daemon }) => {
    fleet.send({ emit: { perServer: 20, servers: 100 } });
    await fleet.nextLine();
    const begun = performance.now();
    let stored = 0;
    await until(async () => {
      stored = await countFaults((route) => daemon.get<Faults>(route));
      return stored >= 2000;
    }, 60_000).catch(() => {});
    const seconds = Number(((performance.now() - begun) / 1000).toFixed(1));
    return [
      { name: '2,000 faults at once: stored', value: stored, unit: 'faults' },
      { name: '2,000 faults at once: until the last is stored', value: seconds, unit: 's' },
    ];
  });
}

function started({ runs }: Incidents['incidents'][number]): boolean {
  return runs[0]?.started_at !== null && runs[0]?.started_at !== undefined;
}

async function countFaults(get: (route: string) => Promise<Faults>): Promise<number> {
  let count = 0;
  let before = '';
  for (;;) {
    const page = await get(`/api/faults?limit=1000${before}`);
    count += page.faults.length;
    if (page.next === null) return count;
    before = `&before=${encodeURIComponent(page.next)}`;
  }
}

interface Parts {
  readonly fleet: BenchProcess;
  readonly daemon: Awaited<ReturnType<typeof startDaemon>>;
}

async function unanswered(daemon: Parts['daemon']): Promise<number> {
  const { clusters } = await daemon.get<{ clusters: { permissions: object | null }[] }>('/health/clusters');
  return clusters.filter(({ permissions }) => permissions === null).length;
}

async function withFleet(
  count: number,
  extra: object,
  measure: (parts: Parts) => Promise<Figure[]>,
): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-bench-'));
  const api = await startKubeApi(new ClusterState());
  const fleet = new BenchProcess(['bench/fleet-process.ts', String(count)]);
  try {
    const kubeconfig = path.join(dir, 'kubeconfig.yaml');
    writeFileSync(kubeconfig, api.kubeconfig, { mode: 0o600 });
    const endpoints = JSON.parse(await fleet.nextLine()) as string[];
    const clusters = endpoints.map((endpoint, index) => ({ name: `sim-${index}`, endpoint, kubeconfig }));
    const daemon = await startDaemon(clusters, extra);
    try {
      const active = async () => (await daemon.get<{ summary: { active: number } }>('/health/clusters')).summary.active;
      await until(async () => (await active()) === count, 60_000);
      // A fault before the first answer about permissions waits for it; that is another figure.
      await until(async () => (await unanswered(daemon)) === 0, 120_000, 250);
      return await measure({ fleet, daemon });
    } finally {
      await daemon.stop();
    }
  } finally {
    await fleet.stop();
    await api.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
