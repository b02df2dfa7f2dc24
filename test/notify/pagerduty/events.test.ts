import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery, Incident } from '../../../src/domain/records.ts';
import type { DeliveryClaim } from '../../../src/domain/state-store.ts';
import { maxEventBytes, pagerDutyCalls } from '../../../src/notify/pagerduty/events.ts';
import { sampleAgentNotice, sampleClaim, sampleNotice } from '../../support/claim-sample.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { hostileClaims, hostileNotices } from '../../support/hostile-claims.ts';
import {
  answeredIncident,
  sampleIncident,
  sampleResult,
  sampleRun,
  sampleTime,
} from '../../support/incident-samples.ts';
import { stormClaim } from '../../support/storm-sample.ts';

const options = { routingKey: 'R'.repeat(32), publicUrl: 'https://nightcrier.example/' };

interface SentEvent {
  readonly event_action: string;
  readonly dedup_key: string;
  readonly payload?: Record<string, unknown> & { custom_details?: Record<string, unknown> };
  readonly links?: readonly object[];
  readonly client_url?: string;
}

function events(claim: DeliveryClaim, how = options): SentEvent[] {
  return pagerDutyCalls(claim, how).map(({ body }) => JSON.parse(body) as SentEvent);
}

const actions = (claim: DeliveryClaim): string[] => events(claim).map(({ event_action }) => event_action);

/** The same after a message about an older state arrived. */
function after(claim: DeliveryClaim, state: string, at = sampleTime): DeliveryClaim {
  const previous: Delivery = { ...claim.delivery, id: 'dlv_0', state, status: 'sent', createdAt: at };
  return { ...claim, previous };
}

const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });
const resolved: Incident = { ...answeredIncident(), status: 'resolved', resolvedAt: sampleTime + 840_000 };

describe('NOT-4, NOT-2: an alert of PagerDuty', () => {
  test('QUA-4: says whether it still serves, and when that was read', () => {
    const incident = answeredIncident({ impact: impactSample({ at: sampleTime }) });
    const [event] = events(sampleClaim({ incident, runs: [sampleRun()] }));
    expect(event?.payload?.custom_details?.['impact']).toBe('0 of 3 pods are ready. Read 2026-11-20 09:00:00 UTC.');
  });

  test('names cluster, resource, cause, confidence and where the rest is', () => {
    const [event] = events(answered);
    expect(event).toMatchObject({
      routing_key: options.routingKey,
      event_action: 'trigger',
      dedup_key: 'inc_01K9Z3W8Q4',
      client: 'nightcrier',
      client_url: 'https://nightcrier.example/i/inc_01K9Z3W8Q4',
      links: [
        { href: 'https://nightcrier.example/i/inc_01K9Z3W8Q4/report', text: 'Report' },
        { href: 'https://nightcrier.example/i/inc_01K9Z3W8Q4', text: 'Incident' },
      ],
      payload: {
        summary:
          'CRITICAL prod-eu: payments/api: container `api` exits 1: `DB_URL is required`; rollout 41 dropped env `DB_URL`.',
        source: 'prod-eu',
        severity: 'critical',
        timestamp: new Date(sampleTime).toISOString(),
        component: 'Deployment payments/api',
        group: 'production',
        class: 'CrashLoop',
      },
    });
    const details = event?.payload?.custom_details ?? {};
    expect(details).toMatchObject({
      incident: 'inc_01K9Z3W8Q4',
      confidence: 'The evidence shows it directly',
      evidence: sampleResult().summary?.evidence,
      next_steps: ['Roll back: kubectl -n payments rollout undo deploy/api (can be undone)'],
      labels: { team: 'payments' },
    });
    // What is not known is not there.
    expect(Object.keys(details)).not.toContain('cost');
  });

  test('without a public address it has no links', () => {
    const [event] = events(answered, { ...options, publicUrl: null as never });
    expect(event).not.toHaveProperty('links');
    expect(event).not.toHaveProperty('client_url');
    expect(event?.payload?.custom_details?.['report']).toContain('/data/artifacts/');
  });

  test.each([
    ['critical', 'critical'],
    ['warning', 'warning'],
    ['info', 'info'],
  ] as const)('severity %s is %s', (severity, expected) => {
    const [event] = events(sampleClaim({ incident: sampleIncident({ severity }) }));
    expect(event?.payload?.['severity']).toBe(expected);
  });
});

describe('NOT-4: the life of an alert', () => {
  test('is triggered, told the answer under the same key, and resolved', () => {
    expect(actions(sampleClaim())).toEqual(['trigger']);
    expect(actions(after(answered, 'open'))).toEqual(['trigger']);
    expect(actions(after(sampleClaim({ incident: resolved }), 'reported', sampleTime + 170_000))).toEqual(['resolve']);
  });

  test('progress and corrections are no events', () => {
    const investigating = sampleClaim({ incident: sampleIncident({ status: 'investigating' }) });
    expect(actions(after(investigating, 'open'))).toEqual([]);
    expect(actions(after(answered, 'reported', sampleTime + 170_000))).toEqual([]);
  });

  test('who has it in hand acknowledges it, at once when it is known before the first message', () => {
    const acknowledged = { by: 'ana', at: sampleTime + 200_000, comment: '' };
    const claim = sampleClaim({ incident: answeredIncident({ acknowledged }), runs: [sampleRun()] });
    expect(actions(after(claim, 'reported', sampleTime + 170_000))).toEqual(['acknowledge']);
    expect(actions(claim)).toEqual(['trigger', 'acknowledge']);
    expect(actions(after(claim, 'reported', sampleTime + 300_000))).toEqual([]);
  });

  test('what ended before anybody was paged pages nobody; what may have been is resolved', () => {
    const over = sampleClaim({ incident: resolved });
    expect(actions(over)).toEqual([]);
    expect(actions({ ...over, delivery: { ...over.delivery, uncertain: true } })).toEqual(['resolve']);
  });

  test('what is no fault pages nobody, and ends the page that there was', () => {
    const result = sampleResult({ isFault: false });
    const claim = sampleClaim({ incident: answeredIncident(), runs: [sampleRun({ result })] });
    expect(actions(claim)).toEqual([]);
    expect(actions(after(claim, 'open'))).toEqual(['resolve']);
  });

  test('one that comes back is triggered again', () => {
    const incident = sampleIncident({ reopened: 1, updatedAt: sampleTime + 900_000 });
    expect(actions(after(sampleClaim({ incident }), 'resolved', sampleTime + 840_000))).toEqual(['trigger']);
  });

  test('INT-4: a storm that is over stays an alert while something of it stands', () => {
    const ended = stormClaim(40, { status: 'resolved', statusReason: 'storm_over', resolvedAt: sampleTime + 300_000 });
    const storm = { ...(ended.incident?.storm ?? ({} as never)), endedAt: sampleTime + 300_000 };
    const left = { incidentId: 'inc_2', title: 'CrashLoop · shop/cart', state: 'answered', cause: 'x' } as const;
    const claim = (live: boolean): DeliveryClaim => ({
      ...ended,
      incident: { ...(ended.incident ?? sampleIncident()), storm },
      storm: { ...(ended.storm ?? ({} as never)), left: [{ ...left, reportedAt: sampleTime + 1, live }] },
    });
    expect(actions(after(claim(true), 'reported'))).toEqual(['trigger']);
    expect(events(after(claim(true), 'reported'))[0]?.payload?.['summary']).toContain('1 stand on their own');
    expect(actions(after(claim(false), 'resolved', sampleTime + 300_000))).toEqual(['resolve']);
  });

  test('INT-8: what leads the same in several clusters is resolved with the last of them', () => {
    const member = (cluster: string, status: 'resolved' | 'reported', id: string) => ({
      incidentId: id,
      cluster,
      status,
      title: 'ImagePull · shop/app',
      cause: null,
      joinedAt: sampleTime,
    });
    const fleet = (status: 'resolved' | 'reported') => ({
      id: 'flt_1',
      signature: 'registry r.example',
      lead: resolved.id,
      members: [member('prod-eu', 'resolved', resolved.id), member('east', status, 'inc_2')],
    });
    const told = after(sampleClaim({ incident: resolved, runs: [sampleRun()] }), 'reported', sampleTime + 170_000);
    expect(actions({ ...told, fleet: fleet('reported') })).toEqual([]);
    expect(actions({ ...told, fleet: fleet('resolved') })).toEqual(['resolve']);
  });
});

describe('NOT-4, NOT-6: notices', () => {
  test('blindness is an alert until nightcrier sees again', () => {
    const [blind] = events(sampleNotice('clusters_unreachable'));
    expect(blind).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'clusters_unreachable:prod-eu',
      payload: { severity: 'error', source: 'prod-eu' },
    });
    const back = (stillUnreachable: number) =>
      sampleNotice('clusters_back', { answers: { key: 'clusters_unreachable:prod-eu', stillUnreachable } });
    expect(events(back(0))).toMatchObject([{ event_action: 'resolve', dedup_key: blind?.dedup_key }]);
    expect(events(back(1))).toEqual([]);
  });

  test('an agent that is not used is a warning, first contact is nothing', () => {
    expect(events(sampleAgentNotice('agent_degraded'))).toMatchObject([{ payload: { severity: 'warning' } }]);
    expect(events(sampleNotice('first_contact'))).toEqual([]);
  });
});

test('NOT-4, UX-12: whatever clusters and people say, an event is within the limits', () => {
  fc.assert(
    fc.property(fc.oneof(hostileClaims, hostileNotices), (claim) => {
      for (const { body, plain } of pagerDutyCalls(claim, options)) {
        for (const text of [body, plain]) {
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxEventBytes);
          expect(text).not.toMatch(/\\ud[89a-f]/i);
          const { payload, dedup_key, event_action } = JSON.parse(text) as SentEvent;
          expect(dedup_key.length).toBeLessThanOrEqual(255);
          if (event_action !== 'trigger') continue;
          const summary = String(payload?.['summary']);
          expect(summary.length).toBeLessThanOrEqual(1024);
          expect(summary.trim()).not.toBe('');
          expect(String(payload?.['source']).trim()).not.toBe('');
        }
      }
    }),
    { numRuns: 150 },
  );
});
