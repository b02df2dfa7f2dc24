import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { expectCause } from './expected.ts';
import { changing, crashedPod, newPod } from './rollout.ts';

const claimOf = (cluster: TestCluster, namespace: string, name: string): void => {
  cluster.add('PersistentVolumeClaim', namespace, name, {
    metadata: { creationTimestamp: '2025-11-01T08:00:00Z' },
    spec: { accessModes: ['ReadWriteOnce'], volumeName: `pv-${name}` },
    status: { phase: 'Bound' },
  });
  cluster.add('PersistentVolume', null, `pv-${name}`, {
    spec: { accessModes: ['ReadWriteOnce'], claimRef: { namespace, name } },
    status: { phase: 'Bound' },
  });
};

const withStore = (image: string, env: readonly Record<string, unknown>[] = []): Record<string, unknown> => ({
  containers: [
    {
      name: 'journal',
      image,
      env,
      volumeMounts: [{ name: 'store', mountPath: '/journal' }],
    },
  ],
  volumes: [{ name: 'store', persistentVolumeClaim: { claimName: 'journal-store' } }],
});

describe('QUA-1: deadlocks of a rollout, and what only looks like one', () => {
  test('the new pod wants the port of the only node, which the old pod keeps until the new one is ready', async () => {
    const cluster = new TestCluster();
    cluster.node('n1', { labels: { role: 'edge' } });
    const spec = (image: string): Record<string, unknown> => ({
      nodeSelector: { role: 'edge' },
      containers: [
        {
          name: 'syslog-in',
          image,
          ports: [{ containerPort: 6514, hostPort: 6514, protocol: 'TCP' }],
        },
      ],
    });
    const message =
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
    changing(cluster, 'edge', 'syslog-in', {
      before: { spec: spec('registry.test/syslog-in:8.2') },
      after: {
        spec: spec('registry.test/syslog-in:8.3'),
        node: '',
        status: {
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message,
            },
          ],
        },
      },
    });
    cluster.event('Pod', 'edge', newPod('syslog-in'), 'FailedScheduling', message);
    await expectCause(cluster, ['Deployment', 'edge', 'syslog-in'], {
      cause: 'Deployment syslog-in rollout_deadlock',
      says: [/6514/, /maxUnavailable|Recreate/],
      never: [/add (?:a )?node/i, /another (?:pod|workload) holds/i],
    });
  });

  test('the new pod cannot lock the store on the claim that the old pod has open', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    claimOf(cluster, 'ledger', 'journal-store');
    changing(cluster, 'ledger', 'journal', {
      before: { spec: withStore('registry.test/journal:2.4') },
      after: {
        spec: withStore('registry.test/journal:2.5'),
        status: crashedPod('journal'),
      },
    });
    cluster.log(
      'ledger',
      newPod('journal'),
      'journal',
      `2026-01-01T10:03:58.201Z INFO opening store path=/journal/state
2026-01-01T10:03:58.214Z ERROR cannot open store error="IO error: While lock file: /journal/state/LOCK: Resource temporarily unavailable"
Error: IO error: While lock file: /journal/state/LOCK: Resource temporarily unavailable
`,
      true,
    );
    await expectCause(cluster, ['Deployment', 'ledger', 'journal'], {
      cause: 'Deployment journal rollout_deadlock',
      says: [/journal-store|\/journal/, /Recreate/, /LOCK|lock/],
      never: [/2\.5 (?:is faulty|crashes)/, /disk is full/],
    });
  });

  test('the reverse: both mount the claim, and the new pod ends for a setting of its own', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    claimOf(cluster, 'ledger', 'journal-store');
    changing(cluster, 'ledger', 'journal', {
      before: { spec: withStore('registry.test/journal:2.4') },
      after: {
        spec: withStore('registry.test/journal:2.5'),
        status: crashedPod('journal'),
      },
    });
    cluster.log(
      'ledger',
      newPod('journal'),
      'journal',
      `2026-01-01T10:03:58.201Z INFO journal 2.5 starting
2026-01-01T10:03:58.202Z FATAL environment variable JOURNAL_SITE is required but not set
`,
      true,
    );
    await expectCause(cluster, ['Deployment', 'ledger', 'journal'], {
      cause: 'Deployment journal missing_env',
      value: 'JOURNAL_SITE',
      says: [/JOURNAL_SITE/],
      never: [/deadlock/i, /Recreate/, /maxUnavailable/],
    });
  });

  test('the reverse: a Recreate Deployment whose pod crashes is not answered with its strategy', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.crash('ledger', 'closing', {
      log: `time="2026-01-01T10:03:59Z" level=info msg="closing books"
time="2026-01-01T10:03:59Z" level=fatal msg="cannot load calendar" error="open /etc/closing/calendar.yaml: no such file or directory"
`,
    });
    const deployment = cluster.objects.find(({ kind }) => kind === 'Deployment');
    Object.assign((deployment as unknown as { spec: object }).spec, {
      strategy: { type: 'Recreate' },
    });
    await expectCause(cluster, ['Deployment', 'ledger', 'closing'], {
      cause: ['Deployment closing missing_file', 'ConfigMap closing missing_configmap'],
      says: [/\/etc\/closing\/calendar\.yaml/],
      never: [/maxUnavailable|maxSurge|strategy/i],
    });
  });

  test('the new pod may not stand beside the old one, and there is one node', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    const spec = (image: string): Record<string, unknown> => ({
      containers: [{ name: 'edge-cache', image }],
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            {
              labelSelector: {
                matchLabels: { 'app.kubernetes.io/name': 'edge-cache' },
              },
              topologyKey: 'kubernetes.io/hostname',
            },
          ],
        },
      },
    });
    const message =
      "0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.";
    changing(cluster, 'edge', 'edge-cache', {
      before: { spec: spec('registry.test/edge-cache:3') },
      after: {
        spec: spec('registry.test/edge-cache:4'),
        node: '',
        status: {
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message,
            },
          ],
        },
      },
    });
    cluster.event('Pod', 'edge', newPod('edge-cache'), 'FailedScheduling', message);
    await expectCause(cluster, ['Deployment', 'edge', 'edge-cache'], {
      cause: 'Deployment edge-cache rollout_deadlock',
      says: [/anti-affinity/i, /maxUnavailable|Recreate/],
      never: [/edge-cache:4 (?:is faulty|crashes)/],
    });
  });

  test('the first member waits for the second, which is made only when the first is ready', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    const labels = { app: 'shard' };
    const containers = [{ name: 'shard', image: 'registry.test/shard:6.1' }];
    cluster.add('StatefulSet', 'ledger', 'shard', {
      spec: {
        replicas: 3,
        serviceName: 'shard-peers',
        podManagementPolicy: 'OrderedReady',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
      status: { replicas: 1, readyReplicas: 0, currentReplicas: 1 },
    });
    cluster.service('ledger', 'shard-peers', {
      selector: labels,
      headless: true,
      port: 7000,
    });
    cluster.add('Pod', 'ledger', 'shard-0', {
      metadata: {
        labels: {
          ...labels,
          'statefulset.kubernetes.io/pod-name': 'shard-0',
          'controller-revision-hash': 'shard-77',
        },
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'StatefulSet',
            name: 'shard',
            uid: 'uid-StatefulSet-shard',
            controller: true,
          },
        ],
      },
      spec: {
        nodeName: 'n1',
        hostname: 'shard-0',
        subdomain: 'shard-peers',
        containers,
      },
      status: {
        phase: 'Running',
        startTime: '2026-01-01T09:30:00Z',
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
        containerStatuses: [
          {
            name: 'shard',
            ready: false,
            restartCount: 0,
            state: { running: { startedAt: '2026-01-01T09:30:05Z' } },
          },
        ],
      },
    });
    cluster.log(
      'ledger',
      'shard-0',
      'shard',
      'level=info msg="waiting for quorum" have=1 want=2\nlevel=warn msg="cannot join peer" peer=shard-1.shard-peers.ledger.svc.cluster.local:7000 error="lookup shard-1.shard-peers.ledger.svc.cluster.local: no such host"\n',
    );
    cluster.event(
      'Pod',
      'ledger',
      'shard-0',
      'Unhealthy',
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    );
    await expectCause(cluster, ['StatefulSet', 'ledger', 'shard'], {
      cause: ['StatefulSet shard rollout_deadlock', 'StatefulSet shard other', 'Service shard-peers other'],
      says: [/shard-1/, /OrderedReady|Parallel/],
      never: [/Service shard-1 does not exist/, /Create (?:the )?Service/],
    });
  });
});
