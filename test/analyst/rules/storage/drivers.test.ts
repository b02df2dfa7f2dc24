import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import type { TestCluster } from '../../cluster.ts';
import { claimed, type Given } from './claimed.ts';

type Build = (cluster: TestCluster) => void;
const failed = (text: string): [string, string] => [
  'ProvisioningFailed',
  `failed to provision volume with StorageClass "fast": ${text}`,
];

const about = (given: Given): Promise<string> => causeOf(claimed(given), 'Deployment', 'ns', 'app');

describe('QUA-1: a driver that makes no volume', () => {
  test.each<[string, Given, string]>([
    [
      'a value that it does not know',
      {
        event: failed('rpc error: code = InvalidArgument desc = Invalid disk type "gp33"'),
        parameters: { type: 'gp33' },
      },
      'StorageClass fast other [gp33] high',
    ],
    [
      'a key that it does not know',
      {
        event: failed('rpc error: code = InvalidArgument desc = invalid parameter "shareNam" in storage class'),
        parameters: { shareNam: 'pics' },
      },
      'StorageClass fast other [pics] high',
    ],
    [
      'a pool that is not there',
      {
        event: failed('rpc error: code = Internal desc = pool not found: pool (replicapol) not found in Ceph cluster'),
        parameters: { pool: 'replicapol' },
      },
      'StorageClass fast other [replicapol] high',
    ],
    [
      'an access mode, in the words of one',
      {
        event: failed(
          'rpc error: code = InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.',
        ),
        spec: { accessModes: ['ReadWriteMany'] },
      },
      'PersistentVolumeClaim data other [ReadWriteMany] high',
    ],
    [
      'an access mode, in the words of another',
      {
        event: failed('rpc error: code = InvalidArgument desc = capability at index 0 is not supported'),
        spec: { accessModes: ['ReadWriteMany'] },
      },
      'PersistentVolumeClaim data other [ReadWriteMany] high',
    ],
    [
      'its quota',
      {
        event: failed(
          "rpc error: code = ResourceExhausted desc = Quota 'SSD_TOTAL_GB' exceeded. Limit: 500.0 in region a1.",
        ),
      },
      'PersistentVolumeClaim data other [SSD_TOTAL_GB] high',
    ],
    [
      'its rights',
      {
        event: failed(
          'rpc error: code = Internal desc = UnauthorizedOperation: You are not authorized to perform this operation.',
        ),
      },
      'StorageClass fast other [UnauthorizedOperation] high',
    ],
    [
      'its Secret',
      {
        event: failed('error getting secret disk-login in namespace storage: secrets "disk-login" not found'),
        parameters: {
          'csi.storage.k8s.io/provisioner-secret-name': 'disk-login',
          'csi.storage.k8s.io/provisioner-secret-namespace': 'storage',
        },
      },
      'Secret disk-login missing_secret [disk-login] high',
    ],
    [
      'no reason that is known',
      { event: failed('rpc error: code = Internal desc = backend said 17') },
      'PersistentVolumeClaim data other [10Gi] medium',
    ],
  ])('%s', async (_title, given, wanted) => expect(await about(given)).toBe(wanted));

  test('the words of the driver are told', async () => {
    const { verdict } = await answerAbout(
      claimed({
        event: failed('rpc error: code = InvalidArgument desc = Invalid disk type "gp33"'),
        parameters: { type: 'gp33' },
      }),
      'Deployment',
      'ns',
      'app',
    );
    expect(verdict.causes[0]?.statement).toMatch(
      /^StorageClass fast asks for type "gp33", which its driver disk\.csi\.test refuses/,
    );
  });
});

describe('QUA-1: a driver that says nothing', () => {
  const waits = [
    'ExternalProvisioning',
    "Waiting for a volume to be created either by the external provisioner 'disk.csi.test' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
  ] as const;
  const driver: Build = (c) => c.add('CSIDriver', null, 'disk.csi.test', {});
  const controller =
    (ready: boolean): Build =>
    (c) => {
      driver(c);
      c.deployment('storage', 'disk-controller', {
        ready,
        spec: {
          containers: [
            { name: 'disk-controller', image: 'registry.test/csi-provisioner:5', args: ['--driver=disk.csi.test'] },
          ],
        },
      });
    };
  test.each<[string, Build, string]>([
    ['none of that name is registered', () => {}, 'StorageClass fast csi_driver_missing [disk.csi.test] high'],
    [
      'what makes its volumes is not ready',
      controller(false),
      'Deployment disk-controller csi_driver_missing [disk.csi.test] high',
    ],
  ])('%s', async (_title, build, wanted) => expect(await about({ event: waits, build })).toBe(wanted));
  test.each<[string, Build]>([
    [
      'it is at work',
      (c) =>
        c.event(
          'PersistentVolumeClaim',
          'ns',
          'data',
          'Provisioning',
          'External provisioner is provisioning volume for claim "ns/data"',
        ),
    ],
    ['what makes its volumes is ready', controller(true)],
    ['it is registered, and nothing else is known', driver],
  ])('not: %s', async (_title, build) =>
    expect(await about({ event: waits, build })).not.toContain('csi_driver_missing'),
  );
});

describe('QUA-1: a claim whose volume is gone', () => {
  test('the volume is named', async () => {
    expect(
      await about({
        spec: { volumeName: 'pv7' },
        status: { phase: 'Lost' },
        event: ['ClaimLost', 'Bound claim has lost its PersistentVolume. Any data on the volume is lost!'],
      }),
    ).toBe('PersistentVolumeClaim data no_matching_pv [pv7] high');
  });
});
