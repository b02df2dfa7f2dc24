import { describe, expect, test } from 'vitest';
import { cancelRun, endRun, isUnstarted, requeueRun, startRun, withSeverity } from '../../../src/domain/decide/run.ts';
import { type Run, runStatuses, runTriggers } from '../../../src/domain/records.ts';
import { runResult } from '../../storage/store-fixture.ts';
import { startOfTime as at } from '../../support/signals.ts';
import { queued, running } from './facts.ts';

test('TRI-1: a run goes from queued to its end', () => {
  expect(queued()).toMatchObject({ status: 'queued', attempt: 1, createdAt: at, notBefore: at + 3000, result: null });
  const started = startRun(queued(), at + 1);
  expect(started).toMatchObject({ status: 'running', startedAt: at + 1, attempt: 1 });
  expect(cancelRun(queued(), at + 1)).toMatchObject({ status: 'cancelled', endedAt: at + 1, startedAt: null });
});

test.each([
  ['answered', 'succeeded'],
  ['fallback', 'succeeded'],
  ['failed', 'failed'],
] as const)('TRI-1: a run that ends with %s has %s', (outcome, status) => {
  const result = runResult({ outcome });
  expect(endRun(running(), result, at + 9)).toMatchObject({ status, endedAt: at + 9, result });
});

describe('TRI-1: a step out of order is refused', () => {
  const moves: [string, Run['status'], (run: Run) => Run][] = [
    ['start', 'queued', (run) => startRun(run, at)],
    ['end', 'running', (run) => endRun(run, runResult(), at)],
    ['interruption', 'running', (run) => requeueRun(run, at)],
    ['cancellation', 'queued', (run) => cancelRun(run, at)],
  ];
  const all = moves.flatMap(([name, from, move]) => runStatuses.map((status) => ({ name, from, status, move })));

  test.each(all.filter(({ status, from }) => status !== from))('$name of what is $status', ({ status, from, move }) => {
    expect(() => move(queued({ status }))).toThrow(`run run_1 is ${status}, not ${from}`);
  });

  test.each(all.filter(({ status, from }) => status === from))(
    'but not the $name of what is $status',
    ({ move, from }) => {
      expect(move(queued({ status: from })).status).not.toBe(from);
    },
  );
});

test('TRI-1: a run that was interrupted waits again and counts its attempts', () => {
  const back = requeueRun(running(), at + 2);
  expect(back).toMatchObject({ status: 'queued', attempt: 2, notBefore: at + 2, startedAt: null });
  expect(requeueRun(startRun(back, at + 3), at + 4).attempt).toBe(3);
});

test('INT-6: a run that faults asked for is not started until it ran once', () => {
  expect(runTriggers.filter((trigger) => isUnstarted(queued({ trigger })))).toEqual(['fault', 'reopened']);
  expect(isUnstarted(running())).toBe(false);
  expect(isUnstarted(requeueRun(running(), at))).toBe(false);
});

test('TRI-1: a run takes the severity of its incident and keeps the rest', () => {
  expect(withSeverity(queued({ severity: 'info' }), 'critical')).toEqual(queued({ severity: 'critical' }));
});
