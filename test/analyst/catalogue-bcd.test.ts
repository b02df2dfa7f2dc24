import { describe, expect, test } from 'vitest';
import { causeOf } from './answer-about.ts';
import { TestCluster } from './cluster.ts';

function waiting(reason: string, message: string, spec: Record<string, unknown> = {}): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', {
    spec: { containers: [{ name: 'app', image: 'reg.test:5000/team/app:9.9' }], ...spec },
    status: {
      containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state: { waiting: { reason, message } } }],
    },
  });
  cluster.node('n1');
  return cluster;
}

const about = (cluster: TestCluster): Promise<string> => causeOf(cluster, 'Deployment', 'ns', 'app');

describe('QUA-1: family B, images', () => {
  const pull =
    'Back-off pulling image "reg.test:5000/team/app:9.9": ErrImagePull: failed to pull and unpack image "reg.test:5000/team/app:9.9": failed to resolve reference "reg.test:5000/team/app:9.9": ';
  const table: [string, string, string, string][] = [
    [
      '20: the tag does not exist',
      'ImagePullBackOff',
      `${pull}reg.test:5000/team/app:9.9: not found`,
      'Deployment app image_not_found [reg.test:5000/team/app:9.9] high',
    ],
    [
      '21: refused without a pull secret',
      'ImagePullBackOff',
      `${pull}pulling from host reg.test:5000 failed with status code [manifests 9.9]: 401 Unauthorized`,
      'Deployment app image_auth [reg.test:5000] high',
    ],
    [
      '22: no valid reference',
      'InvalidImageName',
      'Failed to apply default image tag "App:9..9": couldn\'t parse image name "App:9..9": invalid reference format',
      'Deployment app image_name_invalid [reg.test:5000/team/app:9.9] high',
    ],
    [
      '23: policy Never',
      'ErrImageNeverPull',
      'Container image "reg.test:5000/team/app:9.9" is not present with pull policy of Never',
      'Deployment app image_pull_policy [reg.test:5000/team/app:9.9] high',
    ],
    [
      '24: no build for the platform',
      'ImagePullBackOff',
      `${pull}no match for platform in manifest: not found`,
      'Deployment app wrong_arch [reg.test:5000/team/app:9.9] high',
    ],
    [
      '25: the registry does not answer',
      'ErrImagePull',
      `${pull}failed to do request: Head "https://reg.test:5000/v2/": dial tcp 10.1.1.1:5000: i/o timeout`,
      'Deployment app registry_unreachable [reg.test:5000] high',
    ],
  ];
  test.each(table)('%s', async (_title, reason, message, wanted) => {
    expect(await about(waiting(reason, message))).toBe(wanted);
  });
});

describe('QUA-1: family C, references', () => {
  test('26: a mounted ConfigMap that does not exist', async () => {
    const cluster = waiting('ContainerCreating', '', { volumes: [{ name: 'c', configMap: { name: 'conf' } }] });
    cluster.event(
      'Pod',
      'ns',
      'app-5d8f-abcde',
      'FailedMount',
      'MountVolume.SetUp failed for volume "c" : configmap "conf" not found',
    );
    expect(await about(cluster)).toBe('ConfigMap conf missing_configmap [conf] high');
  });
  test('27: a Secret for env that does not exist', async () => {
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'api', key: 'token' } } }];
    const cluster = waiting('CreateContainerConfigError', 'secret "api" not found', {
      containers: [{ name: 'app', image: 'a:1', env }],
    });
    expect(await about(cluster)).toBe('Secret api missing_secret [api] high');
  });
  test('28: a key that the Secret lacks', async () => {
    const env = [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'api', key: 'token' } } }];
    const cluster = waiting('CreateContainerConfigError', "couldn't find key token in Secret ns/api", {
      containers: [{ name: 'app', image: 'a:1', env }],
    });
    cluster.add('Secret', 'ns', 'api', { data: { apikey: 'eA==' } });
    expect(await about(cluster)).toBe('Secret api missing_key [token] high');
  });
  test('28: an item of a volume that the ConfigMap lacks', async () => {
    const cluster = waiting('ContainerCreating', '', {
      volumes: [{ name: 'c', configMap: { name: 'conf', items: [{ key: 'a.yaml', path: 'a.yaml' }] } }],
    });
    cluster.add('ConfigMap', 'ns', 'conf', { data: { 'b.yaml': '' } });
    cluster.event(
      'Pod',
      'ns',
      'app-5d8f-abcde',
      'FailedMount',
      'MountVolume.SetUp failed for volume "c" : configmap references non-existent config key: a.yaml',
    );
    expect(await about(cluster)).toBe('ConfigMap conf missing_key [a.yaml] high');
  });
  test('31: the same variable twice', async () => {
    const cluster = new TestCluster();
    const env = [
      { name: 'MODE', value: 'primary' },
      { name: 'MODE', value: 'replica' },
    ];
    cluster.running('ns', 'app', 'ERROR wrong mode\nERROR wrong mode\nERROR wrong mode', { env });
    expect(await about(cluster)).toBe('Deployment app env_shadowed [MODE] high');
  });
  test('32: a Secret that was changed under a running pod', async () => {
    const cluster = new TestCluster();
    const env = [
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      { name: 'DB_HOST', value: 'db' },
    ];
    cluster.running('ns', 'app', 'ERROR password authentication failed for user "app"\n'.repeat(5), { env });
    const pod = cluster.objects.find((it) => it.kind === 'Pod') as unknown as { status: Record<string, unknown> };
    pod.status['startTime'] = '2026-01-01T10:00:00Z';
    cluster.add('Secret', 'ns', 'db', {
      data: { password: 'eA==' },
      metadata: { managedFields: [{ manager: 'kubectl', time: '2026-01-01T11:00:00Z' }] },
    });
    expect(await about(cluster)).toBe('Deployment app stale_secret_env [db] high');
  });
  test('116: client and server hold different credentials', async () => {
    const cluster = new TestCluster();
    const from = (name: string) => [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name, key: 'password' } } }];
    cluster.crash('ns', 'app', {
      log: 'FATAL connecting to db:5432: password authentication failed for user "app"',
      container: { env: [...from('app-db'), { name: 'DB_HOST', value: 'db' }] },
    });
    cluster.running('ns', 'db', 'ready', { env: from('db-admin'), ports: [{ containerPort: 5432 }] });
    cluster.service('ns', 'db', { port: 5432 });
    for (const name of ['app-db', 'db-admin']) cluster.add('Secret', 'ns', name, { data: { password: 'eA==' } });
    expect(await about(cluster)).toBe('Secret app-db wrong_credential [app-db] high');
  });
});

describe('QUA-1: family D, scheduling', () => {
  const tail =
    ' no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.';
  const requests = (memory: string) => ({
    containers: [{ name: 'app', image: 'a:1', resources: { requests: { memory } } }],
  });
  const spread = {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: {} }],
  };
  type Setup = (cluster: TestCluster) => void;
  const table: [string, string, Record<string, unknown>, Setup, string][] = [
    [
      '35: more than any node has',
      `0/1 nodes are available: 1 Insufficient memory.${tail}`,
      requests('64Gi'),
      (c) => c.node('n1'),
      'Deployment app insufficient_resources [64Gi] high',
    ],
    [
      '36: a selector that no node fits',
      `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.${tail}`,
      { nodeSelector: { disk: 'nvme' } },
      (c) => c.node('n1', { labels: { disk: 'hdd' } }),
      'Deployment app node_selector [nvme] high',
    ],
    [
      '37: a taint',
      `0/1 nodes are available: 1 node(s) had untolerated taint(s).${tail}`,
      {},
      (c) => c.node('n1', { taints: [{ key: 'team', value: 'ml', effect: 'NoSchedule' }] }),
      'Deployment app taint [team] high',
    ],
    [
      '38: anti-affinity',
      `0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules.${tail}`,
      { affinity: { podAntiAffinity: spread } },
      (c) => c.node('n1'),
      'Deployment app anti_affinity [kubernetes.io/hostname] high',
    ],
    [
      '39: a cordoned node',
      `0/1 nodes are available: 1 node(s) were unschedulable.${tail}`,
      {},
      (c) => c.node('n1', { unschedulable: true }),
      'Node n1 cordoned [unschedulable] high',
    ],
    [
      '39: a cordoned node, by its taint',
      `0/1 nodes are available: 1 node(s) had untolerated taint(s).${tail}`,
      {},
      (c) =>
        c.node('n1', {
          unschedulable: true,
          taints: [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }],
        }),
      'Node n1 cordoned [unschedulable] high',
    ],
    [
      '43: a scheduling gate',
      '',
      { schedulingGates: [{ name: 'acme.test/wait' }] },
      (c) => c.node('n1'),
      'Deployment app scheduling_gate [acme.test/wait] high',
    ],
    [
      '45: the pod limit of a node',
      `0/1 nodes are available: 1 Too many pods.${tail}`,
      {},
      (c) => c.node('n1', { allocatable: { pods: '4' } }),
      'Node n1 node_pod_limit [4] high',
    ],
    [
      '62: a scheduler that does not run',
      '',
      { schedulerName: 'batch-scheduler' },
      (c) => c.node('n1'),
      'Deployment app wrong_scheduler [batch-scheduler] high',
    ],
    [
      '92: a claim that does not exist',
      '0/1 nodes are available: persistentvolumeclaim "app-data" not found. not found',
      { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'app-data' } }] },
      (c) => c.node('n1'),
      'PersistentVolumeClaim app-data pvc_missing [app-data] high',
    ],
    [
      '42: ReadWriteOncePod',
      `0/1 nodes are available: 1 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod.${tail}`,
      { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'one' } }] },
      (c) => {
        c.node('n1');
        c.add('PersistentVolumeClaim', 'ns', 'one', {
          spec: { accessModes: ['ReadWriteOncePod'] },
          status: { phase: 'Bound' },
        });
      },
      'PersistentVolumeClaim one rwop_conflict [ReadWriteOncePod] high',
    ],
    [
      '41: a volume of another node',
      `0/1 nodes are available: 1 node(s) didn't match PersistentVolume's node affinity.${tail}`,
      { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c1' } }] },
      (c) => {
        c.node('n1');
        c.add('PersistentVolumeClaim', 'ns', 'c1', { spec: { volumeName: 'pv1' }, status: { phase: 'Bound' } });
        c.add('PersistentVolume', null, 'pv1', {
          spec: {
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['eu-9'] }] }],
              },
            },
          },
        });
      },
      'PersistentVolume pv1 volume_affinity [eu-9] high',
    ],
    [
      'topology spread that cannot be met',
      `0/1 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label).${tail}`,
      { topologySpreadConstraints: [{ topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule', maxSkew: 1 }] },
      (c) => c.node('n1'),
      'Deployment app topology_spread [rack] high',
    ],
  ];
  test.each(table)('%s', async (_title, message, spec, setup, wanted) => {
    const cluster = new TestCluster();
    cluster.pending('ns', 'app', message, spec);
    setup(cluster);
    expect(await about(cluster)).toBe(wanted);
  });

  test('40: a hostPort that a DaemonSet holds', async () => {
    const cluster = new TestCluster();
    const ports = [{ containerPort: 9100, hostPort: 9100 }];
    cluster.pending(
      'ns',
      'app',
      `0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.${tail}`,
      { containers: [{ name: 'app', image: 'a:1', ports }] },
    );
    cluster.node('n1');
    const owner = [{ apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'exporter', uid: 'u', controller: true }];
    cluster.add('DaemonSet', 'monitoring', 'exporter', { status: { desiredNumberScheduled: 1, numberReady: 1 } });
    cluster.add('Pod', 'monitoring', 'exporter-x', {
      metadata: { ownerReferences: owner },
      spec: { nodeName: 'n1', containers: [{ name: 'e', ports }] },
      status: { phase: 'Running' },
    });
    expect(await about(cluster)).toBe('DaemonSet exporter host_port [9100] high');
  });
});
