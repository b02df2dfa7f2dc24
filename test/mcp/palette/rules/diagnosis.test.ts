import { expect, test } from 'vitest';
import { cluster, clusterDashboard, clusterEvent, type ClusterEvent } from '../../../../src/mcp/palette/api/shapes.ts';
import { paletteIssues, paletteScore } from '../../../../src/mcp/palette/rules/diagnosis.ts';
import type { DiagnosedCluster } from '../../../../src/mcp/palette/rules/issue.ts';
import { clusterOf, dashboardOf, eventOf } from '../../../support/palette-fleet.ts';

const now = Date.parse('2026-11-20T08:01:00.000Z');

interface Changes extends Partial<Omit<DiagnosedCluster, 'whole' | 'dashboard'>> {
  /** Of the status of each answer. */
  readonly whole?: object;
  readonly dashboard?: object;
  readonly spec?: object;
}

/** Cluster 1, which is well, with parts of its answers replaced. */
function known(changes: Changes = {}): DiagnosedCluster {
  const [whole, dashboard] = [clusterOf(1), dashboardOf(1)];
  return {
    profiles: [],
    events: [],
    drift: [],
    now,
    ...changes,
    whole: cluster.parse({ ...whole, status: { ...whole.status, ...changes.whole } }),
    dashboard: clusterDashboard.parse({
      ...dashboard,
      spec: { ...dashboard.spec, ...changes.spec },
      status: { ...dashboard.status, ...changes.dashboard },
    }),
  };
}

const found = (state: DiagnosedCluster): string[] =>
  paletteIssues(state).map(({ rule, severity, resource }) => `${severity} ${rule} ${resource}`);
const pool = (more: object) => ({
  isControlPlane: false,
  size: 3,
  healthy: 3,
  maintenanceMode: 0,
  labels: [],
  ...more,
});
const pools = (...all: object[]) => ({ spec: { cloudConfig: { cloudType: 'aws', machinePools: all.map(pool) } } });
const event = (index: number, more: object): ClusterEvent => clusterEvent.parse({ ...eventOf(1, index), ...more });
const metrics = (used: number, asked: number) => ({
  dashboard: {
    metrics: { cpu: { total: 100, usage: used, request: asked }, memory: { total: 100, usage: used, request: asked } },
  },
});

test('a cluster that is well has no issue and the score 100', () => {
  expect(paletteIssues(known())).toEqual([]);
  expect(paletteScore([])).toBe(100);
});

test.each([
  ['state Error', known({ dashboard: { state: 'Error' } }), ['critical cluster-failed cluster/cluster-001']],
  [
    'an hour of Provisioning',
    known({ dashboard: { state: 'Provisioning' }, now: now + 3_600_000 }),
    ['critical agent-silent cluster/cluster-001', 'warning cluster-in-transition cluster/cluster-001'],
  ],
  ['a minute of Provisioning', known({ dashboard: { state: 'Provisioning' } }), []],
  [
    'UnHealthy',
    known({ dashboard: { health: { state: 'UnHealthy', conditions: [{ type: 'A', message: 'b' }] } } }),
    ['critical cluster-unhealthy cluster/cluster-001'],
  ],
  [
    'a condition of a healthy one',
    known({ dashboard: { health: { state: 'Healthy', conditions: [{ message: 'b' }] } } }),
    ['warning health-conditions cluster/cluster-001'],
  ],
  ['ten minutes of silence', known({ now: now + 9 * 60_000 }), ['critical agent-silent cluster/cluster-001']],
  ['nine minutes of silence', known({ now: now + 8 * 60_000 }), []],
  [
    'a condition that is False',
    known({ whole: { conditions: [{ type: 'X', status: 'False' }] } }),
    ['warning condition-false cluster/cluster-001'],
  ],
  [
    'a repave that waits',
    known({ whole: { repave: { state: 'Pending' } } }),
    ['warning repave-pending cluster/cluster-001'],
  ],
  [
    'a worker that is gone',
    known(pools({ isControlPlane: true }, { healthy: 2 }, {})),
    ['warning machines-unhealthy pool/worker-1'],
  ],
  [
    'a control plane that is not well',
    known(pools({}, { isControlPlane: true, healthy: 2 })),
    ['critical machines-unhealthy pool/control-plane'],
  ],
  [
    'machines in maintenance',
    known(pools({}, { healthy: 2, maintenanceMode: 1 })),
    ['info machines-in-maintenance pool/worker-2'],
  ],
  [
    'a control plane of one',
    known(pools({ isControlPlane: true, size: 1, healthy: 1 })),
    ['info control-plane-single pool/control-plane'],
  ],
  [
    'a pack that fails',
    known({ whole: { packs: [{ name: 'vault', version: '1', condition: { status: 'False', reason: 'R' } }] } }),
    ['warning pack-failing pack/vault'],
  ],
  [
    'a pack that is gone',
    known({ profiles: [{ packs: [{ name: 'vault', isInvalid: true }] }] as never }),
    ['warning pack-invalid pack/vault'],
  ],
  [
    'memory in use',
    known({ dashboard: { metrics: { memory: { total: 10, usage: 9, request: 1 } } } }),
    ['warning capacity-full cluster/cluster-001'],
  ],
  ['all requested', known(metrics(20, 95)), ['warning capacity-full cluster/cluster-001']],
  ['idle', known(metrics(5, 20)), ['info capacity-idle cluster/cluster-001']],
  ['asked for and idle', known(metrics(5, 50)), []],
  ['without metrics', known({ dashboard: { metrics: null } }), []],
  ['an error of a pack', known({ events: [event(5, {})] }), ['warning event-reported pack/cni-cilium-oss']],
  [
    'a warning of the cluster',
    known({ events: [event(1, { severity: 'Warning', involvedObject: { kind: 'spectrocluster', name: 'x' } })] }),
    ['info event-reported cluster/cluster-001'],
  ],
  [
    'an error of last week',
    known({ events: [event(5, {})], dashboard: { health: null }, now: now + 7 * 86_400_000 }),
    [],
  ],
  [
    'drift',
    known({ drift: [{ profile: 'p', pack: 'k', layer: null, runs: '1', profile_says: '2' }] }),
    ['info profile-drift profile/p'],
  ],
] as const)('%s', (_case, state, expected) => {
  expect(found(state)).toEqual(expected);
});

test('equal events are one issue with a count, the worst comes first', () => {
  const events = [event(5, {}), event(10, {}), event(15, { reason: 'Other' })];
  const issues = paletteIssues(known({ events, dashboard: { state: 'Error' } }));
  expect(issues.map(({ message }) => message)).toEqual([
    'The cluster is in the state Error.',
    'PackInstallFailed, 2 times within a day.',
    'Other, 1 time within a day.',
  ]);
  expect(issues[1]?.evidence).toEqual(['event 5 of cluster-001', 'event 10 of cluster-001']);
});

test('a resource counts once, as the worst that is said of it', () => {
  const issue = (severity: 'critical' | 'warning' | 'info', resource: string) => ({ severity, resource }) as never;
  expect(paletteScore([issue('critical', 'a'), issue('warning', 'a'), issue('warning', 'b'), issue('info', 'c')])).toBe(
    63,
  );
  expect(paletteScore(['a', 'b', 'c', 'd', 'e'].map((name) => issue('critical', name)))).toBe(0);
});
