import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runDaemon, triageOnce, untilQuiet } from '../../../src/app/commands/run-daemon.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { demoConfig } from '../../../src/demo/demo-config.ts';
import { type Fleet, startFleet } from '../../../src/demo/fleet.ts';
import type { Counters } from '../../../src/domain/history.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { tempDir } from '../../support/temp-dir.ts';

const never = new AbortController().signal;

/** A target that keeps what is written. */
function kept() {
  const texts: string[] = [];
  return { write: (text: string) => texts.push(text), text: () => texts.join('') };
}

async function fleetOf(): Promise<Fleet> {
  const fleet = await startFleet();
  onTestFinished(() => fleet.close());
  return fleet;
}

function settings(fleet: Fleet, more: Record<string, unknown> = {}) {
  const dir = tempDir();
  const config = { ...demoConfig(fleet, dir), data_dir: path.join(dir, 'data'), notify: { console: true }, ...more };
  return { ...parseConfig(config, dir), healthPort: 0 as const };
}

function io() {
  const [stdout, stderr] = [kept(), kept()];
  return { stdout, stderr, env: { PATH: process.env['PATH'] }, timeZone: 'UTC', onSignal: () => () => {} };
}

test('OPS-4: run --once asks every cluster, says who answered, and ends by itself', async () => {
  const fleet = await fleetOf();
  const talk = io();
  expect(await runDaemon({ loaded: settings(fleet), once: true, io: talk }, never)).toBe(0);
  const count = fleet.clusters.length;
  expect(talk.stderr.text()).toContain(`${count} clusters asked, ${count} answered`);
});

test('OPS-5: the daemon ends with its signal, also when that comes before it has started', async () => {
  const fleet = await fleetOf();
  const stop = new AbortController();
  stop.abort(new Error('stopped by SIGTERM'));
  const talk = io();
  expect(await runDaemon({ loaded: settings(fleet), once: false, io: talk }, stop.signal)).toBe(0);
  expect(talk.stderr.text()).toContain('nightcrier has stopped');
});

test('INT-7: triage without a daemon connects to one cluster alone, and ends with the answer of the run', async () => {
  const fleet = await fleetOf();
  const [cluster] = fleet.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  const ref = { kind: 'Namespace', namespace: null, name: 'kube-system' };
  const detail = await triageOnce({ loaded: settings(fleet), cluster: cluster.name, ref, io: io() }, never);
  expect(detail.incident).toMatchObject({ cluster: cluster.name });
  expect(detail.runs.map(({ status }) => status)).toEqual(['succeeded']);
});

test('INT-7: an object that is not there is a problem of the person who asked', async () => {
  const fleet = await fleetOf();
  const cluster = fleet.clusters[0]?.name ?? '';
  const ref = { kind: 'Namespace', namespace: null, name: 'nowhere' };
  await expect(triageOnce({ loaded: settings(fleet), cluster, ref, io: io() }, never)).rejects.toMatchObject({
    code: 'NC-TRIAGE-005',
  });
});

test('OPS-4: quiet is when no fault waits for its outcome, no incident for its run, no message for its delivery', async () => {
  const clock = new ManualClock();
  const quiet: Counters = {
    queuedRuns: 0,
    oldestQueuedAt: null,
    runningRuns: 0,
    incidents: [],
    outbox: [],
    received: [],
    outcomes: [],
    liveIncidents: [],
    openFaults: [],
    storms: [],
    breakers: [],
  };
  const looks: Counters[] = [
    { ...quiet, queuedRuns: 1 },
    { ...quiet, runningRuns: 1 },
    { ...quiet, incidents: [{ cluster: 'prod', status: 'investigating', count: 1 }] },
    { ...quiet, outbox: [{ target: 'console', count: 1, oldestAt: 0 }] },
    { ...quiet, incidents: [{ cluster: 'prod', status: 'reported', count: 3 }] },
  ];
  let asked = 0;
  const store = {
    counters: () => Promise.resolve(looks[asked++] ?? quiet),
    unsettled: () => Promise.resolve([]),
  };
  const app = { store, intake: { idle: () => Promise.resolve() } };
  const done = untilQuiet(app, clock, never);
  for (let turn = 0; turn < looks.length; turn += 1) {
    await clock.advance(0);
    await clock.advance(100);
  }
  await done;
  expect(asked).toBe(looks.length);
});
