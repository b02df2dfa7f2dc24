import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openApiAccess } from '../../src/kube/credential/api-access.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { type GatewayUnderTest, openGatewayRun } from '../support/gateway-run.ts';
import {
  type Arrived,
  type Identity,
  identityOf,
  type RecordingServer,
  startRecordingApi,
  startRecordingProxy,
} from '../support/recording-servers.ts';
import { tempDir } from '../support/temp-dir.ts';

/*
 * What kubeconfigs can hold is proven beside kubectl (test/kube/credential); here that it, and nothing of the agent,
 * arrives at the API server through the gateway.
 */
const cleanups = new Cleanups();
let [server, me]: Identity[] = [];
let api: RecordingServer<Arrived>;
let proxy: RecordingServer<string>;
let status = 200;
let ahead = 0;
const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };

beforeAll(async () => {
  [server, me] = await Promise.all([identityOf('api'), identityOf('me')]);
  api = await startRecordingApi(server, () => status);
  cleanups.add('api', () => api.close());
  proxy = await startRecordingProxy(null);
  cleanups.add('proxy', () => proxy.close());
});
afterAll(() => cleanups.run());

const jwt = `h.${Buffer.from(JSON.stringify({ exp: 4_000_000_000 })).toString('base64url')}.s`;
const oidc = { name: 'oidc', config: { 'idp-issuer-url': 'https://id.example', 'client-id': 'c', 'id-token': jwt } };
const command = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: './credential',
  interactiveMode: 'Never',
};

async function runWith(cluster: object, user: object): Promise<{ run: GatewayUnderTest; dir: string }> {
  const dir = tempDir({ 'ca.crt': server!.cert, 'me.crt': me!.cert, 'me.key': me!.key, token: 'from-file\n' });
  // Another token each time that it is asked.
  const script = `#!/bin/sh\necho x >> '${dir}/asked'\nn=$(wc -l < '${dir}/asked')\n`;
  const answer = `printf '{"apiVersion":"${command.apiVersion}","kind":"ExecCredential","status":{"token":"from-command-%s"}}' $n\n`;
  mkdirSync(path.join(dir, 'bin'), { recursive: true });
  writeFileSync(path.join(dir, 'credential'), script + answer);
  chmodSync(path.join(dir, 'credential'), 0o755);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'a', cluster: { server: api.url, 'certificate-authority': 'ca.crt', ...cluster } }],
    users: [{ name: 'a', user }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
  writeFileSync(path.join(dir, 'kubeconfig'), JSON.stringify(config));
  const access = await openApiAccess([path.join(dir, 'kubeconfig')], null, { spawn: spawnProcess, clock, env: {} });
  const run = await openGatewayRun(access);
  onTestFinished(() => run.close());
  api.take();
  proxy.take();
  return { run, dir };
}

const read = (run: GatewayUnderTest) =>
  run.request('GET', '/k8s/api/v1/namespaces/default/configmaps/m', { Authorization: 'Bearer of-the-agent' });

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

test.each<[string, object, object, object]>([
  ['a token', {}, { token: 'abc' }, bearer('abc')],
  ['a token file', {}, { tokenFile: 'token' }, bearer('from-file')],
  [
    'a client certificate',
    {},
    { 'client-certificate': 'me.crt', 'client-key': 'me.key' },
    { headers: {}, certificate: 'me' },
  ],
  ['an exec plugin', {}, { exec: command }, bearer('from-command-1')],
  ['an id token of OIDC', {}, { 'auth-provider': oidc }, bearer(jwt)],
  [
    'impersonation',
    {},
    { token: 'abc', as: 'reader', 'as-groups': ['viewers'] },
    {
      headers: { authorization: 'Bearer abc', 'impersonate-user': 'reader', 'impersonate-group': 'viewers' },
    },
  ],
  ['tls-server-name', { 'tls-server-name': 'named.example' }, { token: 'abc' }, { serverName: 'named.example' }],
  [
    'a server that is not verified',
    { 'certificate-authority': undefined, 'insecure-skip-tls-verify': true },
    { token: 'abc' },
    bearer('abc'),
  ],
])(
  'GAT-2: through the gateway the API server is shown %s, and nothing of the agent',
  async (_what, cluster, user, shown) => {
    const { run } = await runWith(cluster, user);
    expect((await read(run)).status).toBe(200);
    const arrived = api.take();
    expect(arrived).toMatchObject([{ method: 'GET', ...shown }]);
    expect(JSON.stringify(arrived)).not.toContain('of-the-agent');
  },
);

test('GAT-2: proxy-url is the way to the API server', async () => {
  const { run } = await runWith({ 'proxy-url': proxy.url }, { token: 'abc' });
  expect((await read(run)).status).toBe(200);
  expect(proxy.take()).toEqual([`CONNECT 127.0.0.1:${api.port}`]);
});

test('GAT-2: a token file that is replaced counts at once', async () => {
  const { run, dir } = await runWith({}, { tokenFile: 'token' });
  await read(run);
  writeFileSync(path.join(dir, 'token'), 'renewed');
  await read(run);
  expect(api.take()).toMatchObject([bearer('from-file'), bearer('renewed')]);
});

test('GAT-2: a credential that is refused is asked for anew, once', async () => {
  const { run } = await runWith({}, { exec: command });
  await read(run);
  api.take();
  // One that is new is not asked for again.
  ahead += 10_000;
  status = 401;
  try {
    expect((await read(run)).status).toBe(401);
    expect(api.take()).toMatchObject([bearer('from-command-1'), bearer('from-command-2')]);
  } finally {
    status = 200;
  }
});

test('GAT-2: a server that does not prove who it is is shown no credential, and the agent is told why', async () => {
  const { run } = await runWith({ 'tls-server-name': 'other.example' }, { token: 'abc' });
  const { status: given, body } = await read(run);
  expect([given, body]).toEqual([502, expect.stringContaining('the API server cannot be reached') as string]);
  expect(api.take()).toEqual([]);
});

test('GAT-2: neither the kubeconfig of the agent nor an answer holds a credential', async () => {
  const { run } = await runWith({}, { token: 'abc-the-token-of-the-daemon' });
  const { body } = await read(run);
  expect(run.gateway.kubeconfig + body + JSON.stringify(run.audit())).not.toContain('abc-the-token');
  expect(run.gateway.kubeconfig).toContain('user: {}');
});
