import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { allArrived, allFaults, incidentsOf, metricSum, settled } from '../support/daemon-accounts.ts';
import type { Daemon } from '../support/daemon.ts';
import { daemonOver, realTimeSlack } from '../support/daemon-over.ts';
import { SimulatedCluster } from '../support/simulated-cluster.ts';
import { smallDisk } from '../support/small-disk.ts';
import { waitUntil } from '../support/wait-until.ts';

interface Health {
  readonly clusters: readonly { readonly name: string; readonly status: string }[];
  readonly problems: readonly { readonly code: string; readonly fix: string }[];
}

const storeProblem = async (daemon: Daemon) =>
  (await daemon.get<Health>('/health/clusters')).problems.find(({ code }) => code === 'NC-STORE-004');

const disk = smallDisk();

test.skipIf(disk.skip !== null)(
  `INT-1, CON-3: a full disk is said, nothing is half accepted, and what stands is found when there is space${disk.why}`,
  async () => {
    const data = disk.mount('12m');
    const one = await SimulatedCluster.start('one');
    onTestFinished(() => one.close());
    const slack = await realTimeSlack();
    const daemon = await daemonOver([one], slack, { data_dir: data, log: { format: 'json' } });
    await daemon.start();
    await waitUntil(() => one.push.counts().listening > 0, 'a subscription', 30_000);
    const sent = [one.crash('before', 0)];
    await allArrived(daemon, sent, 20_000);
    await settled(daemon, 30_000);

    const ballast = path.join(data, 'ballast');
    fill(ballast);
    for (let number = 0; !(await storeProblem(daemon)); number++) {
      if (number > 3000) throw new Error('the disk does not get full');
      sent.push(one.crash('filling', number));
      if (number % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await storeProblem(daemon))?.fix).toContain('free space');
    expect(daemon.log()).toContain('NC-STORE-004');

    // Nothing is half accepted, and everything that only reads goes on.
    for (let number = 0; number < 30; number++) sent.push(one.crash(`full${number % 2}`, number));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const faults = await allFaults(daemon);
    expect(faults.map(({ fault_id }) => fault_id)).not.toContain(sent.at(-1));
    const metrics = await daemon.text('/metrics');
    expect(metricSum(metrics, 'nightcrier_faults_received_total')).toBe(faults.length);
    expect(metricSum(metrics, 'nightcrier_faults_dropped_total', 'reason="store_unavailable"')).toBeGreaterThan(0);
    const health = await daemon.get<Health>('/health/clusters');
    expect(health.clusters.map(({ status }) => status)).toEqual(['active']);
    expect((await fetch(`${daemon.url}/health/live`)).status).toBe(200);

    rmSync(ballast);
    await allArrived(daemon, sent, 60_000);
    await settled(daemon, 60_000);
    expect(await storeProblem(daemon)).toBeUndefined();
    const after = await allFaults(daemon);
    const first = after.filter(({ outcome }) => outcome === 'opened' || outcome === 'merged');
    expect(first).toHaveLength(sent.length);
    expect(new Set(first.map(({ fault_id }) => fault_id))).toEqual(new Set(sent));
    const incidents = await incidentsOf(daemon);
    expect(incidents.map(({ owner }) => owner.name).sort()).toEqual(['before', 'filling', 'full0', 'full1']);
    expect(incidents.map(({ status }) => status)).toEqual(Array(4).fill('reported'));
    const told = slack.channelPosts.map(({ metadata }) => String(metadata?.event_payload['incident_id']));
    expect(told.sort()).toEqual(incidents.map(({ id }) => id).sort());
  },
  180_000,
);

function fill(file: string): void {
  const handle = openSync(file, 'w');
  for (const size of [65_536, 4096, 1]) {
    try {
      for (;;) writeSync(handle, Buffer.alloc(size, 1));
    } catch {
      // No block of this size is left.
    }
  }
  closeSync(handle);
}
