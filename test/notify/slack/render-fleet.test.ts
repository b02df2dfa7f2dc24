import { describe, expect, test } from 'vitest';
import type { FleetView } from '../../../src/domain/incident.ts';
import type { DeliveryClaim } from '../../../src/domain/state-store.ts';
import { consoleNotifier } from '../../../src/notify/console-notifier.ts';
import { fleetGrew } from '../../../src/notify/fleet-facts.ts';
import { maxMessageCharacters, messageSize } from '../../../src/notify/slack/message.ts';
import { renderIncident } from '../../../src/notify/slack/render.ts';
import { renderThreadLine, threadNews } from '../../../src/notify/slack/thread.ts';
import { webhookCalls } from '../../../src/notify/webhook/events.ts';
import { sampleClaim } from '../../support/claim-sample.ts';
import { answeredIncident, sampleIncident, sampleRun, sampleTime } from '../../support/incident-samples.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { slackRefusal } from '../../support/slack-block-check.ts';

const options = { publicUrl: null, repeat: false, thread: true };
const own = sampleIncident().id;
const words = (message: unknown): string => JSON.stringify(message);

function member(index: number, change: Partial<FleetView['members'][number]> = {}): FleetView['members'][number] {
  return {
    incidentId: index === 0 ? own : `inc_${index}`,
    cluster: `c${index}`,
    status: 'open',
    title: `ImagePull · shop/app${index} (Deployment)`,
    cause: null,
    joinedAt: sampleTime,
    ...change,
  };
}

function fleetClaim(members: FleetView['members'], change: Partial<DeliveryClaim> = {}): DeliveryClaim {
  const fleet: FleetView = { id: 'flt_1', signature: 'registry r.example', lead: own, members };
  return { ...sampleClaim(), fleet, ...change };
}
const twelve = Array.from({ length: 12 }, (_, index) => member(index));

describe('INT-8: the message of the same in several clusters', () => {
  test('lists the clusters, and says what is the same', () => {
    const message = renderIncident(fleetClaim(twelve), options);
    expect(message.blocks[0]).toMatchObject({
      text: { text: '🔴 The same in 12 clusters · pulls from registry r.example fail' },
    });
    expect(message.text).toBe('🔴 CRITICAL 12 clusters: pulls from registry r.example fail');
    expect(words(message)).toContain('`c0 (1 incident)`, `c1 (1 incident)`');
    expect(slackRefusal(message)).toBeNull();
  });

  test('is not resolved before the last cluster', () => {
    const some = twelve.map((one, index) => (index < 3 ? { ...one, status: 'resolved' as const } : one));
    const incident = { ...answeredIncident(), status: 'resolved', resolvedAt: sampleTime + 900_000 } as const;
    const stands = renderIncident(fleetClaim(some, { incident, runs: [sampleRun()] }), options);
    expect(words(stands.blocks[0])).not.toContain('Resolved');
    expect(words(stands)).toContain('ended in 3 of 12 clusters');
    expect(words(stands)).toContain('*Cause:*');
    const told = { ...sampleClaim().delivery, state: 'reported', createdAt: sampleTime + 800_000 };
    expect(threadNews(fleetClaim(some, { incident, previous: told }))).toEqual([]);
    const all = twelve.map((one) => ({ ...one, status: 'resolved' as const }));
    const over = renderIncident(fleetClaim(all, { incident }), options);
    expect(words(over.blocks[0])).toContain('✅ Resolved · the same in 12 clusters');
    expect(threadNews(fleetClaim(all, { incident, previous: told }))).toEqual(['resolved']);
  });

  test('tells its thread of clusters that came later; where there is no thread it is told again', async () => {
    const previous = { ...sampleClaim().delivery, createdAt: sampleTime + 1000 };
    const later = [...twelve, member(12, { joinedAt: sampleTime + 60_000 })];
    const claim = fleetClaim(later, { previous });
    expect(fleetGrew(claim)).toBe(true);
    expect(fleetGrew(fleetClaim(twelve, { previous }))).toBe(false);
    expect(threadNews(claim)).toEqual(['joined']);
    expect(renderThreadLine(claim, 'joined', { repeat: false }).text).toBe(
      '🌐 Now in 13 clusters: c12: ImagePull · shop/app12 (Deployment)',
    );
    let text = '';
    const console = consoleNotifier({
      write: async (more) => void (text += more),
      failure: () => null,
      color: false,
      columns: () => null,
      timeZone: 'UTC',
      url: () => null,
      clock: new ManualClock(),
      random: () => 1,
    });
    await console.send(claim, new AbortController().signal);
    expect(text).toContain('The same in 13 clusters · pulls from registry r.example fail');
  });

  test('an incident that has its own message says where else it is', () => {
    const claim = fleetClaim(twelve);
    const other = { ...claim, fleet: { ...claim.fleet!, lead: 'inc_5' } };
    const message = renderIncident(other, options);
    expect(words(message.blocks[0])).toContain('CrashLoop');
    expect(words(message)).toContain('the same in 12 clusters');
    expect(fleetGrew({ ...other, previous: { ...claim.delivery, createdAt: 0 } })).toBe(false);
  });

  test('a program gets the event of each incident, with what it belongs to', () => {
    const incident = {
      ...sampleIncident(),
      fleet: { id: 'flt_1', signature: 'registry r.example', joinedAt: sampleTime },
    };
    const [call] = webhookCalls(fleetClaim(twelve, { incident }), null);
    const { fleet } = (JSON.parse(call?.body ?? '{}') as { data: { incident: { fleet: unknown } } }).data.incident;
    expect(fleet).toMatchObject({ id: 'flt_1', lead: own, incidents: twelve.map(({ cluster }) => ({ cluster })) });
  });

  test('keeps every limit, whatever a cluster calls its images', () => {
    const name = '<!channel>*&`'.repeat(3000);
    const many = Array.from({ length: 1000 }, (_, index) =>
      member(index, { cluster: `c${index}`.padEnd(63, 'x'), title: name }),
    );
    const claim = fleetClaim(many);
    const message = renderIncident({ ...claim, fleet: { ...claim.fleet!, signature: `image ${name}` } }, options);
    expect(messageSize(message.blocks)).toBeLessThanOrEqual(maxMessageCharacters);
    expect(slackRefusal(message)).toBeNull();
    expect(words(message)).toContain('and 980 more');
    // A header is plain text, in which nothing is read.
    expect(words([message.text, message.blocks.slice(1)])).not.toContain('<!channel>');
  });
});
