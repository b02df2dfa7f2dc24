import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clearEpisode, observeEpisode, openEpisode, repeatEpisode } from '../../src/domain/episode.ts';
import type { FaultEpisode } from '../../src/domain/records.ts';
import type { Observation } from '../../src/domain/state-store.ts';
import { minute, owner, signal, startOfTime as start } from '../support/signals.ts';

const clearAfter = 2 * minute;

function episode(change: Partial<FaultEpisode> = {}): FaultEpisode {
  const fate = { outcome: 'opened', rule: null, incidentId: 'inc_1' } as const;
  return { ...openEpisode(1, signal(), { owner: owner(), node: 'n1' }, fate, start), ...change };
}

function observe(first: FaultEpisode, ...seen: [minutes: number, observation: Observation][]): FaultEpisode {
  return seen.reduce(
    (current, [minutes, observation]) => observeEpisode(current, observation, start + minutes * minute, clearAfter),
    first,
  );
}

test('INT-6: two sweeps at least clear_after apart clear a fault, one does not', () => {
  expect(observe(episode(), [1, 'absent']).clearedAt).toBeNull();
  expect(observe(episode(), [1, 'absent'], [2, 'healthy']).clearedAt).toBeNull();
  expect(observe(episode(), [1, 'absent'], [2, 'absent'], [3, 'healthy']).clearedAt).toBe(start + 3 * minute);
});

test('INT-6: a fault that stands again in between begins anew', () => {
  const seen = observe(episode(), [1, 'absent'], [2, 'stands'], [3, 'absent'], [4, 'absent']);
  expect(seen.clearedAt).toBeNull();
  expect(observe(seen, [5, 'absent']).clearedAt).toBe(start + 5 * minute);
});

test('INT-6: a sweep that could not tell changes nothing', () => {
  const unknown = observe(episode(), [1, 'unknown'], [60, 'unknown']);
  expect(unknown).toEqual(episode());
  expect(observe(episode(), [1, 'absent'], [2, 'unknown'], [3, 'absent']).clearedAt).toBe(start + 3 * minute);
});

test('INT-6: a sweep that is older than the last reception says nothing about it', () => {
  const later = episode({ lastSeen: start + 5 * minute });
  expect(observe(later, [1, 'absent'], [4, 'absent']).clearSeenAt).toBeNull();
});

test('INT-1: a repeat counts, keeps the highest severity and ends what looked like clearing', () => {
  const clearing = observe(episode({ severity: 'critical' }), [1, 'absent']);
  const repeated = repeatEpisode(
    clearing,
    signal({ severity: 'info', source: 'sweep', context: 'again', since: start - minute }),
    start + 2 * minute,
  );
  expect(repeated).toMatchObject({
    severity: 'critical',
    count: 2,
    context: 'again',
    sources: ['push', 'sweep'],
    clearSeenAt: null,
    lastSeen: start + 2 * minute,
    lastSweepAt: start + 2 * minute,
    since: start - minute,
  });
  expect(repeatEpisode(repeated, signal({ severity: 'critical', context: '' }), start).lastSeen).toBe(
    repeated.lastSeen,
  );
});

test('INT-6: a cleared episode stays cleared, whatever is seen later', () => {
  const cleared = clearEpisode(episode(), start);
  expect(observe(cleared, [10, 'stands'], [20, 'absent'])).toEqual(cleared);
});

test('INT-6: never cleared without two sweeps that saw it gone, for any sequence', () => {
  const observations = fc.constantFrom<Observation>('stands', 'absent', 'healthy', 'unknown');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), observations), { maxLength: 30 }), (steps) => {
      let at = 0;
      let current = episode();
      let goneSince: number | null = null;
      for (const [wait, observation] of steps) {
        at += wait;
        current = observe(current, [at, observation]);
        if (observation === 'stands') goneSince = null;
        else if (observation !== 'unknown') goneSince ??= at;
        if (current.clearedAt === null) continue;
        expect(goneSince).not.toBeNull();
        expect(at - (goneSince ?? at)).toBeGreaterThanOrEqual(2);
        return;
      }
    }),
  );
});
