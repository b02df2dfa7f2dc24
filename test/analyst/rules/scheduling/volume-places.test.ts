import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;
const zone = 'topology.kubernetes.io/zone';
const conflict = '0/2 nodes are available: 2 node(s) had volume node affinity conflict.';
const noBind = "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.";
const noRoom = '0/2 nodes are available: 2 node(s) did not have enough free storage.';
const tooMany = '0/2 nodes are available: 2 node(s) exceed max volume count.';
const affinity = (key: string, value: string): Fields => ({
  nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }] } },
});
const node =
  (name: string, place: string, more: Fields = {}): Build =>
  (cluster) => {
    cluster.node(name, { labels: { [zone]: place }, ...more });
  };
const two: Build = (cluster) => {
  node('n1', 'a')(cluster);
  node('n2', 'b')(cluster);
};

function waiting(message: string, claim: Fields, spec: Fields, ...build: Build[]): Promise<string> {
  const cluster = new TestCluster();
  cluster.pending('ns', 'app', message, {
    volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }],
    ...spec,
  });
  cluster.add('PersistentVolumeClaim', 'ns', 'data', claim);
  for (const one of build) one(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}
const bound = { spec: { volumeName: 'pv1' }, status: { phase: 'Bound' } };
const volume =
  (key: string, value: string): Build =>
  (cluster) =>
    cluster.add('PersistentVolume', null, 'pv1', { spec: affinity(key, value), status: { phase: 'Bound' } });

describe('QUA-1: a volume that is bound to a place', () => {
  test.each<[string, Fields, Build[], string]>([
    [
      'the pod is pinned to another zone',
      { nodeSelector: { [zone]: 'b' } },
      [two, volume(zone, 'a')],
      'PersistentVolume pv1 volume_affinity [a] high',
    ],
    [
      'its node is gone',
      {},
      [two, volume('kubernetes.io/hostname', 'n7')],
      'PersistentVolume pv1 volume_affinity [n7] high',
    ],
    [
      'its node is cordoned',
      {},
      [node('n1', 'a', { unschedulable: true }), node('n2', 'b'), volume('kubernetes.io/hostname', 'n1')],
      'Node n1 cordoned [unschedulable] high',
    ],
    [
      'its node is down',
      {},
      [
        node('n1', 'a', { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] }),
        node('n2', 'b'),
        volume('kubernetes.io/hostname', 'n1'),
      ],
      'Node n1 node_down [NodeStatusUnknown] high',
    ],
  ])('%s', async (_title, spec, build, wanted) => expect(await waiting(conflict, bound, spec, ...build)).toBe(wanted));
});

describe('QUA-1: a claim that waits for its pod, which waits for a volume', () => {
  const claim = {
    spec: { storageClassName: 'local', resources: { requests: { storage: '10Gi' } } },
    status: { phase: 'Pending' },
  };
  const storage =
    (fields: Fields = {}): Build =>
    (cluster) =>
      cluster.add('StorageClass', null, 'local', {
        volumeBindingMode: 'WaitForFirstConsumer',
        provisioner: 'local.test',
        ...fields,
      });
  const free =
    (size: string, host: string): Build =>
    (cluster) =>
      cluster.add('PersistentVolume', null, 'pv9', {
        spec: { storageClassName: 'local', capacity: { storage: size }, ...affinity('kubernetes.io/hostname', host) },
        status: { phase: 'Available' },
      });
  const topology = { allowedTopologies: [{ matchLabelExpressions: [{ key: zone, values: ['c'] }] }] };
  test.each<[string, string, Fields, Build[], string]>([
    [
      'no volume of the class is free',
      noBind,
      {},
      [two, storage()],
      'PersistentVolumeClaim data no_matching_pv [local] high',
    ],
    [
      'the free ones are too small',
      noBind,
      {},
      [two, storage(), free('5Gi', 'n1')],
      'PersistentVolumeClaim data no_matching_pv [10Gi] high',
    ],
    [
      'the free one is where the pod may not run',
      noBind,
      { nodeSelector: { [zone]: 'b' } },
      [two, storage(), free('20Gi', 'n1')],
      'PersistentVolumeClaim data no_matching_pv [local] high',
    ],
    [
      'the nodes have no room for it',
      noRoom,
      {},
      [two, storage()],
      'PersistentVolumeClaim data no_matching_pv [local] high',
    ],
    [
      'the class makes volumes in another zone only',
      noBind,
      {},
      [two, storage(topology)],
      'StorageClass local volume_affinity [c] high',
    ],
  ])('%s', async (_title, message, spec, build, wanted) => {
    expect(await waiting(message, claim, spec, ...build)).toBe(wanted);
  });
  test('not: the message speaks of CPU', async () => {
    expect(await waiting('0/2 nodes are available: 2 Insufficient cpu.', claim, {}, two, storage())).not.toMatch(
      /no_matching_pv|volume_affinity/,
    );
  });
});

test('QUA-1: a driver attaches no more volumes to the nodes', async () => {
  expect(await waiting(tooMany, bound, {}, two)).toBe('Deployment app other [null] medium');
});
