import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { nameField } from '../../src/domain/people/viewer.ts';
import type { Delivery } from '../../src/domain/records.ts';
import { BrowserClient } from '../support/browser-client.ts';
import { HealthFixture, sampleStatus } from '../support/health-fixture.ts';
import { sampleIncident, sampleRun, sampleTime } from '../support/incident-samples.ts';
import { sampleListedFault } from '../support/listed-fault-sample.ts';
import { SseReader } from '../support/sse-reader.ts';
import { waitUntil } from '../support/wait-until.ts';

const readers: SseReader[] = [];
let fixture: HealthFixture | null = null;
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await fixture?.stop();
  fixture = null;
});

async function start(over: Parameters<typeof HealthFixture.start>[0] = {}): Promise<HealthFixture> {
  fixture = await HealthFixture.start(over);
  return fixture;
}

async function listen(f: HealthFixture, headers: Record<string, string> = {}): Promise<SseReader> {
  const reader = await SseReader.open(`${f.url}/api/events`, headers);
  readers.push(reader);
  return reader;
}

const delivery: Delivery = {
  id: 'dlv_1',
  target: 'slack',
  kind: 'incident',
  incidentId: 'inc_01K9Z3W8Q4',
  notice: null,
  state: 'open',
  seq: 1,
  status: 'sent',
  attempts: 1,
  notBefore: 0,
  createdAt: sampleTime,
  sentAt: sampleTime + 500,
  uncertain: false,
  error: null,
};

describe('server-sent events', () => {
  test('OPS-1: tells every change of connection, fault, incident, run and delivery, in order', async () => {
    const f = await start();
    const reader = await listen(f);
    expect(reader.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    f.events.emit('connection:changed', sampleStatus({ state: 'failed', retryAt: sampleTime + 4000 }));
    f.events.emit('store:changed', [
      { type: 'fault', cluster: 'prod-eu', fault: sampleListedFault(1, 'opened') },
      { type: 'incident', cluster: 'prod-eu', incident: sampleIncident() },
      { type: 'run', cluster: 'prod-eu', run: sampleRun() },
      { type: 'delivery', cluster: 'prod-eu', delivery },
    ]);
    const messages = await reader.next(5);
    expect(messages.map(({ event }) => event)).toEqual(['connection', 'fault', 'incident', 'run', 'delivery']);
    expect(messages.map(({ data }) => data)).toMatchObject([
      { cluster: 'prod-eu', status: 'failed', retry_in: 4 },
      { cluster: 'prod-eu', outcome: 'opened', fault_type: 'CrashLoop' },
      { id: 'inc_01K9Z3W8Q4', status: 'open', cause: null },
      { id: 'run_01K9Z3W8Q5', incident_id: 'inc_01K9Z3W8Q4', cluster: 'prod-eu', status: 'succeeded' },
      { id: 'dlv_1', target: 'slack', status: 'sent', sent_at: '2026-11-20T09:00:00.500Z', cluster: 'prod-eu' },
    ]);
    expect(messages[2]?.data).not.toHaveProperty('faults');
  });

  test('a hostile name cannot begin another event', async () => {
    const f = await start();
    const reader = await listen(f);
    const title = 'x\n\nevent: incident\ndata: {"id":"forged"}\n\n\r\n\u2028';
    f.events.emit('store:changed', [{ type: 'incident', cluster: 'prod-eu', incident: sampleIncident({ title }) }]);
    f.events.emit('connection:changed', sampleStatus());
    const messages = await reader.next(2);
    expect(messages.map(({ event }) => event)).toEqual(['incident', 'connection']);
    expect(messages[0]?.data['title']).toBe(title);
  });

  test('a silent stream is kept alive', async () => {
    const f = await start();
    const reader = await listen(f);
    await waitUntil(() => reader.comments === 1, 'the first comment');
    await f.clock.advance(31_000);
    await waitUntil(() => reader.comments >= 3, 'two heartbeats');
    expect(reader.comments).toBe(3);
  });

  test('every listener gets every event, and one that goes harms nobody', async () => {
    const f = await start();
    const first = await listen(f);
    const second = await listen(f);
    first.close();
    await waitUntil(async () => (await f.registry.metrics()).includes('nightcrier_event_streams 1'), 'the first to go');
    f.events.emit('connection:changed', sampleStatus());
    expect(await second.next(1)).toHaveLength(1);
  });

  test('a reader that does not read is dropped and counted, the others go on', async () => {
    const f = await start();
    const good = await listen(f);
    const { port } = new URL(f.url);
    const stuck = connect(Number(port), '127.0.0.1');
    try {
      stuck.on('error', () => {});
      stuck.pause();
      stuck.write('GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
      await waitUntil(
        async () => (await f.registry.metrics()).includes('nightcrier_event_streams 2'),
        'both to listen',
      );
      const title = 'x'.repeat(100_000);
      const dropped = 'nightcrier_event_streams_dropped_total{reason="slow"} 1';
      let sent = 0;
      await waitUntil(
        async () => {
          f.events.emit('store:changed', [
            { type: 'incident', cluster: 'prod-eu', incident: sampleIncident({ title }) },
          ]);
          sent++;
          await good.next(sent);
          return (await f.registry.metrics()).includes(dropped);
        },
        'the drop',
        15_000,
      );
      f.events.emit('connection:changed', sampleStatus());
      expect(await good.next(sent + 1)).toHaveLength(sent + 1);
    } finally {
      stuck.destroy();
    }
  });

  test('the number of streams is bounded', async () => {
    const f = await start();
    await Promise.all(Array.from({ length: 100 }, () => listen(f)));
    const refused = await f.json('/api/events');
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'NC-HEALTH-009' } } });
    expect(await f.registry.metrics()).toContain('nightcrier_event_streams_dropped_total{reason="too_many"} 1');
  });

  test('OPS-1, OPS-5: a stream needs the token, and ends when the server stops', async () => {
    const f = await start({ token: () => 'secret' });
    expect((await listen(f)).response.status).toBe(401);
    const reader = await listen(f, { authorization: 'Bearer secret' });
    expect(reader.response.status).toBe(200);
    await f.stop();
    await waitUntil(() => reader.ended, 'the end of the stream');
    expect(f.clock.timers).toBe(0);
  });

  test('OPS-3: who has signed out, and whose token has changed, hears nothing more', async () => {
    let token = 'secret';
    const f = await start({ token: () => token, people: () => ({ readToken: 'to-read', proxy: null }) });
    const act = await listen(f, { authorization: 'Bearer secret' });
    const read = await listen(f, { authorization: 'Bearer to-read' });
    const person = new BrowserClient(f);
    await person.post('/sign-in', { [nameField]: 'ana', token: 'to-read' });
    const signedIn = await listen(f, { cookie: `nightcrier_session=${person.cookies.get('nightcrier_session')}` });
    expect(signedIn.response.status).toBe(200);
    token = 'another';
    await f.clock.advance(16_000);
    await waitUntil(() => act.ended, 'the end of the stream of the old token');
    await person.post('/sign-out', { csrf: await person.csrf() });
    await f.clock.advance(16_000);
    await waitUntil(() => signedIn.ended, 'the end of the stream of who has signed out');
    f.events.emit('connection:changed', sampleStatus());
    expect(await read.next(1)).toHaveLength(1);
    expect(act.messages).toEqual([]);
    await waitUntil(async () => (await f.registry.metrics()).includes('nightcrier_event_streams 1'), 'the count');
  });
});
