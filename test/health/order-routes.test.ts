import { beforeEach, describe, expect, test } from 'vitest';
import type { StateStore } from '../../src/domain/state-store.ts';
import { incidentSchema } from '../../src/domain/wire/incident.ts';
import { receive } from '../storage/store-fixture.ts';
import type { HealthFixture } from '../support/health-fixture.ts';
import { healthOverStore } from '../support/health-over-store.ts';
import { sampleTime } from '../support/incident-samples.ts';
import { minute, owner, signal } from '../support/signals.ts';

let fixture: HealthFixture;
let store: StateStore;

beforeEach(async () => {
  ({ fixture, store } = await healthOverStore());
});

describe('INT-6: orders about an incident', () => {
  const opened = async (): Promise<string> => {
    const [settled] = await receive(store, [signal()], { owner: owner() }, sampleTime);
    const detail = await store.incident(settled?.incidentId ?? '');
    return detail?.incident.id ?? '';
  };
  const order = (id: string, kind: string, body: object = { author: 'ana' }) =>
    fixture.post(`/api/incidents/${id}/${kind}`, body);

  test('who acknowledges it first has it in hand', async () => {
    const id = await opened();
    const acknowledged = { by: 'ana', at: '2026-11-20T09:00:00.000Z', comment: 'on it' };
    const first = await order(id, 'ack', { author: 'ana', comment: 'on it' });
    expect(first).toMatchObject({ status: 200, body: { id, acknowledged } });
    await fixture.clock.advance(minute);
    const changes: unknown[] = [];
    store.onChange((rows) => changes.push(...rows));
    expect(await order(id, 'ack', { author: 'ben' })).toMatchObject({ status: 200, body: { acknowledged } });
    expect(changes).toEqual([]);
  });

  test('it is resolved by a person once, and then neither acknowledged nor run again', async () => {
    const id = await opened();
    expect(await order(id, 'resolve')).toMatchObject({ body: { status: 'resolved', status_reason: 'by ana' } });
    expect(await order(id, 'resolve', { author: 'ben' })).toMatchObject({ body: { status_reason: 'by ana' } });
    for (const kind of ['ack', 'rerun']) {
      expect(await order(id, kind)).toMatchObject({ status: 409, body: { error: { code: 'NC-HEALTH-014' } } });
    }
    expect(await order('inc_none', 'ack')).toMatchObject({ status: 404, body: { error: { code: 'NC-HEALTH-004' } } });
  });

  test.each(['ack', 'resolve', 'rerun'])('what is said with %s is given with who and when', async (kind) => {
    const id = await opened();
    const { status, body } = await order(id, kind, { author: 'ana', comment: 'the\n quota ' });
    const at = '2026-11-20T09:00:00.000Z';
    expect(status).toBe(200);
    expect(body['acts']).toMatchObject([{ kind, by: 'ana', at, comment: 'the quota', done: true }]);
    expect((await fixture.json(`/api/incidents/${id}`)).body).toEqual(body);
    expect(incidentSchema.strict().safeParse(body).success).toBe(true);
    expect((await order(id, kind, { comment: 'x'.repeat(501) })).status).toBe(400);
  });

  test('a run that waits is the one that was asked for', async () => {
    const id = await opened();
    const runs = [{ status: 'queued', trigger: 'manual', requested_by: 'ana' }];
    expect(await order(id, 'rerun')).toMatchObject({ status: 200, body: { runs } });
    const again = await order(id, 'rerun', {});
    expect(again).toMatchObject({ status: 200, body: { runs } });
    expect(again.body['runs']).toHaveLength(1);
  });
});
