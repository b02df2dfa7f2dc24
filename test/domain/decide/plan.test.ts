import { describe, expect, test } from 'vitest';
import { announce, draftOf, putIncident, putRun, write } from '../../../src/domain/decide/plan.ts';
import { cancelRun, endRun } from '../../../src/domain/decide/run.ts';
import { runStatuses } from '../../../src/domain/records.ts';
import { runResult } from '../../storage/store-fixture.ts';
import { startOfTime as at } from '../../support/signals.ts';
import { incident, queued, running, steps } from './facts.ts';

describe('INT-6: a draft', () => {
  const draft = draftOf(incident(), queued());

  test('begins with what is there and asks for nothing', () => {
    expect(draft).toEqual({ incident: incident(), run: queued(), writes: [] });
  });

  test('is followed by the next one and does not change itself', () => {
    const after = announce(putIncident(draft, incident({ status: 'queued' })));
    expect(steps(after.writes)).toEqual(['inc_1 is queued', 'tells of inc_1, queued']);
    expect(draft.writes).toEqual([]);
    expect(draft.incident.status).toBe('open');
  });

  test('tells the newest state of its incident', () => {
    const twice = putIncident(putIncident(draft, incident({ seq: 2 })), incident({ seq: 3 }));
    expect(announce(twice).writes.at(-1)).toEqual({ type: 'announce', incident: incident({ seq: 3 }) });
  });

  test.each(runStatuses)('has a live run only while that waits or runs: %s', (status) => {
    const after = putRun(draft, { ...queued(), status });
    expect(after.run !== null).toBe(status === 'queued' || status === 'running');
    expect(after.writes).toEqual([{ type: 'run', run: { ...queued(), status } }]);
  });

  test('has no run after it ended or was taken back', () => {
    expect(putRun(draft, cancelRun(queued(), at)).run).toBeNull();
    expect(putRun(draftOf(incident(), running()), endRun(running(), runResult(), at)).run).toBeNull();
  });

  test('keeps the order in which things are asked for', () => {
    const after = write(
      putRun(draft, queued()),
      { type: 'served', cluster: 'a' },
      { type: 'final', incidentId: 'inc_1' },
    );
    expect(steps(after.writes)).toEqual(['run_1 is queued', 'a was served', 'outcomes of inc_1 are final']);
    expect(write(after).writes).toEqual(after.writes);
  });
});
