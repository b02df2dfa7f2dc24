import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { StateStore } from '../../src/domain/state-store.ts';
import { signalProcess } from '../../src/lib/process/send-signal.ts';
import type { Triage } from '../../src/triage/create-triage.ts';
import { clusterPolicy, owner, signal } from '../support/signals.ts';
import { startProcess } from '../support/started-process.ts';
import { tempDir } from '../support/temp-dir.ts';
import { agentFixture, runAgentScript } from '../support/triage-bench.ts';
import { waitUntil } from '../support/wait-until.ts';
import { openTriage } from './crash-holder.ts';

/* On the real state store. */
const forever = new AbortController().signal;

async function open(dataDir: string, command: readonly string[] = []) {
  const parts = await openTriage(dataDir, runAgentScript, command);
  onTestFinished(async () => {
    await parts.triage.stop(2000);
    await parts.store.close();
  });
  return parts;
}

/** A fault becomes an incident with a queued run. */
async function receive(store: StateStore, cluster: string, pod: string): Promise<void> {
  const now = Date.now();
  await store.accept([signal({ cluster, pod, at: now })], now);
  const waiting = await store.unsettled(100);
  const inputs = waiting.map(({ seq }) => ({ seq, owner: owner(pod), node: null, cluster: clusterPolicy() }));
  await store.settle(inputs, now);
}

async function incidents(store: StateStore) {
  return (await store.incidents({ limit: 100 })).items;
}

/** Waits for the end of all runs. */
async function finish(triage: Triage, store: StateStore, count: number): Promise<void> {
  await waitUntil(async () => (await incidents(store)).length === count, 'the incidents');
  await triage.idle(forever);
}

describe('TRI-1: triage on the real state store', () => {
  test('incidents of several clusters get their reports and messages', async () => {
    const { triage, store, artifacts } = await open(tempDir());
    await triage.start();
    for (const cluster of ['a', 'b', 'c']) {
      for (const pod of ['one', 'two', 'three']) await receive(store, cluster, pod);
    }
    await finish(triage, store, 9);
    const all = await incidents(store);
    expect(all.map(({ incident }) => incident.status)).toEqual(Array.from({ length: 9 }, () => 'reported'));
    expect(all.every(({ incident }) => incident.cause === 'The key REDIS_URL is missing.')).toBe(true);
    expect(artifacts.stored.size).toBe(9);
    const { outbox, runningRuns, queuedRuns } = await store.counters();
    expect([runningRuns, queuedRuns]).toEqual([0, 0]);
    expect(outbox).toEqual([expect.objectContaining({ target: 'console' })]);
  });

  test('INT-7: a run that a person asks for again is done again', async () => {
    const { triage, store } = await open(tempDir());
    await triage.start();
    await receive(store, 'a', 'one');
    await finish(triage, store, 1);
    const [first] = await incidents(store);
    await store.requestRun(first?.incident.id ?? '', 'manual', Date.now());
    await waitUntil(async () => (await incidents(store))[0]?.runs.length === 2, 'the second run');
    await triage.idle(forever);
    expect((await incidents(store))[0]?.runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded']);
  });

  test('OPS-5: a stop in the middle of an agent hands the run back; the next start finishes it', async () => {
    const dataDir = tempDir();
    const first = await openTriage(dataDir, runAgentScript, [agentFixture('ignores-sigterm')]);
    await first.triage.start();
    await receive(first.store, 'a', 'one');
    await waitUntil(() => findStarted(dataDir), 'the agent');
    const began = performance.now();
    await first.triage.stop(1500);
    expect(performance.now() - began).toBeLessThan(2500);
    expect((await incidents(first.store))[0]?.incident.status).toBe('queued');
    await first.store.close();

    const second = await open(dataDir);
    await second.triage.start();
    await finish(second.triage, second.store, 1);
    const [detail] = await incidents(second.store);
    expect(detail?.incident.status).toBe('reported');
    expect(detail?.runs).toEqual([expect.objectContaining({ status: 'succeeded', attempt: 2 })]);
  });
});

test('TRI-1: after kill -9 in the middle of a run: its agent is ended, the run done once, nothing is lost', async () => {
  const dataDir = tempDir();
  // The incident is there before the process that works on it.
  const before = await openTriage(dataDir, runAgentScript, []);
  await receive(before.store, 'a', 'one');
  await before.store.close();

  const holder = path.join(import.meta.dirname, 'crash-holder.ts');
  const log = path.join(tempDir(), 'holder.log');
  const args = [holder, dataDir, runAgentScript, agentFixture('ignores-sigterm')];
  const child = startProcess(process.execPath, args, log);
  onTestFinished(() => child.stop());
  await waitUntil(() => findStarted(dataDir), `the agent: ${child.output()}`, 15_000);
  signalProcess(child.pid, 'SIGKILL');
  await waitUntil(() => child.exited, 'the end of the process');
  expect(agentsOf(dataDir)).not.toEqual([]);

  const { triage, store, artifacts } = await open(dataDir);
  await triage.start();
  await finish(triage, store, 1);
  expect(agentsOf(dataDir)).toEqual([]);
  const [detail] = await incidents(store);
  expect(detail?.incident.status).toBe('reported');
  expect(detail?.runs).toEqual([expect.objectContaining({ status: 'succeeded', attempt: 2 })]);
  expect(artifacts.stored.size).toBe(1);
  const run = detail?.runs[0];
  const output = path.join(dataDir, 'workspaces', run?.incidentId ?? '', run?.id ?? '', 'output');
  expect(readdirSync(output).sort()).toEqual(['investigation.md', 'verdict.json']);
});

test('TRI-2: old workspaces go at start', async () => {
  const dataDir = tempDir();
  const old = path.join(dataDir, 'workspaces/inc_1/run_1');
  mkdirSync(old, { recursive: true });
  utimesSync(old, 1_000_000, 1_000_000);
  const { triage } = await open(dataDir);
  await triage.start();
  await waitUntil(() => !existsSync(path.join(dataDir, 'workspaces/inc_1')), 'the old workspace');
  expect(existsSync(path.join(dataDir, 'state.db'))).toBe(true);
});

test('OPS-2: its metrics are there from the start', async () => {
  const { triage, registry } = await open(tempDir());
  await triage.start();
  const text = await registry.metrics();
  for (const name of [
    'nightcrier_triage_queue_length 0',
    'nightcrier_triage_running 0',
    'nightcrier_triage_slots 4',
    'nightcrier_triage_runs_total{agent="custom",result="fallback"} 0',
    'nightcrier_fallback_reports_total{reason="timed_out"} 0',
    'nightcrier_artifact_uploads_total{result="failure"} 0',
  ]) {
    expect(text).toContain(name);
  }
});

function findStarted(dataDir: string): boolean {
  const root = path.join(dataDir, 'workspaces');
  return existsSync(root) && readdirSync(root, { recursive: true }).some((name) => String(name).endsWith('/started'));
}

/** Live processes that carry the data directory in their environment as the workspace of a run. */
function agentsOf(dataDir: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`NIGHTCRIER_RUN_WORKSPACE=${dataDir}/`);
    } catch {
      return false;
    }
  });
}
