import { expect, test } from 'vitest';
import type { ConnectionChange } from '../../../src/domain/cluster-status.ts';
import { minute, owner, signal, startOfTime as start } from '../../support/signals.ts';
import { limits, openIncident, openTestStore, receive, runResult } from '../store-fixture.ts';

test('OPS-3: the history of an incident: what was received, told and said, and what is like it', async () => {
  const { store } = await openTestStore();
  const now = start + 180 * minute;
  await receive(store, [signal({ pod: 'api-1' })], {}, start);
  const claim = await store.claimRun(limits, start + minute);
  await store.finishRun(claim!.run.id, runResult(), start + minute);
  await store.resolveIncident(claim!.incident.id, 'by ana', start + 2 * minute);
  const near = await openIncident(store, 'near', 'warning', now - minute);
  const far = await openIncident(store, 'far', 'warning', now - 100 * minute);
  const id = await openIncident(store, 'api', 'critical', now);
  await receive(store, [signal({ pod: 'api', severity: 'critical' })], { owner: owner('api') }, now + minute);
  const history = await store.incidentHistory(id);
  expect(history).toMatchObject({
    deliveries: [{ incidentId: id, target: 'slack', status: 'pending' }],
    receptions: [{ reception: { outcome: 'opened' } }, { reception: { outcome: 'repeated' } }],
    feedback: [],
    sameObject: [{ id: claim!.incident.id }],
    around: [{ id: near }],
  });
  expect(history!.around.map((other) => other.id)).not.toContain(far);
  expect(await store.incidentHistory('inc_none')).toBeNull();
});

test('OPS-3: when the cluster was not heard while an incident stood, and shortly before, is a part of its history', async () => {
  const { store } = await openTestStore();
  const id = await openIncident(store, 'api', 'critical', start);
  const error = { code: 'NC-CLUSTER-002', message: 'refused' };
  const at = (minutes: number, to: 'active' | 'failed', cluster = 'prod'): ConnectionChange => {
    const lost = to === 'failed';
    return { cluster, at: start + minutes * minute, to, source: lost ? 'none' : 'push', error: lost ? error : null };
  };
  await store.noteConnections([at(-90, 'failed'), at(-80, 'active'), at(-20, 'failed'), at(-10, 'active')], start);
  await store.noteConnections([at(5, 'failed'), at(9, 'active'), at(6, 'failed', 'other')], start);
  const unheard = async () => (await store.incidentHistory(id))?.unheard.map(({ from }) => (from - start) / minute);
  expect(await unheard()).toEqual([5, -20]);
  await store.resolveIncident(id, 'by ana', start + 10 * minute);
  await store.noteConnections([at(11, 'failed')], start);
  expect(await unheard()).toEqual([5, -20]);
});
