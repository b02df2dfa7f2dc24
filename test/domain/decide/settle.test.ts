import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Write } from '../../../src/domain/decide/plan.ts';
import { cancelRun } from '../../../src/domain/decide/run.ts';
import type { Absorbable } from '../../../src/domain/decide/gather.ts';
import { settle, type SettleFacts } from '../../../src/domain/decide/settle.ts';
import { severities } from '../../../src/domain/fault.ts';
import { knownFaultTypes } from '../../../src/domain/fault-types.ts';
import { incidentStatuses, type Incident } from '../../../src/domain/records.ts';
import { clusterPolicy, minute, nodeSignal, owner, signal, startOfTime as at } from '../../support/signals.ts';
import { context, episode, incident, queued, reception, running, settleFacts, steps } from './facts.ts';

const decide = (facts: Partial<SettleFacts> = {}) => settle(settleFacts(facts), context());

function last<T extends Write['type']>(writes: readonly Write[], type: T): (Write & { type: T }) | undefined {
  return writes.findLast((write): write is Write & { type: T } => write.type === type);
}

describe('INT-2: a new incident', () => {
  const { reception: settled, writes } = decide();

  test('comes with its run, a message, its fault and the outcome, in that order', () => {
    expect(steps(writes)).toEqual([
      'inc_new1 is open',
      'run_new2 is queued',
      'tells of inc_new1, open',
      'opens episode 42',
      'inc_new1 counts as opened',
      '7 is opened',
    ]);
  });

  test('belongs to what the fault is about', () => {
    expect(last(writes, 'incident')?.incident).toMatchObject({
      cluster: 'prod',
      environment: 'production',
      severity: 'critical',
      family: 'workload',
      owner: owner(),
      title: 'CrashLoop · payments/api (Deployment)',
      previousId: null,
      openedAt: at,
    });
    expect(last(writes, 'episode')?.episode).toMatchObject({ incidentId: 'inc_new1', outcome: 'opened', rule: null });
    expect(settled).toMatchObject({ outcome: 'opened', rule: null, episodeId: 42, incidentId: 'inc_new1' });
  });

  test('waits for group_wait before it is investigated, and its outcome may change until then', () => {
    expect(last(writes, 'run')?.run).toMatchObject({ notBefore: at + 3000, trigger: 'fault', attempt: 1 });
    expect(settled.final).toBe(false);
  });

  test('takes the family of the finding rather than that of the type', () => {
    const found = decide({ signal: signal({ family: 'config' }) });
    expect(last(found.writes, 'incident')?.incident.family).toBe('config');
    expect(last(found.writes, 'episode')?.episode.family).toBe('config');
  });

  test('names the one before it when that was resolved too long ago', () => {
    const earlier = incident({ id: 'inc_0', status: 'resolved', resolvedAt: at - 31 * minute });
    const { writes: linked } = decide({ resolved: () => [earlier] });
    expect(last(linked, 'incident')?.incident.previousId).toBe('inc_0');
  });

  test.each([
    ['was away', null, false],
    ['never was away', 'inc_0', true],
    ['is of another incident', 'inc_other', false],
  ] as const)('says how the one before had ended, and of a fault that %s whether it goes on', (_, of, goesOn) => {
    const endedAt = at - 31 * minute;
    const earlier = incident({ id: 'inc_0', status: 'resolved', statusReason: 'by ana', resolvedAt: endedAt });
    const active = of === null ? null : episode({ lastSeen: at - 60 * minute, incidentId: of });
    const { writes } = decide({ resolved: () => [earlier], active, activeIncident: active && earlier });
    expect(last(writes, 'incident')?.incident.previousEnd).toEqual({ endReason: 'by ana', endedAt, goesOn });
  });

  test('INT-4: is quiet when its fault stood for long before anybody looked', () => {
    const { writes: quiet } = decide({ reception: reception({ quiet: true }) });
    expect(last(quiet, 'incident')?.incident.quiet).toBe(true);
  });
});

describe('INT-2: a fault that joins an incident', () => {
  test.each([
    ['waits for its run', queued(), false],
    ['is being investigated', running(), true],
    ['was investigated', null, true],
    ['waits again after an interruption', queued({ attempt: 2 }), true],
    ['was asked for by a person', queued({ trigger: 'manual' }), true],
  ])('which %s: whether its outcome is final', (_, run, final) => {
    const open = incident({ status: run === null ? 'reported' : 'open' });
    const { reception: settled, writes } = decide({ ownerIncidents: () => [open], liveRun: () => run });
    expect(settled).toMatchObject({ outcome: 'merged', rule: 'same owner and family', incidentId: 'inc_1', final });
    expect(steps(writes)).toEqual(['opens episode 42', final ? '7 is merged, finally' : '7 is merged']);
  });

  test('raises severity of incident and waiting run, but not of one that runs', () => {
    const mild = incident({ severity: 'warning' });
    const waiting = queued({ severity: 'warning' });
    const raised = decide({ ownerIncidents: () => [mild], liveRun: () => waiting });
    expect(last(raised.writes, 'incident')?.incident.severity).toBe('critical');
    expect(last(raised.writes, 'run')?.run).toEqual({ ...waiting, severity: 'critical' });
    const started = decide({ ownerIncidents: () => [mild], liveRun: () => ({ ...running(), severity: 'warning' }) });
    expect(last(started.writes, 'run')).toBeUndefined();
  });

  test('makes a quiet incident heard, unless it is quiet itself', () => {
    const quiet = incident({ quiet: true });
    const heard = decide({ ownerIncidents: () => [quiet], liveRun: () => queued() });
    expect(last(heard.writes, 'announce')?.incident).toMatchObject({ id: 'inc_1', quiet: false });
    const still = decide({
      ownerIncidents: () => [quiet],
      liveRun: () => queued(),
      reception: reception({ quiet: true }),
    });
    expect(last(still.writes, 'announce')).toBeUndefined();
  });

  test('goes on as the episode that was only listed before', () => {
    const listed = episode({ id: 5, incidentId: null, outcome: 'below_threshold', count: 3 });
    const { reception: settled, writes } = decide({ active: listed });
    expect(last(writes, 'episode')).toMatchObject({
      before: listed,
      episode: { id: 5, count: 4, outcome: 'opened', incidentId: 'inc_new1' },
    });
    expect(settled.episodeId).toBe(5);
  });

  test('clears the episode of an incident that a person ended long ago before a new one begins', () => {
    const ended = incident({ status: 'resolved', resolvedAt: at - 90 * minute });
    const old = episode({ lastSeen: at - 60 * minute });
    const { writes } = decide({ active: old, activeIncident: ended, resolved: () => [ended] });
    expect(steps(writes).filter((step) => step.includes('episode'))).toEqual(['clears episode 1', 'opens episode 42']);
  });
});

describe('INT-2: the first real cause of an incident', () => {
  const stalled = incident({
    status: 'reported',
    titleFault: { ...signal(), faultType: 'WarningEvent', firstSeen: at },
  });
  const facts = {
    signal: signal({ faultType: 'ImagePull' }),
    ownerIncidents: () => [stalled],
    yieldsFamily: () => true,
  };

  test('gives its family and name, and asks for one more run', () => {
    const { reception: settled, writes } = decide(facts);
    expect(steps(writes)).toEqual([
      'opens episode 42',
      'inc_1 is reported',
      'inc_1 is queued',
      'run_new1 is queued',
      '7 is merged, finally',
    ]);
    expect(last(writes, 'incident')?.incident).toMatchObject({
      family: 'image',
      title: 'ImagePull · payments/api (Deployment)',
    });
    expect(last(writes, 'run')?.run.trigger).toBe('new_evidence');
    expect(settled.rule).toBe('same owner');
  });

  test('asks at most once an hour', () => {
    const asked: number[] = [];
    const recent = cancelRun(queued({ trigger: 'new_evidence' }), at);
    const runsSince = (_: string, time: number) => {
      asked.push(time);
      return [recent];
    };
    expect(last(decide({ ...facts, runsSince }).writes, 'run')).toBeUndefined();
    expect(asked).toEqual([at - 60 * minute]);
    const other = decide({ ...facts, runsSince: () => [{ ...recent, trigger: 'fault' }] });
    expect(last(other.writes, 'run')).toBeDefined();
  });

  test('asks for nothing while a run waits or works', () => {
    const investigating = { ...stalled, status: 'investigating' } as const;
    const { writes } = decide({ ...facts, ownerIncidents: () => [investigating], liveRun: () => running() });
    expect(last(writes, 'run')).toBeUndefined();
  });
});

describe('INT-6: a fault that is back within the reopen window', () => {
  const resolved = incident({ status: 'resolved', resolvedAt: at - minute, startedAt: at - 9 * minute, seq: 4 });

  test('opens its incident again, with a new run', () => {
    const { reception: settled, writes } = decide({ resolved: () => [resolved] });
    expect(steps(writes)).toEqual([
      'inc_1 is open',
      'run_new1 is queued',
      'tells of inc_1, open',
      'opens episode 42',
      'inc_1 counts as opened',
      '7 is opened',
    ]);
    expect(last(writes, 'incident')?.incident).toMatchObject({
      reopened: 1,
      resolvedAt: null,
      startedAt: null,
      seq: 5,
    });
    expect(last(writes, 'run')?.run.trigger).toBe('reopened');
    expect(settled).toMatchObject({ outcome: 'opened', rule: 'reopen_window' });
  });

  test('goes on with the run that still works on it', () => {
    const { reception: settled, writes } = decide({ resolved: () => [resolved], liveRun: () => running() });
    expect(last(writes, 'incident')?.incident.status).toBe('investigating');
    expect(last(writes, 'run')).toBeUndefined();
    expect(settled.final).toBe(true);
  });

  test.each([
    ['was away', null, false],
    ['never was away', episode({ lastSeen: at - 60 * minute }), true],
    ['is of another incident', episode({ lastSeen: at - 60 * minute, incidentId: 'inc_other' }), false],
  ] as const)('says how the incident had ended, and of a fault that %s whether it goes on', (_, active, goesOn) => {
    const over = { ...resolved, statusReason: 'by ana' };
    const { writes } = decide({ resolved: () => [over], active, activeIncident: active && over });
    const { faultType, resource } = signal();
    expect(last(writes, 'incident')?.incident.reopenings).toEqual([
      {
        at,
        faultType,
        resource: { kind: resource.kind, namespace: resource.namespace, name: resource.name },
        goesOn,
        endReason: 'by ana',
        endedAt: at - minute,
      },
    ]);
  });

  test('is kept of the latest times, and counted for all', () => {
    const one = { at, faultType: 'x', resource: signal().resource, goesOn: false, endReason: null, endedAt: null };
    const often = { ...resolved, reopened: 70, reopenings: Array.from({ length: 20 }, () => one) };
    const reopened = last(decide({ resolved: () => [often] }).writes, 'incident')?.incident;
    expect(reopened?.reopened).toBe(71);
    expect(reopened?.reopenings).toHaveLength(20);
    expect(reopened?.reopenings?.at(-1)).toMatchObject({ faultType: 'CrashLoop' });
  });

  test('is as severe as the worse of both', () => {
    const mild = { ...resolved, severity: 'info' } as const;
    expect(last(decide({ resolved: () => [mild] }).writes, 'incident')?.incident.severity).toBe('critical');
    const worse = decide({ resolved: () => [resolved], signal: signal({ severity: 'info' }) });
    expect(last(worse.writes, 'incident')?.incident.severity).toBe('critical');
  });
});

describe('INT-1: a repeat', () => {
  const facts = { active: episode(), activeIncident: incident({ status: 'reported' }) };

  test('only counts up', () => {
    const { reception: settled, writes } = decide(facts);
    expect(steps(writes)).toEqual(['changes episode 1', '7 is repeated, finally']);
    expect(last(writes, 'episode')?.episode.count).toBe(2);
    expect(settled).toMatchObject({ episodeId: 1, incidentId: 'inc_1' });
  });

  test('does not ask for the run of its incident unless that becomes more severe', () => {
    const asked: string[] = [];
    const liveRun = (id: string) => {
      asked.push(id);
      return queued({ severity: 'warning' });
    };
    decide({ ...facts, liveRun });
    expect(asked).toEqual([]);
    const mild = { active: episode({ severity: 'warning' }), activeIncident: incident({ severity: 'warning' }) };
    const { writes } = decide({ ...mild, liveRun });
    expect(asked).toEqual(['inc_1']);
    expect(steps(writes)).toEqual(['changes episode 1', 'inc_1 is open', 'run_1 is queued', '7 is repeated, finally']);
  });
});

describe('INT-3 TRI-9 CON-6: what opens no incident', () => {
  test.each([
    ['below the threshold', { cluster: clusterPolicy({ severityThreshold: 'critical' }) }, 'below_threshold'],
    ['triage is off', { cluster: clusterPolicy({ triageEnabled: false }) }, 'triage_disabled'],
  ] as const)('%s: kept and listed, finally', (_, facts, outcome) => {
    const { reception: settled, writes } = decide({ ...facts, signal: signal({ severity: 'warning' }) });
    expect(steps(writes)).toEqual(['opens episode 42', `7 is ${outcome}, finally`]);
    expect(settled).toMatchObject({ episodeId: 42, incidentId: null });
    expect(last(writes, 'episode')?.episode).toMatchObject({ outcome, incidentId: null });
  });

  test('over the limit: not even an episode', () => {
    const { reception: settled, writes } = decide({ openFaults: 10_000 });
    expect(steps(writes)).toEqual(['7 is throttled, finally']);
    expect(settled).toMatchObject({ episodeId: null, incidentId: null });
  });
});

describe('INT-2: a fault of a node takes in the incidents of its pods', () => {
  const node = nodeSignal('n1');
  const nodeOwner = owner('n1', { kind: 'Node', namespace: null });
  const onNode = (change: Partial<Incident> = {}, rest: Partial<Absorbable> = {}): Absorbable => ({
    incident: incident(change),
    run: queued({ incidentId: 'inc_1' }),
    episodes: [
      episode({ id: 1, node: 'n1' }),
      episode({ id: 2, node: 'n1', clearedAt: at, incidentId: change.id ?? 'inc_1' }),
    ],
    ...rest,
  });
  const decideNode = (...pods: Absorbable[]) => decide({ signal: node, owner: nodeOwner, incidentsOnNode: () => pods });

  test('on which nothing ran yet, with all their faults', () => {
    const { writes } = decideNode(onNode());
    expect(steps(writes).slice(3)).toEqual([
      'opens episode 42',
      'inc_new1 counts as opened',
      'run_1 is cancelled',
      'receptions of inc_1 go to inc_new1',
      'changes episode 1',
      'clears episode 2',
      'inc_1 is skipped',
      'tells of inc_1, skipped',
      '7 is opened',
    ]);
    const moved = writes.filter((write) => write.type === 'episode' && write.before !== null);
    expect(moved).toMatchObject([
      { episode: { incidentId: 'inc_new1', outcome: 'merged', rule: 'on node n1' } },
      { episode: { incidentId: 'inc_new1', outcome: 'merged', rule: 'on node n1' } },
    ]);
    expect(last(writes, 'incident')?.incident.statusReason).toBe('absorbed_by inc_new1');
  });

  test.each([
    ['is investigated', onNode({ status: 'investigating' }, { run: running() })],
    ['was reported', onNode({ status: 'reported' }, { run: null })],
    ['was asked for by a person', onNode({}, { run: queued({ trigger: 'manual' }) })],
    ['stands on another node as well', onNode({}, { episodes: [episode({ node: 'n1' }), episode({ node: 'n2' })] })],
    ['has nothing that stands', onNode({}, { episodes: [episode({ node: 'n1', clearedAt: at })] })],
  ])('but not one that %s', (_, pods) => {
    expect(steps(decideNode(pods).writes).join()).not.toContain('inc_1');
  });

  test('and is as severe and as loud as they were', () => {
    const quiet = reception({ quiet: true, signal: nodeSignal('n1', { severity: 'warning' }) });
    const facts = { reception: quiet, owner: nodeOwner, incidentsOnNode: () => [onNode()] };
    const { writes } = settle(settleFacts(facts), context());
    const own = writes.flatMap((write) =>
      write.type === 'incident' && write.incident.id === 'inc_new1' ? [write] : [],
    );
    expect(own.at(-1)?.incident).toMatchObject({ severity: 'critical', quiet: false });
    expect(last(writes, 'announce')?.incident.id).toBe('inc_new1');
  });

  test('each of them, one after the other', () => {
    const second = onNode({ id: 'inc_2' }, { run: queued({ id: 'run_2', incidentId: 'inc_2' }) });
    const told = steps(decideNode(onNode(), second).writes).filter((step) => step.endsWith('skipped'));
    expect(told).toEqual([
      'inc_1 is skipped',
      'tells of inc_1, skipped',
      'inc_2 is skipped',
      'tells of inc_2, skipped',
    ]);
  });

  test('but not another fault of a node, which has its own incident', () => {
    const warning = nodeSignal('n1', { faultType: 'WarningEvent' });
    const { writes } = decide({ signal: warning, owner: nodeOwner, incidentsOnNode: () => [onNode()] });
    expect(steps(writes).join()).not.toContain('inc_1');
  });
});

describe('INT-5: whatever the facts are', () => {
  const incidents = fc
    .record({
      status: fc.constantFrom(...incidentStatuses),
      severity: fc.constantFrom(...severities),
      family: fc.constantFrom('workload' as const, 'image' as const, 'node' as const),
      quiet: fc.boolean(),
      resolvedAt: fc.constantFrom(null, at - minute, at - 60 * minute),
    })
    .map((change) => incident(change));
  const facts = fc
    .record({
      faultType: fc.constantFrom(...knownFaultTypes),
      severity: fc.constantFrom(...severities),
      quiet: fc.boolean(),
      threshold: fc.constantFrom(...severities),
      triageEnabled: fc.boolean(),
      openFaults: fc.constantFrom(0, 10_000),
      stands: fc.boolean(),
      hasIncident: fc.boolean(),
      owner: fc.array(incidents, { maxLength: 2 }),
      yields: fc.boolean(),
      run: fc.constantFrom(null, queued(), running(), queued({ trigger: 'manual' })),
      at: fc.constantFrom(at, at + 20 * minute),
    })
    .map((given) => {
      const isLive = ({ status }: Incident) => status !== 'resolved' && status !== 'skipped';
      const live = given.owner.filter(isLive);
      return settleFacts({
        at: given.at,
        reception: reception({
          quiet: given.quiet,
          signal: signal({ faultType: given.faultType, severity: given.severity }),
        }),
        cluster: clusterPolicy({ severityThreshold: given.threshold, triageEnabled: given.triageEnabled }),
        openFaults: given.openFaults,
        active: given.stands ? episode({ incidentId: given.hasIncident ? 'inc_1' : null }) : null,
        activeIncident: given.stands && given.hasIncident ? (given.owner[0] ?? incident()) : null,
        ownerIncidents: () => live,
        resolved: () => given.owner.filter(({ status }) => status === 'resolved'),
        yieldsFamily: () => given.yields,
        liveRun: () => given.run,
      });
    });

  test('a reception ends in exactly one outcome, which is written last', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { reception: settled, writes } = settle(given, context());
        expect(writes.filter(({ type }) => type === 'outcome')).toHaveLength(1);
        expect(writes.at(-1)).toMatchObject({ type: 'outcome', reception: settled });
        expect(settled.outcome).not.toBeNull();
        expect(settled).toMatchObject({ seq: 7, signal: given.signal });
      }),
    );
  });

  test('an outcome has an incident exactly when it opened or joined one, and can change only before a run', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { reception: settled, writes } = settle(given, context());
        const placed = settled.outcome === 'opened' || settled.outcome === 'merged';
        expect(settled.incidentId !== null).toBe(
          placed || (settled.outcome === 'repeated' && given.active?.incidentId !== null),
        );
        const run = last(writes, 'run')?.run ?? given.liveRun('inc_1');
        expect(settled.final || (run?.status === 'queued' && run.attempt === 1)).toBe(true);
      }),
    );
  });

  test('the same facts give the same plan', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(settle(given, context())).toEqual(settle(given, context()));
      }),
    );
  });

  test('no incident is written in a state from which it could not come', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { writes } = settle(given, context());
        const written = writes.flatMap((write) => (write.type === 'incident' ? [write.incident] : []));
        expect(written.filter(({ status }) => status === 'skipped')).toEqual(
          written.filter(({ status, statusReason }) => status === 'skipped' && statusReason === null),
        );
      }),
    );
  });
});
