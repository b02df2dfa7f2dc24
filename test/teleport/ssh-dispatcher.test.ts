import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ReadError } from '../../src/kube/cluster-reader.ts';
import type { ApiAccess } from '../../src/kube/credential/api-access.ts';
import { ApiReader, openApiReader } from '../../src/kube/read/api-reader.ts';
import { apiPost, openBody } from '../../src/kube/read/api-request.ts';
import { type Collection, collectionLimits, listPages, watchChanges } from '../../src/kube/read/collection.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { TeleportAccesses } from '../../src/teleport/teleport-accesses.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { cannotRun } from '../support/kube-assets.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
const { signal } = new AbortController();
const pods: Collection = { apiVersion: 'v1', kind: 'Pod', path: '/api/v1/pods' };
const limits = { timeoutMs: 20_000, maxBytes: 64 * 1024 * 1024 };

describe.skipIf(cannotRun('reading over tsh ssh'))('an API server that only tsh ssh reaches', () => {
  const cleanups = new Cleanups();
  let plane: ControlPlane;
  let stub: StubTsh;
  let accesses: TeleportAccesses;
  let access: ApiAccess;
  let reader: ApiReader;
  let direct: ApiReader;

  beforeAll(async () => {
    plane = await startControlPlane();
    cleanups.add('control plane', () => plane.stop());
    direct = await openApiReader(plane.kubeconfig, null);
    const names = Array.from({ length: 25 }, (_, index) => `pod-${index}`);
    await plane.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      ...names.map((name) => pod(name)),
    );
    // Too large for what apply notes of it.
    const large = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'large' },
      data: { text: 'x'.repeat(900_000) },
    };
    await plane.kubectl(['create', '-n', 'shop', '-f', '-'], JSON.stringify(large));
  }, 120_000);
  afterAll(() => cleanups.run(), 60_000);

  beforeEach(() => {
    const { dir, remove } = newTempDir();
    stub = new StubTsh(dir, plane.kubeconfig);
    accesses = new TeleportAccesses({ spawn: spawnProcess, clock: systemClock, env });
    access = accesses.of('east', stub.place()).api;
    reader = new ApiReader(access, { timeoutMs: 20_000, pageSize: 10 });
    return async () => {
      await accesses.close();
      remove();
    };
  });

  function pod(name: string) {
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'shop', labels: { app: 'web' } },
      spec: { containers: [{ name: 'app', image: 'web:1' }] },
    };
  }

  function remoteCommands(): string[] {
    return stub.calls().map(({ argv }) => argv.at(-1) ?? '');
  }

  test('an object is what the API server itself gives, and each read is one command (TEL-1)', async () => {
    const asked = ['v1', 'Pod', 'shop', 'pod-3', signal] as const;
    expect(await reader.get(...asked)).toEqual(await direct.get(...asked));
    expect(stub.calls().map(({ argv }) => argv)).toEqual([
      [
        'ssh',
        '--no-relogin',
        '--request-mode=off',
        '--no-resume',
        '--cluster=staging',
        'svc@k8s-staging-1',
        'sudo kubectl get --raw /api/v1/namespaces/shop/pods/pod-3',
      ],
    ]);
  });

  test('a list goes on through its pages, with its query in quotes', async () => {
    const options = { namespace: 'shop', labelSelector: 'app in (web,api)' };
    const [over, own] = await Promise.all([
      reader.list('v1', 'Pod', options, signal),
      direct.list('v1', 'Pod', options, signal),
    ]);
    expect(over).toEqual(own);
    expect(remoteCommands()).toHaveLength(3);
    expect(remoteCommands()[0]).toBe(
      "sudo kubectl get --raw '/api/v1/namespaces/shop/pods?limit=10&labelSelector=app+in+%28web%2Capi%29'",
    );
  });

  test('without sudo kubectl is run as the login', async () => {
    const plain = new ApiReader(accesses.of('plain', stub.place({ sudo: false })).api);
    expect(await plain.document('/version', signal)).toEqual(await direct.document('/version', signal));
    expect(remoteCommands()).toEqual(['kubectl get --raw /version']);
  });

  test('a large answer comes whole', async () => {
    const found = await reader.get('v1', 'ConfigMap', 'shop', 'large', signal);
    expect(found).toMatchObject({ data: { text: expect.stringMatching(/^x{900000}$/) as string } });
  });

  test('what is too large for who asks is cut off, and its process ends', async () => {
    const small = new ApiReader(access, { maxBytes: 10_000, timeoutMs: 20_000 });
    await expect(small.get('v1', 'ConfigMap', 'shop', 'large', signal)).rejects.toMatchObject({ failure: 'too_large' });
    await waitUntil(() => !stub.runsKubectl(), 'the end of kubectl');
  });

  describe('what the API server refuses comes as its status', () => {
    test('404: there is no such object, no such kind', async () => {
      expect(await reader.get('v1', 'Pod', 'shop', 'none', signal)).toBeNull();
      expect(await reader.document('/apis/example.com/v1', signal)).toBeNull();
    });

    test('400: no log of a container that the pod has not', async () => {
      const asked = ['shop', 'pod-1', 'other', { previous: false, tailLines: 10, limitBytes: 1000 }, signal] as const;
      expect(await reader.logs(...asked)).toBeNull();
      expect(await direct.logs(...asked)).toBeNull();
    });

    test('403 names the missing right', async () => {
      const { dir, remove } = newTempDir();
      const nobody = new StubTsh(dir, await plane.kubeconfigOf('shop', 'nobody'));
      const refused = new ApiReader(accesses.of('nobody', nobody.place()).api).list('v1', 'Secret', {}, signal);
      await expect(refused).rejects.toMatchObject({ failure: 'forbidden', status: 403 });
      await expect(refused).rejects.toThrow(/cannot list resource "secrets" in API group ""/);
      remove();
    });

    test('401, 410', async () => {
      stub.onNode('kubectl', 'echo "error: You must be logged in to the server (Unauthorized)" >&2; exit 1');
      await expect(reader.get('v1', 'Pod', 'shop', 'a', signal)).rejects.toMatchObject({
        failure: 'unauthorized',
        status: 401,
      });
      stub.onNode(
        'kubectl',
        'echo "Error from server (Expired): The provided continue parameter is too old" >&2; exit 1',
      );
      await expect(reader.list('v1', 'Pod', {}, signal)).rejects.toMatchObject({ status: 410 });
    });
  });

  describe('TEL-6: what keeps tsh from answering is told with its fix', () => {
    test.each([
      ['not logged in', () => stub.login('out'), 'unauthorized', 'NC-TELEPORT-002'],
      ['expired', () => stub.login('expired'), 'unauthorized', 'NC-TELEPORT-003'],
      ['unreachable', () => stub.reachable(false), 'unreachable', 'NC-TELEPORT-004'],
      ['no such node', () => stub.nodes({ hostname: 'other' }), 'unreachable', 'NC-TELEPORT-006'],
      ['no such cluster', () => stub.clusters('production'), 'unreachable', 'NC-TELEPORT-007'],
      [
        'no kubectl there',
        () => stub.onNode('kubectl', 'echo "sh: 1: kubectl: not found" >&2; exit 127'),
        'unreachable',
        'NC-TELEPORT-009',
      ],
      [
        'sudo wants a password',
        () => stub.onNode('sudo', 'echo "sudo: a password is required" >&2; exit 1'),
        'unreachable',
        'NC-TELEPORT-009',
      ],
    ] as const)('%s', async (_, before, failure, code) => {
      before();
      const error: unknown = await reader.get('v1', 'Pod', 'shop', 'pod-1', signal).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ReadError);
      expect(error).toMatchObject({ failure, problem: { code } });
    });
  });

  test('a watch streams, and its process ends with it', async () => {
    let version = '';
    for await (const page of listPages(access, pods, 500, collectionLimits, signal)) version = page.resourceVersion;
    const stop = new AbortController();
    const options = { limits: collectionLimits, clock: systemClock };
    const seen: string[] = [];
    await plane.apply(pod('later-1'));
    for await (const { events } of watchChanges(access, pods, version, options, stop.signal)) {
      seen.push(...events.map(({ object }) => object.metadata.name));
      if (seen.length === 1) await plane.apply(pod('later-2'));
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['later-1', 'later-2']);
    await waitUntil(() => !stub.runsKubectl(), 'the end of kubectl');
  });

  test('a reader that goes away ends its process', async () => {
    const stop = new AbortController();
    const answer = await openBody(access, '/api/v1/pods?watch=true', 'application/json', stop.signal);
    expect([answer.status, stub.runsKubectl()]).toEqual([200, true]);
    stop.abort();
    await expect(answer.body[Symbol.asyncIterator]().next()).rejects.toThrow(/abort/);
    await waitUntil(() => !stub.runsKubectl(), 'the end of kubectl');
  });

  test('nothing but a GET is carried, and nothing is started for it', async () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    await expect(apiPost(access, path, '{}', limits, signal)).rejects.toThrow(/POST is not carried over tsh ssh/);
    expect(stub.calls()).toEqual([]);
  });

  test('no more processes at a time than max_sessions', async () => {
    // Each process notes how many there are beside it.
    stub.onNode(
      'sudo',
      'd=$HOME/running; mkdir -p $d; touch $d/$$; ls $d | wc -l >>$HOME/most; sleep 0.1; rm $d/$$; exec "$@"',
    );
    const two = new ApiReader(accesses.of('two', stub.place({ maxSessions: 2 })).api, { timeoutMs: 20_000 });
    await Promise.all(Array.from({ length: 8 }, (_, index) => two.get('v1', 'Pod', 'shop', `pod-${index}`, signal)));
    const most = readFileSync(`${stub.dir}/most`, 'utf8').trim().split('\n').map(Number);
    expect(most).toHaveLength(8);
    expect(Math.max(...most)).toBeLessThanOrEqual(2);
  });
});
