import { describe, expect, test } from 'vitest';
import { Registry } from 'prom-client';
import type { RunLimits } from '../../src/domain/agent-limits.ts';
import type { RunClaim } from '../../src/domain/state-store.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { triageMetrics } from '../../src/triage/metrics.ts';
import type { Pipeline } from '../../src/triage/pipeline.ts';
import { Scheduler } from '../../src/triage/scheduler.ts';
import { FakeRunStore } from '../support/fake-run-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { waitUntil } from '../support/wait-until.ts';

const answered = {
  outcome: 'answered',
  agent: 'builtin',
  model: null,
  defects: [],
  isFault: true,
  cause: null,
  confidence: null,
  report: null,
  durationMs: 1,
  error: null,
  summary: null,
  usage: null,
} as const;

/** Runs that go on until the test ends them. */
class Bench {
  readonly clock = new ManualClock();
  readonly store = new FakeRunStore();
  readonly registry = new Registry();
  readonly open = new Map<string, { claim: RunClaim; end: () => void; break: (error: Error) => void }>();
  hasRoom = true;
  /** How often it was asked whether there is room. */
  roomAsked = 0;
  limits: RunLimits = { maxConcurrent: 4, perCluster: {}, defaultPerCluster: 1 };
  /** What the pipeline does when its run is stopped: ends at once, or never. */
  stubborn = false;
  readonly scheduler: Scheduler;

  constructor() {
    const pipeline: Pipeline = (claim, signal) => this.#work(claim, signal);
    this.scheduler = new Scheduler({
      store: this.store,
      limits: () => this.limits,
      pipeline,
      clock: this.clock,
      logger: silentLogger,
      metrics: triageMetrics(this.registry, {
        agents: ['builtin'],
        slots: () => this.limits.maxConcurrent,
        queued: async () => (await this.store.counters())['queuedRuns'],
        breakers: async () => [],
      }),
      random: () => 0,
      hasRoom: async () => {
        this.roomAsked += 1;
        return this.hasRoom;
      },
    });
  }

  async #work(claim: RunClaim, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.open.set(claim.run.id, { claim, end: resolve, break: reject });
    if (!this.stubborn) signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    try {
      await promise;
    } finally {
      this.open.delete(claim.run.id);
    }
    await this.store.finishRun(claim.run.id, answered, this.clock.now());
  }

  running(): string[] {
    return [...this.open.values()].map(({ claim }) => claim.incident.cluster);
  }

  status(): string[] {
    return [...this.store.runs.values()].map((run) => run.status);
  }

  async settle(): Promise<void> {
    await this.clock.advance(0);
    await this.clock.advance(0);
    await this.clock.advance(0);
  }

  async endAll(): Promise<void> {
    await waitUntil(async () => {
      for (const { end } of this.open.values()) end();
      await this.settle();
      return !this.status().some((status) => status === 'queued' || status === 'running');
    }, 'the end of all runs');
  }
}

describe('TRI-1: bounds', () => {
  test('runs of different clusters go on at the same time, up to the bound over all', async () => {
    const bench = new Bench();
    for (let index = 0; index < 6; index += 1) bench.store.add(`c${index}`, bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.running()).toHaveLength(4);
    await bench.endAll();
    expect(bench.store.most.get('*')).toBe(4);
    expect(bench.status().every((status) => status === 'succeeded')).toBe(true);
  });

  test('one run a cluster, unless its own bound says otherwise', async () => {
    const bench = new Bench();
    bench.limits = { maxConcurrent: 10, perCluster: { big: 3 }, defaultPerCluster: 1 };
    for (let index = 0; index < 5; index += 1) {
      bench.store.add('small', bench.clock.now());
      bench.store.add('big', bench.clock.now());
    }
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.running().sort()).toEqual(['big', 'big', 'big', 'small']);
    await bench.endAll();
    expect([bench.store.most.get('big'), bench.store.most.get('small')]).toEqual([3, 1]);
  });

  test('OPS-9: without room on the disk runs wait in the queue, and go on when there is room', async () => {
    const bench = new Bench();
    bench.hasRoom = false;
    bench.store.add('a', bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    await bench.clock.advance(60_000);
    expect([bench.running(), bench.status()]).toEqual([[], ['queued']]);
    bench.hasRoom = true;
    await bench.clock.advance(5000);
    await bench.settle();
    expect(bench.running()).toEqual(['a']);
    await bench.endAll();
  });

  test('OPS-9: the disk is looked at also while nothing waits, so that what is said of it is true', async () => {
    const bench = new Bench();
    bench.hasRoom = false;
    await bench.scheduler.start();
    await bench.settle();
    const before = bench.roomAsked;
    await bench.clock.advance(5000);
    await bench.settle();
    expect(bench.roomAsked).toBeGreaterThan(before);
    expect(before).toBeGreaterThan(0);
    await bench.endAll();
  });

  test('limits are read anew, so that a reload counts', async () => {
    const bench = new Bench();
    bench.limits = { maxConcurrent: 1, perCluster: {}, defaultPerCluster: 1 };
    for (const cluster of ['a', 'b', 'c']) bench.store.add(cluster, bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.running()).toHaveLength(1);
    bench.limits = { ...bench.limits, maxConcurrent: 3 };
    await bench.clock.advance(30_000);
    expect(bench.running()).toHaveLength(3);
    await bench.endAll();
  });
});

describe('TRI-1: what wakes it', () => {
  test('a new row', async () => {
    const bench = new Bench();
    await bench.scheduler.start();
    await bench.settle();
    bench.store.add('a', bench.clock.now());
    await bench.settle();
    expect(bench.running()).toEqual(['a']);
    await bench.endAll();
  });

  test('the time at which a waiting run is due, and not before', async () => {
    const bench = new Bench();
    bench.store.add('a', bench.clock.now(), { notBefore: bench.clock.now() + 3000 });
    await bench.scheduler.start();
    await bench.clock.advance(2999);
    expect(bench.running()).toEqual([]);
    await bench.clock.advance(1);
    await bench.settle();
    expect(bench.running()).toEqual(['a']);
    await bench.endAll();
  });

  test('the time at which a run is due, also when another cluster has one that finds no slot', async () => {
    const bench = new Bench();
    bench.store.add('a', bench.clock.now());
    bench.store.add('a', bench.clock.now());
    bench.store.add('b', bench.clock.now(), { notBefore: bench.clock.now() + 3000 });
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.running()).toEqual(['a']);
    await bench.clock.advance(3000);
    await bench.settle();
    expect(bench.running()).toEqual(['a', 'b']);
    await bench.endAll();
  });

  test('a run that becomes due between the last claim and the look for the next time', async () => {
    const bench = new Bench();
    await bench.scheduler.start();
    await bench.settle();
    const due = bench.clock.now() + 3000;
    const claimRun = bench.store.claimRun.bind(bench.store);
    // A timer may fire a little early; time goes on while the store answers.
    bench.store.claimRun = async (limits, at) => {
      const claim = await claimRun(limits, at);
      bench.clock.now = () => due;
      return claim;
    };
    bench.store.add('a', due - 3000, { notBefore: due });
    await bench.settle();
    expect(bench.running()).toEqual([]);
    await bench.clock.advance(1);
    await bench.settle();
    expect(bench.running()).toEqual(['a']);
    await bench.endAll();
  });

  test('a slot that becomes free', async () => {
    const bench = new Bench();
    bench.limits = { ...bench.limits, maxConcurrent: 1 };
    bench.store.add('a', bench.clock.now(), { severity: 'info' });
    bench.store.add('b', bench.clock.now(), { severity: 'critical' });
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.running()).toEqual(['b']);
    bench.open.values().next().value?.end();
    await bench.settle();
    expect(bench.running()).toEqual(['a']);
    await bench.endAll();
  });

  test('a change that was never heard, at the latest after 30 s', async () => {
    const bench = new Bench();
    await bench.scheduler.start();
    await bench.settle();
    const run = bench.store.add('a', bench.clock.now(), { notBefore: bench.clock.now() + 1000 });
    await bench.settle();
    bench.store.runs.set(run.id, { ...run, notBefore: bench.clock.now() });
    await bench.clock.advance(30_000);
    expect(bench.running()).toEqual(['a']);
    await bench.endAll();
  });
});

test('TRI-1: a change that comes while the last look ends is not lost until the next timer', async () => {
  const bench = new Bench();
  await bench.scheduler.start();
  await bench.settle();
  // The timer is set in the last step of a look: what comes right after it finds the look neither going on nor over.
  const setTimer = bench.clock.setTimer.bind(bench.clock);
  let looks = 0;
  bench.clock.setTimer = (fn, ms) => {
    looks += 1;
    // Listeners hear of it one turn later.
    if (looks === 1) bench.store.add('late', bench.clock.now());
    return setTimer(fn, ms);
  };
  bench.store.add('first', bench.clock.now());
  await waitUntil(() => bench.open.size === 2, 'both runs, without the clock');
  expect(bench.running().sort()).toEqual(['first', 'late']);
  await bench.endAll();
});

describe('TRI-1: many runs that wait at the same moment', () => {
  /** The sizes of the groups in which runs are asked for: those of one group are one write of the store. */
  function groupsOf(bench: Bench): number[] {
    const claimRun = bench.store.claimRun.bind(bench.store);
    const groups: number[] = [];
    let open = 0;
    bench.store.claimRun = (limits, at) => {
      if (open === 0) groups.push(0);
      open += 1;
      groups[groups.length - 1] = (groups.at(-1) ?? 0) + 1;
      return claimRun(limits, at).finally(() => (open -= 1));
    };
    return groups;
  }

  test('are asked for together, never more than there are slots; a single one is asked for alone', async () => {
    const bench = new Bench();
    bench.limits = { ...bench.limits, maxConcurrent: 100 };
    const groups = groupsOf(bench);
    for (let index = 0; index < 90; index += 1) bench.store.add(`c${index}`, bench.clock.now());
    await bench.scheduler.start();
    await waitUntil(() => bench.open.size === 90, 'all runs');
    await bench.settle();
    expect(groups).toEqual([1, 4, 16, 64, 15]);
    await bench.endAll();
    groups.length = 0;
    bench.store.add('one', bench.clock.now());
    await waitUntil(() => bench.open.size === 1, 'the run');
    await bench.settle();
    expect(groups).toEqual([1, 4]);
    await bench.endAll();
  });

  test('when the store takes only a part of them, that part goes on, and the rest is asked for again', async () => {
    const bench = new Bench();
    const claimRun = bench.store.claimRun.bind(bench.store);
    let asked = 0;
    bench.store.claimRun = (limits, at) => {
      asked += 1;
      return asked === 3 ? Promise.reject(new Error('the disk is full')) : claimRun(limits, at);
    };
    for (const cluster of ['a', 'b', 'c', 'd']) bench.store.add(cluster, bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.running()).toHaveLength(3);
    await bench.clock.advance(30_000);
    expect(bench.running()).toHaveLength(4);
    await bench.endAll();
  });
});

describe('TRI-1: a crash loses nothing', () => {
  test('runs that were going on are taken up again at start', async () => {
    const bench = new Bench();
    const run = bench.store.add('a', bench.clock.now());
    await bench.store.claimRun(bench.limits, bench.clock.now());
    expect(bench.store.run(run.id).status).toBe('running');
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.store.run(run.id)).toMatchObject({ status: 'running', attempt: 2 });
    await bench.endAll();
    expect(bench.store.run(run.id).status).toBe('succeeded');
  });

  test('a run whose pipeline breaks goes back to the queue, not at full speed', async () => {
    const bench = new Bench();
    const run = bench.store.add('a', bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    bench.open.get(run.id)?.break(new Error('a mistake'));
    await bench.settle();
    expect(bench.store.run(run.id)).toMatchObject({ status: 'running', attempt: 1 });
    await bench.clock.advance(10_000);
    await bench.settle();
    expect(bench.store.run(run.id)).toMatchObject({ status: 'running', attempt: 2 });
    await bench.endAll();
  });

  test('a store that refuses is asked again with back-off, at start and later', async () => {
    const bench = new Bench();
    bench.store.unavailable = true;
    bench.store.add('a', bench.clock.now());
    const started = bench.scheduler.start();
    await bench.settle();
    await bench.clock.advance(1000);
    expect(bench.store.refusals).toBeGreaterThan(1);
    expect(bench.store.refusals).toBeLessThan(6);
    bench.store.unavailable = false;
    await bench.clock.advance(15_000);
    await started;
    await bench.settle();
    expect(bench.running()).toEqual(['a']);

    bench.store.unavailable = true;
    bench.store.add('b', bench.clock.now());
    const before = bench.store.refusals;
    await bench.clock.advance(60_000);
    expect(bench.store.refusals - before).toBeLessThan(20);
    bench.store.unavailable = false;
    await bench.clock.advance(30_000);
    expect(bench.running().sort()).toEqual(['a', 'b']);
    await bench.endAll();
  });
});

describe('OPS-5: stop', () => {
  test('starts nothing new and lets a run end in its time', async () => {
    const bench = new Bench();
    bench.limits = { ...bench.limits, maxConcurrent: 1 };
    bench.store.add('a', bench.clock.now());
    bench.store.add('b', bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    const stopped = bench.scheduler.stop(30_000);
    await bench.clock.advance(5000);
    bench.open.values().next().value?.end();
    await stopped;
    expect(bench.status().sort()).toEqual(['queued', 'succeeded']);
    expect(bench.clock.timers).toBe(0);
    expect(bench.store.listeners).toBe(0);
  });

  test('gives a run back that needs longer, within the time', async () => {
    const bench = new Bench();
    const run = bench.store.add('a', bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    const stopped = bench.scheduler.stop(30_000);
    await bench.clock.advance(22_999);
    expect(bench.running()).toEqual(['a']);
    await bench.clock.advance(1);
    await stopped;
    expect(bench.store.run(run.id)).toMatchObject({ status: 'queued', attempt: 2 });
    expect(await bench.registry.getSingleMetricAsString('nightcrier_triage_runs_returned_total')).toContain(' 1');
  });

  test('ends in time with a run that cannot be ended, which stays for the next start', async () => {
    const bench = new Bench();
    bench.stubborn = true;
    const run = bench.store.add('a', bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    const stopped = bench.scheduler.stop(30_000);
    await bench.clock.advance(30_000);
    await stopped;
    expect(bench.store.run(run.id).status).toBe('running');
    expect(await bench.store.recoverRuns(bench.clock.now())).toBe(1);
    bench.open.get(run.id)?.end();
  });

  test('gives a run back that was claimed while it stopped', async () => {
    const bench = new Bench();
    await bench.scheduler.start();
    await bench.settle();
    const run = bench.store.add('a', bench.clock.now());
    await Promise.resolve();
    await Promise.resolve();
    await bench.scheduler.stop(1000);
    await bench.settle();
    expect(bench.store.run(run.id).status).toBe('queued');
    expect(bench.running()).toEqual([]);
  });

  test('a second stop is the first one; a stop before the start is fine', async () => {
    const bench = new Bench();
    const stopped = bench.scheduler.stop(1000);
    expect(bench.scheduler.stop(1)).toBe(stopped);
    await stopped;
    bench.store.add('a', bench.clock.now());
    await bench.scheduler.start();
    await bench.settle();
    expect(bench.status()).toEqual(['queued']);
  });
});

test('OPS-4: idle waits for the last run', async () => {
  const bench = new Bench();
  bench.store.add('a', bench.clock.now(), { notBefore: bench.clock.now() + 500 });
  await bench.scheduler.start();
  let idle = false;
  const done = bench.scheduler.idle(new AbortController().signal).then(() => (idle = true));
  await bench.clock.advance(1000);
  expect(bench.running()).toEqual(['a']);
  expect(idle).toBe(false);
  await bench.endAll();
  await bench.clock.advance(1000);
  await done;
  expect(idle).toBe(true);
});

test('OPS-2: queue, running and slots are measured', async () => {
  const bench = new Bench();
  bench.limits = { ...bench.limits, maxConcurrent: 1 };
  bench.store.add('a', bench.clock.now());
  bench.store.add('b', bench.clock.now());
  await bench.scheduler.start();
  await bench.settle();
  const text = await bench.registry.metrics();
  expect(text).toContain('nightcrier_triage_queue_length 1');
  expect(text).toContain('nightcrier_triage_running 1');
  expect(text).toContain('nightcrier_triage_slots 1');
  await bench.endAll();
  expect(await bench.registry.metrics()).toContain('nightcrier_triage_running 0');
});
