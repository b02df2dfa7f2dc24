import { Counter, Gauge, type Registry } from 'prom-client';
import { silenceState } from '../domain/silence/silences.ts';
import type { Counters } from '../domain/history.ts';
import { incidentStatuses } from '../domain/records.ts';
import type { Silence } from '../domain/fault.ts';
import type { Clock } from '../lib/clock.ts';

/**
 * Metrics of faults and incidents, read from the state store at each scrape, so that they survive restarts and the sums
 * of received faults and outcomes come from one moment.
 */
export function registerIntakeMetrics(registry: Registry, counters: () => Promise<Counters>): void {
  const snapshot = sharedWhilePending(counters);
  const received: Counter = new Counter({
    name: 'nightcrier_faults_received_total',
    help: 'Faults that were received, by cluster and source.',
    labelNames: ['cluster', 'source'],
    registers: [registry],
    async collect() {
      const rows = (await snapshot())?.received;
      if (rows === undefined) return;
      received.reset();
      for (const { cluster, source, count } of rows) received.inc({ cluster, source }, count);
    },
  });
  const outcomes: Counter = new Counter({
    name: 'nightcrier_fault_outcomes_total',
    help: 'Final outcomes of received faults, by cluster and outcome; each received fault ends in one.',
    labelNames: ['cluster', 'outcome'],
    registers: [registry],
    async collect() {
      const rows = (await snapshot())?.outcomes;
      if (rows === undefined) return;
      outcomes.reset();
      for (const { cluster, outcome, count } of rows) outcomes.inc({ cluster, outcome }, count);
    },
  });
  const throttled: Counter = new Counter({
    name: 'nightcrier_faults_throttled_total',
    help: 'Faults over connection.max_faults_per_second or intake.max_open_faults_per_cluster, which were counted only.',
    registers: [registry],
    async collect() {
      const rows = (await snapshot())?.outcomes;
      if (rows === undefined) return;
      throttled.reset();
      throttled.inc(rows.reduce((sum, { outcome, count }) => sum + (outcome === 'throttled' ? count : 0), 0));
    },
  });
  registerGauges(registry, snapshot);
}

function registerGauges(registry: Registry, snapshot: () => Promise<Counters | null>): void {
  const incidents: Gauge = new Gauge({
    name: 'nightcrier_incidents',
    help: 'Incidents in the state store, by status; all that stand together are nightcrier_incidents_live.',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const rows = (await snapshot())?.incidents;
      if (rows === undefined) return;
      for (const state of incidentStatuses) incidents.set({ state }, 0);
      for (const { status, count } of rows) incidents.inc({ state: status }, count);
    },
  });
  registerClusterGauges(registry, snapshot);
  registerStormMetric(registry, snapshot);
}

/** @see registerIntakeMetrics */
function registerClusterGauges(registry: Registry, snapshot: () => Promise<Counters | null>): void {
  // A cluster has a series of it for each severity that stands; at rest it has none.
  const live: Gauge = new Gauge({
    name: 'nightcrier_incidents_live',
    help: 'Incidents that have not ended, by cluster and severity; without a series where there are none.',
    labelNames: ['cluster', 'severity'],
    registers: [registry],
    async collect() {
      const rows = (await snapshot())?.liveIncidents;
      if (rows) live.reset();
      for (const { cluster, severity, count } of rows ?? []) live.set({ cluster, severity }, count);
    },
  });
  const open: Gauge = new Gauge({
    name: 'nightcrier_open_faults',
    help: 'Faults that stand, by cluster.',
    labelNames: ['cluster'],
    registers: [registry],
    async collect() {
      const rows = (await snapshot())?.openFaults;
      if (rows) open.reset();
      for (const { cluster, count } of rows ?? []) open.set({ cluster }, count);
    },
  });
}

/** @see registerIntakeMetrics */
function registerStormMetric(registry: Registry, snapshot: () => Promise<Counters | null>): void {
  const storms: Gauge = new Gauge({
    name: 'nightcrier_storms',
    help: 'Incidents for which a storm stands that gathers now, by cluster.',
    labelNames: ['cluster'],
    registers: [registry],
    async collect() {
      const rows = (await snapshot())?.storms;
      if (rows) storms.reset();
      for (const { cluster, members } of rows ?? []) storms.set({ cluster }, members);
    },
  });
}

/** Silences that hold or will, by their state; those that have ended are not counted. */
export function registerSilenceMetrics(
  registry: Registry,
  silences: () => Promise<readonly Silence[]>,
  clock: Pick<Clock, 'now'>,
): void {
  const gauge: Gauge = new Gauge({
    name: 'nightcrier_silences',
    help: 'Silences that hold now (active) or will (pending).',
    labelNames: ['state'],
    registers: [registry],
    async collect() {
      const rows = await silences().catch(() => null);
      if (rows === null) return;
      for (const state of ['active', 'pending']) gauge.set({ state }, 0);
      const states = rows.map((silence) => silenceState(silence, clock.now()));
      for (const state of states) if (state !== 'ended') gauge.inc({ state });
    },
  });
}

/**
 * One call serves all that ask before it answers: the metrics of one scrape. Null when the state cannot be read: a
 * scrape must not fail then, its numbers stay as they were.
 */
function sharedWhilePending<T>(ask: () => Promise<T>): () => Promise<T | null> {
  let pending: Promise<T | null> | null = null;
  return () => {
    pending ??= ask()
      .catch(() => null)
      .finally(() => {
        pending = null;
      });
    return pending;
  };
}
