import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openApiAccess } from '../../../src/kube/credential/api-access.ts';
import { ApiReader } from '../../../src/kube/read/api-reader.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { cannotRun, kubeBinary } from '../../support/kube-assets.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import {
  type Arrived,
  type Identity,
  identityOf,
  type RecordingServer,
  startRecordingApi,
} from '../../support/recording-servers.ts';

const soon = Math.floor(Date.now() / 1000) + 3600;
const jwt = (exp: number, name = ''): string =>
  `h.${Buffer.from(JSON.stringify({ exp, name })).toString('base64url')}.s`;

let dir: string;
let own: Identity;
let api: RecordingServer<Arrived>;
let provider: Provider;

interface Provider {
  readonly url: string;
  /** `METHOD path authorization body` of what it was asked. */
  readonly asked: string[];
  /** What the token endpoint answers to the client in the header, and in the form. */
  inHeader: readonly [status: number, body: object];
  inForm: readonly [status: number, body: object];
  discovery: readonly [status: number, body: object];
  close(): Promise<void>;
}

async function startProvider(): Promise<Provider> {
  const asked: string[] = [];
  const server = createServer({ ...own }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { authorization } = request.headers;
      const form = [...new URLSearchParams(body)].map((pair) => pair.join('=')).sort();
      asked.push([request.method, request.url, authorization ?? '-', ...form].join(' '));
      const isToken = request.url === '/realm/token';
      const [status, answer] = isToken ? (authorization ? made.inHeader : made.inForm) : made.discovery;
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/realm`;
  const tokens = { token_type: 'Bearer', access_token: 'a', id_token: jwt(soon, 'new'), refresh_token: 'next' };
  const made: Provider = {
    url,
    asked,
    inHeader: [200, tokens],
    inForm: [200, tokens],
    discovery: [200, { issuer: url, token_endpoint: `${url}/token` }],
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return made;
}

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'oidc-'));
  own = await identityOf('id');
  api = await startRecordingApi(own);
  provider = await startProvider();
});
afterEach(async () => {
  await Promise.all([api.close(), provider.close()]);
  rmSync(dir, { recursive: true, force: true });
});

function kubeconfig(config: object): string {
  const file = path.join(dir, 'config');
  writeFileSync(path.join(dir, 'ca.crt'), own.cert);
  const full = {
    'idp-issuer-url': provider.url,
    'client-id': 'me@corp',
    'client-secret': 's/1',
    'idp-certificate-authority': path.join(dir, 'ca.crt'),
    ...config,
  };
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: api.url, 'certificate-authority': 'ca.crt' } }],
      users: [{ name: 'u', user: { 'auth-provider': { name: 'oidc', config: full } } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return file;
}

async function readerOf(file: string, clock = new ManualClock(Date.now())): Promise<() => Promise<string | undefined>> {
  const reader = new ApiReader(await openApiAccess([file], null, { spawn: spawnProcess, clock, env: {} }));
  return async () => {
    await reader.get('v1', 'ConfigMap', 'default', 'm', AbortSignal.timeout(20_000));
    return api.take()[0]?.headers['authorization'];
  };
}

const expired = { 'id-token': jwt(1), 'refresh-token': 'r-1' };

test('a good id token is used as it is', async () => {
  const read = await readerOf(kubeconfig({ 'id-token': jwt(soon) }));
  expect(await read()).toBe(`Bearer ${jwt(soon)}`);
  expect(provider.asked).toEqual([]);
});

test('an expired one is renewed once, and again with the refresh token that came with it', async () => {
  const clock = new ManualClock(Date.now());
  const read = await readerOf(kubeconfig(expired), clock);
  expect(await Promise.all([read(), read()])).toContain(`Bearer ${jwt(soon, 'new')}`);
  const basic = `Basic ${Buffer.from('me%40corp:s%2F1').toString('base64')}`;
  expect(provider.asked).toEqual([
    'GET /realm/.well-known/openid-configuration -',
    `POST /realm/token ${basic} grant_type=refresh_token refresh_token=r-1`,
  ]);
  await clock.advance(3600_000);
  await read();
  expect(provider.asked.at(-1)).toContain('refresh_token=next');
});

test('a provider that wants the client in the form gets it there', async () => {
  provider.inHeader = [401, { error: 'invalid_client' }];
  const read = await readerOf(kubeconfig({ ...expired, 'client-secret': '' }));
  expect(await read()).toBe(`Bearer ${jwt(soon, 'new')}`);
  expect(provider.asked.at(-1)).toBe(
    'POST /realm/token - client_id=me@corp grant_type=refresh_token refresh_token=r-1',
  );
});

test.for<[string, (one: Provider) => void, string]>([
  ['no discovery', (one) => (one.discovery = [404, {}]), 'answered 404'],
  ['a discovery without an endpoint', (one) => (one.discovery = [200, {}]), 'names no token_endpoint'],
  [
    'a refusal',
    (one) => {
      one.inHeader = [400, { error: 'secret words' }];
      one.inForm = [400, { error: 'secret words' }];
    },
    'answered 400',
  ],
  ['no id token', (one) => (one.inHeader = [200, { token_type: 'Bearer', access_token: 'a' }]), 'gave no id_token'],
])('%s is said, without what the provider said', async ([, breaks, message]) => {
  breaks(provider);
  const read = await readerOf(kubeconfig(expired));
  const error: unknown = await read().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ failure: 'unauthorized', message: expect.stringContaining(message) });
  expect(String(error)).not.toContain('secret words');
  expect(api.take()).toEqual([]);
});

describe.skipIf(cannotRun('id tokens as kubectl renews them'))('as kubectl', () => {
  const kubectl = async (file: string): Promise<void> => {
    const args = ['--kubeconfig', file, 'get', '--raw', '/api/v1/namespaces/default/configmaps/m'];
    await spawnProcess(kubeBinary('kubectl'), args, { env: { HOME: dir, PATH: '/usr/bin:/bin' }, timeoutMs: 20_000 });
  };

  test.for<[string, (one: Provider) => object]>([
    ['in the header', () => expired],
    [
      'in the form',
      (one) => {
        one.inHeader = [401, { error: 'invalid_client' }];
        return expired;
      },
    ],
    ['without a secret', () => ({ ...expired, 'client-secret': '' })],
    ['an issuer with a slash at its end', (one) => ({ ...expired, 'idp-issuer-url': `${one.url}/` })],
    [
      'the authority in the kubeconfig',
      () => ({
        ...expired,
        'idp-certificate-authority': undefined,
        'idp-certificate-authority-data': Buffer.from(own.cert).toString('base64'),
      }),
    ],
  ])('the id provider and the API server are asked the same: %s', async ([, config]) => {
    const file = kubeconfig(config(provider));
    const read = await readerOf(file);
    const ours = await read();
    const asked = provider.asked.splice(0);
    await kubectl(file);
    expect(provider.asked).toEqual(asked);
    expect(api.take()[0]?.headers['authorization']).toBe(ours);
    expect(ours).toBe(`Bearer ${jwt(soon, 'new')}`);
  });
});
