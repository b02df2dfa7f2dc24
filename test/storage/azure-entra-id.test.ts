import tls from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createAzureArtifacts } from '../../src/storage/artifacts/azure-blob.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Azurite } from '../support/azurite.ts';
import { file } from './artifact-store.contract.ts';

const signal = new AbortController().signal;
const hour = 3_600_000;
const trusted = tls.getCACertificates('default');

let azurite: Azurite;
beforeAll(async () => {
  azurite = await Azurite.start({ tls: true });
  tls.setDefaultCACertificates([...trusted, azurite.tls?.cert ?? '']);
}, 60_000);
afterAll(async () => {
  tls.setDefaultCACertificates(trusted);
  await azurite.stop();
});

/** A token as Entra ID would give it; the emulator looks at its claims, not at its signature. */
function token(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const ids = { oid: '23657296-5cd5-45b0-a809-d972a7f4dfe1', tid: 'dd0d0df1-06c3-436c-8034-4b9a153097ce' };
  const times = { nbf: now - 300, iat: now - 300, exp: now + 3600 };
  const claims = { aud: 'https://storage.azure.com', iss: `https://sts.windows.net/${ids.tid}/`, ...ids, ...times };
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.${Buffer.from('signed').toString('base64url')}`;
}

function storeOf(expiryMs: number, clock = systemClock, onToken: () => void = () => {}) {
  const getToken = () => {
    onToken();
    return Promise.resolve({ token: token(), expiresOnTimestamp: Date.now() + hour });
  };
  return createAzureArtifacts({
    access: { kind: 'entra_id', account: azurite.account, credential: { getToken }, endpoint: azurite.endpoint },
    container: 'reports',
    createContainer: true,
    expiryMs,
    clock,
  });
}

test('STO-1: with Entra ID reports are stored and links are signed by a delegation key', async () => {
  let tokens = 0;
  const store = storeOf(168 * hour, systemClock, () => void (tokens += 1));
  const { report } = await store.put('prod', 'inc_1', [file('investigation.html', 'by a token')], signal);
  const link = await store.link(report);
  const query = new URL(link).searchParams;
  expect(query.get('skoid')).toBe('23657296-5cd5-45b0-a809-d972a7f4dfe1');
  expect(query.get('spr')).toBe('https');
  const lasts = Date.parse(query.get('se') ?? '') - Date.now();
  expect(lasts).toBeGreaterThan(167 * hour);
  expect(lasts).toBeLessThan(168 * hour);
  expect(await (await fetch(link)).text()).toBe('by a token');
  expect(tokens).toBeGreaterThan(0);
});

test('STO-1: the delegation key is kept for an hour, and renewed so that each link has its time', async () => {
  const clock = new ManualClock(Date.now());
  const store = storeOf(2 * hour, clock);
  const { report } = await store.put('prod', 'inc_2', [file('investigation.html', 'x')], signal);
  const sign = async () => new URL(await store.link(report)).searchParams;
  const first = await sign();
  await clock.advance(hour / 2);
  expect((await sign()).get('ske')).toBe(first.get('ske'));
  await clock.advance(hour);
  const later = await sign();
  expect(later.get('ske')).not.toBe(first.get('ske'));
  expect(Date.parse(later.get('se') ?? '')).toBe(Math.floor((clock.now() + 2 * hour) / 1000) * 1000);
});

test('STO-1: a link that a delegation key signed ends after its time', async () => {
  const { report } = await storeOf(hour).put('prod', 'inc_3', [file('investigation.html', 'x')], signal);
  const past = new ManualClock(Date.now() - 2 * hour);
  expect((await fetch(await storeOf(hour, past).link(report))).status).toBe(403);
  expect((await fetch(await storeOf(hour).link(report))).status).toBe(200);
});
