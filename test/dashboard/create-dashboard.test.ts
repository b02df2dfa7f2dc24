import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { HealthFixture } from '../support/health-fixture.ts';
import { answeredIncident, sampleIncident, sampleTime } from '../support/incident-samples.ts';

let fixture: HealthFixture | null = null;
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
});

async function start(): Promise<HealthFixture> {
  fixture = await HealthFixture.start();
  return fixture;
}

const asBrowser = { headers: { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8' } };

function addressesIn(page: string): string[] {
  return [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
}

test('OPS-3: the first page shows what stands, under a policy that lets our own files run and nothing inside the page', async () => {
  const f = await start();
  f.reader.details = [
    { incident: answeredIncident({ cause: 'DB_URL is <b>required</b>' }), faults: [], runs: [] },
    { incident: sampleIncident({ id: 'inc_2', status: 'resolved', title: 'Gone' }), faults: [], runs: [] },
  ];
  const response = await f.get('/', asBrowser);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).toContain("frame-ancestors 'none'");
  const page = await response.text();
  expect(page).toContain('CrashLoop of Deployment payments/api');
  expect(page).toContain('DB_URL is &lt;b>required&lt;/b>');
  expect(page).toContain('critical');
  expect(page).not.toMatch(/<script(?![^>]* src=")|style="|\son[a-z]+=/);
});

test('UX-10, OPS-3: what is wrong with nightcrier itself is above everything, with code and fix', async () => {
  const f = await start();
  const said = { code: 'NC-SLACK-001', message: 'Slack answered <invalid_auth>', fix: 'set the token' };
  f.problems = [{ cluster: null, ...said, severity: 'error', since: sampleTime - 60_000 }];
  const page = await (await f.get('/', asBrowser)).text();
  expect(page).toContain('nightcrier itself is impaired: 1 problem');
  expect(page).toMatch(/Slack answered &lt;invalid_auth>[^]*set the token[^]*NC-SLACK-001/);
  expect(page.indexOf('impaired')).toBeLessThan(page.indexOf('id="main"'));
});

test('UX-21: what a page loads is ours, may be kept for ever, and is at most 60 KiB with the page', async () => {
  const f = await start();
  const page = await (await f.get('/', asBrowser)).text();
  const addresses = addressesIn(page);
  expect(addresses).toHaveLength(5);
  let bytes = gzipSync(page).length;
  for (const address of addresses) {
    const response = await f.get(address, { headers: { 'accept-encoding': 'identity' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    bytes += gzipSync(Buffer.from(await response.arrayBuffer())).length;
  }
  expect(bytes).toBeLessThan(60 * 1024);
  expect((await f.get('/assets/dashboard.000000000000.js', asBrowser)).status).toBe(404);
});

test('OPS-3: a refusal is a page for a person, and JSON for a program and on addresses of the API', async () => {
  const f = await start();
  const page = await f.get('/nothing/here', asBrowser);
  expect(page.status).toBe(404);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const text = await page.text();
  expect(text).toContain('Nothing here');
  expect(text).toContain('NC-HEALTH-005');
  expect((await f.json('/nothing/here')).body['error']).toMatchObject({ code: 'NC-HEALTH-005' });
  expect((await f.json('/api/nothing', asBrowser)).body['error']).toMatchObject({ code: 'NC-HEALTH-005' });
  f.reader.failure = new Error('broken in /secret/place');
  const broken = await f.get('/', asBrowser);
  expect(broken.status).toBe(500);
  expect(await broken.text()).not.toContain('/secret/place');
});
