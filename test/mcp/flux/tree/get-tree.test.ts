import { expect, test } from 'vitest';
import { type KubeObject, ReadError } from '../../../../src/kube/cluster-reader.ts';
import { callTool } from '../../../support/call-tool.ts';
import { fluxNow, fluxTools, installFlux } from '../../../support/flux.ts';
import { ObjectsReader } from '../../../support/objects-reader.ts';

const ready = {
  conditions: [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded' }],
  observedGeneration: 1,
};

function applier(
  kind: 'Kustomization' | 'HelmRelease',
  name: string,
  ids: readonly string[],
  spec: object = {},
): KubeObject {
  const apiVersion = kind === 'Kustomization' ? 'kustomize.toolkit.fluxcd.io/v1' : 'helm.toolkit.fluxcd.io/v2';
  const entries = ids.map((id) => ({ id, v: id.endsWith('HelmRelease') ? 'v2' : 'v1' }));
  return {
    apiVersion,
    kind,
    metadata: { name, namespace: 'flux-system', generation: 1 },
    spec,
    status: { ...ready, inventory: { entries } },
  };
}

function plain(apiVersion: string, kind: string, namespace: string | null, name: string): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === null ? {} : { namespace }) } };
}

function cluster(): ObjectsReader {
  const reader = new ObjectsReader([
    applier('Kustomization', 'root', [
      '_shop__Namespace',
      'shop_settings__ConfigMap',
      'shop_gone__ConfigMap',
      'shop_key__Secret',
      // It has applied itself, as the first one of a cluster does.
      'flux-system_root_kustomize.toolkit.fluxcd.io_Kustomization',
      'flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization',
      'flux-system_remote_kustomize.toolkit.fluxcd.io_Kustomization',
    ]),
    applier('Kustomization', 'apps', [
      'flux-system_podinfo_helm.toolkit.fluxcd.io_HelmRelease',
      'shop_w_example.com_Widget',
    ]),
    applier('HelmRelease', 'podinfo', ['shop_podinfo__ServiceAccount']),
    applier('Kustomization', 'remote', ['shop_settings__ConfigMap'], { kubeConfig: { secretRef: { name: 'k' } } }),
    plain('v1', 'Namespace', null, 'shop'),
    plain('v1', 'ConfigMap', 'shop', 'settings'),
    plain('v1', 'Secret', 'shop', 'key'),
    plain('v1', 'ServiceAccount', 'shop', 'podinfo'),
  ]);
  installFlux(reader);
  return reader;
}

interface Tree {
  readonly items: readonly { object: string; health: string; level: number; applied_by: string; message?: string }[];
  readonly root: Record<string, unknown>;
  readonly summary: Record<string, number>;
  readonly total: number;
  readonly next_cursor?: string;
  readonly truncated: boolean;
}

async function treeOf(reader: ObjectsReader, args: Record<string, unknown> = {}): Promise<Tree> {
  return (await callTool(fluxTools(reader, fluxNow), 'get_flux_tree', { name: 'root', ...args })) as unknown as Tree;
}

const short = ({ items }: Tree): string[] => items.map(({ level, object, health }) => `${level} ${object} ${health}`);

test('what was applied, down to what the HelmReleases among it have applied, with its health', async () => {
  const reader = cluster();
  const tree = await treeOf(reader, { levels: 3 });
  expect(short(tree)).toEqual([
    '1 Namespace/shop healthy',
    '1 ConfigMap/shop/settings healthy',
    '1 ConfigMap/shop/gone missing',
    '1 Secret/shop/key unreadable',
    '1 Kustomization/flux-system/root healthy',
    '1 Kustomization/flux-system/apps healthy',
    '2 HelmRelease/flux-system/podinfo healthy',
    '3 ServiceAccount/shop/podinfo healthy',
    '2 Widget/shop/w missing',
    '1 Kustomization/flux-system/remote healthy',
    '2 ConfigMap/shop/settings unreadable',
  ]);
  expect(tree.items[7]?.applied_by).toBe('HelmRelease/flux-system/podinfo');
  expect(tree.items[8]?.message).toBe('the cluster serves no Widget of example.com/v1');
  expect(tree.items[10]?.message).toBe('it is in another cluster (spec.kubeConfig)');
  expect(tree.root).toEqual({
    object: 'Kustomization/flux-system/root',
    state: 'ready',
    ready: true,
    reason: 'ReconciliationSucceeded',
    suspended: false,
  });
  expect(tree.summary).toMatchObject({ healthy: 7, missing: 2, unreadable: 2 });
  // A Secret is never asked for.
  expect(reader.calls.filter((call) => call.includes('Secret'))).toEqual([]);
});

test('only so deep, and page by page: what is not shown is not read', async () => {
  const reader = cluster();
  expect(short(await treeOf(reader, { levels: 1 }))).toHaveLength(7);
  reader.calls.length = 0;
  const page = await treeOf(reader, { levels: 1, limit: 2 });
  expect(page).toMatchObject({ total: 7, truncated: true, summary: { healthy: 2 } });
  expect(reader.calls).toEqual([
    'get Kustomization flux-system/root',
    'get Namespace /shop',
    'get ConfigMap shop/settings',
  ]);
  const next = await treeOf(reader, { levels: 1, limit: 2, cursor: page.next_cursor });
  expect(short(next)).toEqual(['1 ConfigMap/shop/gone missing', '1 Secret/shop/key unreadable']);
});

test('what may not be read is in the tree, and says so', async () => {
  const reader = cluster();
  reader.forbidden.add('ConfigMap');
  reader.forbidden.add('HelmRelease');
  const tree = await treeOf(reader);
  expect(tree.items.find(({ object }) => object === 'ConfigMap/shop/settings')).toMatchObject({
    health: 'unreadable',
    message: 'ConfigMap is forbidden',
  });
  expect(tree.items.find(({ object }) => object === 'HelmRelease/flux-system/podinfo')).toMatchObject({
    health: 'unreadable',
  });
});

test('of a HelmRelease, and of what is not there', async () => {
  const release = await treeOf(cluster(), { name: 'podinfo', kind: 'HelmRelease' });
  expect(short(release)).toEqual(['1 ServiceAccount/shop/podinfo healthy']);
  await expect(treeOf(cluster(), { name: 'nothing' })).rejects.toMatchObject({ code: 'not_found' });
});

test('Kustomizations that apply each other without end', async () => {
  const reader = new ObjectsReader();
  installFlux(reader);
  for (let at = 0; at < 300; at++) {
    reader.put(
      applier('Kustomization', `k${at}`, [
        `flux-system_k${at + 1}_kustomize.toolkit.fluxcd.io_Kustomization`,
        'flux-system_k0_kustomize.toolkit.fluxcd.io_Kustomization',
      ]),
    );
  }
  const tree = await treeOf(reader, { name: 'k0', levels: 5 });
  expect(tree.items).toHaveLength(10);
  const wide = Array.from(
    { length: 150 },
    (_, at) => `flux-system_k${at + 100}_kustomize.toolkit.fluxcd.io_Kustomization`,
  );
  reader.put(applier('Kustomization', 'wide', wide));
  const cut = await treeOf(reader, { name: 'wide', limit: 500 });
  expect(cut).toMatchObject({ truncated: true, truncated_reason: expect.stringContaining('inventories') as string });
});

test('many objects of a kind and namespace are one list; what is not in it is missing', async () => {
  const names = Array.from({ length: 40 }, (_, at) => `c${at}`);
  const maps = names.map((name) => `shop_${name}__ConfigMap`);
  const others = names.slice(0, 3).map((name) => `shop_${name}__Service`);
  const reader = new ObjectsReader([
    applier('Kustomization', 'root', [...maps, ...others]),
    ...names.slice(1).map((name) => plain('v1', 'ConfigMap', 'shop', name)),
    plain('v1', 'ConfigMap', 'other', 'c0'),
  ]);
  installFlux(reader);
  const tree = await treeOf(reader, { limit: 500 });
  expect(tree.summary).toMatchObject({ healthy: 39, missing: 4 });
  expect(tree.items[0]).toMatchObject({ object: 'ConfigMap/shop/c0', health: 'missing' });
  const reads = reader.calls.filter((one) => one.includes('ConfigMap') || one.includes('Service'));
  expect(reads).toEqual(['list ConfigMap shop', 'get Service shop/c0', 'get Service shop/c1', 'get Service shop/c2']);
});

test('where a kind may not be listed, or its list is cut, its objects are asked for one by one', async () => {
  const names = Array.from({ length: 6 }, (_, at) => `c${at}`);
  const objects = names.map((name) => plain('v1', 'ConfigMap', 'shop', name));
  const root = applier(
    'Kustomization',
    'root',
    names.map((name) => `shop_${name}__ConfigMap`),
  );
  for (const failing of [true, false]) {
    const reader = new ObjectsReader([root, ...objects]);
    installFlux(reader);
    reader.list = () =>
      failing
        ? Promise.reject(new ReadError('forbidden', 'no list'))
        : Promise.resolve({ items: objects.slice(0, 2), truncated: true });
    expect((await treeOf(reader)).summary).toMatchObject({ healthy: 6 });
    expect(reader.calls.filter((one) => one.startsWith('get ConfigMap'))).toHaveLength(failing ? 6 : 4);
  }
});
