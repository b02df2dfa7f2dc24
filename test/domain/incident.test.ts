import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { families, severities } from '../../src/domain/fault.ts';
import { knownFaultTypes } from '../../src/domain/fault-types.ts';
import {
  addFault,
  blankIncident,
  endIncident,
  incidentTitle,
  isLive,
  type JoiningFault,
  objectKey,
  openIncident,
  reopenIncident,
  reportIncident,
  startIncident,
  transition,
  yieldsFamily,
  clusterText,
} from '../../src/domain/incident.ts';
import { type Incident, incidentStatuses, type IncidentStatus } from '../../src/domain/records.ts';
import { runResult } from '../storage/store-fixture.ts';
import { impactSample } from '../support/impact-sample.ts';
import { clusterPolicy, owner, signal, startOfTime as at } from '../support/signals.ts';

function incident(change: Partial<Incident> = {}): Incident {
  const fault = { ...signal(), family: 'workload', owner: owner(), firstSeen: at } as const;
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

const joining = (change: Partial<JoiningFault>): JoiningFault => ({
  ...signal(),
  family: 'workload',
  owner: owner(),
  firstSeen: at + 1,
  ...change,
});
const change = { quiet: false, takesFamily: false, at: at + 1 };

test('INT-2: a new fault can raise the severity, never lower it, and makes a quiet incident loud', () => {
  const quiet = incident({ severity: 'warning', quiet: true });
  const still = { ...change, quiet: true };
  expect(addFault(quiet, joining({ severity: 'info', faultType: 'WarningEvent' }), still)).toBe(quiet);
  const worse = joining({ severity: 'critical' });
  expect(addFault(quiet, worse, still)).toMatchObject({ severity: 'critical', quiet: true });
  expect(addFault(quiet, worse, change)).toMatchObject({ severity: 'critical', quiet: false });
  expect(addFault(incident(), worse, change).quiet).toBe(false);
});

test('INT-2: an incident that says only that a workload stands still takes the family of the first real cause', () => {
  expect(yieldsFamily([{ faultType: 'DeploymentFailure' }, { faultType: 'WarningEvent' }])).toBe(true);
  expect(yieldsFamily([{ faultType: 'DeploymentFailure' }, { faultType: 'CrashLoop' }])).toBe(false);
  expect(yieldsFamily([])).toBe(false);
  const pull = joining({ severity: 'warning', faultType: 'ImagePull', family: 'image' });
  const taken = addFault(incident(), pull, { ...change, takesFamily: true });
  expect(taken).toMatchObject({ family: 'image', severity: 'critical' });
});

describe('INT-2: an incident is named after its most telling fault', () => {
  const named = (first: Partial<JoiningFault>, second: Partial<JoiningFault>, takesFamily = false) => {
    const given = { id: 'inc_1', cluster: clusterPolicy(), quiet: false, previousId: null, at };
    const opened = openIncident({ ...given, fault: { ...joining({ firstSeen: at, ...first }), cluster: 'prod' } });
    return addFault(opened, joining({ resource: signal({ pod: 'second' }).resource, ...second }), {
      ...change,
      takesFamily,
    });
  };

  test('the higher severity, with its object', () => {
    const after = named({ faultType: 'PodCrash', severity: 'warning' }, { faultType: 'CrashLoop' });
    expect(after).toMatchObject({ title: 'CrashLoop · payments/api (Deployment)', resource: { name: 'second' } });
    expect(named({ faultType: 'CrashLoop' }, { faultType: 'PodCrash', severity: 'warning' }).title).toMatch(
      /^CrashLoop/,
    );
  });

  test('of the same severity a cause before what only follows from it', () => {
    expect(named({ faultType: 'DeploymentFailure' }, { faultType: 'CrashLoop' }).title).toMatch(/^CrashLoop/);
    expect(named({ faultType: 'CrashLoop' }, { faultType: 'DeploymentFailure' }).title).toMatch(/^CrashLoop/);
  });

  test('of two equal ones the first seen, whichever arrived first', () => {
    const later = { faultType: 'B', severity: 'warning', firstSeen: at + 1 } as const;
    const earlier = { faultType: 'A', severity: 'warning', firstSeen: at } as const;
    expect(named(later, earlier).title).toMatch(/^A/);
    expect(named(earlier, later).title).toMatch(/^A/);
  });

  test('never a fault of another owner that the incident took in', () => {
    const node = {
      faultType: 'NodePressure',
      severity: 'warning',
      owner: owner('n1', { kind: 'Node', namespace: null }),
    };
    expect(named(node as Partial<JoiningFault>, { faultType: 'CrashLoop' }).title).toBe('NodePressure · n1 (Node)');
  });

  test('not a cause that has cleared, when another takes the incident over', () => {
    const pull = { faultType: 'ImagePull', family: 'image', severity: 'warning' } as const;
    expect(named({ faultType: 'CrashLoop' }, pull, true).title).toMatch(/^ImagePull/);
  });
});

test('INT-6: started, reported, resolved and reopened, with what each sets', () => {
  const started = startIncident(incident(), at + 1);
  expect(started).toMatchObject({ status: 'investigating', startedAt: at + 1, seq: 2 });
  const reported = reportIncident(started, runResult({ cause: 'a key is missing' }), at + 2);
  expect(reported).toMatchObject({ status: 'reported', reportedAt: at + 2, cause: 'a key is missing', seq: 3 });
  const resolved = endIncident(reported, 'resolved', 'cleared', at + 3);
  expect(resolved).toMatchObject({ status: 'resolved', statusReason: 'cleared', resolvedAt: at + 3, seq: 4 });
  const fault = { faultType: 'CrashLoop', resource: { kind: 'Pod', namespace: 'shop', name: 'cart-1' }, goesOn: false };
  expect(reopenIncident(resolved, { ...fault, quiet: false }, at + 4)).toMatchObject({
    status: 'open',
    statusReason: null,
    reopened: 1,
    reopenings: [{ at: at + 4, ...fault, endReason: 'cleared', endedAt: at + 3 }],
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

test('QUA-4: an incident says what its latest run with an answer counted, with the time of that', () => {
  const counted = impactSample({ at, ready: 1 });
  const reported = reportIncident(startIncident(incident(), at), runResult({ impact: counted }), at + 1);
  expect(reported.impact).toEqual(counted);
  const again = transition(transition(reported, 'queued', at + 2), 'investigating', at + 3);
  expect(reportIncident(again, runResult({ outcome: 'failed' }), at + 4).impact).toEqual(counted);
  const later = impactSample({ at: at + 5, ready: 3 });
  expect(reportIncident(again, runResult({ impact: later }), at + 6).impact).toEqual(later);
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

test('INT-2: of a blank incident nothing is known but what is given', () => {
  const { id, cluster, severity, family, resource, owner: root, title, titleFault, openedAt } = incident();
  const known = { id, cluster, severity, family, resource, owner: root, title, titleFault, openedAt };
  const blank = blankIncident(known);
  expect(blank).toMatchObject({ ...known, status: 'open', updatedAt: openedAt, seq: 1, quiet: false, reopened: 0 });
  const rest = Object.entries(blank).filter(([, value]) => value === null);
  expect(rest.map(([key]) => key).toSorted()).toEqual([
    'acknowledged',
    'cause',
    'confidence',
    'environment',
    'previousId',
    'report',
    'reportedAt',
    'resolvedAt',
    'startedAt',
    'statusReason',
  ]);
  expect(blankIncident({ ...known, seq: 0, status: 'reported' })).toMatchObject({ seq: 0, status: 'reported' });
});

describe('INT-2: whatever faults join an incident', () => {
  const faults = fc
    .record({
      faultType: fc.constantFrom(...knownFaultTypes),
      severity: fc.constantFrom(...severities),
      family: fc.constantFrom(...families),
      firstSeen: fc.integer({ min: at, max: at + 1000 }),
      own: fc.boolean(),
    })
    .map(({ own, ...fault }) => joining({ ...fault, owner: own ? owner() : owner('other') }));
  const joins = fc.tuple(faults, fc.boolean());
  const all = (first: Incident, given: readonly (readonly [JoiningFault, boolean])[]) =>
    given.reduce((current, [fault, quiet]) => addFault(current, fault, { ...change, quiet }), first);

  test('its severity never falls, and it never becomes quiet again', () => {
    fc.assert(
      fc.property(fc.array(joins), fc.boolean(), (given, quiet) => {
        let before = incident({ severity: 'info', quiet });
        for (const join of given) {
          const after = all(before, [join]);
          expect(severities.indexOf(after.severity)).toBeGreaterThanOrEqual(severities.indexOf(before.severity));
          expect(after.quiet && !before.quiet).toBe(false);
          before = after;
        }
      }),
    );
  });

  test('severity and title are the same in whatever order they come', () => {
    const distinct = fc.uniqueArray(joins, { selector: ([fault]) => fault.firstSeen, maxLength: 6 });
    fc.assert(
      fc.property(distinct, (given) => {
        const opened = incident({
          severity: 'info',
          titleFault: { faultType: 'WarningEvent', severity: 'info', firstSeen: at + 2000 },
        });
        const one = all(opened, given);
        const other = all(opened, given.toReversed());
        expect([other.severity, other.title, other.quiet]).toEqual([one.severity, one.title, one.quiet]);
      }),
    );
  });

  test('the same one twice changes nothing more', () => {
    fc.assert(
      fc.property(joins, (join) => {
        const once = all(incident({ severity: 'info' }), [join]);
        expect(all(once, [join])).toBe(once);
      }),
    );
  });

  test('family and owner stay, unless a cause takes it over', () => {
    fc.assert(
      fc.property(joins, ([fault]) => {
        expect(addFault(incident(), fault, change)).toMatchObject({ family: 'workload', owner: owner() });
        const taken = addFault(incident(), fault, { ...change, takesFamily: true });
        expect(taken).toMatchObject({ family: fault.family, owner: owner() });
      }),
    );
  });
});

describe('INT-6: every change that people see has its own number', () => {
  const resource = { kind: 'Pod', namespace: 'shop', name: 'cart-1' };
  const back = { faultType: 'CrashLoop', resource, goesOn: true, quiet: false };
  test.each([
    ['start', incident(), (one: Incident) => startIncident(one, at)],
    ['report', incident({ status: 'investigating' }), (one: Incident) => reportIncident(one, runResult(), at)],
    [
      'failure',
      incident({ status: 'investigating' }),
      (one: Incident) => reportIncident(one, runResult({ outcome: 'failed' }), at),
    ],
    ['end', incident(), (one: Incident) => endIncident(one, 'resolved', 'cleared', at)],
    ['taking in', incident(), (one: Incident) => endIncident(one, 'skipped', 'absorbed_by inc_2', at)],
    ['reopening', incident({ status: 'resolved' }), (one: Incident) => reopenIncident(one, back, at)],
  ] as const)('%s', (_, before, move) => {
    expect(move(before)).toMatchObject({ seq: before.seq + 1, updatedAt: at });
  });
});

test('UX-11: the environment of a cluster stands beside it where it says more than its name', () => {
  expect(clusterText({ cluster: 'prod-eu', environment: 'production' })).toBe('prod-eu (production)');
  expect(clusterText({ cluster: 'staging', environment: 'staging' })).toBe('staging');
  expect(clusterText({ cluster: 'dev', environment: null })).toBe('dev');
});
