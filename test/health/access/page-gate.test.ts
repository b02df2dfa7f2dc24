import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import type { HealthServerOptions } from '../../../src/health/health-server-options.ts';
import type { IncidentOrder } from '../../../src/domain/incident.ts';
import { nameField } from '../../../src/domain/people/viewer.ts';
import { BrowserClient } from '../../support/browser-client.ts';
import { HealthFixture } from '../../support/health-fixture.ts';
import { answeredIncident } from '../../support/incident-samples.ts';

const tokens = { act: 'a-token-to-act', read: 'a-token-to-read' };
const incident = answeredIncident({ id: 'inc_1' });
const ack = '/i/inc_1/ack';

let fixture: HealthFixture | null = null;
let orders: IncidentOrder[] = [];
afterEach(async () => {
  await fixture?.stop();
  fixture = null;
  orders = [];
});

async function start(over: Partial<HealthServerOptions> = {}): Promise<HealthFixture> {
  fixture = await HealthFixture.start({
    token: () => tokens.act,
    people: () => ({ readToken: tokens.read, proxy: null }),
    orders: {
      orderIncident: async (_id, order) => {
        orders.push(order);
        return { kind: 'done', incident, run: null };
      },
      giveFeedback: async () => null,
    },
    ...over,
  });
  fixture.reader.details = [{ incident, faults: [], runs: [] }];
  return fixture;
}

async function signedIn(f: HealthFixture, token = tokens.act, name = 'ana'): Promise<BrowserClient> {
  const browser = new BrowserClient(f);
  const answer = await browser.post('/sign-in', { [nameField]: name, token, back: '/?cluster=prod' });
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toBe('/?cluster=prod');
  return browser;
}

test('OPS-3: a page asks for a login, a form with the token is one, and it ends by signing out', async () => {
  const f = await start();
  const browser = new BrowserClient(f);
  const refused = await browser.get('/?severity=critical');
  expect(refused.status).toBe(303);
  expect(refused.headers.get('location')).toBe('/sign-in?back=%2F%3Fseverity%3Dcritical');
  const form = await (await browser.get('/sign-in?back=%2F%3Fseverity%3Dcritical')).text();
  expect(form).toMatch(/action="\/sign-in"[^]*name="back" value="\/\?severity=critical"[^]*type="password"/);
  expect(form).not.toContain(incident.title);

  const person = await signedIn(f);
  const page = await person.get('/');
  expect(page.status).toBe(200);
  expect(await page.text()).toMatch(/<span class="name">ana<\/span>[^]*Sign out/);
  expect((await person.get('/api/incidents')).status).toBe(200);

  const kept = new Map(person.cookies);
  const out = await person.post('/sign-out', { csrf: await person.csrf() });
  expect(out.headers.get('location')).toBe('/sign-in');
  expect((await person.get('/')).status).toBe(303);
  // Who has copied the cookie is out too.
  for (const [name, value] of kept) person.cookies.set(name, value);
  expect((await person.get('/')).status).toBe(303);
});

test('OPS-3: the cookie is for no script and no other site, and for TLS alone where people come by TLS', async () => {
  const f = await start();
  const login = { [nameField]: 'ana', token: tokens.act };
  const plain = (await new BrowserClient(f).post('/sign-in', login)).headers.getSetCookie()[0];
  expect(plain).toMatch(/^nightcrier_session=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  await f.stop();
  const g = await start({ publicUrl: () => 'https://nightcrier.example' });
  const origin = { origin: 'https://nightcrier.example' };
  const secure = (await new BrowserClient(g).post('/sign-in', login, origin)).headers.getSetCookie();
  for (const cookie of secure) expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
});

test('OPS-3: an act has the name of who is signed in, and the token to read acts not', async () => {
  const f = await start();
  const ana = await signedIn(f);
  const done = await ana.post(ack, { csrf: await ana.csrf(), back: '/', [nameField]: 'somebody else' });
  expect(done.status).toBe(303);
  expect(orders).toEqual([{ kind: 'ack', by: 'ana', comment: '' }]);
  expect(await (await ana.get('/')).text()).toContain('You have it in hand');

  const reader = await signedIn(f, tokens.read, 'ben');
  const page = await (await reader.get('/')).text();
  expect(page).toContain('read only');
  const refused = await reader.post(ack, { csrf: await reader.csrf(), back: '/' });
  expect(refused.status).toBe(403);
  expect(await refused.text()).toContain('NC-HEALTH-019');
  expect(orders).toHaveLength(1);
});

test.each([
  ['no secret of the form', {}, {}],
  ['the secret of another browser', { csrf: 'AAAA' }, {}],
  ['a page of another site', { csrf: 'own' }, { origin: 'https://evil.example' }],
  ['another port of this machine', { csrf: 'own' }, { origin: 'http://127.0.0.1:1' }],
  ['a sandbox', { csrf: 'own' }, { origin: 'null' }],
])('OPS-3: an act from a form with %s is refused', async (_case, fields, headers) => {
  const f = await start();
  const ana = await signedIn(f);
  const csrf = await ana.csrf();
  const sent = 'csrf' in fields && fields.csrf === 'own' ? { csrf } : fields;
  const answer = await ana.post(ack, { ...sent, back: '/' }, headers);
  expect(answer.status).toBe(403);
  expect(await answer.text()).toContain('NC-HEALTH-020');
  expect(orders).toEqual([]);
});

test('OPS-3: a form without Origin is taken only when the browser says that it is from here', async () => {
  const f = await start();
  const ana = await signedIn(f);
  const csrf = await ana.csrf();
  const body = String(new URLSearchParams({ csrf, back: '/' }));
  const cookie = [...ana.cookies].map((pair) => pair.join('=')).join('; ');
  const headers = { accept: 'text/html', cookie, 'content-type': 'application/x-www-form-urlencoded' };
  expect((await f.get(ack, { method: 'POST', headers, body })).status).toBe(403);
  const said = { ...headers, 'sec-fetch-site': 'same-origin' };
  expect((await f.get(ack, { method: 'POST', headers: said, body })).status).toBe(303);
});

test('OPS-3: another site can neither sign a person in nor out', async () => {
  const f = await start();
  const evil = { origin: 'https://evil.example' };
  const login = { [nameField]: 'mallory', token: tokens.act };
  expect((await new BrowserClient(f).post('/sign-in', login, evil)).status).toBe(403);
  const ana = await signedIn(f);
  expect((await ana.post('/sign-out', { csrf: await ana.csrf() }, evil)).status).toBe(403);
  expect((await ana.get('/')).status).toBe(200);
});

test('OPS-3: a login changes nothing by the API, to which any page could send', async () => {
  const f = await start();
  const ana = await signedIn(f);
  const headers = { 'content-type': 'application/json' };
  expect((await ana.post('/-/reload', {}, headers)).status).toBe(401);
  expect(f.reloads).toBe(0);
  const asProgram = (token: string) => f.post('/-/reload', {}, { authorization: `Bearer ${token}` });
  expect((await asProgram(tokens.act)).status).toBe(200);
  const refused = await asProgram(tokens.read);
  expect(refused.status).toBe(403);
  expect(refused.body['error']).toMatchObject({ code: 'NC-HEALTH-019' });
  expect((await f.json('/api/incidents', { headers: { authorization: `Bearer ${tokens.read}` } })).status).toBe(200);
});

test('OPS-3: who is signed out is told so when they act, and a program hears 401', async () => {
  const f = await start();
  const answer = await new BrowserClient(f).post(ack, { csrf: 'x', back: '/' });
  expect(answer.status).toBe(401);
  expect(await answer.text()).toMatch(/Sign in first[^]*href="\/sign-in/);
  const program = await f.get('/', { headers: { accept: 'application/json' } });
  expect(program.status).toBe(401);
  expect(program.headers.get('www-authenticate')).toBe('Bearer');
});

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** A session as the server makes it, with a key of our own or none at all. */
function forged(header: object, payload: object, key: string | Uint8Array | null): string {
  const signed = `${part(header)}.${part(payload)}`;
  return `${signed}.${key === null ? '' : createHmac('sha256', key).update(signed).digest('base64url')}`;
}

test('OPS-3: a cookie that is forged, over, of another key or of a changed token lets nobody in', async () => {
  let token = tokens.act;
  const f = await start({ token: () => token });
  const ana = await signedIn(f);
  const own = ana.cookies.get('nightcrier_session') ?? '';
  const [header = '', payload = '', signature = ''] = own.split('.');
  const read = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
  const typ = 'nightcrier-session';
  const others = [
    '',
    'x',
    `${header}.${payload}.`,
    `${header}.${part({ ...read, role: 'act', sub: 'root' })}.${signature}`,
    forged({ alg: 'none', typ }, read, null),
    forged({ alg: 'HS256', typ }, read, new Uint8Array(32).fill(8)),
    forged({ alg: 'HS256', typ }, read, tokens.act),
    // The right key, and another kind of token.
    forged({ alg: 'HS256' }, read, new Uint8Array(32).fill(7)),
    forged({ alg: 'HS256', typ }, { ...read, role: 'admin' }, new Uint8Array(32).fill(7)),
    forged({ alg: 'HS256', typ }, { ...read, exp: undefined }, new Uint8Array(32).fill(7)),
  ];
  const letIn: string[] = [];
  for (const cookie of others) {
    ana.cookies.set('nightcrier_session', cookie);
    if ((await ana.get('/')).status !== 303) letIn.push(cookie);
  }
  expect(letIn).toEqual([]);
  ana.cookies.set('nightcrier_session', own);
  expect((await ana.get('/')).status).toBe(200);
  token = 'another-token';
  expect((await ana.get('/')).status).toBe(303);
  token = tokens.act;
  await f.clock.advance(12 * 3_600_000);
  expect((await ana.get('/')).status).toBe(303);
});

test('OPS-3: who works with the pages stays signed in', async () => {
  const f = await start();
  const ana = await signedIn(f);
  for (let times = 0; times < 4; times += 1) {
    await f.clock.advance(7 * 3_600_000);
    expect((await ana.get('/')).status).toBe(200);
  }
});

test('OPS-3: tokens cannot be guessed: after a few tries none is looked at for a minute', async () => {
  const f = await start();
  const tryOut = (token: string) => new BrowserClient(f).post('/sign-in', { [nameField]: 'x', token });
  for (let times = 0; times < 5; times += 1) {
    const wrong = await tryOut(`guess-${times}`);
    expect(wrong.status).toBe(401);
    expect(await wrong.text()).toContain('The token is wrong');
  }
  const stopped = await tryOut(tokens.act);
  expect(stopped.status).toBe(429);
  expect(stopped.headers.get('retry-after')).toBe('60');
  expect(stopped.headers.getSetCookie()).toEqual([]);
  // All at once are no more tries than one after the other.
  await f.clock.advance(60_000);
  const many = await Promise.all(Array.from({ length: 20 }, (_, at) => tryOut(`guess-${at}`)));
  expect(many.filter(({ status }) => status === 401)).toHaveLength(5);
  await f.clock.advance(60_000);
  expect((await tryOut(tokens.act)).status).toBe(303);
});

test('OPS-3: a hostile name is a text, and the way back stays here', async () => {
  const f = await start();
  const browser = new BrowserClient(f);
  const name = '<script>alert(1)</script>\r\nSet-Cookie: x=1\u202e';
  const back = 'https://evil.example/';
  const answer = await browser.post('/sign-in', { [nameField]: name, token: tokens.act, back });
  expect(answer.headers.get('location')).toBe('/');
  const page = await (await browser.get('/')).text();
  expect(page).toContain('&lt;script>alert(1)&lt;/script>\ufffd Set-Cookie: x=1\ufffd</span>');
  expect(page).not.toContain('<script>alert');
});

function proxied(over: Partial<ReturnType<HealthServerOptions['people']>['proxy'] & object> = {}) {
  const proxy = { header: 'X-Forwarded-User', from: ['127.0.0.0/8'], role: 'read' as const, act: ['ana'], ...over };
  return { people: () => ({ readToken: null, proxy }) };
}

test('OPS-3: a proxy that is trusted names people, with the role that they have', async () => {
  const f = await start(proxied());
  const ben = new BrowserClient(f, { 'x-forwarded-user': 'ben' });
  expect(await (await ben.get('/')).text()).toMatch(/<span class="name">ben<\/span>[^]*read only/);
  const ana = new BrowserClient(f, { 'x-forwarded-user': 'ana' });
  const page = await ana.get('/');
  expect(await page.text()).not.toContain('read only');
  expect((await ana.post(ack, { csrf: await ana.csrf(), back: '/' })).status).toBe(303);
  expect(orders).toEqual([{ kind: 'ack', by: 'ana', comment: '' }]);
  expect((await ana.post(ack, { back: '/' })).status).toBe(403);
  // What another browser of the same proxy has been given is of no use.
  const other = new BrowserClient(f, { 'x-forwarded-user': 'ana' });
  await other.get('/');
  expect((await other.post(ack, { csrf: await ana.csrf(), back: '/' })).status).toBe(403);
});

test('OPS-3: the header means nothing when it is off, from elsewhere, twice, empty, or under a name of another site', async () => {
  const named = { 'x-forwarded-user': 'ana' };
  const status = async (over: Partial<HealthServerOptions>, headers: Record<string, string>): Promise<number> => {
    const f = await start(over);
    const answer = await new BrowserClient(f).get('/', headers);
    await f.stop();
    return answer.status;
  };
  expect(await status({ people: () => ({ readToken: null, proxy: null }) }, named)).toBe(303);
  expect(await status(proxied({ from: ['10.0.0.0/8', '::1'] }), named)).toBe(303);
  expect(await status(proxied({ header: 'X-Auth-User' }), named)).toBe(303);
  expect(await status(proxied(), { 'x-forwarded-user': 'mallory, ana' })).toBe(303);
  expect(await status(proxied(), { 'x-forwarded-user': ' ' })).toBe(303);
  expect(await status(proxied(), {})).toBe(303);
  expect(await status(proxied(), { ...named, authorization: 'Bearer wrong' })).toBe(303);
  expect(await status(proxied({ from: ['127.0.0.1'] }), named)).toBe(200);
});

test('OPS-3: without a token people of this machine act, under a name that they are asked for once', async () => {
  const f = await start({ token: () => null, people: () => ({ readToken: null, proxy: null }) });
  const browser = new BrowserClient(f);
  const csrf = await browser.csrf();
  const asked = await browser.post(ack, { csrf, back: '/', comment: 'on "it"' });
  expect(asked.status).toBe(200);
  expect(await asked.text()).toMatch(
    /Who are you\?[^]*action="\/i\/inc_1\/ack"[^]*name="comment" value="on &quot;it&quot;"/,
  );
  expect(orders).toEqual([]);
  await browser.post(ack, { csrf, back: '/', comment: 'on "it"', [nameField]: 'ana' });
  await browser.post(ack, { csrf, back: '/' });
  expect(orders.map(({ by }) => by)).toEqual(['ana', 'ana']);
  expect((await browser.post(ack, { back: '/' })).status).toBe(403);
  const out = await browser.post('/sign-out', { csrf });
  expect(out.headers.get('location')).toBe('/');
  expect(browser.cookies.has('nightcrier_name')).toBe(false);
  const named = await browser.post('/sign-in', { [nameField]: 'ben', back: '/' });
  expect(named.status).toBe(303);
  expect(await (await browser.get('/')).text()).toContain('<span class="name">ben</span>');
});

test('OPS-3: `/` tells a program where the rest is', async () => {
  const f = await start();
  const { status, body } = await f.json('/', { headers: { authorization: `Bearer ${tokens.read}` } });
  expect(status).toBe(200);
  expect(body).toMatchObject({ name: 'nightcrier', version: '1.2.3', links: { incidents: '/api/incidents' } });
});

test.each([
  ['a file that is not there', '/assets/nothing', {}],
  ['something that is no form', '/sign-in', { method: 'POST', body: 'x', headers: { 'content-type': 'text/x' } }],
  ['too much', '/sign-in', { method: 'POST', body: new URLSearchParams({ token: 'x'.repeat(20_000) }) }],
  ['what Slack would send', '/slack/interactions', { method: 'POST', body: 'x' }],
])('OPS-3: who is not let in learns nothing at an open address by asking for %s', async (_case, path, init) => {
  let token: string | null = tokens.act;
  const f = await start({ token: () => token });
  f.problems = [
    { cluster: null, code: 'NC-X-1', message: 'a secret place', severity: 'error', since: 0, fix: 'mend it' },
  ];
  const ask = async (headers: Record<string, string>): Promise<string> => {
    const given = 'headers' in init ? init.headers : {};
    const answer = await f.get(path, { ...init, headers: { ...given, accept: 'text/html', ...headers } });
    expect([404, 413, 415]).toContain(answer.status);
    return answer.text();
  };
  expect(await ask({})).not.toMatch(/a secret place|<nav/);
  expect(await ask({ authorization: 'Bearer guess' })).not.toMatch(/a secret place|<nav/);
  expect(await ask({ authorization: `Bearer ${tokens.read}` })).toContain('a secret place');
  token = null;
  expect(await ask({})).toContain('a secret place');
});

test('OPS-3: without a token a page of another name is told nothing by the open addresses either', async () => {
  const f = await start({ token: () => null, notReady: () => ['a secret place'] });
  f.problems = [
    { cluster: null, code: 'NC-X-1', message: 'a secret place', severity: 'error', since: 0, fix: 'mend it' },
  ];
  for (const path of ['/assets/nothing', '/health/ready']) {
    expect(await sentTo(f, 'evil.example', path)).not.toContain('a secret place');
    expect(await sentTo(f, 'localhost', path)).toContain('a secret place');
  }
});

/** `fetch` does not let anybody choose the Host. */
async function sentTo(f: HealthFixture, host: string, path: string): Promise<string> {
  const { port } = new URL(f.url);
  const asked = request({ host: '127.0.0.1', port, path, headers: { host, accept: 'text/html' } });
  const [response] = (await once(asked.end(), 'response')) as [IncomingMessage];
  return text(response);
}

test('OPS-3: a page in a browser of this machine that came by another name only reads (DNS rebinding)', async () => {
  const f = await start({ token: () => null, host: '0.0.0.0' });
  expect(await sentTo(f, 'evil.example', '/')).toContain('read only');
  expect(await sentTo(f, 'localhost', '/')).not.toContain('read only');
});

test('a name that is cut in the midst of a character is a name', async () => {
  const f = await start({ token: () => null });
  const browser = new BrowserClient(f);
  const name = `${'x'.repeat(98)}😀😀`;
  const done = await browser.post(ack, { csrf: await browser.csrf(), [nameField]: name, back: '/' });
  expect(done.status).toBe(303);
  expect(orders).toEqual([{ kind: 'ack', by: `${'x'.repeat(98)}…`, comment: '' }]);
});

test('OPS-3: who guesses locks nobody out of a browser in which they have signed in before', async () => {
  const f = await start();
  const ana = await signedIn(f);
  await ana.post('/sign-out', { csrf: await ana.csrf() });
  const guess = (browser: BrowserClient) => browser.post('/sign-in', { [nameField]: 'x', token: 'guess' });
  for (let times = 0; times < 5; times += 1) expect((await guess(new BrowserClient(f))).status).toBe(401);
  // Of the same address, as behind a proxy.
  expect((await guess(new BrowserClient(f))).status).toBe(429);
  const forger = new BrowserClient(f);
  forger.cookies.set('nightcrier_known', `x.${'A'.repeat(43)}`);
  expect((await guess(forger)).status).toBe(429);
  const login = { [nameField]: 'ana', token: tokens.act };
  expect((await ana.post('/sign-in', login)).status).toBe(303);
  // It has tries of its own, no more than others.
  for (let times = 0; times < 5; times += 1) expect((await guess(ana)).status).toBe(401);
  expect((await ana.post('/sign-in', login)).status).toBe(429);
});

test('OPS-3: who has signed out stays so, by a renewed cookie and after a new start too', async () => {
  const ended = new Map<string, number>();
  const endedSessions = {
    has: (id: string) => ended.has(id),
    add: (id: string, until: number) => ended.set(id, until),
  };
  const f = await start({ endedSessions });
  const ana = await signedIn(f);
  const csrf = await ana.csrf();
  const first = ana.cookies.get('nightcrier_session') ?? '';
  await f.clock.advance(7 * 3_600_000);
  await ana.get('/');
  const renewed = ana.cookies.get('nightcrier_session') ?? '';
  expect(renewed).not.toBe(first);
  ana.cookies.set('nightcrier_session', first);
  expect((await ana.post('/sign-out', { csrf })).status).toBe(303);
  // The renewed one holds for twelve hours from now.
  expect([...ended.values()][0]).toBeGreaterThanOrEqual(f.clock.now() + 12 * 3_600_000);
  await f.stop();
  const g = await start({ endedSessions, clock: f.clock });
  const copied = new BrowserClient(g);
  for (const cookie of [first, renewed]) {
    copied.cookies.set('nightcrier_session', cookie);
    expect((await copied.get('/')).status).toBe(303);
  }
});
