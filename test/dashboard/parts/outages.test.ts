import { expect, test } from 'vitest';
import { type ConnectionChange, connectionStates, isLasting } from '../../../src/domain/cluster-status.ts';
import { outagesOf } from '../../../src/dashboard/parts/outages.ts';
import { minute, startOfTime as start } from '../../support/signals.ts';

/** Minutes after the start, the state, and whether the daemon began with it; in their order. */
type Step = readonly [at: number, state: ConnectionChange['state'], atStart?: boolean];

function changes(steps: readonly Step[]): ConnectionChange[] {
  return steps
    .map(([at, state, atStart = false]) => ({
      at: start + at * minute,
      state,
      source: state === 'active' ? ('push' as const) : ('none' as const),
      error: null,
      atStart,
    }))
    .toReversed();
}

test('OPS-3: the steps on the way to a connection are no changes that are kept', () => {
  expect(connectionStates.filter(isLasting)).toEqual(['disconnected', 'active', 'failed']);
});

test.each<[string, readonly Step[], [count: number, minutes: number, ongoing: boolean]]>([
  ['never lost', [[0, 'active', true]], [0, 0, false]],
  [
    'lost and back',
    [
      [0, 'active', true],
      [10, 'failed'],
      [25, 'active'],
    ],
    [1, 15, false],
  ],
  [
    'lost by another reason meanwhile',
    [
      [0, 'active', true],
      [10, 'disconnected'],
      [11, 'failed'],
      [12, 'active'],
    ],
    [1, 2, false],
  ],
  [
    'lost now',
    [
      [0, 'active', true],
      [40, 'failed'],
    ],
    [1, 20, true],
  ],
  ['never reached', [[0, 'failed', true]], [1, 60, true]],
  [
    'lost twice',
    [
      [0, 'active', true],
      [10, 'failed'],
      [11, 'active'],
      [20, 'failed'],
      [22, 'active'],
    ],
    [2, 3, false],
  ],
  [
    'the daemon stopped and began',
    [
      [0, 'active', true],
      [10, 'disconnected'],
      [30, 'active', true],
    ],
    [0, 0, false],
  ],
  [
    'the daemon was killed',
    [
      [0, 'active', true],
      [30, 'active', true],
    ],
    [0, 0, false],
  ],
  [
    'killed while it was lost',
    [
      [0, 'active', true],
      [10, 'failed'],
      [30, 'active', true],
    ],
    [1, 20, false],
  ],
  [
    'killed, and lost after it',
    [
      [0, 'active', true],
      [10, 'failed'],
      [30, 'failed', true],
      [40, 'active'],
    ],
    [2, 30, false],
  ],
])('OPS-3: how often a cluster was not heard, and how long: %s', (_, steps, [count, minutes, ongoing]) => {
  const now = start + 60 * minute;
  const outages = outagesOf(changes(steps), start, now);
  expect(outages).toEqual({ count, totalMs: minutes * minute, ongoing, since: start });
});

test('OPS-3: only what lies in the time that is asked for counts, and it says from when on it is known', () => {
  const all = changes([
    [0, 'active', true],
    [10, 'failed'],
    [30, 'active'],
    [50, 'failed'],
    [52, 'active'],
  ]);
  const now = start + 60 * minute;
  expect(outagesOf(all, start + 20 * minute, now)).toMatchObject({
    count: 2,
    totalMs: 12 * minute,
    since: start + 20 * minute,
  });
  expect(outagesOf(all, start + 40 * minute, now)).toMatchObject({ count: 1, totalMs: 2 * minute });
  expect(outagesOf(all, start - 999 * minute, now)).toMatchObject({ count: 2, since: start });
  expect(outagesOf([], start, now)).toBeNull();
});
