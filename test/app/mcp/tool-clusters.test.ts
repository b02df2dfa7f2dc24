import { expect, test } from 'vitest';
import { toolClusters } from '../../../src/app/mcp/tool-clusters.ts';
import { ObjectsReader } from '../../support/objects-reader.ts';

test('the clusters of now, with the way by which each is read', () => {
  const known = { environment: 'production', kubectl: ['--context', 'east'], allowSecrets: false, teleport: null };
  const fleet = new Map([
    ['east', { ...known, name: 'east', kubeconfig: '/k.yaml' }],
    ['west', { ...known, name: 'west', kubeconfig: null }],
    ['gone', { ...known, name: 'gone', kubeconfig: null }],
  ]);
  const reader = new ObjectsReader([]);
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
