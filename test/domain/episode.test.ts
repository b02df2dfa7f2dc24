import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  blankEpisode,
  clearAfterFlapping,
  clearEpisode,
  observeEpisode,
  openEpisode,
  repeatEpisode,
} from '../../src/domain/episode.ts';
import { faultSources, severities } from '../../src/domain/fault.ts';
import type { FaultEpisode } from '../../src/domain/records.ts';
import type { Observation } from '../../src/domain/state-store.ts';
import { minute, owner, signal, startOfTime as start } from '../support/signals.ts';

const clearAfter = 2 * minute;

function episode(change: Partial<FaultEpisode> = {}): FaultEpisode {
  const disposition = { outcome: 'opened', rule: null, incidentId: 'inc_1' } as const;
  return { ...openEpisode(1, signal(), { owner: owner(), node: 'n1' }, disposition, start), ...change };
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
  const seen = observe(episode(), [1, 'absent'], [2, 'active'], [3, 'absent'], [4, 'absent']);
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
  expect(observe(cleared, [10, 'active'], [20, 'absent'])).toEqual(cleared);
});

test('INT-6: never cleared without two sweeps that saw it gone, for any sequence', () => {
  const observations = fc.constantFrom<Observation>('active', 'absent', 'healthy', 'unknown');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), observations), { maxLength: 30 }), (steps) => {
      let at = 0;
      let current = episode();
      let goneSince: number | null = null;
      for (const [wait, observation] of steps) {
        at += wait;
        current = observe(current, [at, observation]);
        if (observation === 'active') goneSince = null;
        else if (observation !== 'unknown') goneSince ??= at;
        if (current.clearedAt === null) continue;
        expect(goneSince).not.toBeNull();
        expect(at - (goneSince ?? at)).toBeGreaterThanOrEqual(2);
        return;
      }
    }),
  );
});

test('INT-1: a new episode is its first reception', () => {
  const disposition = { outcome: 'below_threshold', rule: 'severity_threshold: critical', incidentId: null } as const;
  const given = signal({ source: 'sweep', since: start - minute, family: 'config' });
  expect(openEpisode(9, given, { owner: owner(), node: 'n1' }, disposition, start)).toEqual({
    id: 9,
    cluster: 'prod',
    faultId: given.faultId,
    faultType: 'CrashLoop',
    severity: 'critical',
    resource: given.resource,
    container: 'app',
    context: given.context,
    owner: owner(),
    node: 'n1',
    family: 'config',
    firstSeen: start,
    lastSeen: start,
    since: start - minute,
    count: 1,
    sources: ['sweep'],
    lastSweepAt: start,
    clearSeenAt: null,
    clearedAt: null,
    ...disposition,
  });
  const pushed = openEpisode(9, signal(), { owner: owner(), node: null }, disposition, start);
  expect(pushed).toMatchObject({ lastSweepAt: null, family: 'workload', node: null });
});

test('INT-1: of a blank episode the family follows from its type', () => {
  const { id, cluster, faultId, severity, resource, firstSeen, sources } = episode();
  const known = { id, cluster, faultId, severity, resource, owner: owner(), firstSeen, sources };
  expect(blankEpisode({ ...known, faultType: 'ImagePull' })).toMatchObject({
    family: 'image',
    lastSeen: start,
    count: 1,
  });
  expect(blankEpisode({ ...known, faultType: 'ImagePull', family: 'config' }).family).toBe('config');
});

test('INT-1: whatever repeats, nothing of an episode is forgotten', () => {
  const repeats = fc.record({
    source: fc.constantFrom(...faultSources),
    severity: fc.constantFrom(...severities),
    context: fc.constantFrom('', 'it broke', 'it broke again'),
    since: fc.constantFrom(null, start - minute, start - 2 * minute),
    wait: fc.integer({ min: -2 * minute, max: 2 * minute }),
  });
  fc.assert(
    fc.property(fc.array(repeats, { maxLength: 10 }), (given) => {
      let before = episode({ severity: 'info' });
      for (const { wait, ...change } of given) {
        const after = repeatEpisode(before, signal(change), before.lastSeen + wait);
        expect(after.count).toBe(before.count + 1);
        expect(after.lastSeen).toBeGreaterThanOrEqual(before.lastSeen);
        expect(severities.indexOf(after.severity)).toBeGreaterThanOrEqual(severities.indexOf(before.severity));
        expect(after.context).not.toBe('');
        expect(after.since ?? Infinity).toBeLessThanOrEqual(before.since ?? Infinity);
        expect(new Set(after.sources)).toEqual(new Set([...before.sources, change.source]));
        expect(after.sources.length).toBe(new Set(after.sources).size);
        expect(after).toMatchObject({ id: before.id, firstSeen: before.firstSeen, clearSeenAt: null, clearedAt: null });
        before = after;
      }
    }),
  );
});

test('INT-6: a fault that is received again was not gone', () => {
  const gone = observe(episode(), [1, 'absent']);
  expect(gone.clearSeenAt).not.toBeNull();
  const back = repeatEpisode(gone, signal(), start + 2 * minute);
  expect(observe(back, [4, 'absent']).clearedAt).toBeNull();
  expect(observe(back, [4, 'absent'], [6, 'absent']).clearedAt).toBe(start + 6 * minute);
});

test('INT-6: what a sweep sees makes an episode neither more severe nor another', () => {
  const observations = fc.constantFrom<Observation>('active', 'absent', 'healthy', 'unknown');
  fc.assert(
    fc.property(fc.array(observations, { maxLength: 8 }), (seen) => {
      const after = observe(episode(), ...seen.map((one, index) => [index, one] as [number, Observation]));
      const { lastSeen: _a, lastSweepAt: _b, clearSeenAt: _c, clearedAt: _d, ...kept } = after;
      expect(episode()).toMatchObject(kept);
    }),
  );
});

test('INT-9: what comes back again and again has to be gone for longer each time', () => {
  const times = [0, 1, 2, 3, 4, 50].map((reopened) => clearAfterFlapping(clearAfter, reopened, 30 * minute) / minute);
  expect(times).toEqual([2, 4, 8, 16, 30, 30]);
  expect(clearAfterFlapping(clearAfter, 3, 0)).toBe(clearAfter);
});
