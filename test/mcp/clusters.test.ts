import { expect, test } from 'vitest';
import { clusterOf, type ToolCluster, type ToolClusters } from '../../src/mcp/clusters.ts';
import { toolCall } from '../support/call-tool.ts';

/** The Teleport cluster of a cluster does not have its name: production is behind the shared one. */
const places: Readonly<Record<string, ToolCluster['teleport']>> = {
  staging: { cluster: 'staging', node: 'k8s-staging-1' },
  production: { cluster: 'shared-service', node: 'k8s-1' },
  direct: null,
};

const clusters: ToolClusters = {
  names: () => Object.keys(places),
  get: (name) => (Object.hasOwn(places, name) ? ({ name, teleport: places[name] } as ToolCluster) : null),
};

function found(cluster: string | undefined, node?: string, onlyCluster: string | null = null): string {
  return clusterOf({ cluster, node }, clusters, toolCall({ onlyCluster })).name;
}

test('TEL-10: a Teleport cluster and a node find their cluster', () => {
  expect(found('staging', 'k8s-staging-1')).toBe('staging');
  expect(found('shared-service', 'k8s-1')).toBe('production');
  expect(found(undefined, 'k8s-1')).toBe('production');
});

test('TEL-10: the name of a cluster here is not that of its Teleport cluster', () => {
  expect(found('production')).toBe('production');
  for (const [cluster, node] of [
    ['production', 'k8s-1'],
    ['staging', 'k8s-1'],
    ['shared-service', 'k8s-staging-1'],
    ['shared-service', undefined],
  ] as const) {
    expect(() => found(cluster, node)).toThrow(expect.objectContaining({ code: 'unknown_cluster' }));
  }
});

test('TEL-10: who may see one cluster alone finds no other', () => {
  expect(found('staging', 'k8s-staging-1', 'staging')).toBe('staging');
  expect(() => found('shared-service', 'k8s-1', 'staging')).toThrow(/no configured cluster is the node k8s-1/);
});
