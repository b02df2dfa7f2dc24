import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSeverity, type FaultSignal, severities } from '../../../src/domain/fault.ts';
import type { FaultEpisode, Incident } from '../../../src/domain/records.ts';
import { decideOutcome, isHeldBack, isNodeFault, settleRank } from '../../../src/domain/decide/outcome.ts';
import type { ClusterPolicy } from '../../../src/domain/state-store.ts';
import {
  clusterPolicy,
  minute,
  nodeSignal,
  owner,
  signal,
  startOfTime as at,
  storePolicy,
} from '../../support/signals.ts';
import { episode, incident, settleFacts } from './facts.ts';

const policy = storePolicy();

interface Given {
  signal?: FaultSignal;
  at?: number;
  cluster?: Partial<ClusterPolicy>;
  active?: FaultEpisode;
  activeIncident?: Incident;
  openFaults?: number;
  owners?: Incident[];
  yielding?: boolean;
  node?: Incident;
  resolved?: Incident[];
}

function decide(given: Given = {}) {
  const facts = settleFacts({
    signal: given.signal ?? signal(),
    at: given.at ?? at,
    cluster: clusterPolicy(given.cluster),
    active: given.active ?? null,
    activeIncident: given.activeIncident ?? null,
    openFaults: given.openFaults ?? 0,
    ownerIncidents: () => given.owners ?? [],
    yieldsFamily: () => given.yielding ?? false,
    nodeIncident: () => given.node ?? null,
    resolved: () => given.resolved ?? [],
  });
  return decideOutcome(facts, policy);
}

test('INT-2: a new fault of an owner without incidents opens one', () => {
  expect(decide()).toEqual({ kind: 'open', previousId: null });
});

test('INT-1: an active fault of a live incident is a repeat, however long ago', () => {
  const given = { active: episode(), activeIncident: incident({ status: 'reported' }) };
  expect(decide({ ...given, at: at + 1000 * minute })).toMatchObject({
    kind: 'repeat',
    rule: expect.stringMatching(/^active/),
  });
});

test('INT-1: after a person ended the incident, a repeat counts as such for the dedup window', () => {
  const given = { active: episode(), activeIncident: incident({ status: 'resolved', resolvedAt: at }) };
  expect(decide({ ...given, at: at + 15 * minute })).toEqual({ kind: 'repeat', rule: 'dedup_window' });
  expect(decide({ ...given, at: at + 16 * minute })).toMatchObject({ kind: 'open' });
});

test('INT-3: below the threshold, and triage off, are recorded with their rule; a repeat of that is a repeat', () => {
  const below: Given = { signal: signal({ severity: 'info' }), cluster: { severityThreshold: 'warning' } };
  expect(decide(below)).toEqual({ kind: 'record', outcome: 'below_threshold', rule: 'severity_threshold: warning' });
  const kept = episode({ incidentId: null, outcome: 'below_threshold' });
  expect(decide({ ...below, active: kept })).toEqual({
    kind: 'repeat',
    rule: 'active, severity_threshold: warning',
  });
  const off = { triageEnabled: false, triageDisabledReason: 'triage.enabled: false' };
  expect(decide({ cluster: off })).toEqual({
    kind: 'record',
    outcome: 'triage_disabled',
    rule: 'triage.enabled: false',
  });
});

test('INT-3: a fault that was held back and is not any more gets its incident', () => {
  const kept = episode({ incidentId: null, outcome: 'below_threshold', severity: 'info' });
  expect(decide({ active: kept, cluster: { severityThreshold: 'critical' } })).toEqual({
    kind: 'open',
    previousId: null,
  });
});

test('CON-6: over max_open_faults_per_cluster a new fault is throttled, an active one is a repeat', () => {
  const full = { openFaults: policy.maxOpenFaultsPerCluster };
  expect(decide(full)).toEqual({ kind: 'refuse', outcome: 'throttled', rule: 'max_open_faults_per_cluster: 10000' });
  expect(decide({ ...full, active: episode(), activeIncident: incident() })).toMatchObject({ kind: 'repeat' });
});

test('INT-2: same owner and family merge; another family opens its own', () => {
  const owners = [incident({ status: 'investigating' })];
  expect(decide({ owners })).toMatchObject({ kind: 'merge', incident: { id: 'inc_1' }, takesFamily: false });
  expect(decide({ owners, signal: signal({ faultType: 'ImagePull' }) })).toEqual({ kind: 'open', previousId: null });
});

test('INT-2: what follows from other faults joins any incident of its owner, as does a person', () => {
  const owners = [incident({ family: 'image' })];
  for (const faultType of [
    'DeploymentFailure',
    'StatefulSetStalled',
    'DaemonSetIncomplete',
    'CreateFailed',
    'ServiceWithoutEndpoints',
    'WarningEvent',
  ]) {
    expect(decide({ owners, signal: signal({ faultType }) })).toMatchObject({ kind: 'merge' });
  }
  expect(decide({ owners, signal: signal({ faultType: 'Manual', source: 'manual' }) })).toMatchObject({
    kind: 'merge',
  });
});

test('INT-2: the first real cause takes an incident over that holds only what follows', () => {
  const owners = [incident({ family: 'workload' })];
  const given = { owners, yielding: true, signal: signal({ faultType: 'ImagePull' }) };
  expect(decide(given)).toMatchObject({ kind: 'merge', takesFamily: true });
});

test('INT-2: a pod on a failing node joins the incident of the node, unless its owner has one', () => {
  const node = incident({ id: 'inc_node', family: 'node', owner: owner('n1', { kind: 'Node', namespace: null }) });
  expect(decide({ node })).toMatchObject({ kind: 'merge', incident: { id: 'inc_node' }, rule: 'on node n1' });
  expect(decide({ node, owners: [incident()] })).toMatchObject({ kind: 'merge', incident: { id: 'inc_1' } });
});

test('INT-6: back within the reopen window reopens, later a new incident is linked to the earlier one', () => {
  const resolved = [incident({ status: 'resolved', resolvedAt: at })];
  expect(decide({ resolved, at: at + 30 * minute })).toMatchObject({ kind: 'reopen', incident: { id: 'inc_1' } });
  expect(decide({ resolved, at: at + 31 * minute })).toEqual({ kind: 'open', previousId: 'inc_1' });
  const other = [incident({ status: 'resolved', resolvedAt: at, family: 'image' })];
  expect(decide({ resolved: other })).toEqual({ kind: 'open', previousId: null });
  expect(decide({ resolved: other, signal: signal({ faultType: 'DeploymentFailure' }) })).toMatchObject({
    kind: 'reopen',
  });
});

test('INT-2: within a batch nodes come first and what follows from others last', () => {
  const order = [signal({ faultType: 'DeploymentFailure' }), signal(), nodeSignal('n1')];
  expect(order.map(settleRank)).toEqual([2, 1, 0]);
  expect(isNodeFault(nodeSignal('n1', { faultType: 'NodePressure' }))).toBe(true);
  expect(isNodeFault(nodeSignal('n1', { faultType: 'WarningEvent' }))).toBe(false);
  expect(isNodeFault(signal({ faultType: 'NodeUnhealthy' }))).toBe(false);
});

describe('INT-2: where a fault goes, the first that holds', () => {
  const same = incident({ id: 'inc_same' });
  const other = incident({ id: 'inc_other', family: 'image' });
  const node = incident({ id: 'inc_node', family: 'node', owner: owner('n1', { kind: 'Node', namespace: null }) });
  const resolved = incident({ id: 'inc_old', status: 'resolved', resolvedAt: at });

  test.each([
    ['the incident of its owner and family', { owners: [other, same], node, resolved: [resolved] }, 'inc_same'],
    ['one that only followed from other faults', { owners: [other], yielding: true, node }, 'inc_other'],
    ['the incident of its node', { owners: [other], node, resolved: [resolved] }, 'inc_node'],
    ['the one that was resolved a moment ago', { owners: [other], resolved: [resolved] }, 'inc_old'],
  ])('%s', (_, given: Given, id) => {
    expect(decide(given)).toMatchObject({ incident: { id } });
  });

  test('a new one', () => {
    expect(decide({ owners: [other] })).toEqual({ kind: 'open', previousId: null });
  });

  test('what follows from others goes to the oldest incident of its owner', () => {
    const given = { owners: [other, node], signal: signal({ faultType: 'WarningEvent', severity: 'warning' }) };
    expect(decide(given)).toMatchObject({ incident: { id: 'inc_other' }, takesFamily: false });
  });

  test('of resolved ones the latest counts', () => {
    const older = { ...resolved, id: 'inc_older', resolvedAt: at - minute };
    expect(decide({ resolved: [resolved, older] })).toMatchObject({ incident: { id: 'inc_old' } });
  });
});

describe('INT-3: the threshold', () => {
  const severity = fc.constantFrom(...severities);

  test('holds back exactly what is less severe, and only that', () => {
    fc.assert(
      fc.property(severity, severity, (given, severityThreshold) => {
        const decision = decide({ signal: signal({ severity: given }), cluster: { severityThreshold } });
        expect(decision.kind).toBe(compareSeverity(given, severityThreshold) < 0 ? 'record' : 'open');
        expect(isHeldBack(signal({ severity: given }), clusterPolicy({ severityThreshold }), () => null)).toBe(
          decision.kind === 'record',
        );
      }),
    );
  });

  test('is told before triage that is off', () => {
    const cluster = { severityThreshold: 'critical', triageEnabled: false } as const;
    expect(decide({ signal: signal({ severity: 'info' }), cluster })).toMatchObject({ outcome: 'below_threshold' });
    expect(decide({ cluster: { triageEnabled: false } })).toEqual({
      kind: 'record',
      outcome: 'triage_disabled',
      rule: 'triage.enabled: false',
    });
  });
});

test('INT-2: the order of a batch does not depend on the order in which it came', () => {
  const signals = fc.array(
    fc.constantFrom(null, nodeSignal('n1'), signal(), signal({ faultType: 'DeploymentFailure' })),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(signals, (batch) => {
      const ranks = (given: typeof batch) => given.toSorted((a, b) => settleRank(a) - settleRank(b)).map(settleRank);
      expect(ranks(batch)).toEqual(ranks(batch.toReversed()));
      expect(ranks(batch)).toEqual(ranks(batch).toSorted((a, b) => a - b));
    }),
  );
});
