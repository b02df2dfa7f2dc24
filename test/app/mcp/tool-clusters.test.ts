import { expect, test } from 'vitest';
import { toolClusters } from '../../../src/app/mcp/tool-clusters.ts';
import { FallbackReader } from '../../../src/kube/read/fallback-reader.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

test('the clusters of now, with the way by which each is read', () => {
  const known = { environment: 'production', kubectl: ['--context', 'east'], allowSecrets: false, teleport: null };
  const fleet = new Map([
    ['east', { ...known, name: 'east', kubeconfig: '/k.yaml' }],
    ['west', { ...known, name: 'west', kubeconfig: null }],
    ['gone', { ...known, name: 'gone', kubeconfig: null }],
  ]);
  const reader = new FallbackReader([() => Promise.resolve(new ObjectsReader([]))]);
  const clusters = toolClusters({
    fleet: () => fleet,
    readerOf: (name) => (name === 'gone' ? null : reader),
    directory: { statuses: () => [] },
  });
  expect(clusters.names()).toEqual(['east', 'west', 'gone']);
  expect(clusters.get('east')).toMatchObject({ name: 'east', environment: 'production', source: 'kubeconfig' });
  expect(clusters.get('west')).toMatchObject({ source: 'mcp' });
  expect(clusters.get('west')?.status()).toBeNull();
  expect(clusters.get('gone')).toBeNull();
  expect(clusters.get('none')).toBeNull();
});

test('the way that has answered is named, not the one that was to', async () => {
  const { signal } = new AbortController();
  const api = new ObjectsReader([]);
  const tools = new ObjectsReader([]);
  const reader = new FallbackReader([() => Promise.resolve(api), () => Promise.resolve(tools)]);
  const known = { name: 'east', environment: null, kubectl: [], allowSecrets: false };
  const teleport = null;
  const clusters = toolClusters({
    fleet: () => new Map([['east', { ...known, teleport, kubeconfig: '/k.yaml' }]]),
    readerOf: () => reader,
    directory: { statuses: () => [] },
  });
  const [one, other] = [clusters.get('east')!, clusters.get('east')!];
  await one.reader.list('v1', 'Pod', {}, signal);
  expect(one.source).toBe('kubeconfig');
  api.forbidden.add('Node');
  await other.reader.list('v1', 'Node', {}, signal);
  expect(other.source).toBe('mcp');
  await other.reader.list('v1', 'Pod', {}, signal);
  expect(other.source).toBe('mcp, kubeconfig');
  expect(one.source).toBe('kubeconfig');
});
