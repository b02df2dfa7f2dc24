import { expect, test } from 'vitest';
import { connectionSchema } from '../../../src/cluster/config.ts';
import { FaultInlet } from '../../../src/cluster/connection/inlet.ts';
import { ConnectionStateMachine } from '../../../src/cluster/connection/state.ts';
import { SweepSchedule } from '../../../src/cluster/sweep/schedule.ts';
import type { DomainEvents } from '../../../src/domain/events.ts';
import type { FaultSignal, InvalidSignal } from '../../../src/domain/fault.ts';
import { Emitter } from '../../../src/lib/emitter.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { faultEvent, faultOf } from '../../support/raw-mcp-server.ts';
import { RecordingIntake } from '../../support/recording-intake.ts';

function inletWith(maxFaultsPerSecond: number) {
  const clock = new ManualClock();
  const events = new Emitter<DomainEvents>();
  const store = new RecordingIntake();
  const heard: (FaultSignal | InvalidSignal)[] = [];
  const room = { left: Infinity };
  const queue = {
    push: (signal: FaultSignal | InvalidSignal) => {
      heard.push(signal);
      return heard.length < room.left;
    },
  };
  const state = new ConnectionStateMachine('prod', clock, events);
  const schedule = new SweepSchedule(clock);
  const connection = connectionSchema.parse({ max_faults_per_second: maxFaultsPerSecond });
  const faultBurst = maxFaultsPerSecond;
  const context = { faultBurst, clock, events, store, queue, connection, logger: silentLogger };
  const inlet = new FaultInlet('prod', context, state, schedule);
  return { inlet, clock, events, store, heard, room, state, schedule };
}

const textOf = (event: string): string => event.replace(/^event: message\ndata: /, '').trim();

test('CON-6: faults whose keys stand in another order have the same rate', () => {
  const { inlet, heard, state } = inletWith(3);
  const params = { data: faultOf('1', { context: 'x'.repeat(500) }), logger: 'kubernetes/faults' };
  const text = JSON.stringify({ params, jsonrpc: '2.0', method: 'notifications/message' });
  const kinds = Array.from({ length: 10 }, () => inlet.take(text).kind);
  expect(heard).toHaveLength(3);
  expect(kinds.filter((kind) => kind === 'dropped')).toHaveLength(7);
  expect(state.status.eventCount).toBe(10);
});

test('CON-2: a fault goes to the queue under the name of the connection, and holds the stream when there is no room', () => {
  const { inlet, heard, room } = inletWith(200);
  room.left = 2;
  expect(inlet.take(textOf(faultEvent(faultOf('1'))))).toEqual({ kind: 'fault', goOn: true });
  expect(inlet.take(textOf(faultEvent(faultOf('2'))))).toEqual({ kind: 'fault', goOn: false });
  expect(heard).toMatchObject([
    { cluster: 'prod', faultId: '1' },
    { cluster: 'prod', faultId: '2' },
  ]);
});

test('CON-6: what is over the rate is counted once a second, and a sweep follows', async () => {
  const { inlet, clock, store, schedule } = inletWith(1);
  const swept = schedule.next(new AbortController().signal).then(() => clock.monotonic());
  for (let index = 0; index < 5; index += 1) inlet.take(textOf(faultEvent(faultOf(`${index}`))));
  await clock.advance(999);
  expect(store.throttledOf('prod')).toBe(0);
  await clock.advance(1);
  expect(store.throttledOf('prod')).toBe(4);
  await clock.advance(5000);
  expect(await swept).toBe(6000);
});

test('INT-5: a count that cannot be written is kept for the next time', async () => {
  const { inlet, clock, store } = inletWith(1);
  store.full = true;
  for (let index = 0; index < 3; index += 1) inlet.take(textOf(faultEvent(faultOf(`${index}`))));
  await clock.advance(1000);
  store.full = false;
  await inlet.flush();
  expect(store.throttledOf('prod')).toBe(2);
  expect(clock.timers).toBe(0);
});

test('CON-6: messages that cannot be used are listed up to a rate, then counted', async () => {
  const { inlet, heard, store } = inletWith(200);
  for (let index = 0; index < 30; index += 1) inlet.invalid('not a JSON-RPC message', '{oops');
  expect(heard).toHaveLength(10);
  expect(heard[0]).toMatchObject({ cluster: 'prod', reason: 'not a JSON-RPC message', excerpt: '{oops' });
  await inlet.flush();
  expect(store.throttledOf('prod')).toBe(20);
});

test.each([
  [{ error: 'watch failed 5 times' }, 'watch failed 5 times'],
  [{ error: 'x'.repeat(1000) }, 'x'.repeat(200)],
  [null, 'the server reports a degraded subscription'],
])('CON-4: a subscription error says that nothing is pushed any more', (data, detail) => {
  const { inlet, heard } = inletWith(200);
  expect(inlet.take(textOf(faultEvent(data, 'kubernetes/subscription_error')))).toEqual({ kind: 'degraded', detail });
  expect(heard).toEqual([]);
});

test('answers and requests are given back, log messages of others are dropped, the rest is invalid', () => {
  const { inlet } = inletWith(200);
  const answer = { jsonrpc: '2.0', id: 1, result: {} };
  expect(inlet.take(JSON.stringify(answer))).toEqual({ kind: 'message', message: answer });
  const ping = { jsonrpc: '2.0', id: 's1', method: 'ping' };
  expect(inlet.take(JSON.stringify(ping))).toEqual({ kind: 'message', message: ping });
  expect(inlet.take(textOf(faultEvent({}, 'kubernetes/events')))).toEqual({ kind: 'dropped' });
  expect(inlet.take('{oops')).toEqual({ kind: 'invalid' });
});
