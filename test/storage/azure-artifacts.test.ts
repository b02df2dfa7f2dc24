import { createHash, randomBytes } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { ArtifactStore } from '../../src/domain/ports.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createAzureArtifacts } from '../../src/storage/artifacts/azure-blob.ts';
import { Azurite } from '../support/azurite.ts';
import { startForwardProxy } from '../support/forward-proxy.ts';
import { artifactStoreContract, file } from './artifact-store.contract.ts';

const signal = new AbortController().signal;
const week = 168 * 3_600_000;

let azurite: Azurite;
beforeAll(async () => {
  azurite = await Azurite.start();
}, 60_000);
afterAll(() => azurite.stop());

const newContainer = (): string => `c-${randomBytes(6).toString('hex')}`;

interface Made {
  readonly container?: string;
  readonly createContainer?: boolean;
  readonly clock?: Clock;
  readonly connectionString?: string;
}

function storeOf(made: Made = {}): ArtifactStore {
  const { container = newContainer(), createContainer = true, clock = systemClock } = made;
  const connectionString = made.connectionString ?? azurite.connectionString;
  const access = { kind: 'connection_string', connectionString } as const;
  return createAzureArtifacts({ access, container, createContainer, expiryMs: week, clock });
}

function containerOf(name: string) {
  return BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(name);
}

async function namesIn(container: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of containerOf(container).listBlobsFlat()) names.push(name);
  return names;
}

artifactStoreContract('Azure Blob, connection string', async () => storeOf());
artifactStoreContract('Azure Blob, account and key', async () =>
  createAzureArtifacts({
    access: { kind: 'key', account: azurite.account, key: azurite.key, endpoint: azurite.endpoint },
    container: newContainer(),
    createContainer: true,
    expiryMs: week,
    clock: systemClock,
  }),
);

test('STO-1: blobs carry their content type and MD5, and a put leaves one version', async () => {
  const container = newContainer();
  const store = storeOf({ container });
  const page = { path: 'investigation.html', content: '<p>x', contentType: 'text/html; charset=utf-8' };
  await store.put('prod', 'inc_1', [page, file('old')], signal);
  const { report } = await store.put('prod', 'inc_1', [page], signal);
  const names = await namesIn(container);
  expect(names.map((name) => name.replace(/v-[0-9a-f]{16}/, 'V')).sort()).toEqual([
    'prod/inc_1/V/index.html',
    'prod/inc_1/V/investigation.html',
    'prod/inc_1/index.html',
  ]);
  const blob = containerOf(container).getBlobClient(report.split(`${container}/`)[1] ?? '');
  const properties = await blob.getProperties();
  expect(properties.contentType).toBe('text/html; charset=utf-8');
  expect(Buffer.from(properties.contentMD5 ?? [])).toEqual(createHash('md5').update('<p>x').digest());
});

test('STO-1: addresses carry no signature until they are to be opened; then anybody can read that file alone', async () => {
  const store = storeOf();
  const files = [file('investigation.html', 'the report'), file('evidence/a b?.log', 'lines')];
  const { report, index } = await store.put('prod', 'inc_1', files, signal);
  expect(`${report}${index}`).not.toContain('?');
  expect((await fetch(report)).status).toBeGreaterThanOrEqual(400);
  expect(await (await fetch(await store.link(report))).text()).toBe('the report');
  const page = await (await fetch(await store.link(index))).text();
  const links = [...page.matchAll(/href="([^"]+)"/g)].map((match) => (match[1] ?? '').replaceAll('&amp;', '&'));
  const contents = await Promise.all(links.map(async (link) => (await fetch(link)).text()));
  expect(contents.sort()).toEqual(['lines', 'the report']);
  const signature = (await store.link(report)).split('?')[1] ?? '';
  expect((await fetch(`${index}?${signature}`)).status).toBe(403);
  expect((await fetch(`${report}?${signature}`, { method: 'DELETE' })).status).toBe(403);
});

test('STO-1: what this store did not give stays as it is', async () => {
  const store = storeOf();
  for (const other of ['/var/lib/report.html', 'https://elsewhere.example/x', azurite.endpoint]) {
    expect(await store.link(other)).toBe(other);
  }
});

test('STO-1: a link ends after its time, and a new one opens the same file', async () => {
  const container = newContainer();
  const { report } = await storeOf({ container }).put('prod', 'inc_1', [file('investigation.html', 'x')], signal);
  const past = { ...systemClock, now: () => Date.now() - week - 60_000 };
  expect((await fetch(await storeOf({ container, clock: past }).link(report))).status).toBe(403);
  expect((await fetch(await storeOf({ container }).link(report))).status).toBe(200);
});

test('STO-1: a crash before the index leaves the earlier report, and the next put clears what it left', async () => {
  const container = newContainer();
  const store = storeOf({ container });
  await store.put('prod', 'inc_1', [file('a', 'whole')], signal);
  await containerOf(container).uploadBlockBlob('prod/inc_1/v-0123456789abcdef/a', 'half', 4);
  expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('whole');
  await store.put('prod', 'inc_1', [file('a', 'next')], signal);
  expect((await namesIn(container)).filter((name) => name.includes('0123456789abcdef'))).toEqual([]);
  await store.remove('prod', 'inc_1');
  expect(await namesIn(container)).toEqual([]);
});

test('STO-1: a put that is cut off at any of its requests leaves a whole report, of before or of now', async () => {
  const container = newContainer();
  const store = storeOf({ container });
  const reportWith = (content: string) => ['investigation.html', 'a', 'b'].map((path) => file(path, content));
  const left: string[] = [];
  for (let served = 0; served < 9; served += 1) {
    await store.put('prod', 'inc_1', reportWith('before'), signal);
    const cut = storeOf({ container, connectionString: await carryOnly(served) });
    await cut.put('prod', 'inc_1', reportWith('now'), signal).catch(() => {});
    const contents = await Promise.all(['a', 'b'].map((path) => store.get('prod', 'inc_1', path)));
    const page = await (await fetch(await store.link(`${containerOf(container).url}/prod/inc_1/index.html`))).text();
    const links = [...page.matchAll(/href="([^"]+)"/g)].map((match) => (match[1] ?? '').replaceAll('&amp;', '&'));
    // What was written through the one that cuts off names its port.
    const whole = links.map((link) => link.replace(/:\d+\//, `:${azurite.port}/`));
    const linked = await Promise.all(whole.map(async (link) => (await fetch(link)).text()));
    expect(new Set([...contents.map(String), ...linked]).size).toBe(1);
    left.push(String(contents[0]));
  }
  expect([left[0], left.at(-1)]).toEqual(['before', 'now']);
  await store.put('prod', 'inc_1', reportWith('next'), signal);
  expect(await namesIn(container)).toHaveLength(5);
}, 60_000);

/** The service, of which only the first requests are answered. */
function carryOnly(count: number): Promise<string> {
  let left = count;
  return brokenService((incoming, outgoing) => {
    left -= 1;
    if (left < 0) {
      outgoing.destroy();
      return;
    }
    const { method, headers, url: path } = incoming;
    const carried = request({ port: azurite.port, host: '127.0.0.1', method, headers, path }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(carried);
  });
}

test('STO-1: puts of one incident at the same time leave one whole report', async () => {
  const container = newContainer();
  const store = storeOf({ container });
  const puts = Array.from({ length: 6 }, (_, index) =>
    store.put('prod', 'inc_1', [file('a', `${index}`), file('b', `${index}`)], signal),
  );
  await Promise.all(puts);
  const [a, b] = await Promise.all(['a', 'b'].map((path) => store.get('prod', 'inc_1', path)));
  expect([a?.toString(), b?.toString()]).toEqual(['5', '5']);
  expect(await namesIn(container)).toHaveLength(4);
});

test('STO-1: a container that is not there is made when that is allowed, and again when somebody removed it', async () => {
  const container = newContainer();
  const forbidden = storeOf({ container, createContainer: false });
  await expect(forbidden.check(signal)).rejects.toMatchObject({ code: 'NC-STORE-010' });
  await expect(forbidden.put('prod', 'inc_1', [file('a')], signal)).rejects.toThrow('ContainerNotFound (HTTP 404)');
  const store = storeOf({ container });
  await store.check(signal);
  await forbidden.check(signal);
  await store.put('prod', 'inc_1', [file('a')], signal);
  await containerOf(container).delete();
  await store.put('prod', 'inc_1', [file('a', 'after')], signal);
  expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('after');
});

test('STO-1, OPS-9: the account is reached through the proxy of the environment', async () => {
  const proxy = await startForwardProxy();
  onTestFinished(() => proxy.close());
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('HTTP_PROXY', proxy.url);
  vi.stubEnv('NO_PROXY', '');
  const store = storeOf();
  await store.put('prod', 'inc_1', [file('a', 'by a proxy')], signal);
  expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('by a proxy');
  expect(proxy.seen).toContain(`PUT http://127.0.0.1:${azurite.port}`);
});

test('STO-1: a key that is refused is said with its code, and without the key', async () => {
  const connectionString = azurite.connectionString.replace(azurite.key, randomBytes(64).toString('base64'));
  const store = storeOf({ connectionString });
  const error = await store.put('prod', 'inc_1', [file('a')], signal).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'NC-STORE-010',
    message: expect.stringMatching(/AuthorizationFailure|AuthenticationFailed/),
  });
  expect((error as Error).message).not.toContain(connectionString.split('AccountKey=')[1]?.slice(0, 20));
});

test('STO-1: a service that is gone fails soon, keeps what was stored, and works again when it is back', async () => {
  const own = await Azurite.start();
  onTestFinished(() => own.stop());
  const store = storeOf({ connectionString: own.connectionString });
  await store.put('prod', 'inc_1', [file('a', 'before')], signal);
  await own.halt();
  await expect(store.put('prod', 'inc_1', [file('a', 'after')], signal)).rejects.toMatchObject({
    code: 'NC-STORE-010',
  });
  await expect(store.get('prod', 'inc_1', 'a')).rejects.toMatchObject({ code: 'NC-STORE-010' });
  await own.run();
  expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('before');
  await store.put('prod', 'inc_1', [file('a', 'after')], signal);
  expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('after');
}, 60_000);

test.each([
  ['500', 500, {}],
  ['503 with Retry-After', 503, { 'retry-after': '1' }],
  ['403', 403, {}],
])('STO-1: a service that answers %s is a clear error', async (_, status, headers) => {
  const store = storeOf({
    connectionString: await brokenService((_request, response) => response.writeHead(status, headers).end()),
  });
  await expect(store.put('prod', 'inc_1', [file('a')], signal)).rejects.toThrow(`(HTTP ${status})`);
});

test('STO-1: a service that never answers holds nobody longer than the caller wants', async () => {
  const store = storeOf({ connectionString: await brokenService(() => {}) });
  const stop = new AbortController();
  const put = store.put('prod', 'inc_1', [file('a')], stop.signal);
  setTimeout(() => stop.abort(new Error('stop')), 100);
  await expect(put).rejects.toThrow(/abort/i);
});

/** Something that is no Blob service; gives its connection string. */
async function brokenService(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return azurite.connectionString.replace(`:${azurite.port}/`, `:${port}/`);
}
