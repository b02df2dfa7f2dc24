import { expect, test } from 'vitest';
import { collectGarbage } from '../../support/collect-garbage.ts';
import { crashLoop, fleetOf, pushServer, releaseAfterEach, releaseLater } from '../../support/push-fleet.ts';
import { faultEvent, faultOf, startRawMcpServer } from '../../support/raw-mcp-server.ts';
import { RecordingIntake } from '../../support/recording-intake.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

/** A fleet of a server that will flood and of one that behaves. */
async function floodedFleet(store: RecordingIntake, rate: number, faultBurst = rate) {
  const bad = await startRawMcpServer();
  releaseLater(() => bad.close());
  const good = await pushServer();
  const fleet = fleetOf(
    [
      { name: 'flooding', mcp: { endpoint: bad.endpoint } },
      { name: 'good', mcp: { endpoint: good.endpoint } },
    ],
    { store, faultBurst, connection: { max_faults_per_second: rate } },
  );
  await fleet.becomes('flooding', 'active');
  await fleet.becomes('good', 'active');
  await waitUntil(() => bad.streams.length === 1 && store.sweeps.length === 2, 'the stream and the first sweeps');
  const throttledEvents: number[] = [];
  fleet.events.on('connection:throttled', ({ cluster, count }) => {
    expect(cluster).toBe('flooding');
    throttledEvents.push(count);
  });
  return { ...fleet, good, stream: bad.streams[0]!, throttledEvents };
}

test('CON-6, INT-5: of 100,000 faults at once the rate is taken and every other one counted; others go on; a sweep follows', async () => {
  const store = new RecordingIntake();
  const { status, good, stream, throttledEvents } = await floodedFleet(store, 200);
  const total = 100_000;
  const block = Array.from({ length: 1000 }, (_, index) => faultEvent(faultOf(`f${index}`))).join('');
  const blocks = total / 1000;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  for (let sent = 0; sent < blocks; sent += 1) {
    if (sent === blocks / 2) good.emitFault(crashLoop('during'));
    if (!stream.write(block)) await new Promise((resolve) => stream.once('drain', resolve));
  }
  await waitUntil(() => status('flooding').eventCount === total, 'every notification was read', 20_000);
  const seconds = (performance.now() - started) / 1000;
  const taken = (): number => store.faults.filter((fault) => fault.cluster === 'flooding').length;
  await waitUntil(() => taken() + store.throttledOf('flooding') === total, 'every notification was counted');
  expect(taken()).toBeGreaterThanOrEqual(200);
  expect(taken()).toBeLessThanOrEqual(200 + Math.ceil(200 * seconds) + 1);
  expect(throttledEvents.reduce((sum, count) => sum + count, 0)).toBe(store.throttledOf('flooding'));
  await waitUntil(() => store.faults.some((fault) => fault.cluster === 'good'), 'the other cluster delivers');
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(30 * 1024 * 1024);
  await waitUntil(() => store.sweepsOf('flooding') === 2, 'a sweep follows', 10_000);
  expect(status('flooding')).toMatchObject({ state: 'active', reconnects: 0 });
});

test('CON-6, INT-5: a burst is no flood: of 2,000 faults at once none is thrown away, and no more of them wait than fit', async () => {
  const store = new RecordingIntake();
  const { stream, manager } = await floodedFleet(store, 200, 10_000);
  store.slowMs = 20;
  const total = 2000;
  stream.write(Array.from({ length: total }, (_, index) => faultEvent(faultOf(`f${index}`))).join(''));
  await waitUntil(() => store.faults.length === total, 'all of them', 20_000);
  expect(store.throttledOf('flooding')).toBe(0);
  expect(Math.max(...store.batches)).toBeLessThanOrEqual(1000);
  expect(manager.statuses().find(({ cluster }) => cluster === 'flooding')).toMatchObject({ eventCount: total });
});

test('CON-6: what is no fault costs nothing but its reading', async () => {
  const store = new RecordingIntake();
  const { stream, status } = await floodedFleet(store, 200);
  const event = faultEvent({ event: { reason: 'BackOff' } }, 'kubernetes/events');
  for (let index = 0; index < 20_000; index += 1) stream.write(event);
  stream.write(faultEvent(faultOf('last')));
  await waitUntil(() => store.faults.length === 1, 'the fault after them', 10_000);
  expect(store.throttledOf('flooding')).toBe(0);
  expect(status('flooding').eventCount).toBe(1);
});

test('CON-6: a store that is slow holds the streams, and nothing is lost', async () => {
  const store = new RecordingIntake();
  const { stream } = await floodedFleet(store, 100_000);
  store.slowMs = 50;
  const total = 5000;
  for (let index = 0; index < total; index += 1) stream.write(faultEvent(faultOf(`f${index}`)));
  await waitUntil(() => store.faults.length > 0, 'the first batch');
  expect(store.faults.length).toBeLessThan(total);
  await waitUntil(() => store.faults.length === total, 'all of them', 20_000);
  expect(new Set(store.faults.map((fault) => fault.faultId)).size).toBe(total);
  expect(Math.max(...store.batches)).toBeLessThanOrEqual(1000);
  expect(store.throttledOf('flooding')).toBe(0);
});

test('CON-6, INT-5: when nothing can be stored nothing is accepted, it is counted, and a sweep follows when it can', async () => {
  const store = new RecordingIntake();
  const dropped: number[] = [];
  const push = await pushServer();
  const { becomes, status } = fleetOf([{ name: 'prod', mcp: { endpoint: push.endpoint } }], {
    store,
    metrics: {
      failed: () => {},
      swept: () => {},
      dropped: (reason, count) => {
        expect(reason).toBe('store_unavailable');
        dropped.push(count);
      },
    },
  });
  await becomes('prod', 'active');
  await waitUntil(() => store.sweeps.length === 1, 'the first sweep');
  store.full = true;
  push.emitFault(crashLoop('lost'));
  await waitUntil(() => dropped.length === 1, 'the drop is counted');
  expect(store.faults).toEqual([]);
  store.full = false;
  await waitUntil(() => store.sweeps.length === 2, 'a sweep makes up for it', 15_000);
  push.emitFault(crashLoop('kept'));
  await waitUntil(() => store.faults.length === 1, 'the next fault is stored');
  expect(dropped).toEqual([1]);
  expect(status('prod')).toMatchObject({ state: 'active', reconnects: 0 });
});
