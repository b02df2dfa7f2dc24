/**
 * A fault every second against three clusters for some minutes (`node bench/soak.ts 5`): at the end every fault must be
 * accounted for, memory flat, and no process left. Prints a line every 30 s and fails with exit code 1.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ClusterState } from '../src/sim/api/cluster-state.ts';
import { startKubeApi } from '../src/sim/api/kube-api.ts';
import { BenchProcess, startDaemon, until } from './daemon.ts';

const minutes = Number(process.argv[2] ?? '5');

interface Totals {
  readonly received: number;
  readonly outcomes: number;
}

const dir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-soak-'));
const api = await startKubeApi(new ClusterState());
const kubeconfig = path.join(dir, 'kubeconfig.yaml');
writeFileSync(kubeconfig, api.kubeconfig, { mode: 0o600 });
const fleet = new BenchProcess(['bench/fleet-process.ts', '3']);
try {
  const endpoints = JSON.parse(await fleet.nextLine()) as string[];
  const clusters = endpoints.map((endpoint, index) => ({ name: `sim-${index}`, endpoint, kubeconfig }));
  const daemon = await startDaemon(clusters, { intake: { group_wait: '1s' } });
  try {
    const active = async () => (await daemon.get<{ summary: { active: number } }>('/health/clusters')).summary.active;
    await until(async () => (await active()) === 3, 30_000);
    const totals = async (): Promise<Totals> => {
      const text = await (await fetch(`${daemon.url}/metrics`)).text();
      const sum = (name: string): number =>
        [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'gm'))].reduce((all, [, n]) => all + Number(n), 0);
      return { received: sum('nightcrier_faults_received_total'), outcomes: sum('nightcrier_fault_outcomes_total') };
    };
    const descriptors = (): number => readdirSync(`/proc/${daemon.process.child.pid}/fd`).length;
    let sent = 0;
    const started = performance.now();
    while (performance.now() - started < minutes * 60_000) {
      fleet.send({ emit: { perServer: 1, servers: 1 + (sent % 3) } });
      sent += 1;
      await fleet.nextLine();
      if (sent % 30 === 0) {
        const { received, outcomes } = await totals();
        process.stdout.write(
          `${Math.round((performance.now() - started) / 1000)} s: received ${received}, outcomes ${outcomes}, ` +
            `RSS ${daemon.process.rssMiB()} MiB, ${descriptors()} descriptors\n`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, sent * 1000 - (performance.now() - started))));
    }
    const agree = async (): Promise<boolean> => {
      const { received, outcomes } = await totals();
      return received > 0 && received === outcomes;
    };
    await until(agree, 60_000);
    const { received, outcomes } = await totals();
    process.stdout.write(`end: received ${received} = outcomes ${outcomes}, RSS ${daemon.process.rssMiB()} MiB\n`);
  } finally {
    await daemon.stop();
  }
} finally {
  await fleet.stop();
  await api.close();
  rmSync(dir, { recursive: true, force: true });
}
