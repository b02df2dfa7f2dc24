import { expect, test } from 'vitest';
import { TailLines } from '../../../src/cli/format/tail-lines.ts';
import { connectionJson } from '../../../src/domain/wire/cluster.ts';
import { changeEvent } from '../../../src/domain/wire/event.ts';
import { limits, openTestStore, receive, runResult } from '../../storage/store-fixture.ts';
import { sampleStatus } from '../../support/health-fixture.ts';
import { answeredIncident } from '../../support/incident-samples.ts';
import { sampleListedFault } from '../../support/listed-fault-sample.ts';
import { clusterPolicy, owner, signal, startOfTime } from '../../support/signals.ts';
import { waitUntil } from '../../support/wait-until.ts';

const now = Date.UTC(2026, 10, 20, 9, 5, 7);
const minute = 60_000;

function tail(options: Partial<ConstructorParameters<typeof TailLines>[0]> = {}) {
  const lines = new TailLines({ timeZone: 'UTC', ...options });
  return (event: string, data: unknown) => lines.line(event, data, now);
}

const incident = (over: Parameters<typeof answeredIncident>[0] = {}) =>
  changeEvent({ type: 'incident', cluster: 'prod-eu', incident: answeredIncident(over) }, now).data;

test('OPS-4: a run from its fault to the end of its incident is a line for each thing that is news', async () => {
  const { store } = await openTestStore({ targets: ['slack', 'console'] });
  const lines: string[] = [];
  let events = 0;
  const line = tail();
  store.onChange((changes) => {
    for (const change of changes) {
      events += 1;
      const { event, data } = changeEvent(change, now);
      const said = line(event, data);
      if (said !== null) lines.push(said);
    }
  });
  await receive(store, [signal({ cluster: 'main' })], { owner: owner() });
  await receive(
    store,
    [{ ...signal({ cluster: 'main' }), at: startOfTime + 1000 }],
    { owner: owner() },
    startOfTime + 1000,
  );
  const claim = await store.claimRun(limits, startOfTime + minute);
  await store.finishRun(claim?.run.id ?? '', runResult(), startOfTime + 2 * minute);
  for (const target of ['slack', 'console'] as const) {
    for (const { delivery } of await store.claimDeliveries(target, 10, startOfTime + 3 * minute)) {
      await store.finishDelivery(delivery.id, { kind: 'sent', post: null }, startOfTime + 3 * minute);
    }
  }
  const id = claim?.incident.id ?? '';
  await store.orderIncident(id, { kind: 'ack', by: 'ana', comment: '' }, startOfTime + 4 * minute);
  await store.resolveIncident(id, 'cleared', startOfTime + 5 * minute);
  await waitUntil(() => lines.at(-1)?.includes('resolved') === true, 'the end', 20_000);
  const title = claim?.incident.title ?? '';
  const head = `09:05:07+00:00  ${'main'.padEnd(16)}  `;
  expect(lines).toEqual([
    `${head}CRITICAL ${title} · opened · ${id}`,
    `${head}CRITICAL ${title} · being investigated · ${id}`,
    `${head}CRITICAL ${title} · cause: the process exits with 1 (evident) · ${id}`,
    `${head}${title} · told on slack · ${id}`,
    `${head}${title} · told on console · ${id}`,
    `${head}CRITICAL ${title} · acknowledged by ana · ${id}`,
    `${head}CRITICAL ${title} · resolved: cleared · acknowledged by ana · ${id}`,
  ]);
  expect(events).toBeGreaterThan(2 * lines.length);
});

test('OPS-4 UX-17: a fault that nobody is told of is said with its rule, once; one that is told is said by its incident', async () => {
  const line = tail();
  const fault = (seq: number, outcome: Parameters<typeof sampleListedFault>[1]) =>
    line('fault', changeEvent({ type: 'fault', cluster: 'prod-eu', fault: sampleListedFault(seq, outcome) }, now).data);
  expect(fault(1, 'opened')).toBeNull();
  expect(fault(2, 'repeated')).toBeNull();
  expect(fault(3, 'below_threshold')).toBe(
    '09:05:07+00:00  prod-eu           Pod/payments/api-7c4-x1 · CrashLoop · below the severity threshold, no message',
  );
  expect(fault(4, 'below_threshold')).toBeNull();
  expect(fault(5, 'merged')).toContain('joined an open incident, no message of its own (same owner)');
  const { store } = await openTestStore();
  const waits: (string | null)[] = [];
  store.onChange((changes) => {
    for (const change of changes) {
      const { event, data } = changeEvent(change, now);
      waits.push(line(event, data));
    }
  });
  // Not decided yet: nothing is known of it.
  await store.accept([signal({ cluster: 'main' })], startOfTime);
  await waitUntil(() => waits.length > 0, 'the fault', 20_000);
  expect(waits).toEqual([null]);
  await receive(store, [signal({ cluster: 'main', pod: 'x', severity: 'info' })], {
    owner: owner('x'),
    cluster: clusterPolicy({ severityThreshold: 'critical' }),
  });
  await waitUntil(() => waits.some((said) => said?.includes('below the severity threshold')), 'its rule', 20_000);
});

test('OPS-4: a cluster is said when it is watched and when it is not, not in between', () => {
  const line = tail();
  const connection = (over: Parameters<typeof sampleStatus>[0]) =>
    line('connection', connectionJson(sampleStatus(over), now));
  const error = { code: 'NC-CLUSTER-001', message: 'the connection was refused', fix: 'start the server' };
  expect(connection({ state: 'connecting', source: 'none' })).toBeNull();
  expect(connection({ state: 'active' })).toBe('09:05:07+00:00  prod-eu           the cluster is watched by push');
  expect(connection({ state: 'active', eventCount: 99 })).toBeNull();
  expect(connection({ state: 'failed', source: 'none', error })).toContain('not watched: the connection was refused');
  expect(connection({ state: 'connecting', source: 'none', error })).toBeNull();
  expect(connection({ state: 'failed', source: 'none', error })).toBeNull();
  expect(connection({ state: 'active' })).toContain('watched by push');
});

test('OPS-4: whom a message reached, and why it did not; steps in between are left out', () => {
  const line = tail();
  line('incident', incident());
  const about = { cluster: 'prod-eu', target: 'slack', kind: 'incident', incident_id: 'inc_01K9Z3W8Q4' };
  expect(line('delivery', { ...about, status: 'pending', error: null })).toBeNull();
  expect(line('delivery', { ...about, status: 'sending', error: null })).toBeNull();
  expect(line('delivery', { ...about, status: 'pending', error: 'ratelimited' })).toContain(
    'CrashLoop of Deployment payments/api · not told on slack yet: ratelimited · inc_01K9Z3W8Q4',
  );
  expect(line('delivery', { ...about, status: 'dead', error: 'channel_not_found' })).toContain(
    'could not be told on slack: channel_not_found',
  );
  expect(line('delivery', { ...about, status: 'held', error: null })).toContain('held back from slack by a silence');
  expect(line('delivery', { ...about, status: 'superseded', error: null })).toBeNull();
  expect(line('delivery', { ...about, kind: 'refresh', status: 'sent', error: null })).toBeNull();
  const notice = { cluster: null, target: 'slack', kind: 'clusters_unreachable', incident_id: null, error: null };
  expect(line('delivery', { ...notice, status: 'sent' })).toBe(
    '09:05:07+00:00  -                 clusters unreachable · told on slack',
  );
});

test('OPS-4: silences, and what people say of an answer', () => {
  const line = tail({ timeZone: 'Europe/Berlin' });
  const silence = {
    id: 's1',
    state: 'active',
    matchers: ['namespace="dev"'],
    author: 'ana',
    ends_at: '2026-11-20T10:00:00Z',
  };
  expect(line('silence', silence)).toBe(
    '10:05:07+01:00  -                 namespace="dev" · silence active · until 2026-11-20 11:00:00+01:00 · by ana · s1',
  );
  expect(line('silence', silence)).toBeNull();
  expect(line('silence', { ...silence, state: 'expired' })).toContain('namespace="dev" · silence ended · s1');
  line('incident', incident());
  const feedback = {
    cluster: 'prod-eu',
    incident_id: 'inc_01K9Z3W8Q4',
    rating: 'wrong',
    author: 'ben',
    comment: 'it was DNS',
  };
  expect(line('feedback', feedback)).toContain('the answer is wrong to ben · it was DNS · inc_01K9Z3W8Q4');
});

test('OPS-4: what a newer daemon says is shown as it is understood; no event steers the terminal', () => {
  const line = tail();
  expect(line('message', 'plain')).toContain('"plain"');
  expect(line('incident', { id: 1 })).toContain('incident');
  const hostile = 'a\nb\r\u001b[2Jc\u0085\u202e';
  for (const [event, data] of [
    ['incident', { ...incident(), title: hostile, cause: hostile, cluster: hostile, status_reason: hostile }],
    ['incident', { ...incident(), status: hostile, status_reason: hostile }],
    [
      'fault',
      {
        cluster: hostile,
        fault_type: hostile,
        outcome: 'muted',
        rule: hostile,
        resource: { kind: hostile, namespace: hostile, name: hostile },
      },
    ],
    ['delivery', { cluster: hostile, target: hostile, kind: hostile, status: 'dead', error: hostile }],
    ['connection', { cluster: hostile, status: 'failed', source: hostile, error: { message: hostile } }],
    ['silence', { id: hostile, state: hostile, matchers: [hostile], author: hostile, ends_at: null }],
    ['feedback', { cluster: hostile, incident_id: hostile, rating: hostile, author: hostile, comment: hostile }],
    ['other', { cluster: hostile, title: hostile }],
  ] as const) {
    expect(`${event}: ${line(event, data)}`).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
});

test('OPS-4: what was said is remembered within a bound', () => {
  const line = tail();
  for (let at = 0; at < 25_000; at += 1) expect(line('incident', incident({ id: `inc_${at}` }))).not.toBeNull();
  expect(line('incident', incident({ id: 'inc_24999' }))).toBeNull();
  expect(line('incident', incident({ id: 'inc_0' }))).not.toBeNull();
});
