import { describe, expect, test } from 'vitest';
import type { PushFault } from '../../../src/sim/mcp/push-fault.ts';
import { PushHub, SubscribeError } from '../../../src/sim/mcp/push-hub.ts';
import type { PushSession } from '../../../src/sim/mcp/push-session.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const window = 15 * 60_000;
const fault: PushFault = {
  faultType: 'CrashLoop',
  severity: 'critical',
  container: 'app',
  context: 'restarts',
  resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'cart-1', uid: 'u1' },
};

function hubOf(over: Partial<PushHub['options']> = {}) {
  const clock = new ManualClock();
  const options = { serverCluster: 'sim', repeatWindowMs: window, maxPerSession: 10, maxSubscriptions: 100, clock };
  return { hub: new PushHub({ ...options, ...over }), clock };
}

/** A session with a live subscription whose stream keeps what is written to it. */
function listening(hub: PushHub): { session: PushSession; written: string[] } {
  const session = hub.open();
  session.level = 'info';
  hub.subscribe(session, 'faults', {}).live = true;
  const written: string[] = [];
  const stream = { writableLength: 0, write: (text: string) => written.push(text), end: () => {}, destroy: () => {} };
  session.attach(stream as never);
  return { session, written };
}

describe('subscriptions', () => {
  test('a session has so many and no more, and the server so many over all', () => {
    const { hub } = hubOf({ maxPerSession: 2, maxSubscriptions: 3 });
    const [one, two] = [hub.open(), hub.open()];
    hub.subscribe(one, 'faults', {});
    hub.subscribe(one, 'faults', {});
    expect(() => hub.subscribe(one, 'faults', {})).toThrow('session has reached maximum subscriptions (2)');
    hub.subscribe(two, 'faults', {});
    expect(() => hub.subscribe(two, 'faults', {})).toThrow(SubscribeError);
    expect(hub.subscriptionCount).toBe(3);
  });

  test('they go with their session', () => {
    const { hub } = hubOf();
    const { session } = listening(hub);
    hub.end(session);
    expect([hub.subscriptionCount, hub.sessions.size, session.hasStream]).toEqual([0, 0, false]);
    expect(hub.emitFault(fault)).toBe(0);
  });

  test('ids of sessions are long, and differ', () => {
    const { hub } = hubOf();
    const ids = Array.from({ length: 50 }, () => hub.open().id);
    expect(new Set(ids).size).toBe(50);
    for (const id of ids) expect(id).toMatch(/^[A-Z2-7]{26}$/);
  });
});

describe('faults', () => {
  test('go to every live subscription, each with its own id', () => {
    const { hub } = hubOf();
    const sessions = [listening(hub), listening(hub)];
    expect(hub.emitFault(fault)).toBe(2);
    const sent = sessions.map(({ written }) => JSON.parse(written[0]!.split('data: ')[1]!).params.data);
    expect(sent[0].faultId).toBe(sent[1].faultId);
    expect(sent[0].subscriptionId).not.toBe(sent[1].subscriptionId);
    expect(hub.delivered).toBe(2);
  });

  test('the same type, uid and container is held back within the window', async () => {
    const { hub, clock } = hubOf();
    listening(hub);
    expect(hub.emitFault(fault)).toBe(1);
    expect(hub.emitFault(fault)).toBe(0);
    expect(hub.emitFault({ ...fault, container: 'sidecar' })).toBe(1);
    expect(hub.emitFault({ ...fault, faultType: 'PodCrash' })).toBe(1);
    expect(hub.emitFault({ ...fault, resource: { ...fault.resource, uid: 'u2' } })).toBe(1);
    await clock.advance(window);
    expect(hub.emitFault(fault)).toBe(1);
  });

  test('without a window each is sent', () => {
    const { hub } = hubOf({ repeatWindowMs: 0 });
    listening(hub);
    expect([hub.emitFault(fault), hub.emitFault(fault)]).toEqual([1, 1]);
  });

  test('a subscription that is not answered yet, or degraded, gets none', () => {
    const { hub } = hubOf({ repeatWindowMs: 0 });
    const { session } = listening(hub);
    const [subscription] = session.subscriptions.values();
    subscription!.live = false;
    expect(hub.emitFault(fault)).toBe(0);
    subscription!.live = true;
    expect(hub.emitSubscriptionError('watch failed')).toBe(1);
    expect([subscription!.degraded, session.isListening, hub.emitFault(fault)]).toEqual([true, false, 0]);
  });

  test('a session that never set a level, or a higher one, hears nothing', () => {
    const { hub } = hubOf({ repeatWindowMs: 0 });
    const { session } = listening(hub);
    session.level = null;
    expect([session.isListening, hub.emitFault(fault)]).toEqual([false, 0]);
    session.level = 'error';
    expect(hub.emitFault(fault)).toBe(0);
    session.level = 'warning';
    expect(hub.emitFault(fault)).toBe(1);
  });
});

describe('a stream that is not there', () => {
  test('costs the subscription after two seconds, unless it came back', async () => {
    for (const back of [true, false]) {
      const { hub, clock } = hubOf({ repeatWindowMs: 0 });
      const { session } = listening(hub);
      session.drop('reset');
      expect(hub.emitFault(fault)).toBe(0);
      if (back) session.attach({ writableLength: 0, write: () => true } as never);
      await clock.advance(2000);
      expect(session.subscriptions.size).toBe(back ? 1 : 0);
    }
  });

  test('there is one stream a session; only the one that stands can be taken away', () => {
    const { hub } = hubOf();
    const session = hub.open();
    const [first, second] = [{}, {}].map((stream) => stream as never);
    expect([session.attach(first!), session.attach(second!)]).toEqual([true, false]);
    session.detach(second!);
    expect(session.hasStream).toBe(true);
    session.detach(first!);
    expect(session.hasStream).toBe(false);
    expect(session.drop('end')).toBe(false);
  });
});
