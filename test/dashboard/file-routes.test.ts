import { afterEach, expect, test } from 'vitest';
import { answeredIncident, sampleTime } from '../support/incident-samples.ts';
import { HealthFixture } from '../support/health-fixture.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

const base = 'prod-eu/inc_01K9Z3W8Q4';

test('NOT-1, UX-21: what messages link to leads to the report, to the page where there is none', async () => {
  fixture = await HealthFixture.start();
  fixture.reader.details = [{ incident: answeredIncident(), faults: [], runs: [] }];
  const leads = async () => (await fixture?.get('/i/inc_01K9Z3W8Q4/report'))?.headers.get('location');
  expect(await leads()).toBe('/i/inc_01K9Z3W8Q4');
  fixture.files.set(`${base}/investigation.html`, '<p>report');
  expect(await leads()).toBe('/i/inc_01K9Z3W8Q4/files/investigation.html');
  expect((await fixture.get('/i/inc_none/report')).status).toBe(404);
  expect((await fixture.get('/i/inc_none/files/investigation.html')).status).toBe(404);
});

test('UX-21: a report says how its incident ended since it was written; other files stay as they are', async () => {
  fixture = await HealthFixture.start();
  const files = {
    'investigation.html': '<main>\n<p>$& report</p></main>',
    'investigation.md': '# $& Report\n',
    'verdict.json': '{}',
  };
  for (const [path, text] of Object.entries(files)) fixture.files.set(`${base}/${path}`, text);
  const read = async (path: string) => (await fixture?.get(`/i/inc_01K9Z3W8Q4/files/${path}`))?.text();
  fixture.reader.details = [{ incident: answeredIncident(), faults: [], runs: [] }];
  for (const [path, text] of Object.entries(files)) expect(await read(path)).toBe(text);
  const statusReason = 'by <script>ana</script> **x**';
  const incident = answeredIncident({ status: 'resolved', statusReason, resolvedAt: sampleTime + 720_000 });
  fixture.reader.details = [{ incident, faults: [], runs: [] }];
  const ended = 'Ended 2026-11-20 09:12:00 UTC, 12 min after it was opened. Resolved by';
  expect(await read('investigation.html')).toBe(
    `<main>\n<p class="ended"><b>${ended} &lt;script>ana&lt;/script> **x**.</b></p>\n<p>$& report</p></main>`,
  );
  expect(await read('investigation.md')).toBe(
    `> **${ended} &lt;script&gt;ana&lt;/script&gt; \\*\\*x\\*\\*.**\n\n# $& Report\n`,
  );
  expect(await read('verdict.json')).toBe('{}');
  const act = { id: 'a', incidentId: incident.id, kind: 'resolve', by: 'ana', done: true, runId: null } as const;
  const acts = [{ ...act, at: sampleTime + 720_000, comment: '<b>the quota</b> is [raised](x)' }];
  fixture.reader.details = [{ incident: { ...incident, statusReason: 'by ana' }, faults: [], runs: [], acts }];
  expect(await read('investigation.html')).toContain(`${ended} ana: &lt;b>the quota&lt;/b> is [raised](x).</b></p>`);
  expect(await read('investigation.md')).toContain(
    `> **${ended} ana: &lt;b&gt;the quota&lt;/b&gt; is \\[raised\\](x).**`,
  );
});
