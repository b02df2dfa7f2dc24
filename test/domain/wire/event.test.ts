import { expect, test } from 'vitest';
import { incidentDelivery } from '../../../src/domain/decide/delivery.ts';
import type { StoreChange } from '../../../src/domain/state-store.ts';
import { changeEvent, streamEventSchema } from '../../../src/domain/wire/event.ts';
import { answeredIncident, sampleIncident, sampleRun, sampleTime } from '../../support/incident-samples.ts';
import { sampleSilence } from '../../support/sample-silence.ts';
import { sampleListedFault } from '../../support/listed-fault-sample.ts';

const cluster = 'prod-eu';
const now = sampleTime;
const delivery = incidentDelivery('dlv_1', 'slack', sampleIncident(), false, sampleTime);
const changes: StoreChange[] = [
  { type: 'fault', cluster, fault: sampleListedFault(1, 'opened') },
  { type: 'incident', cluster, incident: answeredIncident() },
  { type: 'run', cluster, run: sampleRun() },
  { type: 'delivery', cluster: null, delivery: { ...delivery, status: 'sent', sentAt: sampleTime } },
  { type: 'silence', cluster: null, silence: sampleSilence() },
  {
    type: 'feedback',
    cluster,
    feedback: { id: 'fbk_1', incidentId: 'inc_1', runId: null, rating: 'wrong', by: 'ana', at: now, comment: '' },
  },
];

test.each(changes.map((change) => [change.type, change] as const))(
  'OPS-1: a change of a %s is an event that a listener can read',
  (type, change) => {
    const event = changeEvent(change, now);
    expect(event.event).toBe(type);
    expect(streamEventSchema.parse(event)).toEqual(event);
  },
);

test('OPS-1: an incident is told without its faults and runs, with what was found', () => {
  const { data } = changeEvent({ type: 'incident', cluster, incident: answeredIncident() }, now);
  expect(Object.keys(data).join(' ')).toBe(
    'id cluster environment labels status severity opened_at resource owner family title status_reason cause confidence impact report acknowledged',
  );
});

test('OPS-1: runs and messages name what they belong to', () => {
  const run = changeEvent({ type: 'run', cluster, run: sampleRun() }, now);
  expect(run.data).toMatchObject({ id: 'run_01K9Z3W8Q5', incident_id: 'inc_01K9Z3W8Q4', cluster });
  const message = changeEvent({ type: 'delivery', cluster: null, delivery }, now);
  expect(JSON.stringify(message.data)).toBe(
    JSON.stringify({
      id: 'dlv_1',
      target: 'slack',
      kind: 'incident',
      incident_id: 'inc_01K9Z3W8Q4',
      state: 'open',
      status: 'pending',
      attempts: 0,
      created_at: '2026-11-20T09:00:00.000Z',
      sent_at: null,
      error: null,
      cluster: null,
    }),
  );
});
