import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { HealthFixture } from '../support/health-fixture.ts';
import { answeredIncident, sampleIncident, sampleTime } from '../support/incident-samples.ts';
import { sampleListedFault } from '../support/listed-fault-sample.ts';
import { waitUntil } from '../support/wait-until.ts';

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

test('OPS-3: while faults come in, a page waits nineteen times as long as the one before it took; without, it does not wait', async () => {
  const f = await start();
  const read = f.reader.standingCounts.bind(f.reader);
  f.reader.standingCounts = async () => {
    await f.clock.advance(40);
    return read();
  };
  const get = async () => (await f.get('/', asBrowser)).status;
  const { timers } = f.clock;
  expect([await get(), await get()]).toEqual([200, 200]);
  expect(f.clock.timers).toBe(timers);
  f.events.emit('store:changed', [{ type: 'fault', cluster: 'prod-eu', fault: sampleListedFault(1, 'opened') }]);
  expect(await get()).toBe(200);
  // The rest after it.
  expect(f.clock.nextTimer).toBe(f.clock.now() + 760);
  const next = get();
  await f.clock.advance(760);
  expect(await next).toBe(200);
  await f.clock.advance(6000);
  expect(await get()).toBe(200);
  expect(f.clock.timers).toBe(timers);
});

test('OPS-3: when many pages wait for their turn, who comes then is told to come again, and the others are served', async () => {
  const f = await start();
  const held = Promise.withResolvers<void>();
  const read = f.reader.standingCounts.bind(f.reader);
  let asked = 0;
  f.reader.standingCounts = async () => {
    asked += 1;
    await held.promise;
    return read();
  };
  const refused: Response[] = [];
  const answers = Array.from({ length: 30 }, async () => {
    const answer = await f.get('/', asBrowser);
    if (answer.status === 503) refused.push(answer);
    return answer.status;
  });
  await waitUntil(() => refused.length === 9, 'those that are refused');
  expect(asked).toBe(1);
  expect(refused[0]?.headers.get('retry-after')).toBe('2');
  const page = (await refused[0]?.text()) ?? '';
  expect(page).toContain('NC-HEALTH-033');
  expect(page).not.toContain('<nav');
  held.resolve();
  expect((await Promise.all(answers)).filter((status) => status === 200)).toHaveLength(21);
});
