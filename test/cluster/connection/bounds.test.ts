import { describe, expect, test } from 'vitest';
import { AnswerBudget } from '../../../src/cluster/mcp/answer-budget.ts';
import { IntakeQueue } from '../../../src/cluster/connection/intake-queue.ts';
import { takeIncoming } from '../../../src/cluster/mcp/incoming.ts';
import type { TransportListener } from '../../../src/cluster/mcp/transport.ts';
import { isNotification, NotificationGate } from '../../../src/cluster/connection/notification-gate.ts';
import { StartGate } from '../../../src/cluster/connection/start-gate.ts';
import { SweepSchedule } from '../../../src/cluster/connection/sweep-schedule.ts';
import { TokenBucket } from '../../../src/cluster/connection/token-bucket.ts';
import { ToolLanes } from '../../../src/cluster/connection/tool-lanes.ts';
import type { FaultSignal, InvalidSignal } from '../../../src/domain/fault.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { faultEvent, faultOf } from '../../support/raw-mcp-server.ts';
import { signal } from '../../support/signals.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('token bucket', () => {
  test('CON-6: as many at once as a second allows, then the rate; an idle time saves up no more', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(10, () => clock.monotonic());
    const takeAll = (): number => {
      let taken = 0;
      while (bucket.take()) taken += 1;
      return taken;
    };
    await clock.advance(60_000);
    expect(takeAll()).toBe(10);
    await clock.advance(500);
    expect(takeAll()).toBe(5);
    await clock.advance(3_600_000);
    expect(takeAll()).toBe(10);
  });
});

describe('notification gate', () => {
  const text = (event: string): string => event.replace(/^event: message\ndata: /, '').trim();
  const fault = text(faultEvent(faultOf('1')));

  test('CON-6: faults over the rate are throttled, whatever else comes', async () => {
    const clock = new ManualClock();
    const gate = new NotificationGate(2, clock);
    expect([gate.admit(fault), gate.admit(fault), gate.admit(fault)]).toEqual(['fault', 'fault', 'throttled']);
    expect(gate.admit(text(faultEvent({ degraded: true }, 'kubernetes/subscription_error')))).toBe('other');
    expect(gate.admit(text(faultEvent({}, 'kubernetes/events')))).toBe('ignored');
    expect(gate.admit('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}')).toBe('ignored');
    await clock.advance(1000);
    expect(gate.admit(fault)).toBe('fault');
  });

  test('CON-6: requests and answers of a server have rates of their own', () => {
    const gate = new NotificationGate(1, new ManualClock());
    const admitted = (message: string): number =>
      Array.from({ length: 5000 }, () => gate.admit(message)).filter((one) => one === 'other').length;
    expect(admitted('{"jsonrpc":"2.0","id":1,"method":"ping"}')).toBe(50);
    expect(admitted('{"jsonrpc":"2.0","id":1,"result":{}}')).toBe(2000);
  });

  test('CON-6: a text inside an answer does not make it a notification', () => {
    const said = { content: [{ type: 'text', text: '"method":"notifications/message" "kubernetes/faults"' }] };
    const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: said });
    expect(isNotification(answer)).toBe(false);
    expect(new NotificationGate(1, new ManualClock()).admit(answer)).toBe('other');
    const quoting = text(faultEvent(faultOf('1', { context: 'says "kubernetes/events"' })));
    expect(new NotificationGate(1, new ManualClock()).admit(quoting)).toBe('fault');
  });
});

test('CON-6: faults whose keys stand in another order have the same rate', () => {
  const clock = new ManualClock();
  const heard: unknown[] = [];
  const counts = { throttled: 0 };
  const listener: TransportListener = {
    fault: (data) => heard.push(data) > 0,
    throttled: (count) => void (counts.throttled += count),
    invalid: () => {},
    streamEnded: () => {},
    degraded: () => {},
    ended: () => {},
  };
  const gate = new NotificationGate(3, clock);
  const params = { data: faultOf('1', { context: 'x'.repeat(500) }), logger: 'kubernetes/faults' };
  const text = JSON.stringify({ params, jsonrpc: '2.0', method: 'notifications/message' });
  for (let index = 0; index < 10; index += 1) takeIncoming(text, gate, listener);
  expect(heard).toHaveLength(3);
  expect(counts.throttled).toBe(7);
});

describe('answer budget', () => {
  test('CON-6: small answers always fit, large ones share what there is, and give it back', () => {
    const budget = new AnswerBudget(10_000_000);
    const [first, second, small] = [budget.share(), budget.share(), budget.share()];
    expect(first.grow(8_000_000)).toBe(true);
    expect(second.grow(8_000_000)).toBe(false);
    expect(second.grow(2_000_000)).toBe(true);
    expect(small.grow(200_000)).toBe(true);
    first.release();
    first.release();
    expect(second.grow(9_000_000)).toBe(true);
    second.release();
    expect(budget.used).toBe(0);
  });
});

describe('start gate', () => {
  test('CON-1: bounds what begins together; a slow one gives its place back after its time', async () => {
    const clock = new ManualClock();
    const gate = new StartGate(2, 250, clock);
    const entered: string[] = [];
    const enter = async (name: string): Promise<() => void> => {
      const leave = await gate.enter();
      entered.push(name);
      return leave;
    };
    const first = enter('a');
    void enter('slow');
    void enter('c');
    void enter('d');
    await clock.advance(0);
    expect(entered).toEqual(['a', 'slow']);
    const leave = await first;
    leave();
    leave();
    await clock.advance(0);
    expect(entered).toEqual(['a', 'slow', 'c']);
    await clock.advance(250);
    expect(entered).toEqual(['a', 'slow', 'c', 'd']);
    await clock.advance(1000);
    expect(clock.timers).toBe(0);
  });
});

describe('sweep schedule', () => {
  test('CON-5: the earliest request counts, and is taken once', async () => {
    const clock = new ManualClock();
    const schedule = new SweepSchedule(clock);
    const control = new AbortController();
    let due = 0;
    const loop = (async () => {
      for (;;) {
        await schedule.next(control.signal);
        due += 1;
      }
    })();
    schedule.request(60_000);
    schedule.request(5000);
    schedule.request(30_000);
    await clock.advance(4999);
    expect(due).toBe(0);
    await clock.advance(1);
    expect(due).toBe(1);
    await clock.advance(120_000);
    expect(due).toBe(1);
    schedule.request();
    await clock.advance(0);
    expect(due).toBe(2);
    control.abort(new Error('over'));
    await expect(loop).rejects.toThrow('over');
    expect(clock.timers).toBe(0);
  });
});

describe('tool lanes', () => {
  const call = (results: string[], name: string, running: Promise<void>) => async () => {
    results.push(name);
    await running;
    return { text: name, structured: undefined, isError: false };
  };

  test('CON-6: one list at a time, others beside it, and a bound on those who wait', async () => {
    const lanes = new ToolLanes();
    const began: string[] = [];
    let finish: () => void = () => {};
    const running = new Promise<void>((resolve) => (finish = resolve));
    const { signal } = new AbortController();
    const all = [
      lanes.run('prod', 'resources_list', signal, call(began, 'list 1', running)),
      lanes.run('prod', 'pods_list', signal, call(began, 'list 2', running)),
      lanes.run('prod', 'resources_get', signal, call(began, 'get', running)),
    ];
    await waitUntil(() => began.length === 2, 'two began');
    expect(began).toEqual(['list 1', 'get']);
    const waiting = Array.from({ length: 99 }, () =>
      lanes.run('prod', 'pods_list', signal, call(began, 'more', running)),
    );
    await expect(lanes.run('prod', 'pods_list', signal, call(began, 'no', running))).rejects.toMatchObject({
      name: 'ReadError',
      failure: 'timeout',
    });
    finish();
    await Promise.all([...all, ...waiting]);
    expect(began).toHaveLength(102);
  });

  test('CON-1: whoever gives up while another call has the lane does not wait for it, and is never called', async () => {
    const lanes = new ToolLanes();
    const began: string[] = [];
    let finish: () => void = () => {};
    const running = new Promise<void>((resolve) => (finish = resolve));
    const first = lanes.run('prod', 'pods_list', new AbortController().signal, call(began, 'slow', running));
    const control = new AbortController();
    const second = lanes.run('prod', 'pods_list', control.signal, call(began, 'given up', running));
    control.abort(new Error('no longer wanted'));
    await expect(second).rejects.toThrow('no longer wanted');
    finish();
    await first;
    await lanes.run('prod', 'pods_list', new AbortController().signal, call(began, 'next', running));
    expect(began).toEqual(['slow', 'next']);
  });

  test('an abort while it waits ends a call with its own reason', async () => {
    const lanes = new ToolLanes();
    const control = new AbortController();
    const never = lanes.run('prod', 'x_list', new AbortController().signal, () => new Promise(() => {}));
    void never;
    const first = lanes.run('prod', 'resources_get', control.signal, () => {
      control.abort(new Error('no longer wanted'));
      throw new Error('fails');
    });
    await expect(first).rejects.toThrow('no longer wanted');
  });
});

describe('intake queue', () => {
  test('CON-6: what arrives together is one batch; batches are fair between clusters and bounded', async () => {
    const batches: (readonly (FaultSignal | InvalidSignal)[])[] = [];
    const queue = new IntakeQueue(
      (batch) => {
        batches.push(batch);
        return Promise.resolve();
      },
      () => {},
      { perCluster: 1000, total: 10_000, batch: 10 },
    );
    for (let index = 0; index < 30; index += 1) queue.push(signal({ cluster: 'noisy', pod: `p${index}` }));
    queue.push(signal({ cluster: 'quiet' }));
    await queue.drained();
    expect(batches.map((batch) => batch.length)).toEqual([10, 10, 10, 1]);
    expect(batches[0]?.map((one) => one.cluster)).toContain('quiet');
    expect(queue.size).toBe(0);
  });

  test('CON-6: a cluster whose share is full is held until there is room; others are let in', async () => {
    let store: () => void = () => {};
    const room: string[] = [];
    const queue = new IntakeQueue(
      () => new Promise((resolve) => (store = resolve)),
      (cluster) => room.push(cluster),
      { perCluster: 4, total: 8, batch: 2 },
    );
    const pushed = Array.from({ length: 6 }, () => queue.push(signal({ cluster: 'noisy' })));
    expect(pushed).toEqual([true, true, true, false, false, false]);
    expect(queue.push(signal({ cluster: 'quiet' }))).toBe(true);
    await waitUntil(() => queue.size === 5, 'the first batch is taken');
    for (let left = 5; left > 0; left -= 2) {
      store();
      await waitUntil(() => queue.size <= Math.max(0, left - 2), 'the next batch is taken');
    }
    store();
    await queue.drained();
    expect(room).toEqual(['noisy']);
  });

  test('CON-6: over the total, a cluster with next to nothing waiting is still let in', () => {
    const queue = new IntakeQueue(
      () => new Promise(() => {}),
      () => {},
      { perCluster: 100, total: 50, batch: 10 },
    );
    for (let index = 0; index < 60; index += 1) queue.push(signal({ cluster: 'noisy' }));
    expect(queue.push(signal({ cluster: 'noisy' }))).toBe(false);
    expect(queue.push(signal({ cluster: 'quiet' }))).toBe(true);
  });
});
