import { describe, expect, test } from 'vitest';
import { decideOutcome } from '../../../src/domain/decide/outcome.ts';
import { confirmMs, isLasting, longestPendingMs, pendingOf } from '../../../src/domain/decide/pending.ts';
import { settle } from '../../../src/domain/decide/settle.ts';
import type { FaultEpisode } from '../../../src/domain/records.ts';
import { minute, nodeSignal, signal, startOfTime as at, storePolicy } from '../../support/signals.ts';
import { context, episode, incident, reception, settleFacts, steps } from './facts.ts';

const pendingMs = { PodCrash: minute, CrashLoop: minute, NodeUnhealthy: 90_000 };
const policy = storePolicy({ pendingMs });
const crash = signal({ faultType: 'PodCrash' });
const nobody = { own: null, pendingNode: () => null };

/** The episode of the crash, pending since `at`. */
function pendingEpisode(change: Partial<FaultEpisode> = {}): FaultEpisode {
  return episode({ faultType: 'PodCrash', outcome: null, incidentId: null, pendingUntil: at + minute, ...change });
}

/** Its own turn, so long after. */
function turn(after: number, change: Partial<FaultEpisode> = {}) {
  return pendingOf({ signal: crash, at: at + after, own: pendingEpisode(change), pendingNode: () => null }, policy);
}

describe('whether a fault is pending', () => {
  test('INT-9: until it has stood for the time of its type', () => {
    expect(pendingOf({ signal: crash, at, ...nobody }, policy)).toEqual({
      dueAt: at + minute,
      until: at + minute,
      rule: 'intake.pending.PodCrash: 1m',
    });
    expect(pendingOf({ signal: signal({ faultType: 'JobFailure' }), at, ...nobody }, policy)).toBeNull();
  });

  test('INT-9: what has stood for that long before it was seen is told at once', () => {
    const old = { ...crash, since: at - 2 * minute };
    expect(pendingOf({ signal: old, at, ...nobody }, policy)).toBeNull();
    expect(pendingOf({ signal: crash, at: at + minute, ...nobody }, policy)).toBeNull();
  });

  test('INT-9: a container that has restarted several times does not pass by itself', () => {
    expect([null, 0, 2, 3, 40].map((restarts) => isLasting({ faultType: 'PodCrash', restarts }))).toEqual([
      false,
      false,
      false,
      true,
      true,
    ]);
    expect(isLasting({ faultType: 'CrashLoop', restarts: 1 })).toBe(false);
    expect(isLasting({ faultType: 'CrashLoop' })).toBe(true);
    expect(pendingOf({ signal: { ...crash, restarts: 3 }, at, ...nobody }, policy)).toBeNull();
  });

  test('a person who asks does not wait, nor does an alert, which has waited for its own time', () => {
    expect(pendingOf({ signal: { ...crash, source: 'manual' }, at, ...nobody }, policy)).toBeNull();
    expect(pendingOf({ signal: { ...crash, source: 'webhook' }, at, ...nobody }, policy)).toBeNull();
  });

  test('no time of a configuration is longer than the longest', () => {
    const long = { pendingMs: { PodCrash: 10 * longestPendingMs } };
    expect(pendingOf({ signal: crash, at, ...nobody }, long)?.until).toBe(at + longestPendingMs);
  });
});

describe('when its time has come', () => {
  test('INT-9: one that was seen standing after it is told', () => {
    expect(turn(minute + 1, { lastSeen: at + minute })).toBeNull();
  });

  test('INT-9: one that nobody has looked at waits for a look, and is told when none can be made', () => {
    expect(turn(minute)).toMatchObject({ dueAt: at + minute + confirmMs });
    expect(turn(minute + confirmMs)).toBeNull();
  });

  test('INT-9: one that was gone at the last look waits until it has cleared or is back', () => {
    const gone = { clearSeenAt: at + 30_000 };
    expect(turn(minute, gone)).toMatchObject({ rule: 'intake.pending.PodCrash: 1m, gone when it was looked at' });
    expect(turn(30 * minute, gone)?.dueAt).toBeGreaterThan(at + 30 * minute);
    expect(turn(30 * minute, { lastSeen: at + 29 * minute })).toBeNull();
  });
});

describe('what never comes', () => {
  const longest = longestPendingMs + confirmMs;
  const node = () => episode({ outcome: null, pendingUntil: at + 2 * longestPendingMs });
  const onNode = (after: number) =>
    pendingOf({ signal: crash, at: at + after, own: pendingEpisode(), pendingNode: node }, policy);

  test('INT-9: one whose node stays pending is told after the longest time', () => {
    expect(onNode(minute)).toMatchObject({ dueAt: at + longest, rule: `node ${node().resource.name} is pending` });
    expect(onNode(longest - 1)).not.toBeNull();
    expect(onNode(longest)).toBeNull();
  });

  test('INT-9: one that was seen gone and is never looked at again is told after the longest time', () => {
    const gone = { clearSeenAt: at + 30_000 };
    expect(turn(longest - 1, gone)).not.toBeNull();
    expect(turn(longest, gone)).toBeNull();
  });
});

describe('what becomes of it', () => {
  const facts = { at, signal: crash };

  test('INT-9: it is active, its reception has no outcome and waits', () => {
    const { reception: waiting, writes } = settle(settleFacts(facts), context({ pendingMs }));
    expect(waiting).toMatchObject({ outcome: null, final: false, episodeId: 42, incidentId: null, dueAt: at + minute });
    expect(steps(writes)).toEqual(['opens episode 42', '7 is null']);
  });

  test('INT-9: on its turn it opens its incident, and is not counted twice', () => {
    const own = pendingEpisode({ lastSeen: at + minute, count: 3 });
    const given = { ...facts, at: at + minute, active: own, isOwn: true, reception: reception({ episodeId: own.id }) };
    const { reception: told, writes } = settle(settleFacts(given), context({ pendingMs }));
    expect(told).toMatchObject({ outcome: 'opened', episodeId: own.id });
    expect(steps(writes)).toContain('changes episode 1');
    const changed = writes.find((write) => write.type === 'episode');
    expect(changed?.type === 'episode' && changed.episode).toMatchObject({
      count: 3,
      outcome: 'opened',
      pendingUntil: null,
    });
  });

  test('INT-9: more of it meanwhile are repeats; one that says that it does not pass ends the wait', () => {
    const given = { ...facts, active: pendingEpisode() };
    expect(steps(settle(settleFacts(given), context({ pendingMs })).writes)).toEqual([
      'changes episode 1',
      '7 is repeated, finally',
    ]);
    const lasting = { ...given, signal: { ...crash, restarts: 4 } };
    expect(steps(settle(settleFacts(lasting), context({ pendingMs })).writes)).toEqual([
      'changes episode 1',
      'episode 1 is due',
      '7 is repeated, finally',
    ]);
  });

  test('INT-9: it joins an incident that people know of at once', () => {
    const known = incident({ status: 'reported' });
    const given = settleFacts({ ...facts, ownerIncidents: () => [known] });
    expect(decideOutcome(given, policy)).toMatchObject({ kind: 'merge', incident: known });
  });

  test('INT-9: what is held back in any case does not wait', () => {
    const quiet = settleFacts({ ...facts, cluster: { ...settleFacts().cluster, severityThreshold: 'critical' } });
    expect(decideOutcome(quiet, policy)).toMatchObject({ kind: 'record', outcome: 'below_threshold' });
    const own = settleFacts({ ...quiet, active: pendingEpisode(), isOwn: true });
    expect(decideOutcome(own, policy)).toMatchObject({ kind: 'record', outcome: 'below_threshold' });
  });

  test('INT-9: faults of a pod wait for its node while that is pending, whatever their type', () => {
    const fault = nodeSignal('n1');
    const node = pendingEpisode({ faultType: 'NodeUnhealthy', resource: fault.resource, pendingUntil: at + 90_000 });
    const given = settleFacts({ at, signal: signal({ faultType: 'ImagePull' }), pendingNode: () => node });
    const decided = decideOutcome(given, policy);
    expect(decided).toMatchObject({ kind: 'wait', rule: 'node n1 is pending' });
    expect(decided.kind === 'wait' && decided.dueAt).toBeGreaterThan(at + 90_000);
  });
});
