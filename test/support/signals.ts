import { defaultSeverity } from '../../src/domain/fault-types.ts';
import type { FaultSignal, OwnerRef } from '../../src/domain/fault.ts';
import type { StormPolicy } from '../../src/domain/cluster-policy.ts';
import type { ClusterPolicy, StorePolicy } from '../../src/domain/state-store.ts';

export const startOfTime = Date.UTC(2026, 10, 20, 9, 0, 0);
export const minute = 60_000;

/** A fault signal with everything that a test does not care about filled in. */
export function signal(change: Partial<FaultSignal> & { pod?: string } = {}): FaultSignal {
  const { pod = 'api-7d9c-x1', ...rest } = change;
  const faultType = rest.faultType ?? 'CrashLoop';
  const cluster = rest.cluster ?? 'prod';
  return {
    cluster,
    source: 'push',
    faultId: `${cluster}:${faultType}:${pod}`,
    faultType,
    severity: defaultSeverity(faultType),
    resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'payments', name: pod, uid: `uid-${pod}` },
    container: 'app',
    context: `${pod} is broken`,
    at: startOfTime,
    since: null,
    family: null,
    ...rest,
  };
}

/** A fault of a node. */
export function nodeSignal(node: string, change: Partial<FaultSignal> = {}): FaultSignal {
  return signal({
    faultType: 'NodeUnhealthy',
    faultId: `node:${node}`,
    resource: { apiVersion: 'v1', kind: 'Node', namespace: null, name: node, uid: `uid-${node}` },
    container: '',
    ...change,
  });
}

export function owner(name = 'api', change: Partial<OwnerRef> = {}): OwnerRef {
  return { kind: 'Deployment', namespace: 'payments', name, certain: true, ...change };
}

export function clusterPolicy(change: Partial<ClusterPolicy> = {}): ClusterPolicy {
  return {
    environment: 'production',
    labels: { team: 'payments' },
    severityThreshold: 'info',
    triageEnabled: true,
    triageDisabledReason: null,
    ...change,
  };
}

export function storePolicy(change: Partial<StorePolicy> = {}): StorePolicy {
  return {
    dedupWindowMs: 15 * minute,
    groupWaitMs: 3000,
    pendingMs: {},
    reopenWindowMs: 30 * minute,
    clearAfterMs: 2 * minute,
    maxOpenFaultsPerCluster: 10_000,
    storm: stormPolicy(),
    fleet: { minClusters: 0, windowMs: 10 * minute, channels: {} },
    quietAfterMs: 15 * minute,
    redact: { patterns: [], secrets: [] },
    firstWaitMs: 0,
    runLimits: { maxConcurrent: 5, perCluster: {}, defaultPerCluster: 2 },
    targets: ['slack'],
    ...change,
  };
}

/** Without any limit, with what is given instead. */
export function stormPolicy(change: Partial<StormPolicy> = {}): StormPolicy {
  return { perCluster: 0, fleet: 0, windowMs: minute, endAfterMs: 5 * minute, own: {}, ...change };
}
