import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend } from '../amend.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;
type Event = [reason: string, message: string];

const none: Build = () => {};
const unbound = '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.';
const mounted = { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] };
const binding: Event = ['FailedBinding', 'no persistent volumes available for this claim and no storage class is set'];
const noClass: Event = ['ProvisioningFailed', 'storageclass.storage.k8s.io "gold" not found'];

interface Claim {
  readonly spec?: Fields;
  readonly phase?: string;
  readonly annotations?: Record<string, string>;
  readonly event?: Event;
  readonly namespace?: string;
}

function claimed(claim: Claim, build: Build): Promise<string> {
  const cluster = new TestCluster();
  cluster.pending('ns', 'app', unbound, mounted);
  cluster.node('n1');
  const namespace = claim.namespace ?? 'ns';
  cluster.add('PersistentVolumeClaim', namespace, 'data', {
    metadata: { annotations: claim.annotations },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Gi' } }, ...claim.spec },
    status: { phase: claim.phase ?? 'Pending' },
  });
  if (claim.event) cluster.event('PersistentVolumeClaim', namespace, 'data', ...claim.event);
  build(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

const volume =
  (phase: string, spec: Fields = {}): Build =>
  (cluster) =>
    cluster.add('PersistentVolume', null, 'pv1', {
      spec: { capacity: { storage: '20Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
      status: { phase },
    });
const ref = (name: string, namespace = 'ns'): Fields => ({ claimRef: { name, namespace, uid: 'uid-before' } });
const gold = { storageClassName: 'gold' };
const storageClass: Build = (cluster) => cluster.add('StorageClass', null, 'gold', { provisioner: 'acme.test/disk' });

describe('QUA-1: a claim that is not bound', () => {
  test.each<[string, Claim, Build, string]>([
    [
      'no class of that name',
      { spec: gold, event: noClass },
      none,
      'PersistentVolumeClaim data storageclass_missing [gold] high',
    ],
    [
      'no class of that name, without an event',
      { spec: gold },
      none,
      'PersistentVolumeClaim data storageclass_missing [gold] high',
    ],
    [
      'the class of the old annotation',
      { annotations: { 'volume.beta.kubernetes.io/storage-class': 'gold' }, event: noClass },
      none,
      'PersistentVolumeClaim data storageclass_missing [gold] high',
    ],
    [
      'released by the claim of the same name',
      { event: binding },
      volume('Released', ref('data')),
      'PersistentVolume pv1 pv_released [Released] high',
    ],
    [
      'released, and wanted by its name',
      { spec: { volumeName: 'pv1' } },
      volume('Released', ref('old')),
      'PersistentVolume pv1 pv_released [Released] high',
    ],
    [
      'released, and it would fit',
      { event: binding },
      volume('Released', ref('old')),
      'PersistentVolume pv1 pv_released [Released] high',
    ],
    [
      'a reclaim that failed',
      { event: binding },
      volume('Failed', ref('data')),
      'PersistentVolume pv1 pv_released [Failed] high',
    ],
    ['no volume at all', { event: binding }, none, 'PersistentVolumeClaim data no_matching_pv [10Gi] high'],
    [
      'the free volume is too small',
      { event: binding },
      volume('Available', { capacity: { storage: '5Gi' } }),
      'PersistentVolumeClaim data no_matching_pv [10Gi] high',
    ],
    [
      'another access mode',
      { spec: { accessModes: ['ReadWriteMany'] }, event: binding },
      volume('Available'),
      'PersistentVolumeClaim data no_matching_pv [ReadWriteMany] high',
    ],
    [
      'another class',
      { spec: gold, event: ['FailedBinding', 'no persistent volumes available'] },
      (c) => {
        storageClass(c);
        volume('Available', { storageClassName: 'silver' })(c);
      },
      'PersistentVolumeClaim data no_matching_pv [gold] high',
    ],
    [
      'the provisioner fails',
      { spec: gold, event: ['ProvisioningFailed', 'failed to provision volume: quota of the zone is used up'] },
      storageClass,
      'PersistentVolumeClaim data other [10Gi] high',
    ],
    [
      'its volume is lost',
      { phase: 'Lost', spec: { volumeName: 'pv9' } },
      none,
      'PersistentVolumeClaim data no_matching_pv [pv9] high',
    ],
    [
      'released, but too small to be meant',
      { event: binding },
      volume('Released', { ...ref('old'), capacity: { storage: '5Gi' } }),
      'PersistentVolumeClaim data no_matching_pv [10Gi] high',
    ],
    [
      'released by a claim of that name elsewhere, of another class',
      { event: binding },
      volume('Released', { ...ref('data', 'other'), ...gold }),
      'PersistentVolumeClaim data no_matching_pv [10Gi] high',
    ],
  ])('%s', async (_title, claim, build, wanted) => {
    expect(await claimed(claim, build)).toBe(wanted);
  });

  const mechanisms = /storageclass_missing|pv_released|no_matching_pv/;
  test.each<[string, Claim, Build]>([
    ['it is bound', { phase: 'Bound', spec: gold, event: noClass }, none],
    ['it is bound, and an old volume is released', { phase: 'Bound', event: binding }, volume('Released', ref('data'))],
    ['the class exists and nothing has failed', { spec: gold }, storageClass],
    [
      'it waits for its first consumer',
      { spec: gold, event: ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding'] },
      storageClass,
    ],
    [
      'it is being provisioned',
      { spec: gold, event: ['ExternalProvisioning', 'waiting for a volume to be created'] },
      storageClass,
    ],
    ['nothing is said about it', {}, none],
    ['the volume of that claim is bound', {}, volume('Bound', ref('data'))],
    ['it is in another namespace', { namespace: 'other', event: binding }, none],
  ])('not: %s', async (_title, claim, build) => {
    expect(await claimed(claim, build)).not.toMatch(mechanisms);
  });

  test('a claim of a StatefulSet that is made from a template', async () => {
    const cluster = new TestCluster();
    cluster.add('StatefulSet', 'ns', 'db', {
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'db' } },
        template: { metadata: { labels: { app: 'db' } }, spec: { containers: [] } },
        volumeClaimTemplates: [{ metadata: { name: 'data' } }],
      },
      status: { replicas: 1, readyReplicas: 0 },
    });
    cluster.add('Pod', 'ns', 'db-0', {
      metadata: {
        labels: { app: 'db' },
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'uid-StatefulSet-db', controller: true },
        ],
      },
      spec: {
        containers: [{ name: 'db', image: 'd:1' }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }],
      },
      status: { phase: 'Pending' },
    });
    cluster.add('PersistentVolumeClaim', 'ns', 'data-db-0', { spec: gold, status: { phase: 'Pending' } });
    expect(await causeOf(cluster, 'StatefulSet', 'ns', 'db')).toBe(
      'PersistentVolumeClaim data-db-0 storageclass_missing [gold] high',
    );
  });
});

describe('QUA-1: a volume that cannot be mounted', () => {
  const path = (text: string): string =>
    `MountVolume.SetUp failed for volume "h" : hostPath type check failed: ${text}`;
  interface Mount {
    readonly event: Event;
    readonly ready?: boolean;
    readonly deleting?: boolean;
  }
  function mounting({ event, ready = false, deleting = false }: Mount): Promise<string> {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      ready,
      spec: {
        containers: [{ name: 'app', image: 'a:1' }],
        volumes: [{ name: 'h', hostPath: { path: '/mnt/fast', type: 'Directory' } }],
      },
    });
    cluster.node('n1');
    if (deleting) amend(cluster, 'Pod', 'app', { metadata: { deletionTimestamp: '2026-01-01T10:05:00Z' } });
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', ...event);
    return causeOf(cluster, 'Deployment', 'ns', 'app');
  }
  const absent: Event = ['FailedMount', path('/mnt/fast is not a directory')];
  const attached = 'Multi-Attach error for volume "pvc-1" Volume is already exclusively attached to one node';

  test.each<[string, Mount, string]>([
    ['a host path of another form', { event: absent }, 'Deployment app hostpath_missing [/mnt/fast] high'],
    [
      'a host path that is no file',
      { event: ['FailedMount', path('/mnt/fast is not a file')] },
      'Deployment app hostpath_missing [/mnt/fast] high',
    ],
    ['a volume on another node', { event: ['FailedAttachVolume', attached] }, 'Deployment app other [pvc-1] medium'],
    [
      'a volume that another pod uses',
      {
        event: [
          'FailedAttachVolume',
          'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) app-5d8f-zzzzz',
        ],
      },
      'Deployment app other [pvc-1] medium',
    ],
  ])('%s', async (_title, mount, wanted) => {
    expect(await mounting(mount)).toBe(wanted);
  });

  test.each<[string, Mount]>([
    ['the pod is ready since', { event: absent, ready: true }],
    ['the volume came over since', { event: ['FailedAttachVolume', attached], ready: true }],
    ['the pod is being deleted', { event: absent, deleting: true }],
    [
      'the kubelet only waits',
      { event: ['FailedMount', 'Unable to attach or mount volumes: timed out waiting for the condition'] },
    ],
    ['the words stand in another event', { event: ['Unhealthy', path('/mnt/fast is not a directory')] }],
  ])('not: %s', async (_title, mount) => {
    expect(await mounting(mount)).not.toMatch(/hostpath_missing|\[pvc-1\]/);
  });
});
