import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { outcomes } from '../../../src/domain/fault.ts';
import { clustersSchema } from '../../../src/domain/wire/cluster.ts';
import { streamEventSchema } from '../../../src/domain/wire/event.ts';
import { incidentSchema, listedFaultSchema } from '../../../src/domain/wire/incident.ts';
import { HealthFixture, sampleStatus } from '../../support/health-fixture.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleRun,
  sampleTime,
} from '../../support/incident-samples.ts';
import { sampleListedFault } from '../../support/listed-fault-sample.ts';
import { SseReader } from '../../support/sse-reader.ts';

/* What the HTTP server really answers fits the schemas by which others read it, without a key more or less. */

let fixture: HealthFixture;
beforeEach(async () => {
  fixture = await HealthFixture.start();
});
afterEach(() => fixture.stop());

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const answer = await fetch(`${fixture.url}${path}`);
  expect(answer.status).toBe(200);
  const text = await answer.text();
  const parsed = schema.parse(JSON.parse(text));
  // Nothing was left out by reading: it is written again as it was.
  expect(JSON.stringify(parsed)).toBe(text);
  return parsed;
}

test('OPS-1: /health/clusters', async () => {
  fixture.statuses = [
    sampleStatus(),
    sampleStatus({ cluster: 'b', state: 'failed', error: { code: 'NC-MCP-001', message: 'no', fix: 'yes' } }),
  ];
  const full = { code: 'NC-STORE-004', message: 'full', fix: 'free it' };
  fixture.problems = [{ ...full, cluster: null, severity: 'error', since: sampleTime }];
  const { clusters, problems } = await read('/health/clusters', clustersSchema);
  expect(clusters.map(({ name, status }) => [name, status])).toEqual([
    ['prod-eu', 'active'],
    ['b', 'failed'],
  ]);
  expect(problems).toHaveLength(1);
});

test('OPS-1: /api/incidents and /api/incidents/ID', async () => {
  const incident = answeredIncident();
  fixture.reader.details = [
    { incident, faults: [sampleFault()], runs: [sampleRun()] },
    { incident: sampleIncident({ id: 'inc_2', environment: null }), faults: [], runs: [] },
  ];
  const list = z.object({ incidents: z.array(incidentSchema), next: z.string().nullable() });
  expect((await read('/api/incidents', list)).incidents.length).toBeGreaterThan(0);
  expect((await read(`/api/incidents/${incident.id}`, incidentSchema)).cause).toBe(incident.cause);
});

test('OPS-1: /api/faults with each outcome', async () => {
  fixture.reader.listed = outcomes.map((outcome, index) => sampleListedFault(index + 1, outcome));
  const list = z.object({ faults: z.array(listedFaultSchema), next: z.string().nullable() });
  const { faults } = await read('/api/faults', list);
  expect(new Set(faults.map(({ outcome }) => outcome))).toEqual(new Set(outcomes));
});

test('OPS-1: /api/events', async () => {
  const reader = await SseReader.open(`${fixture.url}/api/events`, {});
  try {
    fixture.events.emit('connection:changed', sampleStatus());
    fixture.events.emit('store:changed', [
      { type: 'incident', cluster: 'prod-eu', incident: sampleIncident() },
      { type: 'run', cluster: 'prod-eu', run: sampleRun() },
    ]);
    for (const { event, data } of await reader.next(3)) {
      const parsed = streamEventSchema.parse({ event, data });
      expect(parsed.data).toEqual(data);
    }
  } finally {
    reader.close();
  }
});
