import { afterEach, expect, test } from 'vitest';
import { startDashboard } from '../../support/dashboard-fixture.ts';
import { HealthFixture, sampleStatus } from '../../support/health-fixture.ts';
import { impactSample } from '../../support/impact-sample.ts';
import { sampleIncident } from '../../support/incident-samples.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function now(query = ''): Promise<string> {
  const answer = await fixture?.get(`/${query}`, { headers: { accept: 'text/html' } });
  return (await answer?.text()) ?? '';
}

test('OPS-3: what has ended is not among what stands', async () => {
  fixture = await HealthFixture.start();
  fixture.reader.details = [
    { incident: sampleIncident({ id: 'inc_2', title: 'It <stands>' }), faults: [], runs: [] },
    { incident: sampleIncident({ id: 'inc_1', title: 'It ended', status: 'resolved' }), faults: [], runs: [] },
  ];
  const page = await now();
  expect(page).toMatch(/data-incident="inc_2"[^]*href="\/i\/inc_2"[^]*It &lt;stands>/);
  expect(page).not.toContain('It ended');
  expect(page).toContain('<title>(1) Now');
});

test('OPS-3: a line says the cause, since when, how often, and who has it', async () => {
  fixture = await startDashboard();
  const page = await now();
  const row = (id: string): string => new RegExp(`data-incident="${id}"[^]*?</li>`).exec(page)?.[0] ?? '';
  expect(row('inc_1')).toMatch(
    /<code>DB_URL is required<\/code>[^]*2 faults[^]*href="\/clusters\/prod-eu"[^]*data-time="since"/,
  );
  expect(row('inc_1')).toContain('action="/i/inc_1/ack"');
  expect(row('inc_3')).toMatch(/<b>&lt;b>ana&lt;\/b><\/b> has it in hand[^]*reopened 3 times/);
  expect(row('inc_3')).not.toContain('/ack');
  expect(row('inc_4')).toContain('investigating for');
  expect(row('inc_5')).toContain('the investigation failed: the store &lt;is> full');
});

test('QUA-4: a line says in few words what still serves, and how long ago that was read', async () => {
  fixture = await HealthFixture.start();
  const impact = impactSample({ ready: 1, at: fixture.clock.now() - 300_000 });
  const unknown = { of: 'unknown', at: null, why: 'no evidence was read' } as const;
  const items = [sampleIncident({ impact }), sampleIncident({ id: 'inc_2', impact: unknown })];
  fixture.reader.standing = async () => ({
    items: items.map((incident) => ({ incident, faults: 1, since: 0, mutedUntil: null })),
    next: null,
  });
  const page = await now();
  expect(page).toMatch(/1 of 3 pods ready, read <time [^>]*>5 min ago<\/time>/);
  expect(page.match(/pods ready/g)).toHaveLength(1);
  expect(page).not.toContain('no evidence was read');
});

test('OPS-3: silences, storms and what is elsewhere too are said in a line', async () => {
  fixture = await HealthFixture.start();
  const storm = { startedAt: 0, lastMemberAt: 0, endedAt: null, members: 7, announced: 1, rule: '', cause: null };
  const fleet = { id: 'flt_1', signature: 's', joinedAt: 0 };
  const incident = sampleIncident({ storm, fleet });
  fixture.reader.standing = async () => ({
    items: [{ incident, faults: 1, since: 0, mutedUntil: Infinity }],
    next: 'a&b',
  });
  const page = await now();
  expect(page).toContain('stands for 7 incidents');
  expect(page).toContain('the same in other clusters');
  expect(page).toContain('silenced without an end');
  expect(page).toContain('href="/?after=a%26b"');
});

test('OPS-3: it can be narrowed by cluster and severity, and the next page keeps that', async () => {
  fixture = await HealthFixture.start();
  const asked: unknown[] = [];
  fixture.reader.standing = async (query) => {
    asked.push(query);
    return { items: [{ incident: sampleIncident(), faults: 1, since: 0, mutedUntil: null }], next: '2_inc_1' };
  };
  const page = await now('?cluster=+prod-eu+&severity=critical&after=5_inc_9');
  expect(asked).toMatchObject([{ cluster: 'prod-eu', severity: 'critical', limit: 100, after: '5_inc_9' }]);
  expect(page).toContain('href="/?cluster=+prod-eu+&amp;severity=critical&amp;after=2_inc_1"');
  await now('?severity=loud&cluster=');
  expect(asked[1]).not.toHaveProperty('severity');
  expect(asked[1]).not.toHaveProperty('cluster');
});

test('OPS-3: nothing that stands is only as good as what is heard', async () => {
  fixture = await HealthFixture.start();
  expect(await now()).toMatch(/<b>Nothing stands.<\/b>\s*1 cluster connected\./);
  fixture.statuses = [sampleStatus(), sampleStatus({ cluster: 'b', state: 'failed' })];
  expect(await now()).toContain('Nothing stands, as far as can be seen.');
  expect(await now('?severity=info')).toContain('Nothing stands that fits.');
});
