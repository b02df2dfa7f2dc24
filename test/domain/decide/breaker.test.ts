import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentBreaker, AgentEnd, BreakerPolicy } from '../../../src/domain/agent-limits.ts';
import { askBreaker, closedBreaker, freeProbe, noteAgentEnd } from '../../../src/domain/decide/breaker.ts';
import { startOfTime as at } from '../../support/signals.ts';

const policy: BreakerPolicy = { failures: 3, coolDownMs: 300_000, notify: true };

function end(how: AgentEnd['end'], change: Partial<BreakerPolicy> = {}): AgentEnd {
  return { agent: 'claude', end: how, detail: `it ${how}`, breaker: { ...policy, ...change } };
}

/** The breaker after these ends, one a second. */
function after(ends: readonly AgentEnd['end'][], change: Partial<BreakerPolicy> = {}): AgentBreaker {
  return ends.reduce(
    (breaker, how, index) => noteAgentEnd(breaker, `run_${index}`, end(how, change), at + index * 1000).breaker,
    closedBreaker('claude'),
  );
}

const open = after(['failed', 'failed', 'failed']);
const due = (open.retryAt ?? 0) + 0;

describe('TRI-7: what closes, opens and tries', () => {
  test.each<[AgentEnd['end'][], AgentBreaker['state'], number]>([
    [[], 'closed', 0],
    [['failed', 'failed'], 'closed', 2],
    [['failed', 'failed', 'worked'], 'closed', 0],
    [['failed', 'not_counted', 'failed'], 'closed', 2],
    [['failed', 'refused', 'failed'], 'closed', 2],
    [['failed', 'not_counted', 'failed', 'failed'], 'open', 3],
    [['failed', 'failed', 'failed', 'worked'], 'open', 3],
    [['failed', 'failed', 'failed', 'failed', 'refused'], 'open', 3],
  ])('after %j it is %s with %i failures', (ends, state, failures) => {
    expect(after(ends)).toMatchObject({ state, failures });
  });

  test('the number of failures is that of the configuration', () => {
    expect(after(['failed'], { failures: 1 }).state).toBe('open');
    expect(after(['failed', 'failed', 'failed'], { failures: 4 }).state).toBe('closed');
  });

  test('people are told once that it opened, with what failed last and when it is tried', () => {
    const { notice } = noteAgentEnd(after(['failed', 'failed']), 'run_9', end('failed'), at);
    expect(notice).toEqual({
      kind: 'agent_degraded',
      notice: {
        key: `agent_degraded:claude:${at}`,
        clusters: [],
        since: at,
        until: null,
        incidents: 0,
        detail: 'it failed',
        agent: { name: 'claude', runs: 3, retryAfterMs: 300_000 },
      },
    });
    expect(noteAgentEnd(open, 'run_9', end('failed'), at).notice).toBeNull();
  });

  test('while it is open no run starts the agent; after the cool-down one alone does', () => {
    expect(askBreaker(open, 'run_a', policy, due - 1).answer).toBe('refuse');
    const { breaker, answer } = askBreaker(open, 'run_a', policy, due);
    expect([answer, breaker.state, breaker.probe]).toEqual(['probe', 'half_open', 'run_a']);
    expect(askBreaker(breaker, 'run_b', policy, due + 1e9).answer).toBe('refuse');
    expect(askBreaker(breaker, 'run_a', policy, due + 1).answer).toBe('probe');
  });

  test('a clock that is set back does not make the cool-down longer', () => {
    expect(askBreaker(open, 'run_a', policy, due - policy.coolDownMs - 1).answer).toBe('probe');
  });

  test('the run that tried it closes it: downtime and count are told', () => {
    const refused = noteAgentEnd(open, 'run_x', end('refused'), at + 5000).breaker;
    const { breaker } = askBreaker(refused, 'run_a', policy, due);
    const step = noteAgentEnd(breaker, 'run_a', end('worked'), due + 7000);
    expect(step.breaker).toEqual(closedBreaker('claude'));
    expect(step.notice).toMatchObject({
      kind: 'agent_recovered',
      notice: {
        since: at + 2000,
        until: due + 7000,
        agent: { name: 'claude', runs: 4 },
        answers: { key: open.told, stillUnreachable: 0 },
      },
    });
  });

  test('the run that tried it and failed opens it for another cool-down; the outage began when it first opened', () => {
    const { breaker } = askBreaker(open, 'run_a', policy, due);
    const step = noteAgentEnd(breaker, 'run_a', end('failed'), due + 1000);
    expect(step.notice).toBeNull();
    expect(step.breaker).toMatchObject({
      state: 'open',
      openedAt: open.openedAt,
      retryAt: due + 1000 + policy.coolDownMs,
      fellBack: 4,
      probe: null,
    });
  });

  test.each(['not_counted', 'refused'] as const)('one that %s frees the attempt at once', (how) => {
    const { breaker } = askBreaker(open, 'run_a', policy, due);
    const next = noteAgentEnd(breaker, 'run_a', end(how), due + 1).breaker;
    expect(askBreaker(next, 'run_b', policy, due + 1).answer).toBe('probe');
  });

  test('one that went back to the queue frees the attempt; another run does not', () => {
    const { breaker } = askBreaker(open, 'run_a', policy, due);
    expect(freeProbe(breaker, 'run_b', due)).toBe(breaker);
    expect(askBreaker(freeProbe(breaker, 'run_a', due + 9), 'run_b', policy, due + 9).answer).toBe('probe');
  });

  test('notify: false silences it; who was not told that it failed is not told that it works', () => {
    const silent = { notify: false };
    const quiet = after(['failed', 'failed', 'failed'], silent);
    expect(noteAgentEnd(after(['failed', 'failed'], silent), 'r', end('failed', silent), at).notice).toBeNull();
    const { breaker } = askBreaker(quiet, 'run_a', policy, due);
    expect(noteAgentEnd(breaker, 'run_a', end('worked'), due).notice).toBeNull();
    const told = askBreaker(open, 'run_a', policy, due).breaker;
    expect(noteAgentEnd(told, 'run_a', end('worked', silent), due).notice).toBeNull();
  });
});

test('TRI-7: whatever happens, one run at most tries the agent, each outage is told once and its end once, and the count is right', () => {
  const step = fc.record({
    run: fc.integer({ min: 0, max: 4 }),
    does: fc.constantFrom('ask', 'worked', 'failed', 'not_counted', 'returned'),
    later: fc.integer({ min: 0, max: 400_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let breaker = closedBreaker('claude');
      let now = at;
      let fell = 0;
      let outage = false;
      const running = new Map<string, 'started' | 'refused'>();
      const tries = new Set<string>();
      const wrong: string[] = [];
      const claim = (holds: boolean, what: string): void => void (holds || wrong.push(what));
      for (const { run, does, later } of steps) {
        now += later;
        const id = `run_${run}`;
        if (does === 'ask') {
          if (running.has(id)) continue;
          const asked = askBreaker(breaker, id, policy, now);
          breaker = asked.breaker;
          if (asked.answer === 'probe') tries.add(id);
          claim(tries.size <= 1, 'two runs try it');
          running.set(id, asked.answer === 'refuse' ? 'refused' : 'started');
          continue;
        }
        const was = running.get(id);
        if (was === undefined) continue;
        running.delete(id);
        tries.delete(id);
        if (does === 'returned') {
          breaker = freeProbe(breaker, id, now);
          continue;
        }
        const how = was === 'refused' ? 'refused' : does;
        const before = breaker.state;
        const next = noteAgentEnd(breaker, id, end(how), now);
        breaker = next.breaker;
        if (how === 'failed' || (how === 'refused' && before !== 'closed')) fell += 1;
        if (next.notice?.kind === 'agent_degraded') {
          claim(!outage, 'told twice that it failed');
          outage = true;
        }
        if (next.notice?.kind === 'agent_recovered') {
          claim(outage, 'told of an end without a beginning');
          claim(next.notice.notice.agent?.runs === fell, 'another count');
          outage = false;
        }
        claim(outage === (breaker.state !== 'closed'), 'not told');
        if (breaker.state === 'closed' && breaker.failures === 0) fell = 0;
      }
      expect(wrong).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
