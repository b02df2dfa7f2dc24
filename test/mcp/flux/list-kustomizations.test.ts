import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { callTool } from '../../support/call-tool.ts';
import { fluxInMemory, fluxTools, installFlux } from '../../support/flux.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

interface Listed {
  readonly items: readonly Record<string, unknown>[];
  readonly next_cursor?: string;
  readonly truncated: boolean;
  readonly truncated_reason?: string;
  readonly total?: number;
  readonly summary: Record<string, number>;
}

async function list(reader: ObjectsReader, args: Record<string, unknown> = {}): Promise<Listed> {
  return (await callTool(fluxTools(reader), 'list_flux_kustomizations', args)) as unknown as Listed;
}

function kustomization(name: string, namespace: string, fields: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace, generation: 1 },
    ...fields,
  };
}

test('a row says what it applies, what it waits for, and how far it is', async () => {
  const { items } = await list(fluxInMemory(), { state: 'blocked' });
  expect(items).toEqual([
    {
      name: 'blocked',
      namespace: 'flux-system',
      state: 'blocked',
      ready: false,
      reason: 'DependencyNotReady',
      message: "dependency 'flux-system/bad-path' is not ready",
      suspended: false,
      path: './dep',
      source: 'GitRepository/flux-system/platform',
      depends_on: ['Kustomization/flux-system/bad-path'],
      inventory_count: 0,
      age: '5m54s',
    },
  ]);
});

test('a suspended one that was ready says both', async () => {
  const { items, summary } = await list(fluxInMemory(), { state: 'suspended' });
  expect(items).toMatchObject([
    { name: 'suspended-later', state: 'suspended', suspended: true, ready: true, inventory_count: 1 },
    { name: 'suspended-new', state: 'suspended', suspended: true, inventory_count: 0 },
  ]);
  // Never reconciled, it has no condition.
  expect(items[1]).not.toHaveProperty('ready');
  // The summary is of all.
  expect(summary).toMatchObject({ suspended: 2, failed: 9 });
});

test('names of other namespaces are resolved, and those of its own', async () => {
  const reader = new ObjectsReader();
  installFlux(reader);
  const spec = {
    sourceRef: { kind: 'OCIRepository', name: 'apps', namespace: 'sources' },
    dependsOn: [{ name: 'crds' }, { name: 'infra', namespace: 'flux-system' }, { name: '' }, null, 3],
  };
  reader.put(kustomization('shop', 'team-a', { spec }));
  const { items } = await list(reader);
  expect(items).toMatchObject([
    {
      source: 'OCIRepository/sources/apps',
      depends_on: ['Kustomization/team-a/crds', 'Kustomization/flux-system/infra'],
    },
  ]);
});

test('a namespace, pages, and each of 1,200 once', async () => {
  const reader = new ObjectsReader();
  installFlux(reader);
  for (let at = 0; at < 1200; at++) reader.put(kustomization(`k${at}`, at % 2 === 0 ? 'a' : 'b'));
  const seen: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(reader, { limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.total).toBe(1200);
    expect(page.summary['pending']).toBe(1200);
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.next_cursor;
    expect(page.truncated).toBe(cursor !== undefined);
  } while (cursor !== undefined);
  expect(new Set(seen).size).toBe(1200);
  expect(seen).toHaveLength(1200);
  const one = await list(reader, { namespace: 'b', limit: 1 });
  expect(one).toMatchObject({ total: 600, items: [{ namespace: 'b' }], summary: { pending: 600 } });
});

test('what is deleted between pages takes nothing else with it', async () => {
  const reader = new ObjectsReader();
  installFlux(reader);
  for (let at = 0; at < 6; at += 1) reader.put(kustomization(`k${at}`, 'flux-system'));
  const first = await list(reader, { limit: 3 });
  expect(first).toMatchObject({ total: 6, items: [{ name: 'k0' }, { name: 'k1' }, { name: 'k2' }] });
  reader.remove('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', 'flux-system', 'k0');
  const second = await list(reader, { limit: 3, cursor: first.next_cursor });
  expect(second).toMatchObject({ total: 5, items: [{ name: 'k3' }, { name: 'k4' }, { name: 'k5' }] });
  expect(second.next_cursor).toBeUndefined();
});

test('a list that the cluster gives in part says so', async () => {
  class ShortReader extends ObjectsReader {
    override async list(...args: Parameters<ObjectsReader['list']>): ReturnType<ObjectsReader['list']> {
      const answer = await super.list(...args);
      return { items: answer.items.slice(0, 2), truncated: true };
    }
  }
  const reader = new ShortReader();
  installFlux(reader);
  for (const name of ['a', 'b', 'c']) reader.put(kustomization(name, 'flux-system'));
  const { truncated, truncated_reason, items } = await list(reader);
  expect(items).toHaveLength(2);
  expect(truncated).toBe(true);
  expect(truncated_reason).toMatch(/only the first 2/);
});

test('a message names no credential (FLX-9)', async () => {
  const reader = new ObjectsReader();
  installFlux(reader);
  const message = `unable to clone 'https://bot:hunter2secret@git.example.com/a': authentication required`;
  const conditions = [{ type: 'Ready', status: 'False', reason: 'ArtifactFailed', message }];
  reader.put(kustomization('k', 'flux-system', { status: { conditions } }));
  const result = await list(reader);
  expect(JSON.stringify(result)).not.toMatch(/hunter2secret|bot/);
  expect(result.items[0]?.['message']).toBe("unable to clone 'https://git.example.com/a': authentication required");
});

test('the form of S0: a Teleport cluster and its node', async () => {
  const tools = fluxTools(fluxInMemory());
  const args = { cluster: 'shared-service', node: 'k8s-1' };
  expect(await callTool(tools, 'list_flux_kustomizations', args)).toMatchObject({ total: 14 });
  const wrong = callTool(tools, 'list_flux_kustomizations', { cluster: 'production', node: 'k8s-1' });
  await expect(wrong).rejects.toMatchObject({ code: 'unknown_cluster' });
  await expect(callTool(tools, 'list_flux_kustomizations', { space: 'x' })).rejects.toThrow(/space/);
});

test('what may not be read is told as such', async () => {
  const reader = fluxInMemory();
  reader.forbidden.add('Kustomization');
  await expect(list(reader)).rejects.toMatchObject({ failure: 'forbidden' });
});

test('without discovery a kind that is not there is not_installed (FLX-10)', async () => {
  const error = await list(new ObjectsReader()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'not_installed' });
  expect(String(error)).toContain('kustomize.toolkit.fluxcd.io');
});
