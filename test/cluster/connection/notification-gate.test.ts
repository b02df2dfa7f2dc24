import { describe, expect, test } from 'vitest';
import { NotificationGate, TokenBucket } from '../../../src/cluster/connection/notification-gate.ts';
import { isNotification } from '../../../src/cluster/mcp/messages.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { faultEvent, faultOf } from '../../support/raw-mcp-server.ts';

describe('notification gate', () => {
  const text = (event: string): string => event.replace(/^event: message\ndata: /, '').trim();
  const fault = text(faultEvent(faultOf('1')));

  test('CON-6: faults over the rate are throttled, whatever else comes', async () => {
    const clock = new ManualClock();
    const gates = new NotificationGate({ perSecond: 2, burst: 2 }, clock.monotonic());
    const admit = (text: string) => gates.admit(text, clock.monotonic());
    expect([admit(fault), admit(fault), admit(fault)]).toEqual(['fault', 'fault', 'throttled']);
    expect(admit(text(faultEvent({ degraded: true }, 'kubernetes/subscription_error')))).toBe('other');
    expect(admit(text(faultEvent({}, 'kubernetes/events')))).toBe('ignored');
    expect(admit('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}')).toBe('ignored');
    await clock.advance(1000);
    expect(admit(fault)).toBe('fault');
  });

  test('CON-6: requests and answers of a server have rates of their own', () => {
    const gates = new NotificationGate({ perSecond: 1, burst: 1 }, 0);
    const admit = (message: string) => gates.admit(message, 0);
    const admitted = (message: string): number =>
      Array.from({ length: 5000 }, () => admit(message)).filter((one) => one === 'other').length;
    expect(admitted('{"jsonrpc":"2.0","id":1,"method":"ping"}')).toBe(50);
    expect(admitted('{"jsonrpc":"2.0","id":1,"result":{}}')).toBe(2000);
  });

  test('CON-6: a text inside an answer does not make it a notification', () => {
    const said = { content: [{ type: 'text', text: '"method":"notifications/message" "kubernetes/faults"' }] };
    const answer = JSON.stringify({ jsonrpc: '2.0', id: 1, result: said });
    expect(isNotification(answer)).toBe(false);
    expect(new NotificationGate({ perSecond: 1, burst: 1 }, 0).admit(answer, 0)).toBe('other');
    const quoting = text(faultEvent(faultOf('1', { context: 'says "kubernetes/events"' })));
    expect(new NotificationGate({ perSecond: 1, burst: 1 }, 0).admit(quoting, 0)).toBe('fault');
  });
});

describe('token bucket', () => {
  test('CON-6: a burst of its own may come at once, and fills again at the rate', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(10, clock.monotonic(), 100);
    const takeAll = (): number => {
      let taken = 0;
      while (bucket.take(clock.monotonic())) taken += 1;
      return taken;
    };
    expect(takeAll()).toBe(100);
    await clock.advance(2000);
    expect(takeAll()).toBe(20);
    await clock.advance(3_600_000);
    expect(takeAll()).toBe(100);
  });

  test('CON-6: as many at once as a second allows, then the rate; an idle time saves up no more', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(10, clock.monotonic());
    const takeAll = (): number => {
      let taken = 0;
      while (bucket.take(clock.monotonic())) taken += 1;
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
