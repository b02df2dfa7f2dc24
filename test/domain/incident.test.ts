import { describe, expect, test } from 'vitest';
import {
  addFault,
  endIncident,
  incidentTitle,
  isLive,
  objectKey,
  openIncident,
  reopenIncident,
  reportIncident,
  startIncident,
  transition,
  yieldsFamily,
} from '../../src/domain/incident.ts';
import { type Incident, incidentStatuses, type IncidentStatus } from '../../src/domain/records.ts';
import { runResult } from '../storage/store-fixture.ts';
import { clusterPolicy, owner, signal, startOfTime as at } from '../support/signals.ts';

function incident(change: Partial<Incident> = {}): Incident {
  const fault = { ...signal(), family: 'workload', owner: owner() } as const;
  const opened = openIncident({ id: 'inc_1', fault, cluster: clusterPolicy(), quiet: false, previousId: null, at });
  return { ...opened, ...change };
}

const allowed: Record<IncidentStatus, IncidentStatus[]> = {
  open: ['queued', 'investigating', 'resolved', 'skipped'],
  queued: ['investigating', 'resolved', 'skipped'],
  investigating: ['reported', 'failed', 'queued', 'resolved'],
  reported: ['queued', 'resolved'],
  failed: ['queued', 'resolved'],
  resolved: ['open'],
  skipped: [],
};

describe('INT-6: the life of an incident', () => {
  const steps = incidentStatuses.flatMap((from) => incidentStatuses.map((to) => ({ from, to })));
  const isLegal = ({ from, to }: { from: IncidentStatus; to: IncidentStatus }) => allowed[from].includes(to);

  test.each(steps.filter(isLegal))('$from → $to is a step', ({ from, to }) => {
    const moved = transition(incident({ status: from }), to, at + 1, 'why');
    expect(moved).toMatchObject({ status: to, statusReason: 'why', updatedAt: at + 1 });
  });

  test.each(steps.filter((step) => !isLegal(step)))('$from → $to is refused', ({ from, to }) => {
    const move = () => transition(incident({ status: from }), to, at + 1);
    expect(move).toThrow(`cannot go from ${from} to ${to}`);
  });

  test('only resolved and skipped are ends', () => {
    expect(incidentStatuses.filter((status) => !isLive(status))).toEqual(['resolved', 'skipped']);
  });
});

test('INT-2: the title names fault, owner and kind; cluster-scoped owners have no namespace', () => {
  expect(incidentTitle('CrashLoop', owner())).toBe('CrashLoop · payments/api (Deployment)');
  expect(incidentTitle('NodeUnhealthy', owner('n1', { kind: 'Node', namespace: null }))).toBe(
    'NodeUnhealthy · n1 (Node)',
  );
});

test('INT-2: a new fault can raise the severity, never lower it, and makes a quiet incident loud', () => {
  const quiet = incident({ severity: 'warning', quiet: true });
  const change = { quiet: true, takesFamily: false, at: at + 1 };
  expect(addFault(quiet, { severity: 'info', faultType: 'WarningEvent', family: 'workload' }, change)).toBe(quiet);
  const worse = { severity: 'critical', faultType: 'CrashLoop', family: 'workload' } as const;
  expect(addFault(quiet, worse, change)).toMatchObject({ severity: 'critical', quiet: true });
  expect(addFault(quiet, worse, { ...change, quiet: false })).toMatchObject({ severity: 'critical', quiet: false });
  expect(addFault(incident(), worse, change).quiet).toBe(false);
});

test('INT-2: what only follows from other faults gives way to the first real cause while it gathers', () => {
  const stalled = incident({ title: 'DeploymentFailure · payments/api (Deployment)' });
  expect(yieldsFamily(stalled, ['DeploymentFailure', 'WarningEvent'])).toBe(true);
  expect(yieldsFamily(stalled, ['DeploymentFailure', 'CrashLoop'])).toBe(false);
  expect(yieldsFamily({ ...stalled, status: 'investigating' }, ['DeploymentFailure'])).toBe(false);
  const pull = { severity: 'warning', faultType: 'ImagePull', family: 'image' } as const;
  expect(addFault(stalled, pull, { quiet: false, takesFamily: true, at })).toMatchObject({
    family: 'image',
    title: 'ImagePull · payments/api (Deployment)',
    severity: 'critical',
  });
});

test('INT-6: started, reported, resolved and reopened, with what each sets', () => {
  const started = startIncident(incident(), at + 1);
  expect(started).toMatchObject({ status: 'investigating', startedAt: at + 1, seq: 2 });
  const reported = reportIncident(started, runResult({ cause: 'a key is missing' }), at + 2);
  expect(reported).toMatchObject({ status: 'reported', reportedAt: at + 2, cause: 'a key is missing', seq: 3 });
  const resolved = endIncident(reported, 'resolved', 'cleared', at + 3);
  expect(resolved).toMatchObject({ status: 'resolved', statusReason: 'cleared', resolvedAt: at + 3, seq: 4 });
  expect(reopenIncident(resolved, false, at + 4)).toMatchObject({
    status: 'open',
    statusReason: null,
    reopened: 1,
    startedAt: null,
    resolvedAt: null,
    cause: 'a key is missing',
    seq: 5,
  });
});

test('INT-6: a run that failed altogether makes the incident failed and keeps an earlier report', () => {
  const earlier = startIncident(incident({ cause: 'known', report: '/r', reportedAt: at }), at);
  const failed = reportIncident(earlier, runResult({ outcome: 'failed', error: 'disk full', cause: null }), at + 2);
  expect(failed).toMatchObject({ status: 'failed', statusReason: 'disk full', cause: 'known', report: '/r' });
});

test('INT-6: a report that comes after the end is kept and does not bring the incident back', () => {
  const resolved = endIncident(startIncident(incident(), at), 'resolved', 'by anna', at + 1);
  expect(startIncident(resolved, at + 2)).toBe(resolved);
  expect(reportIncident(resolved, runResult(), at + 2)).toMatchObject({
    status: 'resolved',
    statusReason: 'by anna',
    cause: 'the process exits with 1',
  });
});

test('INT-2: an object has one key whatever the case of its kind', () => {
  expect(objectKey({ kind: 'Pod', namespace: 'a', name: 'b' })).toBe(
    objectKey({ kind: 'POD', namespace: 'a', name: 'b' }),
  );
  expect(objectKey({ kind: 'Node', namespace: null, name: 'n1' })).toBe('node//n1');
});
