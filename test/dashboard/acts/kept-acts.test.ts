import { expect, test } from 'vitest';
import { openIncident } from '../../storage/store-fixture.ts';
import { BrowserClient } from '../../support/browser-client.ts';
import { healthOverStore } from '../../support/health-over-store.ts';
import { sampleTime } from '../../support/incident-samples.ts';
import { minute } from '../../support/signals.ts';

test('OPS-3, INT-6, INT-3: what is done and said on the page of an incident stands in its timeline', async () => {
  const { fixture, store } = await healthOverStore();
  fixture.reader.incidentHistory = (id) => store.incidentHistory(id);
  const id = await openIncident(store, 'api', 'critical', sampleTime);
  const browser = new BrowserClient(fixture);
  const page = `/i/${id}`;
  const csrf = await browser.csrf(page);
  const act = async (name: string, fields: Record<string, string>) => {
    await fixture.clock.advance(minute);
    expect((await browser.post(`${page}/${name}`, { csrf, back: page, your_name: 'ana', ...fields })).status).toBe(303);
  };
  await act('ack', { comment: 'on it' });
  await act('silence', { duration: '1h', comment: 'a <move>' });
  const [silence] = await store.silences();
  await fixture.clock.advance(minute);
  await browser.post(`/silences/${silence?.id ?? ''}/end`, { csrf, back: page });
  await act('rerun', { comment: 'after the rollout' });
  await act('resolve', { comment: 'the quota is raised' });
  const text = await (await browser.get(page)).text();
  const timeline = /<section id="timeline"[^]*?<\/section>/.exec(text)?.[0] ?? '';
  const words = [...timeline.matchAll(/<span>(.*?)<\/span>/g)].map(([, said]) => said);
  expect(words.slice(-6)).toEqual([
    'Acknowledged by ana: on it',
    'Silenced by ana until 2026-11-20 10:02:00 UTC on the dashboard: a &lt;move>',
    'The silence of ana was ended early by ana',
    'An investigation was asked for by ana: after the rollout',
    'Investigation cancelled',
    'Resolved by ana: the quota is raised',
  ]);
});
