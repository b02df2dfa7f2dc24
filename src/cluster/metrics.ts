import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { connectionStates, type ConnectionStatus } from '../domain/cluster-status.ts';
import type { ClusterMetrics } from './connection/context.ts';
import { failureReasons } from './connection/reaction.ts';
import type { WatchMetrics } from './watch/context.ts';
import { watchEnds } from './watch/reaction.ts';

interface Described {
  readonly name: string;
  readonly environment: string | null;
  readonly mode: string;
  readonly triageEnabled: boolean;
}

/**
 * The metrics of this folder (docs/metrics.md): at most five series a cluster, no cluster label on the histogram. The
 * gauges are read when somebody asks; `fleet` tells the connections and what is configured of them.
 */
export function registerClusterMetrics(registry: Registry, fleet: Fleet): ClusterMetrics {
  const registers = [registry];
  fleetGauges(registers, fleet);
  const failures = new Counter({
    name: 'nightcrier_cluster_connect_failures_total',
    help: 'Attempts and sessions with clusters that ended in a failure, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const sweeps = new Counter({
    name: 'nightcrier_sweeps_total',
    help: 'Sweeps of clusters, by result.',
    labelNames: ['result'],
    registers,
  });
  const durations = new Histogram({
    name: 'nightcrier_sweep_duration_seconds',
    help: 'How long a sweep of a cluster takes.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const dropped = new Counter({
    name: 'nightcrier_faults_dropped_total',
    help: 'Faults that could not be stored and were let go; a sweep follows.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of failureReasons) failures.inc({ reason }, 0);
  for (const result of ['ok', 'partial', 'failed']) sweeps.inc({ result }, 0);
  dropped.inc({ reason: 'store_unavailable' }, 0);
  return {
    failed: (reason) => failures.inc({ reason }),
    swept: (result, durationMs) => {
      sweeps.inc({ result });
      durations.observe(durationMs / 1000);
    },
    dropped: (reason, count) => dropped.inc({ reason }, count),
  };
}

/** The metrics of watches: few, and none by cluster. `objects` tells how many are kept. */
export function registerWatchMetrics(registry: Registry, objects: () => number): WatchMetrics {
  const registers = [registry];
  registry.registerMetric(
    new Gauge({
      name: 'nightcrier_watch_objects',
      help: 'Objects of watched clusters that are kept in memory.',
      registers: [],
      collect() {
        this.set(objects());
      },
    }),
  );
  const changes = new Counter({
    name: 'nightcrier_watch_changes_total',
    help: 'Changes of objects that watches told.',
    registers,
  });
  const ends = new Counter({
    name: 'nightcrier_watch_interruptions_total',
    help: 'Lists and watches of one kind that ended before their time, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const looks = new Histogram({
    name: 'nightcrier_watch_look_duration_seconds',
    help: 'How long a look at what a watch knows takes, whole or in part.',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  for (const reason of watchEnds) ends.inc({ reason }, 0);
  return {
    changed: (count) => changes.inc(count),
    ended: (reason) => ends.inc({ reason }),
    looked: (durationMs) => looks.observe(durationMs / 1000),
  };
}

type Fleet = () => readonly (ConnectionStatus & { readonly described: Described })[];

function fleetGauges(registers: Registry[], fleet: Fleet): void {
  const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
  const perCluster: [string, string, (status: ConnectionStatus) => number | null][] = [
    ['up', 'Whether the connection of the cluster is active.', (one) => (one.state === 'active' ? 1 : 0)],
    ['last_event_timestamp_seconds', 'When a fault of the cluster was last received.', (one) => seconds(one.lastEvent)],
    ['last_sweep_timestamp_seconds', 'When the cluster was last swept.', (one) => seconds(one.lastSweep)],
  ];
  const metrics = perCluster.map(([name, help, value]) => clusterGauge(fleet, name, help, value));
  metrics.push(
    new Gauge({
      name: 'nightcrier_clusters',
      help: 'Configured clusters, by the state of their connection.',
      labelNames: ['state'],
      registers: [],
      collect() {
        for (const state of connectionStates) this.set({ state }, 0);
        for (const one of fleet()) this.inc({ state: one.state });
      },
    }),
    new Gauge({
      name: 'nightcrier_cluster_info',
      help: 'What is configured of the cluster; always 1.',
      labelNames: ['cluster', 'environment', 'mode', 'triage'],
      registers: [],
      collect() {
        this.reset();
        for (const { cluster, described } of fleet()) {
          const { environment, mode, triageEnabled } = described;
          this.set({ cluster, environment: environment ?? '', mode, triage: triageEnabled ? 'on' : 'off' }, 1);
        }
      },
    }),
  );
  const reconnects = new Counter({
    name: 'nightcrier_cluster_reconnects_total',
    help: 'Sessions with the cluster after the first.',
    labelNames: ['cluster'],
    registers: [],
    collect() {
      this.reset();
      for (const one of fleet()) this.inc({ cluster: one.cluster }, one.reconnects);
    },
  });
  for (const registry of registers) {
    for (const metric of metrics) registry.registerMetric(metric);
    registry.registerMetric(reconnects);
  }
}

function clusterGauge(
  fleet: Fleet,
  name: string,
  help: string,
  value: (status: ConnectionStatus) => number | null,
): Gauge {
  return new Gauge({
    name: `nightcrier_cluster_${name}`,
    help,
    labelNames: ['cluster'],
    registers: [],
    collect() {
      this.reset();
      for (const one of fleet()) {
        const found = value(one);
        if (found !== null) this.set({ cluster: one.cluster }, found);
      }
    },
  });
}
