import { describe, expect, test } from 'vitest';
import { answerAbout } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

const rpc = 'failed to provision volume with StorageClass "fast": rpc error: code =';

/** The answer about a claim whose provisioner says `message`: the first cause in one line, and its statement. */
async function answered(message: string, mode = 'ReadWriteOnce'): Promise<readonly [string, string]> {
  const cluster = new TestCluster();
  cluster.add('StorageClass', null, 'fast', { provisioner: 'disk.csi.cloud.test' });
  cluster.add('PersistentVolumeClaim', 'ns', 'index', {
    spec: { accessModes: [mode], storageClassName: 'fast', resources: { requests: { storage: '40Gi' } } },
    status: { phase: 'Pending' },
  });
  cluster.event('PersistentVolumeClaim', 'ns', 'index', 'ProvisioningFailed', message);
  const { verdict } = await answerAbout(cluster, 'PersistentVolumeClaim', 'ns', 'index');
  const [cause] = verdict.causes;
  if (!cause) return [verdict.summary, ''];
  const { entity, mechanism, wrong_value: wrong, confidence, statement } = cause;
  return [`${entity.kind} ${entity.name} ${mechanism} [${wrong}] ${confidence}`, statement];
}

describe('QUA-1: a provisioner that makes no volume', () => {
  test.each<[what: string, message: string, cause: string, said: RegExp, mode?: string]>([
    [
      'a quota of the provider, told as a refusal',
      `${rpc} ResourceExhausted desc = googleapi: Error 403: Quota 'SSD_TOTAL_GB' exceeded. Limit: 500.0 in region r1., quotaExceeded`,
      'PersistentVolumeClaim index other [SSD_TOTAL_GB] high',
      /no room or quota left/,
    ],
    [
      'a limit of volumes',
      `${rpc} Internal desc = Could not create volume "pvc-1": could not create volume in EC2: VolumeLimitExceeded: You have exceeded your maximum gp3 storage limit`,
      'PersistentVolumeClaim index other [VolumeLimitExceeded] high',
      /no room or quota left/,
    ],
    [
      'a pool without space',
      `${rpc} ResourceExhausted desc = failed to create volume: not enough free space in pool vg0: 12884901888 bytes`,
      'PersistentVolumeClaim index other [40Gi] high',
      /no room or quota left/,
    ],
    [
      'an account without the right',
      `${rpc} Internal desc = Could not create volume "pvc-1": UnauthorizedOperation: You are not authorized to perform this operation`,
      'StorageClass fast other [UnauthorizedOperation] high',
      /refuses the volume driver/,
    ],
    [
      'an account without the right, with the account and the right',
      `${rpc} Internal desc = Could not create volume "pvc-1": api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::000000000000:assumed-role/node-role/i-1 is not authorized to perform: ec2:CreateVolume on resource: arn:aws:ec2:r1:000000000000:volume/*`,
      'StorageClass fast other [ec2:CreateVolume] high',
      /refuses the volume driver the right to make it \(ec2:CreateVolume\): /,
    ],
    [
      'a right that another provider misses',
      `${rpc} PermissionDenied desc = googleapi: Error 403: Required 'compute.disks.create' permission for 'projects/p/zones/z/disks/pvc-1', forbidden`,
      'StorageClass fast other [compute.disks.create] high',
      /refuses the volume driver/,
    ],
    [
      'a third provider, with its client',
      `${rpc} Internal desc = Code="AuthorizationFailed" Message="The client 'a1-b2@t.test' does not have authorization to perform action 'Microsoft.Compute/disks/write' over scope '/subscriptions/s'"`,
      'StorageClass fast other [Microsoft.Compute/disks/write] high',
      /refuses the volume driver/,
    ],
    [
      'only an account',
      `${rpc} PermissionDenied desc = user "csi@storage.test" is refused`,
      'StorageClass fast other [csi@storage.test] high',
      /refuses the volume driver/,
    ],
    [
      'a parameter of the class that the driver does not know',
      `${rpc} InvalidArgument desc = invalid option "replication-typ"`,
      'StorageClass fast other [40Gi] high',
      /parameters of its class/,
    ],
    [
      'an access mode that the driver does not have',
      `${rpc} InvalidArgument desc = Volume capabilities MULTI_NODE_MULTI_WRITER not supported. Only AccessModes[ReadWriteOnce] supported.`,
      'PersistentVolumeClaim index other [ReadWriteMany] high',
      /access mode/,
      'ReadWriteMany',
    ],
    [
      'words of no known kind: only quoted',
      `${rpc} Unavailable desc = transport is closing`,
      'PersistentVolumeClaim index other [40Gi] medium',
      /its provisioner fails: .*transport is closing/,
    ],
  ])('%s', async (_what, message, cause, said, mode) => {
    const [line, statement] = await answered(message, mode);
    expect(line).toBe(cause);
    expect(statement).toMatch(said);
    expect(statement).not.toMatch(/No volume fits/);
  });
});
