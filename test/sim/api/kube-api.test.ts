import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { ClusterState } from '../../../src/sim/api/cluster-state.ts';
import { startKubeApi, type KubeApi, type KubeApiOptions } from '../../../src/sim/api/kube-api.ts';
import { readRecording, recordedState } from '../../../eval/recorded-state.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';

const releases: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const release of releases.splice(0).reverse()) await release();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kube-api-'));
  releases.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

async function start(state: ClusterState, options: KubeApiOptions = {}): Promise<KubeApi> {
  const api = await startKubeApi(state, options);
  releases.push(() => api.close());
  return api;
}

const pod = (name: string, labels: Record<string, string>, phase = 'Running'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels, creationTimestamp: '2026-11-20T22:00:00Z' },
  spec: { nodeName: 'n1', containers: [{ name: 'web', image: 'web:1' }] },
  status: { phase, containerStatuses: [{ name: 'web', ready: true, restartCount: 0, state: { running: {} } }] },
});

function smallCluster(): ClusterState {
  const state = new ClusterState();
  state.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' }, status: { phase: 'Active' } });
  state.put({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status: { conditions: [] } });
  for (const name of ['a', 'b', 'c']) state.put(pod(`web-${name}`, { app: 'web', part: name }));
  state.put(pod('db-0', { app: 'db' }, 'Pending'));
  state.put({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'shop' }, spec: {} });
  state.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' }, data: {} });
  state.put({
    apiVersion: 'acme.io/v1',
    kind: 'Widget',
    metadata: { name: 'w', namespace: 'shop' },
    spec: { size: 1 },
  });
  state.setLog('shop', 'web-a', 'web', 'one\ntwo\nthree\n');
  state.setLog('shop', 'web-a', 'web', 'crashed\n', true);
  return state;
}

interface Body {
  kind?: string;
  apiVersion?: string;
  message?: string;
  spec?: unknown;
  status?: unknown;
  metadata: { uid?: string; continue?: string; remainingItemCount?: number };
  items?: KubeObject[];
}

async function getJson(api: KubeApi, route: string, init: RequestInit = {}) {
  const response = await fetch(api.url + route, init);
  return { code: response.status, body: (await response.json()) as Body };
}

const names = (body: Body): string[] => (body.items ?? []).map((item) => item.metadata.name);

describe('lists and gets', () => {
  test('a list has kind and version once, on the list', async () => {
    const { body } = await getJson(await start(smallCluster()), '/api/v1/namespaces/shop/pods');
    expect([body.kind, body.apiVersion]).toEqual(['PodList', 'v1']);
    expect(names(body)).toEqual(['db-0', 'web-a', 'web-b', 'web-c']);
    expect(body.items?.[0]?.kind).toBeUndefined();
  });

  test.each([
    ['labelSelector=app%3Dweb', ['web-a', 'web-b', 'web-c']],
    ['labelSelector=app%21%3Dweb', ['db-0']],
    ['labelSelector=part+in+(a,c)', ['web-a', 'web-c']],
    ['labelSelector=app,part+notin+(a)', ['db-0', 'web-b', 'web-c']],
    ['labelSelector=%21part', ['db-0']],
    ['fieldSelector=status.phase%3DPending', ['db-0']],
    ['fieldSelector=metadata.name!%3Ddb-0,spec.nodeName%3Dn1', ['web-a', 'web-b', 'web-c']],
    ['labelSelector=app%3Dweb&fieldSelector=metadata.name%3Dweb-b', ['web-b']],
  ])('selectors: %s', async (query, expected) => {
    const { body } = await getJson(await start(smallCluster()), `/api/v1/pods?${query}`);
    expect(names(body)).toEqual(expected);
  });

  test('limit and continue give every object once', async () => {
    const api = await start(smallCluster());
    const first = await getJson(api, '/api/v1/pods?limit=3');
    const token = first.body.metadata.continue ?? '';
    expect(first.body.metadata.remainingItemCount).toBe(1);
    const second = await getJson(api, `/api/v1/pods?limit=3&continue=${token}`);
    expect([...names(first.body), ...names(second.body)]).toEqual(['db-0', 'web-a', 'web-b', 'web-c']);
    expect(second.body.metadata.continue).toBeUndefined();
    expect((await getJson(api, '/api/v1/pods?continue=xx')).code).toBe(400);
  });

  test('gets: namespaced, cluster-scoped, of a group, custom', async () => {
    const api = await start(smallCluster());
    expect((await getJson(api, '/api/v1/namespaces/shop/pods/web-a')).body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect((await getJson(api, '/api/v1/nodes/n1')).body.kind).toBe('Node');
    expect((await getJson(api, '/api/v1/namespaces/shop')).body.kind).toBe('Namespace');
    expect((await getJson(api, '/apis/apps/v1/namespaces/shop/deployments/web')).body.kind).toBe('Deployment');
    expect((await getJson(api, '/apis/acme.io/v1/namespaces/shop/widgets/w')).body.spec).toEqual({ size: 1 });
  });

  test('what is absent is a Status 404 in the words of the API', async () => {
    const api = await start(smallCluster());
    const { code, body } = await getJson(api, '/apis/apps/v1/namespaces/shop/deployments/x');
    expect(code).toBe(404);
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'NotFound',
      message: 'deployments.apps "x" not found',
      details: { name: 'x', group: 'apps', kind: 'deployments' },
    });
    expect((await getJson(api, '/apis/none.io/v1/things')).body).toMatchObject({ code: 404, reason: 'NotFound' });
    expect((await getJson(api, '/openapi/v3')).code).toBe(404);
  });
});

describe('logs', () => {
  test('tail, previous run, limit', async () => {
    const api = await start(smallCluster());
    const log = async (query: string) =>
      (await fetch(`${api.url}/api/v1/namespaces/shop/pods/web-a/log?${query}`)).text();
    expect(await log('')).toBe('one\ntwo\nthree\n');
    expect(await log('tailLines=1')).toBe('three\n');
    expect(await log('container=web&previous=true')).toBe('crashed\n');
    expect(await log('limitBytes=5')).toBe('one\nt');
  });

  test('what is not there is refused', async () => {
    const api = await start(smallCluster());
    const refused = await getJson(api, '/api/v1/namespaces/shop/pods/web-b/log?previous=true');
    expect(refused).toMatchObject({ code: 400, body: { reason: 'BadRequest' } });
    expect(refused.body.message).toBe('previous terminated container "web" in pod "web-b" not found');
    expect((await getJson(api, '/api/v1/namespaces/shop/pods/none/log')).code).toBe(404);
  });
});

describe('access', () => {
  const review = (api: KubeApi, resourceAttributes: object) =>
    getJson(api, '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      method: 'POST',
      body: JSON.stringify({ kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } }),
    });

  test('the same rule answers reviews and guards reads', async () => {
    const api = await start(smallCluster(), { access: ({ resource }) => resource !== 'nodes' });
    expect((await review(api, { verb: 'get', resource: 'nodes' })).body.status).toEqual({ allowed: false });
    expect((await review(api, { verb: 'get', resource: 'pods' })).body.status).toEqual({ allowed: true });
    expect(await getJson(api, '/api/v1/nodes')).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
  });

  test('writes and Secrets are refused by default, in the words of RBAC', async () => {
    const api = await start(smallCluster(), { name: 'demo' });
    const { code, body } = await getJson(api, '/api/v1/namespaces/shop/pods/web-a', { method: 'DELETE' });
    expect(code).toBe(403);
    expect(body.message).toBe(
      'pods "web-a" is forbidden: User "demo" cannot delete resource "pods" in API group "" in the namespace "shop"',
    );
    expect((await getJson(api, '/api/v1/secrets')).code).toBe(403);
    api.setAccess(() => true);
    expect((await getJson(api, '/api/v1/secrets')).code).toBe(200);
    expect((await getJson(api, '/api/v1/namespaces/shop/pods', { method: 'POST', body: '{}' })).code).toBe(405);
  });

  test('with a token, requests without it are refused; counts and made-to-fail', async () => {
    const api = await start(smallCluster(), { token: 't' });
    expect((await getJson(api, '/api/v1/pods')).code).toBe(401);
    expect((await getJson(api, '/api/v1/pods', { headers: { authorization: 'Bearer t' } })).code).toBe(200);
    expect(api.counts()).toEqual({ total: 2, byPath: { 'GET /api/v1/pods': 2 } });
    api.refuse(503);
    expect((await getJson(api, '/api/v1/pods')).body).toMatchObject({ kind: 'Status', code: 503 });
  });
});

const kubectl = await spawnProcess('kubectl', ['version', '--client'], {
  env: { PATH: process.env['PATH'] ?? '' },
  timeoutMs: 10_000,
});

describe.skipIf(kubectl.exitCode !== 0)('real kubectl (skipped without kubectl in PATH)', () => {
  async function run(api: KubeApi, args: string[], input?: string) {
    const folder = temporaryFolder();
    const file = path.join(folder, 'kubeconfig');
    writeFileSync(file, api.kubeconfig);
    return spawnProcess('kubectl', ['--kubeconfig', file, '--cache-dir', folder, ...args], {
      env: { PATH: process.env['PATH'] ?? '', HOME: folder },
      timeoutMs: 20_000,
      ...(input !== undefined && { input }),
    });
  }

  test('gets, tables, logs and describes', async () => {
    const api = await start(smallCluster());
    expect((await run(api, ['get', 'pods', '-n', 'shop', '-o', 'name'])).stdout).toBe(
      'pod/db-0\npod/web-a\npod/web-b\npod/web-c\n',
    );
    expect((await run(api, ['get', 'po', '-A', '-l', 'app=db'])).stdout).toMatch(/NAME +READY +STATUS +RESTARTS +AGE/);
    expect((await run(api, ['logs', '-n', 'shop', 'web-a', '--tail', '2'])).stdout).toBe('two\nthree\n');
    expect((await run(api, ['describe', 'pod', '-n', 'shop', 'web-a'])).stdout).toContain('web:1');
    expect((await run(api, ['get', 'widgets', '-n', 'shop', '-o', 'name'])).stdout).toContain('/w');
    const absent = await run(api, ['get', 'deploy', 'x', '-n', 'shop']);
    expect(absent.stderr).toContain('deployments.apps "x" not found');
  });

  test('auth can-i, one by one and as one list of reviews', async () => {
    const api = await start(smallCluster());
    expect((await run(api, ['auth', 'can-i', 'get', 'pods', '--subresource=log', '-A'])).stdout).toBe('yes\n');
    expect((await run(api, ['auth', 'can-i', 'delete', 'pods', '-A'])).stdout).toBe('no\n');
    const item = (verb: string) => ({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, resource: 'pods' } },
    });
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item('list'), item('create')] });
    const answer = await run(api, ['create', '--validate=false', '-f', '-', '-o', 'json'], list);
    expect(answer.stdout.match(/"allowed": (true|false)/g)).toEqual(['"allowed": true', '"allowed": false']);
  });

  test('a write is refused so that kubectl prints why', async () => {
    const refused = await run(await start(smallCluster()), ['delete', 'pod', '-n', 'shop', 'web-a']);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('cannot delete resource "pods"');
  });
});

describe('recordings', () => {
  const list = {
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: {},
    items: [{ metadata: { name: 'p', namespace: 'n', uid: 'u-1' }, spec: {}, status: {} }],
  };

  function expectRecorded(state: ClusterState): void {
    expect(state.find('v1', 'Pod', 'n', 'p')).toMatchObject({ kind: 'Pod', metadata: { uid: 'u-1' } });
    expect(state.log('n', 'p', 'c', {})).toBe('now\n');
    expect(state.log('n', 'p', 'c', { previous: true })).toBe('before\n');
  }

  test('a folder of Lists and logs', () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'cluster/api/v1'), { recursive: true });
    mkdirSync(path.join(folder, 'logs/n/p'), { recursive: true });
    writeFileSync(path.join(folder, 'cluster/api/v1/pods.json'), JSON.stringify(list));
    writeFileSync(path.join(folder, 'logs/n/p/c.log'), 'now\n');
    writeFileSync(path.join(folder, 'logs/n/p/c.previous.log'), 'before\n');
    const recording = readRecording(folder);
    expect(Object.keys(recording.cluster)).toEqual(['api/v1/pods']);
    expectRecorded(recordedState(recording));
  });

  test('one compressed file', () => {
    const file = path.join(temporaryFolder(), 'recording.json.gz');
    const compact = { cluster: { 'api/v1/pods': list }, logs: { 'n/p/c': 'now\n', 'n/p/c.previous': 'before\n' } };
    writeFileSync(file, gzipSync(JSON.stringify(compact)));
    expectRecorded(recordedState(readRecording(file)));
  });

  test('a folder without logs is a cluster without logs', () => {
    const folder = temporaryFolder();
    mkdirSync(path.join(folder, 'cluster'));
    expect(readRecording(folder)).toEqual({ cluster: {}, logs: {} });
  });
});
