import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { faultId, type FaultSignal } from '../src/domain/fault.ts';
import { silentLogger } from '../src/lib/log.ts';
import { openStateStore } from '../src/storage/worker/open.ts';
import type { Figure } from './figure.ts';

/** How many faults a second the store makes durable: one by one from 100 clusters at once, and in batches. */
export async function durableFaults(): Promise<Figure[]> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'nightcrier-bench-'));
  const policy = {
    dedupWindowMs: 900_000,
    groupWaitMs: 3000,
    reopenWindowMs: 1_800_000,
    clearAfterMs: 120_000,
    maxOpenFaultsPerCluster: 10_000,
    pendingMs: {},
    fleet: { minClusters: 0, windowMs: 600_000, channels: {} },
    storm: { perCluster: 0, fleet: 0, windowMs: 60_000, endAfterMs: 300_000, own: {} },
    quietAfterMs: 900_000,
    redact: { patterns: [], secrets: [] },
    firstWaitMs: 0,
    runLimits: { maxConcurrent: 5, perCluster: {}, defaultPerCluster: 2 },
    targets: [],
  };
  const store = await openStateStore({ file: path.join(dir, 'state.db'), policy, logger: silentLogger });
  try {
    const single = await rate(20_000, async (signals) => {
      const lanes = Array.from({ length: 100 }, async (_, lane) => {
        for (let index = lane; index < signals.length; index += 100) {
          await store.accept([signals[index] as FaultSignal], Date.now());
        }
      });
      await Promise.all(lanes);
    });
    const batches = await rate(50_000, async (signals) => {
      for (let index = 0; index < signals.length; index += 500) {
        await store.accept(signals.slice(index, index + 500), Date.now());
      }
    });
    return [
      { name: 'faults durably accepted, one by one from 100 clusters', value: single, unit: '/s' },
      { name: 'faults durably accepted, in batches of 500', value: batches, unit: '/s' },
    ];
  } finally {
    await store.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

let serial = 0;

async function rate(count: number, accept: (signals: FaultSignal[]) => Promise<void>): Promise<number> {
  const signals = Array.from({ length: count }, () => signal());
  const started = performance.now();
  await accept(signals);
  return Math.round(count / ((performance.now() - started) / 1000));
}

function signal(): FaultSignal {
  serial += 1;
  const uid = String(serial);
  return {
    cluster: `sim-${serial % 100}`,
    source: 'push',
    faultId: faultId('', 'CrashLoop', uid, 'app'),
    faultType: 'CrashLoop',
    severity: 'critical',
    resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: `app-${uid}`, uid },
    container: 'app',
    context: 'Container entered CrashLoopBackOff state, restart count: 4',
    at: Date.now(),
    since: null,
    family: null,
  };
}
