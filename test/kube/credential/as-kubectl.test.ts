import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openApiAccess } from '../../../src/kube/credential/api-access.ts';
import { ApiReader } from '../../../src/kube/read/api-reader.ts';
import { Cleanups } from '../../../src/lib/cleanups.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ProblemError } from '../../../src/lib/problem.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { cannotRun, kubeBinary } from '../../support/kube-assets.ts';
import {
  type Arrived,
  type Identity,
  identityOf,
  type RecordingServer,
  startRecordingApi,
  startRecordingProxy,
  startSocksProxy,
} from '../../support/recording-servers.ts';

/*
 * The same kubeconfig in the hands of kubectl and of our reader: what arrives at the API server, and at the proxies on
 * the way, is the same; what kubectl refuses is refused.
 */
const object = '/api/v1/namespaces/default/configmaps/m';
const apiVersion = 'client.authentication.k8s.io/v1';

interface World {
  readonly api: RecordingServer<Arrived>;
  readonly plain: RecordingServer<Arrived>;
  readonly proxy: RecordingServer<string>;
  readonly tlsProxy: RecordingServer<string>;
  readonly socks: RecordingServer<string>;
  readonly server: Identity;
  readonly me: Identity;
}

interface Case {
  readonly cluster?: (world: World) => Record<string, unknown>;
  readonly user?: (world: World) => Record<string, unknown>;
  readonly env?: (world: World) => Record<string, string>;
}

let world: World;
let dir: string;
const cleanups = new Cleanups();

const b64 = (text: string): string => Buffer.from(text).toString('base64');
const exec = (more: object = {}) => ({
  exec: { apiVersion, command: './bin/credential', interactiveMode: 'Never', ...more },
});

const same: Record<string, Case> = {
  'a token': { user: () => ({ token: 'abc' }) },
  'a token with spaces around it': { user: () => ({ token: ' abc ' }) },
  'a token file, relative to the kubeconfig': { user: () => ({ tokenFile: 'pki/token' }) },
  'a token file goes before a token': { user: () => ({ token: 'abc', tokenFile: 'pki/token' }) },
  'a token file that is absent, beside a token': { user: () => ({ token: 'abc', tokenFile: 'pki/none' }) },
  'user name and password': { user: () => ({ username: 'me', password: 'p:ä' }) },
  'a user name alone': { user: () => ({ username: 'me', password: '' }) },
  'a client certificate by file': { user: () => ({ 'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key' }) },
  'a client certificate in the kubeconfig': {
    user: ({ me }) => ({ 'client-certificate-data': b64(me.cert), 'client-key-data': b64(me.key) }),
  },
  'a client certificate by file with its key in the kubeconfig': {
    user: ({ me }) => ({ 'client-certificate': 'pki/me.crt', 'client-key-data': b64(me.key) }),
  },
  'a client certificate and a token': {
    user: () => ({ 'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key', token: 'abc' }),
  },
  'a client certificate and a password': {
    user: () => ({ 'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key', username: 'u', password: 'p' }),
  },
  'a key alone is no certificate': { user: () => ({ token: 'abc', 'client-key': 'pki/me.key' }) },
  'the authority in the kubeconfig': {
    cluster: ({ server }) => ({ 'certificate-authority': undefined, 'certificate-authority-data': b64(server.cert) }),
  },
  'an authority that is not the server’s': {
    cluster: ({ me }) => ({ 'certificate-authority': undefined, 'certificate-authority-data': b64(me.cert) }),
  },
  'no authority at all': { cluster: () => ({ 'certificate-authority': undefined }) },
  'a server that is not verified': {
    cluster: () => ({ 'certificate-authority': undefined, 'insecure-skip-tls-verify': true }),
  },
  'tls-server-name': { cluster: () => ({ 'tls-server-name': 'named.example' }) },
  'tls-server-name that the certificate does not have': { cluster: () => ({ 'tls-server-name': 'other.example' }) },
  'a server by name': { cluster: ({ api }) => ({ server: `https://localhost:${api.port}` }) },
  'a server with a path': { cluster: ({ api }) => ({ server: `${api.url}/k8s/clusters/c-1/` }) },
  'a server without TLS is shown nothing': { cluster: ({ plain }) => ({ server: plain.url }) },
  'a server without a scheme': {
    cluster: ({ plain }) => ({ server: `127.0.0.1:${plain.port}`, 'certificate-authority': undefined }),
  },
  'a server without a scheme has no TLS, whatever else is said': {
    cluster: ({ plain }) => ({ server: `127.0.0.1:${plain.port}` }),
    user: () => ({ 'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key', as: 'alice' }),
  },
  'proxy-url http': { cluster: ({ proxy }) => ({ 'proxy-url': proxy.url }) },
  'proxy-url with a password': {
    cluster: ({ proxy }) => ({ 'proxy-url': proxy.url.replace('//', '//me:p%40ss@') }),
  },
  'proxy-url https': { cluster: ({ tlsProxy }) => ({ 'proxy-url': tlsProxy.url }) },
  'proxy-url socks5': { cluster: ({ socks }) => ({ 'proxy-url': socks.url }) },
  'proxy-url socks5, a server by name': {
    cluster: ({ socks, api }) => ({ 'proxy-url': socks.url, server: `https://kube.corp.example:${api.port}` }),
  },
  'proxy-url for a server without TLS': {
    cluster: ({ proxy, plain }) => ({ 'proxy-url': proxy.url, server: plain.url }),
  },
  HTTPS_PROXY: {
    cluster: ({ api }) => ({ server: `https://kube.corp.example:${api.port}` }),
    env: ({ proxy }) => ({ HTTPS_PROXY: proxy.url }),
  },
  'https_proxy without a scheme': {
    cluster: ({ api }) => ({ server: `https://kube.corp.example:${api.port}` }),
    env: ({ proxy }) => ({ https_proxy: `127.0.0.1:${proxy.port}` }),
  },
  'HTTP_PROXY for a server without TLS': {
    cluster: ({ plain }) => ({ server: `http://kube.corp.example:${plain.port}` }),
    env: ({ proxy }) => ({ HTTP_PROXY: proxy.url }),
  },
  ...Object.fromEntries(
    ['corp.example', '.corp.example', 'orp.example', 'kube.corp.example:1', '*'].map((noProxy): [string, Case] => [
      `NO_PROXY=${noProxy}`,
      {
        cluster: ({ api }) => ({ server: `https://kube.corp.example:${api.port}` }),
        env: ({ proxy }) => ({ HTTPS_PROXY: proxy.url, NO_PROXY: noProxy }),
      },
    ]),
  ),
  'this machine is not behind HTTPS_PROXY': { env: ({ proxy }) => ({ HTTPS_PROXY: proxy.url }) },
  'proxy-url goes before NO_PROXY': {
    cluster: ({ proxy, api }) => ({ 'proxy-url': proxy.url, server: `https://kube.corp.example:${api.port}` }),
    env: () => ({ NO_PROXY: '*' }),
  },
  impersonation: { user: () => ({ token: 'abc', as: 'alice' }) },
  'impersonation with everything': {
    user: () => ({
      token: 'abc',
      as: 'system:serviceaccount:a:b',
      'as-uid': 'u-1',
      'as-groups': ['readers', 'writers'],
      'as-user-extra': { 'acme.com/scope%': ['one', 'two'], Reason: ['x'] },
    }),
  },
  'a credential command': { user: () => exec() },
  'a credential command of v1beta1 without interactiveMode': {
    user: () => exec({ apiVersion: `${apiVersion}beta1`, interactiveMode: undefined, args: ['v1beta1'] }),
  },
  'a credential command that may be interactive': { user: () => exec({ interactiveMode: 'IfAvailable' }) },
  'a credential command that says what it was told': {
    cluster: () => ({
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a-1' } }],
    }),
    user: () => exec({ provideClusterInfo: true, args: ['told'], env: [{ name: 'PROFILE', value: 'prod' }] }),
  },
  'a credential command that gives a certificate': { user: () => exec({ args: ['certificate'] }) },
  'a token goes before a credential command': { user: () => ({ token: 'abc', ...exec() }) },
  'a certificate goes before a credential command': {
    user: () => ({ 'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key', ...exec() }),
  },
  'an id token that is good': {
    user: () => ({ 'auth-provider': { name: 'oidc', config: oidc({ 'id-token': jwt(4_000_000_000) }) } }),
  },
  'a token goes before an id token': {
    user: () => ({ token: 'abc', 'auth-provider': { name: 'oidc', config: oidc({ 'id-token': jwt(4_000_000_000) }) } }),
  },
};

const refused: Record<string, Case> = {
  'no server': { cluster: () => ({ server: undefined }) },
  'an authority twice': { cluster: ({ server }) => ({ 'certificate-authority-data': b64(server.cert) }) },
  'an authority that is absent': { cluster: () => ({ 'certificate-authority': 'pki/none' }) },
  'an authority that is none': {
    cluster: () => ({ 'certificate-authority': undefined, 'certificate-authority-data': b64('text') }),
  },
  'data that is not base64': {
    cluster: () => ({ 'certificate-authority': undefined, 'certificate-authority-data': '***' }),
  },
  'an authority and no verification': { cluster: () => ({ 'insecure-skip-tls-verify': true }) },
  'proxy-url with another scheme': { cluster: () => ({ 'proxy-url': 'ftp://127.0.0.1:1' }) },
  'proxy-url that is no URL': { cluster: () => ({ 'proxy-url': '::' }) },
  'a token and a password': { user: () => ({ token: 'abc', username: 'me', password: 'p' }) },
  'a token file and a password': { user: () => ({ tokenFile: 'pki/token', username: 'me', password: 'p' }) },
  'a token file that is absent': { user: () => ({ tokenFile: 'pki/none' }) },
  'a token that is a number': { user: () => ({ token: 7 }) },
  'a certificate without a key': { user: () => ({ 'client-certificate': 'pki/me.crt' }) },
  'a certificate that is absent': { user: () => ({ 'client-certificate': 'pki/none', 'client-key': 'pki/me.key' }) },
  'a key that is absent': { user: () => ({ 'client-certificate': 'pki/me.crt', 'client-key': 'pki/none' }) },
  'a key that is not the certificate’s': {
    user: ({ server }) => ({ 'client-certificate': 'pki/me.crt', 'client-key-data': b64(server.key) }),
  },
  'a certificate twice': {
    user: ({ me }) => ({
      'client-certificate': 'pki/me.crt',
      'client-certificate-data': b64(me.cert),
      'client-key': 'pki/me.key',
    }),
  },
  'groups without a user': { user: () => ({ token: 'abc', 'as-groups': ['readers'] }) },
  'a uid without a user': { user: () => ({ token: 'abc', 'as-uid': 'u' }) },
  'a credential command without interactiveMode': { user: () => exec({ interactiveMode: undefined }) },
  'a credential command that needs a terminal': { user: () => exec({ interactiveMode: 'Always' }) },
  'a credential command of an unknown version': { user: () => exec({ apiVersion: `${apiVersion}alpha1` }) },
  'a credential command without a command': { user: () => exec({ command: undefined }) },
  'a credential command and an auth-provider': {
    user: () => ({ ...exec(), 'auth-provider': { name: 'oidc', config: oidc() } }),
  },
  'a credential command that is absent': {
    user: () => exec({ command: './bin/none', installHint: 'brew install it' }),
  },
  'a credential command that answers in another version': { user: () => exec({ args: ['v1beta1'] }) },
  'a credential command that gives a certificate without its key': { user: () => exec({ args: ['half'] }) },
  'a credential command that gives nothing': { user: () => exec({ args: ['nothing'] }) },
  'an auth-provider that is not known': { user: () => ({ 'auth-provider': { name: 'gcp', config: {} } }) },
  'an id token that has expired, with nothing to renew it': {
    user: () => ({ 'auth-provider': { name: 'oidc', config: oidc({ 'id-token': jwt(1) }) } }),
  },
  'oidc without an issuer': {
    user: () => ({ 'auth-provider': { name: 'oidc', config: { 'client-id': 'c', 'id-token': jwt(4_000_000_000) } } }),
  },
};

const jwt = (exp: number): string => `h.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.s`;
const oidc = (more: object = {}): object => ({ 'idp-issuer-url': 'https://id.example', 'client-id': 'c', ...more });

/** What a credential command prints, by its argument. */
function statuses({ me }: World): Record<string, object> {
  const certificate = { clientCertificateData: me.cert, clientKeyData: me.key };
  const half = { clientCertificateData: me.cert };
  const beta = `${apiVersion}beta1`;
  const answer = (status: object, version = apiVersion) => ({ apiVersion: version, kind: 'ExecCredential', status });
  return {
    '': answer({ token: 'from-command' }),
    v1beta1: answer({ token: 'from-beta' }, beta),
    certificate: answer(certificate),
    half: answer(half),
    nothing: answer({}),
  };
}

describe.skipIf(cannotRun('credentials as kubectl uses them'))('as kubectl', () => {
  beforeAll(async () => {
    const [server, me] = await Promise.all([identityOf('api'), identityOf('me')]);
    const kept = async <T extends { close(): Promise<void> }>(name: string, starting: Promise<T>): Promise<T> => {
      const started = await starting;
      cleanups.add(name, () => started.close());
      return started;
    };
    world = {
      server,
      me,
      api: await kept('api', startRecordingApi(server)),
      plain: await kept('plain', startRecordingApi(null)),
      proxy: await kept('proxy', startRecordingProxy(null)),
      tlsProxy: await kept('tls proxy', startRecordingProxy(server)),
      socks: await kept('socks', startSocksProxy()),
    };
  });
  afterAll(() => cleanups.run());
  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'as-kubectl-'));
    mkdirSync(path.join(dir, 'pki'));
    mkdirSync(path.join(dir, 'bin'));
    const put = (name: string, text: string): void => writeFileSync(path.join(dir, name), text);
    put('pki/ca.crt', world.server.cert);
    put('pki/me.crt', world.me.cert);
    put('pki/me.key', world.me.key);
    put('pki/token', 'from-file\n');
    for (const [name, status] of Object.entries(statuses(world))) put(`bin/answer${name}`, JSON.stringify(status));
    // `told` gives what it was told as its token, so that it arrives at the server.
    const told = `printf '{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":{"token":"%s"}}' "$(printf %s "$PROFILE $KUBERNETES_EXEC_INFO" | base64 | tr -d '\\n')"`;
    const script = `#!/bin/sh\nif [ "$1" = told ]; then ${told}; else cat "${dir}/bin/answer$1"; fi\n`;
    put('bin/credential', script);
    chmodSync(path.join(dir, 'bin/credential'), 0o755);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test.for(Object.entries(same))('the same arrives: %s', async ([, one]) => {
    const file = write('config', one);
    const env = one.env?.(world) ?? {};
    const theirs = await kubectl(['--kubeconfig', file], env);
    const ours = await reader([file], env);
    expect(ours.arrived).toEqual(theirs.arrived);
    expect(ours.ok).toBe(theirs.ok);
  });

  test.for(Object.entries(refused))('both refuse: %s', async ([, one]) => {
    const file = write('config', one);
    const theirs = await kubectl(['--kubeconfig', file]);
    expect(theirs).toEqual({ ok: false, arrived: [], error: expect.anything() });
    const ours = await reader([file], {});
    expect(ours).toEqual({ ok: false, arrived: [], error: expect.anything() });
    expect(ours.error).not.toBe('');
  });

  test('what is refused says where, what, and what to do', async () => {
    const file = write('config', { user: () => ({ token: 'abc', 'as-groups': ['readers'] }) });
    const opening = openApiAccess([file], null, { spawn: spawnProcess, clock: systemClock, env: {} });
    const error: unknown = await opening.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: 'NC-KUBE-003',
      message: `user "u" of ${file}: as-uid, as-groups or as-user-extra without as`,
      fix: `in ${file}: give the user as \`as\``,
    });
  });

  test('several kubeconfigs: of one name the first counts, whole, and paths belong to their file', async () => {
    const first = write('first/config', { user: () => ({ token: 'first' }) }, { 'current-context': undefined });
    const second = write('config', { user: () => ({ token: 'second', as: 'bob' }) });
    const other = write('other', { user: () => ({ token: 'other' }) }, { 'current-context': 'none', clusters: [] });
    mkdirSync(path.join(dir, 'first/pki'));
    writeFileSync(path.join(dir, 'first/pki/ca.crt'), world.server.cert);
    for (const files of [
      [first, second],
      [second, first],
      [other, second],
    ]) {
      const theirs = await kubectl([], { KUBECONFIG: files.join(path.delimiter) });
      const ours = await reader(files, {});
      expect(ours.arrived).toEqual(theirs.arrived);
      expect(ours.ok).toBe(theirs.ok);
    }
  });

  test('a name that stands twice in a list is refused', async () => {
    const user = { name: 'u', user: { token: 'abc' } };
    const file = write('config', {}, { users: [user, user] });
    expect((await kubectl(['--kubeconfig', file])).error).toContain('duplicate name');
    expect((await reader([file], {})).error).toContain('has "u" twice in its list of users');
  });

  test('what is replaced on disk counts at the next call, for both', async () => {
    const one: Case = { user: () => ({ tokenFile: 'pki/token' }) };
    const file = write('config', one);
    const access = await openApiAccess([file], null, { spawn: spawnProcess, clock: systemClock, env: {} });
    const kept = new ApiReader(access);
    const arrived = async (): Promise<Arrived[]> => {
      await kept.get('v1', 'ConfigMap', 'default', 'm', AbortSignal.timeout(10_000));
      return world.api.take();
    };
    const steps: (() => void)[] = [
      () => {},
      () => writeFileSync(path.join(dir, 'pki/token'), 'next'),
      () => write('config', { user: () => ({ token: 'in-kubeconfig', as: 'alice', 'as-groups': ['g'] }) }),
      () => write('config', { user: () => ({ 'client-certificate': 'pki/me.crt', 'client-key': 'pki/me.key' }) }),
      () => {
        writeFileSync(path.join(dir, 'pki/me.crt'), world.server.cert);
        writeFileSync(path.join(dir, 'pki/me.key'), world.server.key);
      },
    ];
    for (const step of steps) {
      step();
      const theirs = await kubectl(['--kubeconfig', file]);
      expect(await arrived()).toEqual(theirs.arrived);
    }
  });
});

/** A kubeconfig with one context; JSON is YAML. */
function write(name: string, { cluster, user }: Case, more: object = {}): string {
  const file = path.join(dir, name);
  mkdirSync(path.dirname(file), { recursive: true });
  const entry = { server: world.api.url, 'certificate-authority': 'pki/ca.crt', ...cluster?.(world) };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: entry }],
    users: [{ name: 'u', user: user?.(world) ?? { token: 'abc' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
    ...more,
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

interface Outcome {
  readonly ok: boolean;
  readonly arrived: readonly (Arrived | string)[];
  readonly error: string;
}

function taken(): (Arrived | string)[] {
  const { api, plain, proxy, tlsProxy, socks } = world;
  const arrived = [...proxy.take(), ...tlsProxy.take(), ...socks.take(), ...api.take(), ...plain.take()];
  return arrived.map((one) => (typeof one === 'string' ? one : { ...one, headers: decoded(one.headers) }));
}

/** What the command was told, as data: the order of its keys means nothing. */
function decoded(headers: Readonly<Record<string, string>>): Record<string, string> {
  const text = Buffer.from(headers['authorization']?.slice('Bearer '.length) ?? '', 'base64').toString('utf8');
  const [, profile, info] = /^(\w+) (\{.*\})\s*$/.exec(text) ?? [];
  return info === undefined ? { ...headers } : { profile: profile ?? '', ...JSON.parse(info) };
}

async function kubectl(args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  const result = await spawnProcess(kubeBinary('kubectl'), [...args, 'get', '--raw', object], {
    env: { HOME: dir, PATH: '/usr/bin:/bin', ...env },
    timeoutMs: 20_000,
    input: '',
  });
  return { ok: result.exitCode === 0, arrived: taken(), error: result.stderr };
}

async function reader(files: readonly string[], env: Record<string, string>): Promise<Outcome> {
  try {
    const options = { spawn: spawnProcess, clock: systemClock, env: { HOME: dir, PATH: '/usr/bin:/bin', ...env } };
    const api = new ApiReader(await openApiAccess(files, null, options));
    await api.get('v1', 'ConfigMap', 'default', 'm', AbortSignal.timeout(20_000));
    return { ok: true, arrived: taken(), error: '' };
  } catch (error) {
    return { ok: false, arrived: taken(), error: error instanceof Error ? error.message : '' };
  }
}
