import { afterEach, expect, test } from 'vitest';
import { healthOverStore } from '../../support/health-over-store.ts';
import { HealthFixture } from '../../support/health-fixture.ts';
import { sampleTime } from '../../support/incident-samples.ts';
import { signal } from '../../support/signals.ts';
import { receive } from '../../storage/store-fixture.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

const hostile = '</p><script>alert(1)</script> \u202e';

test('OPS-3: what is kept is found by a form that needs no script, each result leads to its incident', async () => {
  const { fixture: over, store } = await healthOverStore();
  const [opened] = await receive(store, [signal({ context: 'exit code 137 (OOMKilled)' })], {}, sampleTime);
  const page = await (await over.get('/search?q=EXIT+137')).text();
  expect(page).toMatch(/<form class="search" role="search" method="get" action="\/search">/);
  expect(page).toContain('value="EXIT 137"');
  expect(page).toContain('1 result');
  expect(page).toContain(`href="/i/${opened!.incidentId}"`);
  expect(page).toContain('<mark>exit</mark> code <mark>137</mark> (OOMKilled)');
  expect(await (await over.get('/search?q=nowhere')).text()).toContain('Nothing that is kept has all of these words.');
});

test('UX-21: words of people and of clusters are text, also where they are marked', async () => {
  fixture = await HealthFixture.start();
  const found = {
    kind: 'fault',
    cluster: 'a',
    incidentId: null,
    at: sampleTime,
    title: hostile,
    excerpt: hostile,
  } as const;
  fixture.reader.found = [found, { ...found, excerpt: 'İ'.repeat(3) + ' script' }];
  const asked = encodeURIComponent('<script> "\'><b> script');
  const page = await (await fixture.get(`/search?q=${asked}`)).text();
  expect(page).not.toMatch(/<script>|<b>(?!Nothing|a<)|\u202e/);
  expect(page).toContain('<mark>&lt;script></mark>alert(1)');
  expect(page).toContain('href="/not-told?cluster=a"');
  expect((await fixture.get(`/search?q=${'x'.repeat(5000)}`)).status).toBe(200);
});

test('OPS-3: what does not fit one page has pages, each a link that keeps the words', async () => {
  fixture = await HealthFixture.start();
  const found = (at: number) =>
    ({ kind: 'fault', cluster: 'a', incidentId: null, at: sampleTime, title: `fault ${at}.`, excerpt: '' }) as const;
  fixture.reader.found = Array.from({ length: 230 }, (_, at) => found(at));
  const seen: string[] = [];
  let path: string | null = '/search?q=two+words';
  const said: (string | undefined)[] = [];
  while (path !== null) {
    const page = await (await fixture.get(path)).text();
    seen.push(...[...page.matchAll(/>fault (\d+)\./g)].map(([, at]) => at ?? ''));
    said.push(/<p class="meta" role="status">([^<]*)/.exec(page)?.[1]);
    path = /<a href="([^"]*)" rel="next">/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? null;
    expect(path ?? '/search?q=two+words&before=').toMatch(/^\/search\?q=two\+words&before=/);
  }
  expect(seen).toEqual(Array.from({ length: 230 }, (_, at) => String(at)));
  expect(said).toEqual(
    ['The newest 100', 'The next 100', 'The next 30'].map((text) => `${text}; another word leaves fewer.`),
  );
});

test('OPS-3: a page for which enough was compared and nothing fits says that older ones may', async () => {
  fixture = await HealthFixture.start();
  fixture.reader.search = async () => ({ items: [], next: '7.fault.1' });
  const page = await (await fixture.get('/search?q=rare')).text();
  expect(page).toContain('Older ones may.');
  expect(page).toContain('<a href="/search?q=rare&amp;before=7.fault.1" rel="next">Next page</a>');
});

test('OPS-3: without words it shows how much came in the last days', async () => {
  fixture = await HealthFixture.start();
  fixture.reader.rates = [{ cluster: 'east', from: sampleTime - 3_600_000, source: 'push', count: 12 }];
  const page = await (await fixture.get('/search')).text();
  expect(page).toContain('Faults in the last 7 days');
  expect(page).toContain('12 faults: east 12.');
});
