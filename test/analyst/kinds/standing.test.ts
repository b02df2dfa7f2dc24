import { describe, expect, test } from 'vitest';
import { answerAbout } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';
import { expectCause, expectQuoted } from './expected.ts';

const waitingFor = (cluster: TestCluster, namespace: string, name: string, spec: Record<string, unknown> = {}): void =>
  cluster.deployment(namespace, name, {
    spec: {
      containers: [{ name, image: `registry.test/${name}:1.0` }],
      ...spec,
    },
    status: {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'True' },
        { type: 'Ready', status: 'False', reason: 'ContainersNotReady' },
      ],
      containerStatuses: [
        {
          name,
          ready: false,
          restartCount: 0,
          state: { waiting: { reason: 'ContainerCreating' } },
        },
      ],
    },
  });

describe('QUA-1: a Warning or a bad condition that no rule reads is quoted', () => {
  test('a volume of a secrets driver is not set up: the refusal of the store behind it is told', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    waitingFor(cluster, 'tolling', 'gantry', {
      volumes: [
        {
          name: 'keys',
          csi: {
            driver: 'secrets-store.csi.k8s.io',
            volumeAttributes: { secretProviderClass: 'gantry-keys' },
          },
        },
      ],
    });
    cluster.event(
      'Pod',
      'tolling',
      'gantry-5d8f-abcde',
      'FailedMount',
      'MountVolume.SetUp failed for volume "keys" : rpc error: code = Unknown desc = failed to mount secrets store objects for pod tolling/gantry-5d8f-abcde, err: rpc error: code = Unknown desc = error making mount request: couldn\'t read secret "toll-key": Error making API request. URL: GET https://vault.ops.test:8200/v1/kv/data/tolling/keys Code: 403. Errors: * 1 error occurred: * permission denied',
    );
    const { verdict } = await answerAbout(cluster, 'Deployment', 'tolling', 'gantry');
    const words = [verdict.summary, ...verdict.missing, ...verdict.causes.map(({ statement }) => statement)].join('\n');
    expect.soft(verdict.is_fault).toBe(true);
    expect.soft(words).toMatch(/toll-key|vault\.ops\.test/);
    expect.soft(words).toMatch(/403|permission denied/);
    expect.soft(verdict.causes.map(({ mechanism }) => mechanism)).not.toContain('volume_permission');
    expect.soft(words).not.toMatch(/fsGroup/);
  });

  test('a node says by a condition of its own that its file system has become read-only', async () => {
    const cluster = new TestCluster();
    cluster.node('n1', {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'KubeletReady',
          lastTransitionTime: '2025-12-01T09:00:00Z',
        },
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
        {
          type: 'SysctlsApplied',
          status: 'True',
          reason: 'Applied',
          message: 'all 12 applied',
        },
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

  test('a Service that was to be deleted stays, because its load balancer cannot be taken down', async () => {
    const cluster = new TestCluster();
    cluster.add('Service', 'tolling', 'edge', {
      metadata: {
        deletionTimestamp: '2026-01-01T09:20:00Z',
        finalizers: ['service.kubernetes.io/load-balancer-cleanup'],
      },
      spec: {
        type: 'LoadBalancer',
        selector: { app: 'edge' },
        ports: [{ port: 443, targetPort: 8443 }],
      },
    });
    cluster.event(
      'Service',
      'tolling',
      'edge',
      'SyncLoadBalancerFailed',
      'Error syncing load balancer: failed to delete load balancer: DependencyViolation: resource sg-0f3a has a dependent object',
    );
    const answer = await expectCause(cluster, ['Service', 'tolling', 'edge'], {
      cause: 'Service edge finalizer_stuck',
      value: 'service.kubernetes.io/load-balancer-cleanup',
      says: [/DependencyViolation|dependent object/],
      never: [/is well/],
    });
    expect.soft(answer.verdict.summary).not.toMatch(/No fault/);
  });

  test('an autoscaler that misses a metric of its own says which; that it is at its most is not the fault', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.running('tolling', 'plates', 'INFO reading plates\n');
    cluster.add('HorizontalPodAutoscaler', 'tolling', 'plates', {
      spec: {
        scaleTargetRef: {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: 'plates',
        },
        minReplicas: 1,
        maxReplicas: 6,
        metrics: [
          {
            type: 'External',
            external: {
              metric: { name: 'plates_queue_depth' },
              target: { type: 'AverageValue', averageValue: '30' },
            },
          },
        ],
      },
      status: {
        currentReplicas: 1,
        desiredReplicas: 1,
        conditions: [
          { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale' },
          {
            type: 'ScalingActive',
            status: 'False',
            reason: 'FailedGetExternalMetric',
            message:
              'the HPA was unable to compute the replica count: unable to get external metric tolling/plates_queue_depth/nil: unable to fetch metrics from external metrics API: the server could not find the requested resource (get plates_queue_depth.external.metrics.k8s.io)',
          },
        ],
      },
    });
    await expectCause(cluster, ['HorizontalPodAutoscaler', 'tolling', 'plates'], {
      cause: [
        'HorizontalPodAutoscaler plates hpa_no_metrics',
        'APIService v1beta1.external.metrics.k8s.io apiservice_unavailable',
      ],
      says: [/plates_queue_depth/, /external\.metrics\.k8s\.io/],
      never: [/cpu/i, /requests? of the container/],
    });
  });

  test('a controller cannot make its pod for a reason that no rule knows', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    cluster.add('StatefulSet', 'tolling', 'counters', {
      spec: {
        replicas: 1,
        serviceName: 'counters',
        selector: { matchLabels: { app: 'counters' } },
        template: {
          metadata: { labels: { app: 'counters' } },
          spec: {
            containers: [{ name: 'counters', image: 'registry.test/counters:1.0' }],
          },
        },
      },
      status: { replicas: 0, readyReplicas: 0 },
    });
    cluster.service('tolling', 'counters', { headless: true });
    cluster.event(
      'StatefulSet',
      'tolling',
      'counters',
      'FailedCreate',
      'create Pod counters-0 in StatefulSet counters failed error: Pod "counters-0" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "spool"',
    );
    await expectCause(cluster, ['StatefulSet', 'tolling', 'counters'], {
      cause: [
        'StatefulSet counters other',
        'StatefulSet counters bad_config_value',
        'StatefulSet counters missing_file',
      ],
      says: [/spool/, /volumeMounts/],
      never: [/quota/i, /is used up/],
    });
  });
});
