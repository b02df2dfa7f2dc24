import { afterEach, expect, test } from 'vitest';
import { BrowserClient } from '../../support/browser-client.ts';
import { healthOverStore } from '../../support/health-over-store.ts';
import { HealthFixture } from '../../support/health-fixture.ts';
import { sampleTime } from '../../support/incident-samples.ts';
import { minute } from '../../support/signals.ts';
import { sampleSilence } from '../../support/sample-silence.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function page(path: string, ...kept: ReturnType<typeof sampleSilence>[]): Promise<string> {
  fixture = await HealthFixture.start();
  fixture.reader.kept = kept;
  return (await fixture.get(path)).text();
}

test('OPS-3, INT-3: what holds is listed by its end, with who wants it, why and a way to end it', async () => {
  const last = sampleSilence({ id: 'sil_last', endsAt: sampleTime + 90 * minute, author: 'ben' });
  const file = sampleSilence({ id: 'file_1', source: 'file', endsAt: null, author: '' });
  const ended = sampleSilence({ id: 'sil_old', endsAt: sampleTime - 1, endedBy: 'eve' });
  const shown = await page('/silences', file, last, ended, sampleSilence());
  const ends = [...shown.matchAll(/action="\/silences\/(\w+)\/end"/g)].map(([, id]) => id);
  expect(ends).toEqual(['sil_01K9Z3W8Q4', 'sil_last']);
  expect(shown).toMatch(
    /namespace=&quot;payments&quot;[^]*database is moved[^]*until <time[^>]*>2026-11-20 10:00:00 UTC/,
  );
  expect(shown).toContain('told then. <a');
  expect(shown).toContain('as long as it stands in the configuration');
  expect(shown).toMatch(/<summary>Ended: the newest 1<\/summary>[^]*ended by eve/);
});

test('UX-21: words of people are text, and what a link brings stands in the form', async () => {
  const hostile = '</textarea><script>alert(1)</script>';
  const silence = sampleSilence({
    author: hostile,
    comment: hostile,
    matchers: [{ name: 'a', operator: '=', value: hostile }],
  });
  const shown = await page(`/silences?matchers=${encodeURIComponent(`cluster=prod\n${hostile}`)}`, silence);
  expect(shown).not.toContain('<script>');
  expect(shown).toMatch(/<textarea[^>]*>\s*cluster=prod\n&lt;\/textarea>&lt;script>/);
  expect(shown.match(/<label for="(matchers|duration|comment)">/g)).toHaveLength(3);
});

test('OPS-3, INT-3: silences are chosen by state, cluster, who made them and words, by a form that needs no script', async () => {
  const cluster = (value: string) => [{ name: 'cluster', operator: '=~' as const, value }];
  const kept = [
    sampleSilence({ id: 'sil_east', matchers: cluster('east-.*'), author: 'ben' }),
    sampleSilence({ id: 'sil_later', startsAt: sampleTime + minute, endsAt: sampleTime + 9 * minute }),
    sampleSilence({ id: 'sil_old', endsAt: sampleTime - 1, endedBy: 'eve', comment: 'the queue <b>was</b> moved' }),
  ];
  fixture = await HealthFixture.start();
  fixture.reader.kept = kept;
  const shown = async (query: string) => (await fixture?.get(`/silences${query}`))?.text() ?? '';
  const ends = async (query: string) =>
    [...(await shown(query)).matchAll(/action="\/silences\/(\w+)\/end"/g)].map(([, id]) => id);
  expect(await ends('')).toEqual(['sil_later', 'sil_east']);
  expect(await ends('?state=pending')).toEqual(['sil_later']);
  expect(await ends('?cluster=east-1&author=BEN')).toEqual(['sil_east']);
  expect(await ends('?cluster=west')).toEqual(['sil_later']);
  expect(await ends('?q=database+east')).toEqual(['sil_east']);
  expect(await shown('?state=ended&q=queue')).toMatch(/<details class="section" open[^]*ended by eve/);
  const none = await shown('?author=%3Cscript%3E');
  expect(none).toContain('No silence that has not ended fits.');
  expect(none).toContain('value="&lt;script>"');
  // What was chosen stands in the form.
  expect(await shown('?state=pending')).toMatch(/<option value="pending" selected>/);
});

test('OPS-3: nothing is silenced, and it is said', async () => {
  expect(await page('/silences')).toContain('Nothing is silenced.');
});

test('OPS-3, INT-3: forms alone silence something and end it; a form of another site does neither', async () => {
  const { fixture: over, store } = await healthOverStore();
  const browser = new BrowserClient(over);
  const fields = { matchers: 'namespace=payments', duration: '2h', comment: 'moved', back: '/silences' };
  const csrf = await browser.csrf('/silences');
  const foreign = await browser.post('/silences', { ...fields, your_name: 'eve' }, { origin: 'https://evil.example' });
  expect(foreign.status).toBe(403);
  expect(await store.silences()).toEqual([]);
  const made = await browser.post('/silences', { ...fields, csrf, your_name: 'ana' });
  expect([made.status, made.headers.get('location')]).toEqual([303, '/silences']);
  const shown = await (await browser.get('/silences')).text();
  expect(shown).toContain('Silenced for 2 h. It fits 0 faults that stand now.');
  const [, end = ''] = /action="(\/silences\/sil_\w+\/end)"/.exec(shown) ?? [];
  const ended = await browser.post(end, { csrf: await browser.csrf('/silences'), back: '/silences' });
  expect(ended.status).toBe(303);
  expect(await store.silences()).toMatchObject([{ author: 'ana', endedBy: 'ana' }]);
  const wrong = await browser.post('/silences', { ...fields, csrf: await browser.csrf('/silences'), matchers: '<b>' });
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).toContain('&lt;b>');
});
