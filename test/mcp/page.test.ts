import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToolResult } from '../../src/domain/ports.ts';
import { openApiReader } from '../../src/kube/read/api-reader.ts';
import { FallbackReader } from '../../src/kube/read/fallback-reader.ts';
import { McpReader } from '../../src/kube/read/mcp-reader.ts';
import type { ClusterReader, KubeObject } from '../../src/kube/cluster-reader.ts';
import { fetchObjects, objectKey, pageByKey, pageOf } from '../../src/mcp/page.ts';
import { toolCall } from '../support/call-tool.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { compactEtcd, deleteFromEtcd, putInEtcd } from '../support/etcd.ts';
import { cannotRun } from '../support/kube-assets.ts';
import { object, wellPod } from '../support/kube-objects.ts';
import { allPages, type CallKubernetesTool, kubernetesTools } from '../support/kubernetes-tools.ts';
import { ObjectsReader } from '../support/objects-reader.ts';

const named = (at: number): string => `p${String(at).padStart(4, '0')}`;
/** In three namespaces, of which one's name begins as another's. */
const podAt = (at: number): KubeObject =>
  wellPod(named(at), {}, { metadata: { namespace: ['a', 'a-b', 'b'][at % 3] } });
const all = Array.from({ length: 1200 }, (_, at) => podAt(at));
const keys = (objects: readonly KubeObject[]): string[] => objects.map(objectKey).sort();

interface Item {
  readonly namespace: string;
  readonly name: string;
}
const itemKeys = (items: readonly Item[]): string[] => items.map(({ namespace, name }) => `${namespace}/${name}`);

/** What changes while pages are read, and with it the pods that were there all the time. */
interface Change {
  put(pod: KubeObject): Promise<unknown>;
  remove(pod: KubeObject): Promise<unknown>;
}

/** Reads all pages; after the second, pods come and go before, in and behind what was given. */
async function throughChanges(call: CallKubernetesTool, args: Record<string, unknown>, change: Change) {
  const gone = [0, 3, 150, 301, 600, 602, 1100, 1199].map((at) => all[at]!);
  const come = ['p0000a', 'p0300a', 'p0601a', 'p9999'].flatMap((name) =>
    ['a', 'a-b', 'b'].map((namespace) => wellPod(name, {}, { metadata: { namespace } })),
  );
  const given = itemKeys(
    await allPages<Item>(call, 'list_pods', args, async (page) => {
      if (page !== 2) return;
      for (const pod of gone) await change.remove(pod);
      for (const pod of come) await change.put(pod);
    }),
  );
  for (const pod of gone) await change.put(pod);
  for (const pod of come) await change.remove(pod);
  return { given, stayed: keys(all.filter((pod) => !gone.includes(pod))) };
}

function expectEachOnce(given: readonly string[], stayed: readonly string[]): void {
  expect(new Set(given).size).toBe(given.length);
  expect(given).toEqual(expect.arrayContaining([...stayed]));
}

describe.skipIf(cannotRun('pages of a real API server'))('MCP-7: pages of a real API server', () => {
  let plane: ControlPlane;
  let reader: ClusterReader;
  const change: Change = { put: (pod) => putInEtcd(plane, pod), remove: (pod) => deleteFromEtcd(plane, pod) };

  beforeAll(async () => {
    plane = await startControlPlane();
    for (const pod of all) await putInEtcd(plane, pod);
    reader = await openApiReader(plane.kubeconfig, null);
  }, 120_000);
  afterAll(() => plane?.stop());

  test('each of 1,200 pods once, for pages of several sizes', async () => {
    for (const limit of [100, 333, 500]) {
      const given = itemKeys(await allPages<Item>(kubernetesTools(reader), 'list_pods', { limit }));
      expect(given).toEqual(keys(all));
    }
  });

  test('each that stays once while others come and go', async () => {
    const { given, stayed } = await throughChanges(kubernetesTools(reader), { limit: 100 }, change);
    expectEachOnce(given, stayed);
  });

  test('a page that was cut to fit goes on where it was cut, whatever came and went since', async () => {
    let cursorAfter: ((given: number) => string) | null = null;
    const call = toolCall({ onCut: (after) => (cursorAfter = after) });
    const page = (cursor?: string) =>
      pageOf(
        { limit: 100, cursor },
        call,
        (token, limit) => fetchObjects(reader, ['v1', 'Pod'], { limit }, token, call.signal),
        objectKey,
      );
    const first = (await page()).items.slice(0, 60);
    const cursor = cursorAfter!(60);
    // Of the namespace a-b, which comes first.
    await change.remove(all[1]!);
    const second = await page(cursor);
    await change.put(all[1]!);
    const expected = keys(all).slice(60, 101);
    expect(keys(second.items)).toEqual(expected);
    expect(keys(first)).toEqual(keys(all).slice(0, 60));
    expect(keys((await page(second.next_cursor)).items)).toEqual(keys(all).slice(101, 201));
  });

  test('a page that has expired is a conflict, and says to begin anew', async () => {
    const call = kubernetesTools(reader);
    const { next_cursor: cursor } = await call<{ next_cursor: string }>('list_pods', { limit: 500 });
    await putInEtcd(plane, podAt(0));
    // API servers keep what was listed for a while; a new one does not have it.
    await plane.restartApi(() => compactEtcd(plane));
    await expect(call('list_pods', { limit: 500, cursor })).rejects.toMatchObject({ status: 410 });
  });

  test('a page that was begun by another reader is a conflict', async () => {
    const tools = new FallbackReader([() => Promise.resolve(mcpReader(all, 'objects')), () => Promise.resolve(reader)]);
    const { next_cursor: cursor } = await kubernetesTools(tools)<{ next_cursor: string }>('list_pods', { limit: 500 });
    await expect(kubernetesTools(reader)('list_pods', { limit: 500, cursor })).rejects.toMatchObject({
      code: 'conflict',
    });
  });
});

/** The read tools of a server that gives whole lists, as objects or as rows of a table. */
function mcpReader(pods: readonly KubeObject[], form: 'objects' | 'rows'): McpReader {
  const text = (value: string): ToolResult => ({ text: value, structured: undefined, isError: false });
  const sorted = () => pods.toSorted((a, b) => (objectKey(a) < objectKey(b) ? -1 : 1));
  return new McpReader({
    callTool: (name, args) => {
      if (name === 'resources_get') {
        const found = pods.find(
          ({ metadata }) => metadata.name === args['name'] && metadata.namespace === args['namespace'],
        );
        return Promise.resolve(
          found ? text(JSON.stringify(found)) : { ...text(`pods "${String(args['name'])}" not found`), isError: true },
        );
      }
      if (args['kind'] !== 'Pod') return Promise.resolve(text('[]'));
      if (form === 'objects') return Promise.resolve(text(JSON.stringify({ items: sorted() })));
      const lines = sorted().map(({ metadata }) => `${(metadata.namespace ?? '').padEnd(12)}${metadata.name}`);
      return Promise.resolve(text(['NAMESPACE   NAME', ...lines, ''].join('\n')));
    },
  });
}

describe.each(['objects', 'rows'] as const)('MCP-7: pages of a server that gives whole lists as %s', (form) => {
  test('each of 1,200 pods once', async () => {
    const given = itemKeys(await allPages<Item>(kubernetesTools(mcpReader(all, form)), 'list_pods', { limit: 100 }));
    expect(given).toEqual(keys(all));
  });

  test('each that stays once while others come and go', async () => {
    const pods = [...all];
    const change: Change = {
      put: async (pod) => pods.push(pod),
      remove: async (pod) => pods.splice(pods.indexOf(pod), 1),
    };
    const { given, stayed } = await throughChanges(kubernetesTools(mcpReader(pods, form)), { limit: 100 }, change);
    expectEachOnce(given, stayed);
  });
});

describe('MCP-7: pages of a reader that cannot go on', () => {
  test('each of 1,200 pods once, also while others come and go', async () => {
    const reader = new ObjectsReader(all);
    const call = kubernetesTools(reader);
    expect(itemKeys(await allPages<Item>(call, 'list_pods', { limit: 250 }))).toEqual(keys(all));
    const change: Change = {
      put: async (pod) => reader.put(pod),
      remove: async ({ metadata }) => reader.remove('v1', 'Pod', metadata.namespace ?? null, metadata.name),
    };
    const { given, stayed } = await throughChanges(call, { limit: 250 }, change);
    expectEachOnce(given, stayed);
  });

  test('a list of which the server gives a part says so, and has no next page', async () => {
    const more = JSON.stringify({ items: all.slice(0, 10), metadata: { continue: 'x' } });
    const reader = new McpReader({ callTool: async () => ({ text: more, structured: undefined, isError: false }) });
    const page = await fetchObjects(reader, ['v1', 'Pod'], { limit: 100 }, '', new AbortController().signal);
    expect(page).toMatchObject({ next: '', cut: expect.stringContaining('gives no more') });
    expect(page.items).toHaveLength(10);
    const given = await kubernetesTools(reader)('list_pods');
    expect(given).toMatchObject({ truncated: true, truncated_reason: expect.stringContaining('gives no more') });
    expect(given).not.toHaveProperty('next_cursor');
  });
});

test('MCP-7: a list that is read anew goes on after the last that was given, also when it was cut to fit', async () => {
  const words = ['delta', 'alpha', 'echo', 'bravo', 'charlie'].map((name) => object('Node', name));
  const name = ({ metadata }: KubeObject): string => metadata.name;
  let cursorAfter: ((given: number) => string) | null = null;
  const call = toolCall({ onCut: (after) => (cursorAfter = after) });
  const first = await pageByKey(words, name, { limit: 3 }, call, 'it is cut');
  expect(first).toMatchObject({ total: 5, truncated: true, truncated_reason: 'it is cut' });
  expect(first.items.map(name)).toEqual(['alpha', 'bravo', 'charlie']);
  const cut = cursorAfter!(2);
  const later = [...words.filter((word) => name(word) !== 'alpha'), object('Node', 'able')];
  expect((await pageByKey(later, name, { limit: 3, cursor: cut }, call)).items.map(name)).toEqual(['charlie']);
  const next = await pageByKey(later, name, { limit: 3, cursor: first.next_cursor }, call);
  expect(next.items.map(name)).toEqual(['delta', 'echo']);
  expect(next).not.toHaveProperty('next_cursor');
});

test('a cursor of somebody else is refused', async () => {
  const call = kubernetesTools(new ObjectsReader(all));
  for (const cursor of ['x', Buffer.from('["", 5]').toString('base64url'), Buffer.from('[1,2,3]').toString('base64')]) {
    await expect(call('list_pods', { cursor })).rejects.toMatchObject({ code: 'invalid_argument' });
  }
});
