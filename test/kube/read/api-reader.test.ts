import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { openApiReader } from '../../../src/kube/read/api-reader.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { type KubeletLogs, startKubeletLogs } from '../../support/kubelet-logs.ts';

const signal = AbortSignal.timeout(120_000);
const logOptions = { previous: false, tailLines: 2, limitBytes: 1000 };

describe.skipIf(cannotRun('reading a real API server'))('a real API server', () => {
  let plane: ControlPlane;
  let logs: KubeletLogs;

  beforeAll(async () => {
    logs = await startKubeletLogs();
    plane = await startControlPlane();
    const configMaps = Array.from({ length: 7 }, (_, i) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `m${i}`, namespace: 'default', labels: { odd: String(i % 2) } },
      data: { text: 'x'.repeat(1000) },
    }));
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } };
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'default' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'x' }] },
    };
    const crd = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gadgetries.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Gadget', plural: 'gadgetries' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    };
    await plane.apply(...configMaps, node, pod, crd);
    const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
    const status = { status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: logs.port } } } };
    await plane.kubectl(['patch', 'node', 'n', '--subresource=status', '-p', JSON.stringify(status)]);
  }, 120_000);

  afterAll(async () => {
    await plane?.stop();
    await logs?.stop();
  });

  test('one object, and null for one that is not there', async () => {
    const reader = await openApiReader(plane.kubeconfig, null);
    const found = await reader.get('v1', 'ConfigMap', 'default', 'm1', signal);
    expect(found).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm1' } });
    expect(await reader.get('v1', 'ConfigMap', 'default', 'none', signal)).toBeNull();
    expect(reader.calls).toBe(2);
  });

  test('a list page by page, by label, and no longer than its limit', async () => {
    const reader = await openApiReader(plane.kubeconfig, null, { pageSize: 3 });
    const all = await reader.list('v1', 'ConfigMap', { namespace: 'default' }, signal);
    expect(all.items.filter((one) => one.metadata.name.startsWith('m'))).toHaveLength(7);
    expect(all.truncated).toBe(false);
    expect(reader.calls).toBeGreaterThanOrEqual(3);
    expect(all.items[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    const odd = await reader.list('v1', 'ConfigMap', { namespace: 'default', labelSelector: 'odd=1' }, signal);
    expect(odd.items).toHaveLength(3);
    const two = await reader.list('v1', 'ConfigMap', { namespace: 'default', limit: 2 }, signal);
    expect(two).toMatchObject({ truncated: true, remaining: all.items.length - 2 });
    // With a selector the API does not tell.
    const one = await reader.list(
      'v1',
      'ConfigMap',
      { namespace: 'default', labelSelector: 'odd=1', limit: 1 },
      signal,
    );
    expect(one.truncated).toBe(true);
    expect(one).not.toHaveProperty('remaining');
    const keep = ({ apiVersion, kind, metadata: { name } }: KubeObject) => ({ apiVersion, kind, metadata: { name } });
    const kept = await reader.list('v1', 'ConfigMap', { namespace: 'default', keep }, signal);
    expect(kept.items).toEqual(all.items.map(keep));
    expect(two.items).toHaveLength(2);
  });

  test('a kind without a known plural is looked up once; an unknown one is unsupported', async () => {
    const reader = await openApiReader(plane.kubeconfig, null);
    await expect
      .poll(
        () =>
          reader.list('example.com/v1', 'Gadget', {}, signal).then(
            (one) => one.items.length,
            () => -1,
          ),
        {
          timeout: 20_000,
        },
      )
      .toBe(0);
    const before = reader.calls;
    await reader.get('example.com/v1', 'Gadget', 'default', 'none', signal);
    expect(reader.calls).toBe(before + 1);
    await expect(reader.list('nope/v1', 'Nope', {}, signal)).rejects.toMatchObject({ failure: 'unsupported' });
  });

  test('logs: the newest lines, and null where there are none', async () => {
    logs.set('default', 'p', 'c', 'one\ntwo\nthree\n');
    const reader = await openApiReader(plane.kubeconfig, null);
    expect(await reader.logs('default', 'p', 'c', logOptions, signal)).toBe('two\nthree\n');
    expect(await reader.logs('default', 'p', 'c', { ...logOptions, previous: true }, signal)).toBeNull();
    expect(await reader.logs('default', 'none', 'c', logOptions, signal)).toBeNull();
  });

  test('a credential that may not, and one that nobody knows', async () => {
    const reader = await openApiReader(await plane.kubeconfigOf('default', 'nobody'), null);
    await expect(reader.list('v1', 'Pod', {}, signal)).rejects.toMatchObject({ failure: 'forbidden' });
    const unknown = path.join(plane.dir, 'unknown.kubeconfig');
    const text = await plane.kubectl(['config', 'view', '--raw', '-o', 'json']);
    writeFileSync(unknown, text.replaceAll(plane.adminToken, 'wrong'));
    const stranger = await openApiReader(unknown, null);
    await expect(stranger.list('v1', 'Pod', {}, signal)).rejects.toMatchObject({ failure: 'unauthorized' });
  });

  test('a credential command is run for its token', async () => {
    const credential = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
    const answer = JSON.stringify({ ...credential, status: { token: plane.adminToken } });
    const config = JSON.parse(await plane.kubectl(['config', 'view', '--raw', '-o', 'json']));
    const exec = { apiVersion: credential.apiVersion, command: 'echo', args: [answer], interactiveMode: 'Never' };
    config.users = [{ name: config.users[0].name, user: { exec } }];
    const file = path.join(plane.dir, 'exec.kubeconfig');
    writeFileSync(file, JSON.stringify(config));
    const reader = await openApiReader(file, null);
    expect((await reader.list('v1', 'Node', {}, signal)).items).toHaveLength(1);
  });
});

describe('CON-6: servers that do not behave', () => {
  const servers: Server[] = [];
  const dirs: string[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections();
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
  });

  /** A reader of a server that answers by the given function, without TLS. */
  const readerOf = async (answer: RequestListener | null, options = {}) => {
    const server = createServer(answer ?? (() => {})).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const dir = mkdtempSync(path.join(tmpdir(), 'api-reader-'));
    dirs.push(dir);
    const file = path.join(dir, 'config');
    writeFileSync(
      file,
      JSON.stringify({
        clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}` } }],
        users: [{ name: 'c', user: { token: 'abc' } }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
        'current-context': 'c',
      }),
    );
    return openApiReader(file, null, options);
  };

  test.each<[string, RequestListener | null, object]>([
    ['timeout', null, { timeoutMs: 100 }],
    ['too_large', (_, response) => response.end('x'.repeat(200_000)), { maxBytes: 100_000 }],
    ['unreachable', (request) => request.socket.destroy(), {}],
    ['unreachable', (_, response) => response.writeHead(503).end('busy'), {}],
    ['unreachable', (_, response) => response.writeHead(429).end('{"message":"too many"}'), {}],
    ['invalid', (_, response) => response.end('<html>'), {}],
    ['invalid', (_, response) => response.end('{"kind":"Status"}'), {}],
    ['unreachable', (_, response) => response.writeHead(200, { 'content-length': '100' }).end('{').destroy(), {}],
  ])('%s', async (failure, answer, options) => {
    const reader = await readerOf(answer, options);
    await expect(reader.list('v1', 'Pod', {}, signal)).rejects.toMatchObject({ name: 'ReadError', failure });
  });

  test('the bounds go along, no token without TLS, as from kubectl; and the caller can stop it', async () => {
    const seen: string[] = [];
    const reader = await readerOf((request, response) => {
      seen.push(`${request.headers.authorization ?? 'nobody'} ${request.url}`);
      response.end('{"items":[]}');
    });
    await reader.list('v1', 'Pod', { namespace: 'a b', fieldSelector: 'x=y', limit: 5 }, signal);
    expect(seen).toEqual(['nobody /api/v1/namespaces/a%20b/pods?limit=5&fieldSelector=x%3Dy']);
    const silent = await readerOf(null);
    await expect(silent.list('v1', 'Pod', {}, AbortSignal.timeout(20))).rejects.toMatchObject({ name: 'ReadError' });
  });

  test('a server that pages for ever is left at the limit', async () => {
    const page = { items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }], metadata: { continue: 'more' } };
    const reader = await readerOf((_, response) => response.end(JSON.stringify(page)), { maxObjects: 5 });
    const answer = await reader.list('v1', 'Pod', {}, signal);
    expect(answer.items).toHaveLength(5);
    expect(answer.truncated).toBe(true);
    expect(reader.calls).toBe(3);
  });

  test('a server that pages for ever and gives nothing is left at the first empty page', async () => {
    const page = { items: [], metadata: { continue: 'more' } };
    const reader = await readerOf((_, response) => response.end(JSON.stringify(page)));
    expect(await reader.list('v1', 'Pod', {}, signal)).toEqual({ items: [], truncated: true });
    expect(reader.calls).toBe(1);
  });
});
