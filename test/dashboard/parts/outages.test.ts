import { expect, test } from 'vitest';
import { outagesOf } from '../../../src/dashboard/parts/outages.ts';
import type { ConnectionSpan } from '../../../src/domain/cluster-status.ts';
import { minute, startOfTime as start } from '../../support/signals.ts';

/** Minutes after the start; in their order. */
type Step = readonly [from: number, until: number | null, state: ConnectionSpan['state']];

function spans(steps: readonly Step[]): ConnectionSpan[] {
  return steps
    .map(([from, until, state]) => ({
      from: start + from * minute,
      until: until === null ? null : start + until * minute,
      state,
      source: state === 'active' ? ('push' as const) : ('none' as const),
      error: null,
    }))
    .toReversed();
}

const now = start + 60 * minute;

test.each<[string, readonly Step[], [count: number, minutes: number, ongoing: boolean, unknown: number]]>([
  ['never lost', [[0, null, 'active']], [0, 0, false, 0]],
  [
    'lost and back',
    [
      [0, 10, 'active'],
      [10, 25, 'failed'],
      [25, null, 'active'],
    ],
    [1, 15, false, 0],
  ],
  [
    'lost now',
    [
      [0, 40, 'active'],
      [40, null, 'failed'],
    ],
    [1, 20, true, 0],
  ],
  ['never reached', [[0, null, 'failed']], [1, 60, true, 0]],
  [
    'lost twice',
    [
      [0, 10, 'active'],
      [10, 11, 'failed'],
      [11, 20, 'active'],
      [20, 22, 'failed'],
      [22, null, 'active'],
    ],
    [2, 3, false, 0],
  ],
  [
    'a daemon that stopped and began',
    [
      [0, 10, 'active'],
      [30, null, 'active'],
    ],
    [0, 0, false, 20],
  ],
  [
    'a daemon that stopped while it was lost',
    [
      [0, 10, 'active'],
      [10, 12, 'failed'],
      [50, null, 'active'],
    ],
    [1, 2, false, 38],
  ],
  ['a daemon that has only begun', [[0, 10, 'active']], [0, 0, false, 50]],
  [
    'a clock that was set back',
    [
      [0, 50, 'active'],
      [40, 40, 'failed'],
      [40, null, 'active'],
    ],
    [1, 0, false, 0],
  ],
])(
  'OPS-3: how often a cluster was not heard, how long, and what is not known: %s',
  (_, steps, [count, minutes, ongoing, unknown]) => {
    expect(outagesOf(spans(steps), start, now)).toEqual({
      count,
      totalMs: minutes * minute,
      ongoing,
      unknownMs: unknown * minute,
      since: start,
    });
  },
);

test('OPS-3: only what lies in the time that is asked for counts, and it says from when on it is known', () => {
  const all = spans([
    [0, 10, 'active'],
    [10, 30, 'failed'],
    [30, 50, 'active'],
    [50, 52, 'failed'],
    [52, null, 'active'],
  ]);
  const from = start + 20 * minute;
  expect(outagesOf(all, from, now)).toMatchObject({ count: 2, totalMs: 12 * minute, since: from });
  expect(outagesOf(all, start + 40 * minute, now)).toMatchObject({ count: 1, totalMs: 2 * minute });
  expect(outagesOf(all, start - 999 * minute, now)).toMatchObject({ count: 2, since: start });
  expect(outagesOf([], start, now)).toBeNull();
});
