import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  clearFault,
  type ClearFacts,
  endByOrder,
  finishInvestigation,
  requestInvestigation,
  returnToQueue,
  startInvestigation,
} from '../../../src/domain/decide/investigation.ts';
import type { Write } from '../../../src/domain/decide/plan.ts';
import { requeueRun } from '../../../src/domain/decide/run.ts';
import { type Incident, incidentStatuses, type Run } from '../../../src/domain/records.ts';
import { runResult } from '../../storage/store-fixture.ts';
import { minute, startOfTime as at } from '../../support/signals.ts';
import { context, episode, incident, queued, reception, running, steps } from './facts.ts';

const investigating = incident({ status: 'investigating', startedAt: at });
const later = at + minute;

describe('TRI-1: a run that starts', () => {
  test('makes what its faults became final before the incident is told', () => {
    const { run, draft } = startInvestigation(incident({ status: 'queued' }), queued(), later);
    expect(run).toMatchObject({ status: 'running', startedAt: later });
    expect(steps(draft.writes)).toEqual([
      'run_1 is running',
      'prod was served',
      'outcomes of inc_1 are final',
      'inc_1 is investigating',
      'tells of inc_1, investigating',
    ]);
    expect(draft.incident).toMatchObject({ status: 'investigating', startedAt: later, seq: 2 });
  });

  test.each(['resolved', 'skipped'] as const)('leaves an incident that is %s as it is', (status) => {
    const ended = incident({ status });
    const { draft } = startInvestigation(ended, queued(), later);
    expect(draft.incident).toBe(ended);
    expect(steps(draft.writes)).toEqual(['run_1 is running', 'prod was served', 'outcomes of inc_1 are final']);
  });

  test('keeps when the first one started', () => {
    const again = incident({ status: 'queued', startedAt: at });
    expect(startInvestigation(again, queued(), later).draft.incident.startedAt).toBe(at);
  });
});

describe('INT-6: a run that ends', () => {
  const facts = { incident: investigating, run: running(), active: [episode()] };

  test('reports its incident', () => {
    const draft = finishInvestigation(facts, runResult(), later);
    expect(steps(draft.writes)).toEqual(['run_1 is succeeded', 'inc_1 is reported', 'tells of inc_1, reported']);
    expect(draft.incident).toMatchObject({ cause: 'the process exits with 1', confidence: 'high', reportedAt: later });
    expect(draft.run).toBeNull();
  });

  test('without any answer fails its incident, with the reason', () => {
    const result = runResult({ outcome: 'failed', error: 'no space', cause: null });
    const draft = finishInvestigation(facts, result, later);
    expect(steps(draft.writes)).toEqual(['run_1 is failed', 'inc_1 is failed', 'tells of inc_1, failed']);
    expect(draft.incident).toMatchObject({ statusReason: 'no space', cause: null, reportedAt: null });
  });

  test('resolves it as well when its faults have cleared meanwhile', () => {
    const draft = finishInvestigation({ ...facts, active: [] }, runResult(), later);
    expect(steps(draft.writes)).toEqual([
      'run_1 is succeeded',
      'inc_1 is reported',
      'tells of inc_1, reported',
      'outcomes of inc_1 are final',
      'inc_1 is resolved',
      'tells of inc_1, resolved',
    ]);
    expect(draft.incident).toMatchObject({ status: 'resolved', statusReason: 'cleared', resolvedAt: later });
  });

  test('is the end of what only a person asked about, when nothing is wrong; a fault that stands goes on', () => {
    const titleFault = { faultType: 'Manual', severity: 'info', firstSeen: at } as const;
    const asked = { ...investigating, severity: 'info', titleFault } as const;
    const question = episode({ faultType: 'Manual', severity: 'info' });
    const none = runResult({ isFault: false, cause: 'No fault: it is well.' });
    const over = finishInvestigation({ ...facts, incident: asked, active: [question] }, none, later).incident;
    expect(over).toMatchObject({ status: 'resolved', statusReason: 'no_fault', severity: 'info', resolvedAt: later });
    const swept = finishInvestigation({ ...facts, incident: asked, active: [] }, none, later).incident;
    expect(swept.statusReason).toBe('no_fault');
    const real = finishInvestigation({ ...facts, active: [question, episode()] }, none, later).incident;
    expect(real.status).toBe('reported');
    const unknown = runResult({ isFault: null, cause: null });
    expect(finishInvestigation({ ...facts, incident: asked, active: [question] }, unknown, later).incident.status).toBe(
      'reported',
    );
    const cleared = finishInvestigation({ ...facts, active: [question] }, none, later).incident;
    expect(cleared).toMatchObject({ status: 'resolved', statusReason: 'cleared' });
  });

  test('leaves one that a person ended meanwhile ended, and keeps what was found', () => {
    const ended = { ...investigating, status: 'resolved', statusReason: 'by ada' } as const;
    const draft = finishInvestigation({ ...facts, incident: ended, active: [] }, runResult(), later);
    expect(draft.incident).toMatchObject({
      status: 'resolved',
      statusReason: 'by ada',
      cause: 'the process exits with 1',
    });
  });
});

describe('TRI-1: a run that goes back to the queue', () => {
  test('waits again with its incident', () => {
    const draft = returnToQueue(investigating, running(), later);
    expect(steps(draft.writes)).toEqual(['run_1 is queued', 'inc_1 is queued']);
    expect(draft.run).toMatchObject({ attempt: 2, notBefore: later });
  });

  test('does not bring back an incident that has ended', () => {
    const draft = returnToQueue(incident({ status: 'resolved' }), running(), later);
    expect(steps(draft.writes)).toEqual(['run_1 is queued']);
  });
});

describe('INT-7: a run that is asked for', () => {
  const ask = (of: Incident, live: Run | null) => requestInvestigation(of, live, 'manual', context());

  test.each(['reported', 'failed'] as const)('is a new one after an incident was %s', (status) => {
    const { run, draft } = ask(incident({ status }), null);
    expect(steps(draft.writes)).toEqual(['inc_1 is queued', 'run_new1 is queued']);
    expect(run).toMatchObject({ trigger: 'manual', notBefore: at });
  });

  test('is the one that runs', () => {
    const { run, draft } = ask(investigating, running());
    expect(run).toEqual(running());
    expect(draft.writes).toEqual([]);
  });

  test('is the one that waits, at once and no longer to be taken back', () => {
    const { run, draft } = ask(incident(), queued({ notBefore: at + minute }));
    expect(run).toMatchObject({ id: 'run_1', trigger: 'manual', notBefore: at });
    expect(draft.writes).toEqual([{ type: 'run', run }]);
    expect(ask(incident(), queued({ notBefore: at - 5 })).run.notBefore).toBe(at - 5);
  });

  test('works on an incident that has ended without opening it', () => {
    const { draft } = ask(incident({ status: 'resolved' }), null);
    expect(steps(draft.writes)).toEqual(['run_new1 is queued']);
  });
});

describe('INT-6: a fault that clears', () => {
  const cleared = episode({ clearedAt: later });
  const waiting = reception({ outcome: 'opened', episodeId: 1, incidentId: 'inc_1' });
  const facts: ClearFacts = {
    episode: cleared,
    incident: incident(),
    run: queued(),
    active: [],
    receptions: [waiting],
  };

  test('before anything ran has resolved itself, and its incident with it', () => {
    const draft = clearFault(facts, later);
    expect(steps(draft.writes)).toEqual([
      '7 is self_resolved, finally',
      'run_1 is cancelled',
      'outcomes of inc_1 are final',
      'inc_1 is resolved',
      'tells of inc_1, resolved',
    ]);
    expect(draft.writes[0]).toMatchObject({
      reception: { incidentId: 'inc_1', rule: 'cleared before its run started' },
    });
    expect(draft.incident.statusReason).toBe('self_resolved');
  });

  test('leaves its incident open while another one stands', () => {
    const draft = clearFault({ ...facts, active: [episode({ id: 2 })] }, later);
    expect(steps(draft.writes)).toEqual(['7 is self_resolved, finally']);
  });

  test('after the report resolves its incident', () => {
    const reported = { ...facts, incident: incident({ status: 'reported' }), run: null, receptions: [] };
    const draft = clearFault(reported, later);
    expect(steps(draft.writes)).toEqual([
      'outcomes of inc_1 are final',
      'inc_1 is resolved',
      'tells of inc_1, resolved',
    ]);
    expect(draft.incident.statusReason).toBe('cleared');
  });

  test.each([
    ['works on it', running()],
    ['was interrupted and waits to go on', requeueRun(running(), later)],
    ['was asked for by a person', queued({ trigger: 'manual' })],
    ['was asked for because of a new cause', queued({ trigger: 'new_evidence' })],
  ])('waits for a run that %s', (_, run) => {
    expect(clearFault({ ...facts, run }, later).writes).toEqual([]);
  });

  test.each(['resolved', 'skipped'] as const)('changes nothing of an incident that is %s', (status) => {
    expect(clearFault({ ...facts, incident: incident({ status }) }, later).writes).toEqual([]);
  });
});

describe('INT-6: an end by order', () => {
  test('takes a waiting run back and says why', () => {
    const draft = endByOrder(incident(), queued(), 'by ada', later);
    expect(steps(draft.writes)).toEqual([
      'run_1 is cancelled',
      'outcomes of inc_1 are final',
      'inc_1 is resolved',
      'tells of inc_1, resolved',
    ]);
    expect(draft.incident.statusReason).toBe('by ada');
  });

  test('lets a run finish that works on it', () => {
    const draft = endByOrder(investigating, running(), 'cluster_removed', later);
    expect(steps(draft.writes)[0]).toBe('outcomes of inc_1 are final');
    expect(draft.run).toEqual(running());
  });

  test.each(['resolved', 'skipped'] as const)('leaves what is %s as it is', (status) => {
    expect(endByOrder(incident({ status }), null, 'by ada', later).writes).toEqual([]);
  });
});

describe('INT-6: whatever state an incident is in', () => {
  const states = fc.record({
    status: fc.constantFrom(...incidentStatuses),
    run: fc.constantFrom(null, queued(), running(), queued({ attempt: 2 }), queued({ trigger: 'manual' })),
    active: fc.constantFrom([], [episode()]),
    receptions: fc.constantFrom([], [reception({ outcome: 'opened' })]),
  });
  const of = (writes: readonly Write[], type: Write['type']) => writes.filter((write) => write.type === type);

  test('it is told after each change of its status, and not otherwise', () => {
    fc.assert(
      fc.property(states, ({ status, ...rest }) => {
        const before = incident({ status });
        for (const draft of [
          clearFault({ episode: episode({ clearedAt: later }), incident: before, ...rest }, later),
          endByOrder(before, rest.run, 'by ada', later),
        ]) {
          expect(of(draft.writes, 'announce')).toHaveLength(draft.incident.status === status ? 0 : 1);
          const told = of(draft.writes, 'announce');
          expect(draft.writes.slice(-1)).toEqual(
            told.length > 0 ? [{ type: 'announce', incident: draft.incident }] : draft.writes.slice(-1),
          );
        }
      }),
    );
  });

  test('one that is resolved leaves no run waiting that nobody asked for', () => {
    fc.assert(
      fc.property(states, ({ status, ...rest }) => {
        const facts = { episode: episode({ clearedAt: later }), incident: incident({ status }), ...rest };
        const draft = clearFault(facts, later);
        const resolves = draft.incident.status === 'resolved' && status !== 'resolved';
        expect(resolves && draft.run !== null).toBe(false);
      }),
    );
  });
});
