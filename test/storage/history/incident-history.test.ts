import { expect, test } from 'vitest';
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
