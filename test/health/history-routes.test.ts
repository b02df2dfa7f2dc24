import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { StateStore } from '../../src/domain/state-store.ts';
import { feedbackSchema, foundSchema } from '../../src/domain/wire/feedback.ts';
import { listedFaultSchema } from '../../src/domain/wire/incident.ts';
import { receive } from '../storage/store-fixture.ts';
import { type HealthFixture, sampleStatus } from '../support/health-fixture.ts';
import { healthOverStore } from '../support/health-over-store.ts';
import { sampleTime } from '../support/incident-samples.ts';
import { signal } from '../support/signals.ts';

let fixture: HealthFixture;
let store: StateStore;
let id: string;

beforeEach(async () => {
  ({ fixture, store } = await healthOverStore());
  const [settled] = await receive(store, [signal({ context: 'exit code 137' })], {}, sampleTime);
  id = settled!.incidentId!;
});

test('OPS-3: what a person says of an answer is kept and listed', async () => {
  const given = { rating: 'wrong', author: 'ana', comment: 'it was\nthe quota' };
  const { status, body } = await fixture.post(`/api/incidents/${id}/feedback`, given);
  expect(status).toBe(201);
  expect(feedbackSchema.parse(body)).toMatchObject({ ...given, comment: 'it was the quota', incident_id: id });
  await fixture.post(`/api/incidents/${id}/feedback`, { rating: 'right', author: 'ben' });
  const list = await fixture.json('/api/feedback?limit=1');
  expect(list.body['feedback']).toMatchObject([{ author: 'ben', rating: 'right', comment: '' }]);
  const next = await fixture.json(`/api/feedback?limit=1&before=${list.body['next']}`);
  expect(next.body).toEqual({ feedback: [body], next: null });
});

test.each([
  ['no rating', {}],
  ['another rating', { rating: 'perhaps' }],
  ['another key', { rating: 'right', stars: 5 }],
  ['a text without end', { rating: 'right', comment: 'x'.repeat(2001) }],
])('OPS-3: feedback with %s is refused and says what is allowed', async (_, given) => {
  const { status, body } = await fixture.post(`/api/incidents/${id}/feedback`, given);
  expect(status).toBe(400);
  expect(body['error']).toMatchObject({ code: 'NC-HEALTH-003', fix: expect.stringContaining('right or wrong') });
  expect((await store.feedback({ limit: 9 })).items).toEqual([]);
});

test('OPS-3: feedback about no incident is refused', async () => {
  const { status } = await fixture.post('/api/incidents/inc_none/feedback', { rating: 'right' });
  expect(status).toBe(404);
});

test('OPS-3: what nobody was told is listed with its rule, of one cluster and outcome where it is asked so', async () => {
  await receive(store, [signal({ pod: 'low', severity: 'info' })], { cluster: { severityThreshold: 'critical' } });
  await store.accept([signal({ pod: 'waits', cluster: 'east' })], sampleTime);
  const seen = async (query: string) => {
    const { status, body } = await fixture.json(`/api/not-told${query}`);
    expect(status).toBe(200);
    return z
      .array(listedFaultSchema)
      .parse(body['faults'])
      .map((fault) => `${fault.cluster} ${fault.rule}`);
  };
  expect(await seen('')).toEqual(['east null', 'prod severity_threshold: critical']);
  expect(await seen('?outcome=pending')).toEqual(['east null']);
  expect(await seen('?cluster=prod&outcome=below_threshold')).toEqual(['prod severity_threshold: critical']);
  const { status, body } = await fixture.json('/api/not-told?outcome=opened');
  expect([status, body['error']]).toMatchObject([400, { fix: expect.stringContaining('self_resolved, pending') }]);
});

test('OPS-3: the search finds incidents and faults by their words', async () => {
  const { body } = await fixture.json('/api/search?q=exit%20137');
  const found = z.array(foundSchema).parse(body['found']);
  expect(found).toMatchObject([{ kind: 'fault', cluster: 'prod', incident_id: id }]);
  expect((await fixture.json('/api/search?q=nothing')).body).toEqual({ found: [], next: null });
  expect((await fixture.json('/api/search')).status).toBe(400);
  expect((await fixture.json('/api/search?q=x&limit=0')).status).toBe(400);
  expect((await fixture.json(`/api/search?q=${'x'.repeat(501)}`)).status).toBe(400);
});

test('OPS-3: when a cluster was heard and when not can be read; an unknown one is told as that', async () => {
  const error = { code: 'NC-CLUSTER-002', message: 'connect ECONNREFUSED' };
  const change = { cluster: 'prod', source: 'push', error: null } as const;
  await store.noteConnections(
    [
      { ...change, at: sampleTime, to: 'active' },
      { ...change, at: sampleTime + 1000, to: 'failed', source: 'none', error },
    ],
    sampleTime,
  );
  const at = (ms: number) => new Date(sampleTime + ms).toISOString();
  expect((await fixture.json('/api/clusters/prod/connection')).body).toEqual({
    spans: [
      { from: at(1000), until: null, state: 'failed', source: 'none', error },
      { from: at(0), until: at(1000), state: 'active', source: 'push', error: null },
    ],
  });
  fixture.statuses = [sampleStatus({ cluster: 'new' })];
  expect((await fixture.json('/api/clusters/new/connection')).body).toEqual({ spans: [] });
  const unknown = await fixture.json('/api/clusters/nowhere/connection');
  expect(unknown.status).toBe(404);
  expect(JSON.stringify(unknown.body)).toContain('there is no such cluster');
});
