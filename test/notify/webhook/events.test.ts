import { describe, expect, test } from 'vitest';
import type { IncidentAct } from '../../../src/domain/people/incident-act.ts';
import type { Delivery, Incident } from '../../../src/domain/records.ts';
import type { DeliveryClaim } from '../../../src/domain/state-store.ts';
import { webhookEventSchema } from '../../../src/domain/wire/webhook.ts';
import { maxBodyBytes, webhookCalls } from '../../../src/notify/webhook/events.ts';
import { sampleClaim } from '../../support/claim-sample.ts';
import {
  answeredIncident,
  sampleFault,
  sampleIncident,
  sampleResult,
  sampleRun,
} from '../../support/incident-samples.ts';

const reportedAt = answeredIncident().reportedAt ?? 0;

function claimOf(incident: Incident, previous: Partial<Delivery> | null): DeliveryClaim {
  const claim = sampleClaim({ incident, runs: incident.reportedAt === null ? [] : [sampleRun()] });
  return { ...claim, previous: previous === null ? null : { ...claim.delivery, ...previous } };
}

const words = (claim: DeliveryClaim): string =>
  webhookCalls(claim, null)
    .map(({ body }) => webhookEventSchema.parse(JSON.parse(body)).type.replace('incident.', ''))
    .join(' ');

const queued = sampleIncident({ status: 'queued' });
const investigating = sampleIncident({ status: 'investigating' });
const failed = sampleIncident({ status: 'failed' });
const resolved: Incident = { ...answeredIncident(), status: 'resolved', resolvedAt: reportedAt + 60_000 };
const reopened: Incident = { ...answeredIncident(), status: 'open', reopened: 1 };
const before = { createdAt: reportedAt - 1 };
const after = { createdAt: reportedAt + 1 };

describe('NOT-4, NOT-3: each event once, however the outbox folds the states of an incident', () => {
  test.each<[string, Incident, Partial<Delivery> | null, string]>([
    ['opened', sampleIncident(), null, 'opened'],
    ['queued, nothing arrived before', queued, null, 'opened'],
    ['queued, told already', queued, { ...before, state: 'open' }, ''],
    ['investigating, nothing arrived before', investigating, null, 'opened'],
    ['investigating', investigating, { ...before, state: 'open' }, ''],
    ['answered', answeredIncident(), { ...before, state: 'open' }, 'answered'],
    ['answered, nothing arrived before', answeredIncident(), null, 'opened answered'],
    ['could not be investigated', failed, { ...before, state: 'investigating' }, 'answered'],
    ['could not be investigated, said already', failed, { ...before, state: 'failed' }, ''],
    ['resolved', resolved, { ...after, state: 'reported' }, 'resolved'],
    ['resolved, its answer did not arrive', resolved, { ...before, state: 'open' }, 'answered resolved'],
    ['resolved, nothing arrived before', resolved, null, 'opened answered resolved'],
    [
      'answered again after its end',
      { ...resolved, resolvedAt: reportedAt - 1 },
      { ...before, state: 'resolved' },
      'answered',
    ],
    ['reopened and ended again meanwhile', resolved, { ...after, state: 'resolved' }, 'opened resolved'],
    ['ended, told already', resolved, { createdAt: reportedAt + 60_000, state: 'resolved' }, ''],
    ['skipped', sampleIncident({ status: 'skipped' }), { ...before, state: 'open' }, 'resolved'],
    ['open again', reopened, { ...after, state: 'resolved' }, 'opened'],
    ['open again, its end did not arrive', reopened, { ...after, state: 'reported' }, 'opened'],
    ['answered after it opened again', answeredIncident(), { ...before, state: 'resolved' }, 'opened answered'],
  ])('%s', (_name, incident, previous, expected) => {
    expect(words(claimOf(incident, previous))).toBe(expected);
  });

  test('the id is that of what happened, not of the row: the same by whatever message it comes', () => {
    const ids = (claim: DeliveryClaim, row: string): string[] =>
      webhookCalls({ ...claim, delivery: { ...claim.delivery, id: row } }, null).map(({ id }) => id);
    const first = ids(claimOf(answeredIncident(), null), 'dlv_1');
    expect(ids(claimOf(resolved, null), 'dlv_2')).toEqual([...first, `${resolved.id}_resolved_0`]);
    expect(ids(claimOf(reopened, { ...after, state: 'resolved' }), 'dlv_3')).toEqual([`${resolved.id}_opened_1`]);
  });
});

describe('NOT-4: the body', () => {
  test('NOT-2, TRI-8: names incident, cause, who answered and why, with what it cost and where it is', () => {
    const result = sampleResult({
      agent: 'claude',
      outcome: 'fallback',
      defects: ['timed_out'],
      error: 'timed_out: after 600 s',
    });
    const claim = sampleClaim({ incident: answeredIncident(), runs: [sampleRun({ result })] });
    const calls = webhookCalls(claim, 'https://nc.example.com/');
    const { data } = JSON.parse(calls[1]?.body ?? '') as { data: Record<string, unknown> };
    expect(data).toMatchObject({
      incident: {
        id: 'inc_01K9Z3W8Q4',
        cluster: 'prod-eu',
        labels: { team: 'payments' },
        cause: answeredIncident().cause,
      },
      answer: { by: 'built-in rules', model: false, claims: 3, claims_backed: 3 },
      link: 'https://nc.example.com/i/inc_01K9Z3W8Q4',
      omitted: { faults: 0, runs: 0 },
    });
    expect(JSON.stringify(data)).toContain('claude');
  });

  const large = { faults: 500, runs: 500, text: 60_000, labels: 0 };
  test.each([
    ['many faults and runs with long texts', large],
    ['labels without number', { ...large, labels: 2000 }],
    ['text that JSON writes longer', { ...large, faults: 1, runs: 1, text: 8000 }],
  ])('is of at most 64 KiB and fits its schema: %s', (_name, { faults, runs, text, labels }) => {
    const incident = {
      ...answeredIncident(),
      title: '\u0001"\\'.repeat(text),
      labels: Object.fromEntries(Array.from({ length: labels }, (_, index) => [`label-${index}`, 'x'.repeat(200)])),
    };
    const acts = Array.from({ length: runs }, (_, index): IncidentAct => {
      const act = { id: `act_${index}`, incidentId: incident.id, kind: 'rerun', by: 'ana', at: index } as const;
      return { ...act, comment: '\u0001'.repeat(500), done: true, runId: null };
    });
    const claim = sampleClaim({
      incident,
      faults: Array.from({ length: faults }, (_, id) => sampleFault({ id, context: '\u0000"\n'.repeat(text / 10) })),
      runs: Array.from({ length: runs }, (_, index) =>
        sampleRun({ id: `run_${index}`, result: sampleResult({ error: 'é'.repeat(text / 10) }) }),
      ),
    });
    for (const { body } of webhookCalls({ ...claim, acts }, null)) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxBodyBytes);
      const event = webhookEventSchema.parse(JSON.parse(body)) as { data: { omitted?: { faults: number } } };
      expect((event.data.omitted?.faults ?? 0) > 0).toBe(faults > 50);
    }
  });
});
