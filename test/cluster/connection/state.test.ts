import { expect, test } from 'vitest';
import { ConnectionStateMachine } from '../../../src/cluster/connection/state.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Emitter } from '../../../src/lib/emitter.ts';
import type { DomainEvents } from '../../../src/domain/events.ts';
import { type ConnectionState, connectionStates, type ConnectionStatus } from '../../../src/domain/cluster-status.ts';

const paths: Record<ConnectionState, ConnectionState[]> = {
  disconnected: [],
  connecting: ['connecting'],
  connected: ['connecting', 'connected'],
  subscribing: ['connecting', 'connected', 'subscribing'],
  active: ['connecting', 'connected', 'subscribing', 'active'],
  failed: ['connecting', 'failed'],
};
const legal: Record<ConnectionState, ConnectionState[]> = {
  disconnected: ['connecting'],
  connecting: ['connected', 'failed', 'disconnected'],
  connected: ['subscribing', 'active', 'failed', 'disconnected'],
  subscribing: ['active', 'failed', 'disconnected'],
  active: ['failed', 'disconnected'],
  failed: ['connecting', 'disconnected'],
};

function machineIn(state: ConnectionState): { machine: ConnectionStateMachine; told: ConnectionStatus[] } {
  const told: ConnectionStatus[] = [];
  let now = 1000;
  const events = new Emitter<DomainEvents>();
  events.on('connection:changed', (status) => told.push(status));
  const machine = new ConnectionStateMachine('prod', { now: () => (now += 1) }, events);
  for (const step of paths[state]) machine.transition(step);
  told.length = 0;
  return { machine, told };
}

const pairs = connectionStates.flatMap((from) => connectionStates.map((to) => [from, to] as const));

test.each(pairs.filter(([from, to]) => legal[from].includes(to)))('CON-1: %s → %s', (from, to) => {
  const { machine, told } = machineIn(from);
  machine.transition(to);
  expect(told.map((status) => status.state)).toEqual([to]);
});

test.each(pairs.filter(([from, to]) => !legal[from].includes(to)))('CON-1: %s → %s is illegal', (from, to) => {
  const { machine, told } = machineIn(from);
  expect(() => machine.transition(to)).toThrow(`illegal transition of a connection: ${from} → ${to}`);
  expect(machine.status.state).toBe(from);
  expect(told).toEqual([]);
});

const error = { code: 'NC-CLUSTER-001', message: 'refused', fix: 'start it' };

test('CON-1: an error stays to be seen while the next attempt runs, and goes when the connection is active', () => {
  const { machine } = machineIn('connecting');
  machine.transition('failed', { error, retryAt: 5000 });
  expect(machine.status).toMatchObject({ error, retryAt: 5000, source: 'none' });
  machine.transition('connecting');
  expect(machine.status).toMatchObject({ error, retryAt: null });
  machine.transition('connected');
  machine.transition('active', { source: 'sweep' });
  expect(machine.status).toMatchObject({ error: null, source: 'sweep' });
});

test('CON-1: an annotation tells only what is different, and leaves the time of the state', () => {
  const { machine, told } = machineIn('active');
  const { since } = machine.status;
  machine.annotate({ source: 'sweep' });
  machine.annotate({ source: 'sweep' });
  machine.annotate({ error });
  machine.annotate({ error: { ...error } });
  expect(told.map(({ source, error: said }) => [source, said?.code])).toEqual([
    ['sweep', undefined],
    ['sweep', 'NC-CLUSTER-001'],
  ]);
  expect(machine.status.since).toBe(since);
});

test('OPS-1: what earlier processes heard of a cluster counts on', () => {
  const heard = { eventCount: 12, lastEvent: 500 };
  const machine = new ConnectionStateMachine('prod', new ManualClock(), new Emitter<DomainEvents>(), heard);
  expect(machine.status).toMatchObject(heard);
  machine.countEvents(0);
  expect(machine.status).toMatchObject(heard);
  machine.countEvents(2);
  expect(machine.status.eventCount).toBe(14);
});

test('CON-1: events, sweeps and reconnects are counted', () => {
  const { machine, told } = machineIn('active');
  machine.countEvents(3);
  machine.countReconnect();
  machine.swept();
  expect(machine.status).toMatchObject({ eventCount: 3, reconnects: 1 });
  expect(machine.status.lastEvent).toBeGreaterThan(1000);
  expect(machine.status.lastSweep).toBeGreaterThan(1000);
  expect(told).toEqual([]);
});
