import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectQuoted } from './expected.ts';

const waitingFor = (cluster: TestCluster, namespace: string, name: string, spec: Record<string, unknown> = {}): void =>
  cluster.deployment(namespace, name, {
    spec: { containers: [{ name, image: `registry.test/${name}:1.0` }], ...spec },
    status: {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
      ],
      containerStatuses: [{ name, ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } }],
    },
  });

describe('QUA-1: a Warning or a bad condition that no rule reads is quoted', () => {
  test('a node says by a condition of its own that its file system has become read-only', async () => {
    const cluster = new TestCluster();
    cluster.node('n1', {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady', lastTransitionTime: '2025-12-01T09:00:00Z' },
        {
          type: 'ReadonlyFilesystem',
          status: 'True',
          reason: 'FilesystemIsReadOnly',
          message: 'EXT4-fs (nvme0n1p1): Remounting filesystem read-only',
          lastTransitionTime: '2026-01-01T09:58:00Z',
        },
      ],
    });
    waitingFor(cluster, 'tolling', 'lanes');
    await expectQuoted(
      cluster,
      ['Deployment', 'tolling', 'lanes'],
      [/ReadonlyFilesystem/, /Remounting filesystem read-only/, /\bn1\b/],
    );
  });

  test('the reverse: conditions that are good as they stand are not quoted as bad', async () => {
    const cluster = new TestCluster();
    cluster.node('n1', {
      conditions: [
        { type: 'Ready', status: 'True', reason: 'KubeletReady' },
        {
          type: 'ReadonlyFilesystem',
          status: 'False',
          reason: 'FilesystemIsNotReadOnly',
          message: 'Filesystem is fine',
        },
        { type: 'SysctlsApplied', status: 'True', reason: 'Applied', message: 'all 12 applied' },
      ],
    });
    waitingFor(cluster, 'tolling', 'lanes');
    cluster.event(
      'Pod',
      'tolling',
      'lanes-5d8f-abcde',
      'FailedCreatePodContainer',
      'unable to ensure pod container exists: failed to create container for [kubepods burstable podd1] : mkdir /sys/fs/cgroup/memory/kubepods/burstable/podd1: cannot allocate memory',
    );
    await expectQuoted(
      cluster,
      ['Deployment', 'tolling', 'lanes'],
      [/FailedCreatePodContainer/, /cannot allocate memory/],
      [/ReadonlyFilesystem/, /SysctlsApplied/],
    );
  });
});
