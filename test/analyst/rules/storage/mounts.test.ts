import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type More = (cluster: TestCluster) => void;

/** A Deployment `app` whose pod waits on node n1 for the claim `data`, bound to the volume `pv-1`. */
function waiting(reason: string, message: string, more: More = () => {}): TestCluster {
  const cluster = new TestCluster();
  cluster.node('n1');
  cluster.deployment('ns', 'app', {
    spec: {
      containers: [{ name: 'app', image: 'registry.test/app:1.0', volumeMounts: [{ name: 'v', mountPath: '/data' }] }],
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    },
    status: {
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ContainerCreating' } } },
      ],
    },
  });
  cluster.add('PersistentVolumeClaim', 'ns', 'data', { spec: { volumeName: 'pv-1' }, status: { phase: 'Bound' } });
  cluster.add('PersistentVolume', null, 'pv-1', {
    spec: { csi: { driver: 'disk.csi.test', volumeHandle: 'vol-0abc' } },
    status: { phase: 'Bound' },
  });
  cluster.event('Pod', 'ns', 'app-5d8f-abcde', reason, message);
  more(cluster);
  return cluster;
}

const mount = (text: string): string => `MountVolume.SetUp failed for volume "pv-1" : ${text}`;
const attach = (text: string): string => `AttachVolume.Attach failed for volume "pv-1" : ${text}`;
const nfs =
  'mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs nfs.test:/export/x /var/lib/kubelet/pods/u/volumes\nOutput: ';

describe('QUA-1: what is said of a volume that is not mounted', () => {
  test.each([
    [
      'FailedMount',
      mount(`${nfs}mount.nfs: Failed to resolve server nfs.test: Name or service not known`),
      'PersistentVolume pv-1 wrong_dns_name [nfs.test] high',
    ],
    [
      'FailedMount',
      mount(`${nfs}mount.nfs: access denied by server while mounting nfs.test:/export/x`),
      'PersistentVolume pv-1 other [nfs.test:/export/x] high',
    ],
    [
      'FailedMount',
      mount(`${nfs}mount.nfs: mounting nfs.test:/export/x failed, reason given by server: No such file or directory`),
      'PersistentVolume pv-1 missing_file [nfs.test:/export/x] high',
    ],
    [
      'FailedMount',
      mount(`${nfs}mount.nfs: Connection timed out`),
      'PersistentVolume pv-1 wrong_endpoint [nfs.test:/export/x] medium',
    ],
    [
      'FailedMount',
      mount(
        `${nfs}mount: bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.`,
      ),
      'Node n1 dependency_missing [nfs] high',
    ],
    [
      'FailedMount',
      mount("mount failed: exit status 32 Output: mount: unknown filesystem type 'glusterfs'."),
      'Node n1 dependency_missing [glusterfs] high',
    ],
    [
      'FailedMount',
      mount(
        'mount failed: exit status 32 Output: mount: /dev/sdb: wrong fs type, bad option, bad superblock on /dev/sdb',
      ),
      'PersistentVolume pv-1 volume_content [wrong fs type, bad option, bad superblock] high',
    ],
    [
      'FailedMount',
      mount("'fsck' found errors on device /dev/sdb but could not correct them: fsck found errors on device"),
      'PersistentVolume pv-1 volume_content [fsck found errors on device] high',
    ],
    [
      'FailedAttachVolume',
      attach('rpc error: code = NotFound desc = volume vol-0abc not found'),
      'PersistentVolume pv-1 other [vol-0abc] high',
    ],
    [
      'FailedAttachVolume',
      attach(
        'rpc error: code = Internal desc = Could not attach volume: UnauthorizedOperation: You are not authorized to perform this operation',
      ),
      'PersistentVolume pv-1 other [UnauthorizedOperation] high',
    ],
    [
      'FailedAttachVolume',
      attach('rpc error: code = Internal desc = attachment limit exceeded for node'),
      'Node n1 node_limit [attachment limit exceeded] high',
    ],
    [
      'FailedMount',
      mount('hostPath type check failed: /opt/licence is not a directory'),
      'Deployment app hostpath_missing [/opt/licence] high',
    ],
    [
      'FailedMount',
      mount(
        'rpc error: code = Unknown desc = failed to get secretproviderclass ns/vault-app, error: SecretProviderClass.secrets-store.csi.x-k8s.io "vault-app" not found',
      ),
      'Deployment app dependency_missing [vault-app] high',
    ],
    [
      'FailedMount',
      mount(
        'rpc error: code = Unknown desc = failed to mount secrets store objects for pod ns/app, err: error connecting to provider "vault": provider not found: provider "vault"',
      ),
      'Node n1 dependency_missing [vault] high',
    ],
    [
      'FailedAttachVolume',
      'Multi-Attach error for volume "pv-1" Volume is already used by pod(s) other-0',
      'Deployment app other [pv-1] medium',
    ],
  ])('%s %s', async (reason, message, wanted) => {
    expect(await causeOf(waiting(reason, message), 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('a volume that a node has which does not report is the fault of that node', async () => {
    const cluster = waiting(
      'FailedAttachVolume',
      'Multi-Attach error for volume "pv-1" Volume is already exclusively attached to one node and can\'t be attached to another',
      (it) => {
        it.node('n2', { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] });
        it.add('Pod', 'ns', 'app-5d8f-old', {
          spec: {
            nodeName: 'n2',
            containers: [{ name: 'app' }],
            volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
          },
          status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] },
        });
        it.add('VolumeAttachment', null, 'csi-1', {
          spec: { nodeName: 'n2', source: { persistentVolumeName: 'pv-1' } },
        });
      },
    );
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('Node n2 node_down [NodeStatusUnknown] high');
  });

  test('where events say only that time is up, the attachment says why', async () => {
    const cluster = waiting(
      'FailedMount',
      'Unable to attach or mount volumes: unmounted volumes=[v], unattached volumes=[], failed to process volumes=[]: timed out waiting for the condition',
      (it) => {
        it.add('VolumeAttachment', null, 'csi-1', {
          spec: { nodeName: 'n1', source: { persistentVolumeName: 'pv-1' } },
          status: {
            attached: false,
            attachError: { message: 'rpc error: code = NotFound desc = disk vol-0abc not found' },
          },
        });
      },
    );
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('PersistentVolume pv-1 other [vol-0abc] high');
  });
});

const csiMessage = mount(
  'kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name disk.csi.test not found in the list of registered CSI drivers',
);

/** The DaemonSet of the driver, with or without a pod on n1. */
function daemon(cluster: TestCluster, pod: 'ready' | 'failing' | 'none'): void {
  const spec = {
    containers: [
      {
        name: 'registrar',
        image: 'registry.test/registrar:2',
        args: ['--kubelet-registration-path=/var/lib/kubelet/plugins/disk.csi.test/csi.sock'],
      },
    ],
  };
  const labels = { app: 'disk-node' };
  cluster.add('DaemonSet', 'storage-system', 'disk-node', {
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    status: { desiredNumberScheduled: pod === 'none' ? 0 : 1, numberReady: pod === 'ready' ? 1 : 0 },
  });
  if (pod === 'none') return;
  cluster.add('Pod', 'storage-system', 'disk-node-x1', {
    metadata: {
      labels,
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'disk-node', uid: 'u1', controller: true }],
    },
    spec: { nodeName: 'n1', ...spec },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: pod === 'ready' ? 'True' : 'False' }] },
  });
}

describe('QUA-1: a volume driver that is not on the node', () => {
  const without: More = (it) => it.add('CSINode', null, 'n1', { spec: { drivers: [{ name: 'other.csi.test' }] } });
  test.each<[string, string, More, string]>([
    [
      'its DaemonSet has no pod there',
      csiMessage,
      (it) => daemon(it, 'none'),
      'DaemonSet disk-node csi_driver_missing [disk.csi.test] high',
    ],
    [
      'its pod there fails',
      attach('CSINode n1 does not contain driver disk.csi.test'),
      (it) => daemon(it, 'failing'),
      'DaemonSet disk-node csi_driver_missing [disk.csi.test] high',
    ],
    [
      'it is not installed at all',
      csiMessage,
      () => {},
      'CSIDriver disk.csi.test csi_driver_missing [disk.csi.test] high',
    ],
    [
      'it is installed and nothing brings it',
      csiMessage,
      (it) => it.add('CSIDriver', null, 'disk.csi.test', {}),
      'Node n1 csi_driver_missing [disk.csi.test] medium',
    ],
  ])('%s', async (_what, message, more, wanted) => {
    const cluster = waiting('FailedMount', message, (it) => {
      without(it);
      more(it);
    });
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe(wanted);
  });

  test('the sentence says what is registered there and why the DaemonSet is not', async () => {
    const cluster = waiting('FailedMount', csiMessage, (it) => {
      without(it);
      daemon(it, 'none');
    });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toBe(
      'The volume driver disk.csi.test does not run on node n1, so the volumes of Deployment ns/app cannot be mounted. Registered there: other.csi.test. DaemonSet storage-system/disk-node, which brings it to the nodes, has no pod on n1.',
    );
  });
});
