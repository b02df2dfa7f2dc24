import { expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;

const refused = {
  detachError: { message: 'rpc error: code = Internal desc = unable to find machine for node [n2]: entity not found' },
};
const leaving = { finalizers: ['external-attacher/disk-example-com'], deletionTimestamp: '2026-01-01T09:20:00Z' };

/** A pod on n1 that waits for a disk which counts as attached to n2. */
function waiting(node: Fields | null, metadata: Fields, status: Fields): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', {
    spec: {
      containers: [{ name: 'app', image: 'a:1' }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
    status: {
      phase: 'Pending',
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
      ],
    },
  });
  cluster.add('PersistentVolumeClaim', 'ns', 'data', { spec: { volumeName: 'pv-1' }, status: { phase: 'Bound' } });
  cluster.add('PersistentVolume', null, 'pv-1', { spec: {}, status: { phase: 'Bound' } });
  cluster.add('VolumeAttachment', null, 'csi-1', {
    metadata,
    spec: { attacher: 'disk.example.com', nodeName: 'n2', source: { persistentVolumeName: 'pv-1' } },
    status: { attached: true, ...status },
  });
  cluster.event(
    'Pod',
    'ns',
    'app-5d8f-abcde',
    'FailedAttachVolume',
    'Multi-Attach error for volume "pv-1" Volume is already exclusively attached to one node and can\'t be attached to another',
  );
  cluster.node('n1');
  if (node) cluster.node('n2', node);
  return cluster;
}

const silent = { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] };

test.each<[string, Fields | null, Fields, Fields, string]>([
  [
    'the node is gone and the driver cannot detach',
    null,
    leaving,
    refused,
    'VolumeAttachment csi-1 finalizer_stuck [n2] high',
  ],
  [
    'the node is gone and the attachment does not go',
    null,
    leaving,
    {},
    'VolumeAttachment csi-1 finalizer_stuck [n2] high',
  ],
  ['the node is gone, and nobody has let the disk go', null, {}, {}, 'VolumeAttachment csi-1 node_down [n2] medium'],
  ['the node does not report', silent, {}, {}, 'Node n2 node_down [n2] medium'],
  [
    'the node is well, and the driver cannot detach',
    {},
    leaving,
    refused,
    'VolumeAttachment csi-1 finalizer_stuck [n2] medium',
  ],
  ['the node is well, and it is only slow', {}, {}, {}, 'Deployment app other [pv-1] medium'],
])('QUA-1: a disk that still counts as attached elsewhere: %s', async (_title, node, metadata, status, wanted) => {
  expect(await causeOf(waiting(node, metadata, status), 'Deployment', 'ns', 'app')).toBe(wanted);
});

test('QUA-1: the step says what to make sure of before the finalizer goes, and changes nothing itself', async () => {
  const { verdict } = await answerAbout(waiting(null, leaving, refused), 'Deployment', 'ns', 'app');
  const [step] = verdict.remediation;
  expect(step?.action).toMatch(/^Make sure that the machine of n2 is off or deleted; then/);
  expect(step?.command).toContain('describe volumeattachment csi-1');
  expect(verdict.causes[0]?.statement).toContain('unable to find machine for node [n2]');
});
