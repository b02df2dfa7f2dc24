import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FaultSignal, OwnerRef, Severity } from '../../src/domain/fault.ts';
import type { RunResult } from '../../src/domain/records.ts';
import type { RunLimits } from '../../src/domain/agent-limits.ts';
import type { ClusterPolicy, Settled, StateStore, StorePolicy } from '../../src/domain/state-store.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { openStateStore } from '../../src/storage/worker/open.ts';
import { clusterPolicy, owner, signal, startOfTime, storePolicy } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';

export const limits: RunLimits = { maxConcurrent: 4, perCluster: {}, defaultPerCluster: 1 };

/** A real store in a temporary directory, closed when the test ends. */
export async function openTestStore(change: Partial<StorePolicy> = {}, file = join(tempDir(), 'state.db')) {
  const store = await openStateStore({ file, policy: storePolicy(change), logger: silentLogger });
  onTestFinished(() => store.close());
  return { store, file };
}

export interface Given {
  readonly owner?: OwnerRef;
  readonly node?: string | null;
  readonly cluster?: Partial<ClusterPolicy>;
}

/** Accepts signals and settles everything that waits; gives the outcomes in the order of reception. */
export async function receive(
  store: StateStore,
  signals: readonly FaultSignal[],
  given: Given = {},
  at = startOfTime,
): Promise<Settled[]> {
  await store.accept(signals, at);
  return settleAll(store, given, at);
}

/** Opens an incident of one owner, and gives its id. */
export async function openIncident(
  store: StateStore,
  name: string,
  severity: Severity,
  at = startOfTime,
): Promise<string> {
  const [settled] = await receive(store, [signal({ pod: name, severity })], { owner: owner(name) }, at);
  if (settled?.incidentId == null) throw new Error(`the fault of ${name} opened no incident: ${settled?.outcome}`);
  return settled.incidentId;
}

export async function settleAll(store: StateStore, given: Given = {}, at = startOfTime): Promise<Settled[]> {
  const waiting = await store.unsettled(1000);
  const inputs = waiting.map(({ seq }) => ({
    seq,
    owner: given.owner ?? owner(),
    node: given.node ?? null,
    cluster: clusterPolicy(given.cluster),
  }));
  return [...(await store.settle(inputs, at))].sort((a, b) => a.seq - b.seq);
}

export function runResult(change: Partial<RunResult> = {}): RunResult {
  return {
    outcome: 'answered',
    agent: 'builtin',
    model: null,
    defects: [],
    isFault: true,
    cause: 'the process exits with 1',
    confidence: 'high',
    report: '/reports/index.html',
    durationMs: 1000,
    error: null,
    summary: null,
    usage: null,
    ...change,
  };
}

/** received − outcomes of what the counters say: 0 when nothing waits. */
export async function unaccounted(store: StateStore): Promise<number> {
  const { received, outcomes } = await store.counters();
  const sum = (rows: readonly { count: number }[]): number => rows.reduce((total, { count }) => total + count, 0);
  return sum(received) - sum(outcomes);
}
