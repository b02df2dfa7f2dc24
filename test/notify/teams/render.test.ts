import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery, Incident } from '../../../src/domain/records.ts';
import type { DeliveryClaim } from '../../../src/domain/state-store.ts';
import { maxMessageBytes } from '../../../src/notify/teams/card.ts';
import { teamsBody } from '../../../src/notify/teams/render.ts';
import { sampleClaim, sampleNotice } from '../../support/claim-sample.ts';
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
import { cardError, cardText } from '../../support/teams-card-check.ts';

const publicUrl = 'https://nightcrier.example/';

function card(claim: DeliveryClaim, url: string | null = publicUrl) {
  const body = teamsBody(claim, url);
  if (body === null) throw new Error('nothing is said');
  expect(cardError(body)).toBeNull();
  return cardText(body);
}

/** The same after a message about an older state arrived. */
function after(claim: DeliveryClaim, state: string, at = sampleTime): DeliveryClaim {
  const previous: Delivery = { ...claim.delivery, id: 'dlv_0', state, status: 'sent', createdAt: at };
  return { ...claim, previous };
}

const answered = sampleClaim({ incident: answeredIncident(), runs: [sampleRun()] });
const resolved: Incident = { ...answeredIncident(), status: 'resolved', resolvedAt: sampleTime + 840_000 };

describe('NOT-4, NOT-2: a card of Teams', () => {
  test('QUA-4: says whether it still serves, and when that was read', () => {
    const incident = answeredIncident({ impact: impactSample({ at: sampleTime }) });
    expect(card(sampleClaim({ incident, runs: [sampleRun()] })).text).toContain(
      'Impact: 0 of 3 pods are ready. Read 2026-11-20 09:00:00 UTC.',
    );
  });

  test('says the cause first, then what it rests on, what to do and where', () => {
    const { text, actions } = card(answered);
    const [title] = text.split('\n');
    expect(title).toBe(
      '🔴 CRITICAL prod-eu: payments/api: container `api` exits 1: `DB_URL is required`; rollout 41 dropped env `DB_URL`.',
    );
    for (const part of [
      'The evidence shows it directly · by built-in rules, no model',
      '• `api` last log: `DB_URL is required` (FACT-2)',
      '• Roll back kubectl -n payments rollout undo deploy/api — can be undone',
      'Cluster: prod-eu (production)',
      'Resource: Deployment payments/api',
      'Since {{DATE(2026-11-20T09:00:00Z,SHORT)}} {{TIME(2026-11-20T09:00:00Z)}}',
      'inc_01K9Z3W8Q4 · run 2 min 41 s',
    ])
      expect(text).toContain(part);
    expect(actions).toEqual([
      expect.objectContaining({ title: 'View report', url: 'https://nightcrier.example/i/inc_01K9Z3W8Q4/report' }),
      expect.objectContaining({ title: 'Open incident', url: 'https://nightcrier.example/i/inc_01K9Z3W8Q4' }),
    ]);
  });

  test('without a public address it names the report', () => {
    const { text, actions } = card(answered, null);
    expect(actions).toEqual([]);
    expect(text).toContain('The whole: /data/artifacts/prod-eu/inc_01K9Z3W8Q4/investigation.html');
  });

  test('one that may have arrived before says so', () => {
    expect(card({ ...answered, delivery: { ...answered.delivery, uncertain: true } }).text).toContain(
      '(may be a repeat)',
    );
  });
});

describe('NOT-4: each thing is said once, for a card cannot be edited', () => {
  test('the opening, the answer, the end', () => {
    expect(card(sampleClaim()).text).toContain('CRITICAL prod-eu: CrashLoop Deployment payments/api');
    expect(card(after(answered, 'open')).text).toContain('DB_URL is required');
    const end = card(after(sampleClaim({ incident: resolved }), 'reported', sampleTime + 170_000)).text;
    expect(end).toContain('✅ RESOLVED prod-eu: CrashLoop Deployment payments/api after 14 min');
    expect(end).toContain('Cause was: container `api` exits 1');
  });

  test('progress, a link that came later and an end that was told are nothing', () => {
    const investigating = sampleClaim({ incident: sampleIncident({ status: 'investigating' }) });
    expect(teamsBody(after(investigating, 'open'), publicUrl)).toBeNull();
    expect(teamsBody(after(answered, 'reported', sampleTime + 170_000), publicUrl)).toBeNull();
    expect(
      teamsBody(after(sampleClaim({ incident: resolved }), 'resolved', sampleTime + 840_000), publicUrl),
    ).toBeNull();
    // Nobody was told that it stood.
    expect(teamsBody(sampleClaim({ incident: { ...resolved, reportedAt: null } }), publicUrl)).toBeNull();
  });

  test('who has it in hand, and that it is back', () => {
    const acknowledged = { by: 'ana', at: sampleTime + 200_000, comment: 'rolling back' };
    const claim = sampleClaim({ incident: answeredIncident({ acknowledged }), runs: [sampleRun()] });
    const { text } = card(after(claim, 'reported', sampleTime + 170_000));
    expect(text).toContain('👀 ana has it in hand');
    expect(text).toContain('rolling back');
    const back = sampleClaim({ incident: sampleIncident({ reopened: 1 }) });
    expect(card(after(back, 'resolved')).text).toContain('it is back');
  });

  test('that no cause was found, that it is no fault, that it could not be investigated', () => {
    const unknown = sampleClaim({
      incident: answeredIncident({ cause: null }),
      runs: [sampleRun({ result: sampleResult({ cause: null }) })],
    });
    expect(card(unknown).text).toContain('No cause found');
    const fine = sampleClaim({
      incident: answeredIncident(),
      runs: [sampleRun({ result: sampleResult({ isFault: false }) })],
    });
    expect(card(fine).text).toContain('Not a fault');
    const failed = sampleClaim({ incident: sampleIncident({ status: 'failed', statusReason: 'no disk' }) });
    expect(card(failed).text).toContain('Could not be investigated: no disk');
  });

  test('INT-4: a storm names what its members share, and the first of them', () => {
    const { text } = card(stormClaim(47));
    expect(text).toContain('fault storm, 47 incidents in 2 min');
    expect(text).toContain('In common: 46 of 47 on node n1');
    expect(text).toContain('20 of 47 shown');
  });

  test('NOT-6: a notice with its clusters', () => {
    const { text } = card(sampleNotice('clusters_unreachable', { clusters: ['a', 'b'] }));
    expect(text).toContain('nightcrier is blind · a, b');
    expect(text).toContain('• a');
  });
});

test('NOT-4, UX-12: whatever clusters and people say, a card is within 28 KB and shows it as it is', () => {
  fc.assert(
    fc.property(fc.oneof(hostileClaims, hostileNotices), fc.constantFrom(publicUrl, null), (claim, url) => {
      const body = teamsBody(claim, url);
      if (body === null) return;
      expect(cardError(body)).toBeNull();
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(maxMessageBytes);
    }),
    { numRuns: 150 },
  );
});
