import { expect, test } from 'vitest';
import { clusterProfiles } from '../../../../src/mcp/palette/api/shapes.ts';
import { comparePacks, runningPacks } from '../../../../src/mcp/palette/rules/compare-packs.ts';
import { callTool } from '../../../support/call-tool.ts';
import { clusterName, clusterUid } from '../../../support/palette-fleet.ts';
import { PaletteServer } from '../../../support/palette-server.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

const running = (...packs: readonly [name: string, version: string, layer: string, values?: string][]) =>
  runningPacks(
    clusterProfiles.parse({
      profiles: [
        {
          metadata: { uid: 'p', name: 'p' },
          spec: {
            packs: packs.map(([name, version, layer, values = '']) => ({ spec: { name, version, layer, values } })),
          },
        },
      ],
    }),
  );

test('packs differ by version, by being there, or by their values, from the operating system up (PAL-6)', () => {
  const { differences, same } = comparePacks([
    running(
      ['vault', '1', 'addon'],
      ['k8s', '1.32', 'k8s'],
      ['os', '22.04', 'os'],
      ['odd', '1', 'strange'],
      ['cni', '3', 'cni', 'a: 1'],
    ),
    running(['k8s', '1.33', 'k8s'], ['os', '22.04', 'os'], ['odd', '2', 'strange'], ['cni', '3', 'cni', 'a: 2']),
    running(['k8s', '1.33', 'k8s'], ['os', '22.04', 'os'], ['odd', '2', 'strange'], ['cni', '3', 'cni', 'a: 1']),
  ]);
  expect(differences).toEqual([
    { pack: 'k8s', layer: 'k8s', difference: 'version', versions: ['1.32', '1.33', '1.33'] },
    { pack: 'cni', layer: 'cni', difference: 'values', versions: ['3', '3', '3'] },
    { pack: 'vault', layer: 'addon', difference: 'missing', versions: ['1', '', ''] },
    { pack: 'odd', layer: 'strange', difference: 'version', versions: ['1', '2', '2'] },
  ]);
  expect(same).toBe(1);
});

test('a pack that two profiles bring is one with both versions', () => {
  expect([...running(['p', '2', 'addon'], ['p', '1', 'addon']).values()]).toMatchObject([{ version: '1, 2' }]);
});

test('clusters are compared by packs, drift from their profiles, size and Kubernetes (PAL-6)', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const result = await callTool(tools, 'compare_clusters', { clusters: [clusterName(3), clusterUid(6)] });
  expect(result).toEqual({
    clusters: [
      expect.objectContaining({
        uid: clusterUid(3),
        name: 'cluster-003',
        cloud: 'azure',
        kubernetes_version: '1.33.4',
        nodes: { total: 8, healthy: 8 },
        profiles: ['profile-01'],
      }),
      expect.objectContaining({
        uid: clusterUid(6),
        name: 'cluster-006',
        kubernetes_version: '1.32.8',
        cpu: { usage: 8, requested: 16, limits: 40, total: 32, unit: 'cores' },
      }),
    ],
    differences: [
      {
        pack: 'edge-native-ubuntu',
        layer: 'os',
        difference: 'values',
        versions: [
          { cluster: 'cluster-003', version: '22.04' },
          { cluster: 'cluster-006', version: '22.04' },
        ],
      },
      {
        pack: 'kubernetes',
        layer: 'k8s',
        difference: 'version',
        versions: [
          { cluster: 'cluster-003', version: '1.33.4' },
          { cluster: 'cluster-006', version: '1.32.8' },
        ],
      },
      {
        pack: 'cni-cilium-oss',
        layer: 'cni',
        difference: 'values',
        versions: [
          { cluster: 'cluster-003', version: '1.17.1' },
          { cluster: 'cluster-006', version: '1.17.1' },
        ],
      },
    ],
    same_packs: 0,
    drift: [
      {
        cluster: 'cluster-006',
        profile: 'profile-01',
        pack: 'kubernetes',
        layer: 'k8s',
        runs: '1.32.8',
        profile_says: '1.33.4',
      },
    ],
    same_kubernetes_version: false,
    demo: false,
  });
});

test('a cluster is not compared with itself, nor with one that is not there', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const compare = (...clusters: string[]) => callTool(tools, 'compare_clusters', { clusters });
  await expect(compare(clusterName(3), clusterUid(3))).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(compare(clusterName(3), 'nothing')).rejects.toMatchObject({ code: 'not_found' });
  await expect(compare(clusterName(3))).rejects.toThrow('clusters');
});
