import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ApiReader, openApiReader } from '../../../src/kube/read/api-reader.ts';
import { openApiAccess } from '../../../src/kube/credential/api-access.ts';
import { flattenKubeconfig } from '../../../src/kube/credential/kubeconfig.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const signal = AbortSignal.timeout(60_000);
const releases: (() => void)[] = [];
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'api-credentials-'));
});
afterEach(() => {
  for (const release of releases.splice(0).reverse()) release();
  rmSync(dir, { recursive: true, force: true });
});

const certificate = (name: string) =>
  generate([{ name: 'commonName', value: name }], {
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7 as const, ip: '127.0.0.1' }] }],
  });

interface ApiServer {
  readonly url: string;
  /** Certificate of the server. */
  readonly ca: string;
  /** Who asked: the name in the client certificate, the Authorization header. */
  readonly seen: { readonly user: string | undefined; readonly token: string | undefined; readonly url: string }[];
}

/** An API server with TLS that has one ConfigMap. */
async function apiServer(
  tls: ServerOptions = {},
  allows: (request: IncomingMessage) => boolean = () => true,
): Promise<ApiServer> {
  const own = await certificate('api');
  const seen: ApiServer['seen'] = [];
  const server = createServer({ key: own.private, cert: own.cert, ...tls }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    seen.push({ user: subject?.CN as string, token: request.headers.authorization, url: request.url ?? '' });
    if (!allows(request)) response.writeHead(401).end('{"message":"Unauthorized"}');
    else response.end('{"kind":"ConfigMap","metadata":{"name":"m"}}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  releases.push(() => server.close().closeAllConnections());
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: own.cert, seen };
}

/** A kubeconfig for the server, in a folder of its own. */
function kubeconfig(server: ApiServer, user: unknown, cluster: Record<string, unknown> = {}): string {
  const file = path.join(dir, 'config');
  writeFileSync(path.join(dir, 'ca.crt'), server.ca);
  const entry = { server: server.url, 'certificate-authority': 'ca.crt', ...cluster };
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: entry }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return file;
}

const readOne = async (file: string, env: Record<string, string> = {}) =>
  (await openApiReader(file, null, { env })).get('v1', 'ConfigMap', 'default', 'm', signal);

/** A credential command beside the kubeconfig, that counts its runs in `runs` and prints what `status` holds. */
function plugin(status: unknown, before = ''): { command: string; runs: () => number; says: (next: unknown) => void } {
  const answer = path.join(dir, 'answer.json');
  const says = (next: unknown): void => {
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: next };
    writeFileSync(answer, JSON.stringify(credential));
  };
  says(status);
  mkdirSync(path.join(dir, 'bin'), { recursive: true });
  const script = path.join(dir, 'bin', 'credential');
  writeFileSync(script, `#!/bin/sh\ncd "${dir}" || exit 1\necho run >> runs\n${before}\ncat answer.json\n`);
  chmodSync(script, 0o755);
  const runs = path.join(dir, 'runs');
  const count = (): number => (existsSync(runs) ? readFileSync(runs, 'utf8').split('\n').length - 1 : 0);
  return { command: './bin/credential', runs: count, says };
}

const apiVersion = 'client.authentication.k8s.io/v1';

test('a client certificate is shown, and the server is checked against its authority', async () => {
  const me = await certificate('me');
  const server = await apiServer({ requestCert: true, rejectUnauthorized: true, ca: me.cert });
  writeFileSync(path.join(dir, 'me.crt'), me.cert);
  writeFileSync(path.join(dir, 'me.key'), me.private);
  const user = { 'client-certificate': 'me.crt', 'client-key': 'me.key' };
  expect(await readOne(kubeconfig(server, user))).toMatchObject({ metadata: { name: 'm' } });
  expect(server.seen).toMatchObject([{ user: 'me' }]);
  await expect(readOne(kubeconfig(server, {}))).rejects.toMatchObject({ failure: 'unreachable' });
  const other = { ...server, ca: (await certificate('other')).cert };
  await expect(readOne(kubeconfig(other, user))).rejects.toMatchObject({
    failure: 'unreachable',
    message: expect.stringMatching(/certificate/),
  });
  const unchecked = { 'certificate-authority': undefined, 'insecure-skip-tls-verify': true };
  expect(await readOne(kubeconfig(other, user, unchecked))).not.toBeNull();
});

test('an address with a slash at its end is the same address; one with a path keeps it', async () => {
  const server = await apiServer();
  await readOne(kubeconfig({ ...server, url: `${server.url}/` }, {}));
  await readOne(kubeconfig({ ...server, url: `${server.url}/k8s/clusters/c-1/` }, {}));
  expect(server.seen.map(({ url }) => url)).toEqual([
    '/api/v1/namespaces/default/configmaps/m',
    '/k8s/clusters/c-1/api/v1/namespaces/default/configmaps/m',
  ]);
});

test('proxy-url: calls go through the proxy of the kubeconfig', async () => {
  const server = await apiServer();
  const asked: string[] = [];
  const proxy = createHttpServer().listen(0, '127.0.0.1');
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    for (const one of [socket, target]) one.on('error', () => target.destroy());
  });
  await new Promise((resolve) => proxy.once('listening', resolve));
  releases.push(() => proxy.close().closeAllConnections());
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  expect(await readOne(kubeconfig(server, { token: 'abc' }, { 'proxy-url': url }))).not.toBeNull();
  expect(asked).toEqual([new URL(server.url).host]);
  expect(server.seen).toMatchObject([{ token: 'Bearer abc' }]);
});

test('a credential command beside the kubeconfig is run once for all who wait, and told what it is asked', async () => {
  const server = await apiServer();
  const { command, runs } = plugin({ token: 'from-plugin' }, 'printenv > env');
  const env = [{ name: 'PROFILE', value: 'prod' }];
  const file = kubeconfig(server, {
    exec: { apiVersion, interactiveMode: 'Never', command, env, provideClusterInfo: true },
  });
  const reader = await openApiReader(file, null, { env: { PATH: '/usr/bin:/bin', HOME: dir } });
  const get = () => reader.get('v1', 'ConfigMap', 'default', 'm', signal);
  await Promise.all([get(), get(), get()]);
  await get();
  expect(runs()).toBe(1);
  expect(new Set(server.seen.map(({ token }) => token))).toEqual(new Set(['Bearer from-plugin']));
  const seen = readFileSync(path.join(dir, 'env'), 'utf8');
  expect(seen).toContain('PROFILE=prod\n');
  expect(seen).toContain(`HOME=${dir}\n`);
  const info = JSON.parse(/^KUBERNETES_EXEC_INFO=(.*)$/m.exec(seen)?.[1] ?? '');
  expect(info).toMatchObject({ apiVersion, spec: { interactive: false, cluster: { server: server.url } } });
});

test('a credential command that gives a client certificate: a renewed one is used', async () => {
  const [first, second] = [await certificate('first'), await certificate('second')];
  const server = await apiServer({ requestCert: true, rejectUnauthorized: true, ca: [first.cert, second.cert] });
  const statusOf = (one: typeof first) => ({
    clientCertificateData: one.cert,
    clientKeyData: one.private,
    expirationTimestamp: new Date(Date.now() - 1000).toISOString(),
  });
  const { command, says } = plugin(statusOf(first));
  const reader = await openApiReader(
    kubeconfig(server, { exec: { apiVersion, interactiveMode: 'Never', command } }),
    null,
  );
  await reader.get('v1', 'ConfigMap', 'default', 'm', signal);
  says(statusOf(second));
  await reader.get('v1', 'ConfigMap', 'default', 'm', signal);
  expect(server.seen.map(({ user }) => user)).toEqual(['first', 'second']);
});

test('a credential that the API server refuses is replaced, and the call made again', async () => {
  let good = 'Bearer first';
  const server = await apiServer({}, (request) => request.headers.authorization === good);
  const { command, runs, says } = plugin({ token: 'first' });
  const clock = new ManualClock();
  const file = kubeconfig(server, { exec: { apiVersion, interactiveMode: 'Never', command } });
  const reader = new ApiReader(await openApiAccess([file], null, { spawn: spawnProcess, clock, env: {} }));
  const get = () => reader.get('v1', 'ConfigMap', 'default', 'm', signal);
  await get();
  good = 'Bearer second';
  says({ token: 'second' });
  await expect(get()).rejects.toMatchObject({ failure: 'unauthorized' });
  await clock.advance(5000);
  expect(await get()).toMatchObject({ metadata: { name: 'm' } });
  expect(runs()).toBe(2);
  expect(server.seen.map(({ token }) => token)).toEqual(
    ['first', 'first', 'first', 'second'].map((t) => `Bearer ${t}`),
  );
});

test.each([
  ['exit 3', 'ended with 3: no session', 'echo no session >&2'],
  ['echo not JSON; exit 0', 'printed no ExecCredential', ''],
])('a credential command that fails (%s) is said, and not run again at once', async (fails, message, before) => {
  const server = await apiServer();
  const { command, runs } = plugin({ token: 't' }, `${before}\n${fails}`);
  const reader = await openApiReader(
    kubeconfig(server, { exec: { apiVersion, interactiveMode: 'Never', command } }),
    null,
  );
  for (let index = 0; index < 3; index += 1) {
    await expect(reader.get('v1', 'ConfigMap', 'default', 'm', signal)).rejects.toMatchObject({
      failure: 'unauthorized',
      message: expect.stringContaining(message),
    });
  }
  expect(runs()).toBe(1);
  expect(server.seen).toEqual([]);
});

test('the kubeconfig of a run names the command by its absolute path; one on PATH stays as it is', async () => {
  const server = await apiServer();
  const { command } = plugin({ token: 't' });
  const execOf = async (exec: object) => {
    const flat = await flattenKubeconfig(kubeconfig(server, { exec: { apiVersion, ...exec } }), null);
    return JSON.parse(flat).users[0].user.exec;
  };
  const exec = await execOf({ command, args: ['-v'], interactiveMode: 'Never' });
  expect(exec).toEqual({
    apiVersion,
    command: path.join(dir, 'bin/credential'),
    args: ['-v'],
    interactiveMode: 'Never',
  });
  expect(JSON.parse(execFileSync(exec.command, { encoding: 'utf8' })).status.token).toBe('t');
  expect(await execOf({ command: 'aws' })).toMatchObject({ command: 'aws' });
  await expect(execOf({ command: 7 })).rejects.toMatchObject({ code: 'NC-KUBE-001' });
});
