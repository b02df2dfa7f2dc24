import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { claimed, type Given } from './claimed.ts';

const about = (given: Given): Promise<string> => causeOf(claimed(given), 'Deployment', 'ns', 'app');

describe('QUA-1: a volume that is to grow', () => {
  const condition = {
    conditions: [
      {
        type: 'FileSystemResizePending',
        status: 'True',
        message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
      },
    ],
  };
  const bound = { phase: 'Bound', capacity: { storage: '10Gi' } };
  test.each<[string, Given, string]>([
    [
      'its file system waits for a restart',
      { spec: { resources: { requests: { storage: '20Gi' } } }, status: { ...bound, ...condition } },
      'PersistentVolumeClaim data other [20Gi] high',
    ],
    [
      'its driver cannot',
      {
        spec: { resources: { requests: { storage: '20Gi' } } },
        status: bound,
        event: [
          'VolumeResizeFailed',
          'resize volume "pvc-1" by resizer "disk.csi.test" failed: rpc error: code = OutOfRange desc = too large',
        ],
      },
      'PersistentVolumeClaim data other [20Gi] medium',
    ],
  ])('%s', async (_title, given, wanted) => expect(await about(given)).toBe(wanted));
  test.each<[string, Given]>([
    ['it has grown', { status: { ...bound, ...condition } }],
    ['nobody asked', { status: bound }],
  ])('not: %s', async (_title, given) => expect(await about(given)).not.toContain('PersistentVolumeClaim data other'));
});
