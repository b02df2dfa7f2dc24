import { afterEach, expect, test } from 'vitest';
import { HealthFixture } from '../../support/health-fixture.ts';
import { sampleIncident } from '../../support/incident-samples.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

test('OPS-3: what has ended is not among what stands', async () => {
  fixture = await HealthFixture.start();
  fixture.reader.details = [
    { incident: sampleIncident({ id: 'inc_2', title: 'It <stands>' }), faults: [], runs: [] },
    { incident: sampleIncident({ id: 'inc_1', title: 'It ended', status: 'resolved' }), faults: [], runs: [] },
  ];
  const page = await (await fixture.get('/', { headers: { accept: 'text/html' } })).text();
  expect(page).toMatch(/data-incident="inc_2"[^]*href="\/i\/inc_2"[^]*It &lt;stands>/);
  expect(page).not.toContain('It ended');
});
