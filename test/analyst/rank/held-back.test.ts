import { describe, expect, test } from 'vitest';
import { answerAbout } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';

type More = (cluster: TestCluster) => void;
type Fields = Record<string, unknown>;

/** `by design`, `recovered` or `no fault`, each with its proof in the report; else the first cause in one line. */
async function verdictOn(cluster: TestCluster, kind: string, namespace: string | null, name: string): Promise<string> {
  const { verdict, markdown } = await answerAbout(cluster, kind, namespace, name);
  const [cause] = verdict.causes;
  if (verdict.is_fault) return cause ? `${cause.entity.kind} ${cause.entity.name} ${cause.mechanism}` : 'no cause';
  const word = verdict.summary.split(':')[0]?.toLowerCase() ?? '';
  return /What shows that it is no fault:[^]*FACT-1/.test(markdown) ? word : `${word} without proof`;
}

function made(...parts: readonly More[]): TestCluster {
  const cluster = new TestCluster();
  cluster.node('n1');
  for (const part of parts) part(cluster);
  return cluster;
}

const replace =
  (kind: string, name: string, change: Fields): More =>
  (cluster) =>
    amend(cluster, kind, name, change);

describe('QUA-1: a paused Deployment', () => {
  const paused =
    (updated: number, ready: number, annotations: Fields = {}): More =>
    (cluster) => {
      cluster.running('ns', 'app', 'listening', {}, ready > 0);
      amend(cluster, 'Deployment', 'app', {
        metadata: { generation: 4, annotations },
        spec: { ...(cluster.objects.find((one) => one.kind === 'Deployment')?.['spec'] as Fields), paused: true },
        status: {
          observedGeneration: 4,
          replicas: 1,
          updatedReplicas: updated,
          readyReplicas: ready,
          availableReplicas: ready,
          conditions: [{ type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused' }],
        },
      });
    };
  const reason = { 'ops.test/paused-reason': 'freeze until Monday' };

  test.each<[string, TestCluster, RegExp]>([
    ['with nothing that waits', made(paused(1, 1)), /^by design$/],
    ['with a reason on it', made(paused(0, 1, reason)), /^by design$/],
    ['whose change waits, and nobody says why', made(paused(0, 1)), /rollout_paused$/],
    ['with a reason on it and no pod that serves', made(paused(0, 0, reason)), /^(?!by design|no fault|recovered)/],
  ])('%s', async (_name, cluster, wanted) => {
    expect(await verdictOn(cluster, 'Deployment', 'ns', 'app')).toMatch(wanted);
  });
});

describe('QUA-1: pods that hold room free for others', () => {
  const waiting =
    (priority: number, image: string): More =>
    (cluster) =>
      cluster.pending('ns', 'reserve', '0/1 nodes are available: 1 Insufficient cpu.', {
        priority,
        containers: [{ name: 'r', image, resources: { requests: { cpu: '8' } } }],
      });
  const pause = 'registry.test/pause:3.10';

  test.each<[string, TestCluster, RegExp]>([
    ['wait by design', made(waiting(-10, pause)), /^by design$/],
    ['of a usual priority are a fault', made(waiting(0, pause)), /insufficient_resources$/],
    ['that run a program are a fault', made(waiting(-10, 'registry.test/batch:2')), /insufficient_resources$/],
  ])('%s', async (_name, cluster, wanted) => {
    expect(await verdictOn(cluster, 'Deployment', 'ns', 'reserve')).toMatch(wanted);
  });
});

describe('QUA-1: Jobs that got over a failure', () => {
  const owner = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'cron', uid: 'u-cron', controller: true }];
  const template = { spec: { containers: [{ name: 'j', image: 'j:1' }] } };
  const job =
    (name: string, status: Fields, metadata: Fields = {}): More =>
    (cluster) => {
      cluster.add('Job', 'ns', name, { metadata, spec: { backoffLimit: 3, template }, status });
      cluster.add('Pod', 'ns', `${name}-a`, {
        metadata: { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid: 'u', controller: true }] },
        spec: { nodeName: 'n1', containers: [{ name: 'j', image: 'j:1' }] },
        status: {
          phase: 'Failed',
          containerStatuses: [{ name: 'j', ready: false, restartCount: 0, state: { terminated: { exitCode: 1 } } }],
        },
      });
    };
  const cron: More = (cluster) =>
    cluster.add('CronJob', 'ns', 'cron', { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template } } } });
  const complete = { failed: 1, succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] };
  const failed = { failed: 4, conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] };
  const run = (name: string, status: Fields, at: string): More =>
    job(name, status, { ownerReferences: owner, creationTimestamp: at });

  test.each<[string, TestCluster, [string, string], RegExp]>([
    ['a later try completed it', made(job('mig', complete)), ['Job', 'mig'], /^recovered$/],
    ['the pod of its first try', made(job('mig', complete)), ['Pod', 'mig-a'], /^recovered$/],
    ['it failed for good', made(job('mig', failed)), ['Job', 'mig'], /^Job mig /],
    [
      'a CronJob whose next Job completed',
      made(
        cron,
        run('cron-1', failed, '2026-01-01T10:00:00Z'),
        run('cron-2', { ...complete, failed: 0 }, '2026-01-01T10:05:00Z'),
      ),
      ['CronJob', 'cron'],
      /^recovered$/,
    ],
    [
      'a CronJob whose last Job failed',
      made(cron, run('cron-1', complete, '2026-01-01T10:00:00Z'), run('cron-2', failed, '2026-01-01T10:05:00Z')),
      ['CronJob', 'cron'],
      /^(?:CronJob|Job) cron/,
    ],
  ])('%s', async (_name, cluster, [kind, name], wanted) => {
    expect(await verdictOn(cluster, kind, 'ns', name)).toMatch(wanted);
  });
});

describe('QUA-1: objects that stand as they should', () => {
  const leaving = (taints: Fields[], lastTransitionTime: string): TestCluster => {
    const cluster = new TestCluster();
    const ready = {
      type: 'Ready',
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    };
    cluster.node('n1', { taints, conditions: [{ ...ready, lastTransitionTime }] });
    cluster.event('Node', '', 'n1', 'NodeNotReady', 'Node n1 status is now: NodeNotReady');
    return cluster;
  };
  const away = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule', value: '1' }];

  test.each<[string, TestCluster, RegExp]>([
    ['that its autoscaler takes away', leaving(away, '2026-01-01T10:03:00Z'), /^by design$/],
    ['that hangs on its way out', leaving(away, '2026-01-01T09:20:00Z'), /^Node n1 node_down$/],
    ['that went silent by itself', leaving([], '2026-01-01T10:03:00Z'), /^Node n1 node_down$/],
  ])('a node %s', async (_name, cluster, wanted) => {
    expect(await verdictOn(cluster, 'Node', null, 'n1')).toMatch(wanted);
  });

  const volume =
    (policy: string): More =>
    (cluster) =>
      cluster.add('PersistentVolume', null, 'pv-1', {
        spec: {
          persistentVolumeReclaimPolicy: policy,
          storageClassName: 'std',
          claimRef: { namespace: 'ns', name: 'old', uid: 'u' },
        },
        status: { phase: 'Released' },
      });
  const waits: More = (cluster) =>
    cluster.add('PersistentVolumeClaim', 'ns', 'new', {
      spec: { storageClassName: 'std' },
      status: { phase: 'Pending' },
    });

  test.each<[string, TestCluster, RegExp]>([
    ['that its policy keeps', made(volume('Retain')), /^by design$/],
    ['that a claim waits for', made(volume('Retain'), waits), /^(?!by design|no fault|recovered)/],
    ['that should have been deleted', made(volume('Delete')), /^(?!by design|no fault|recovered)/],
  ])('a volume %s', async (_name, cluster, wanted) => {
    expect(await verdictOn(cluster, 'PersistentVolume', null, 'pv-1')).toMatch(wanted);
  });

  const scaler =
    (active: Fields): More =>
    (cluster) => {
      cluster.running('ns', 'app', 'listening');
      cluster.add('HorizontalPodAutoscaler', 'ns', 'app', {
        spec: { scaleTargetRef: { kind: 'Deployment', name: 'app' }, minReplicas: 1, maxReplicas: 4 },
        status: {
          conditions: [
            { type: 'AbleToScale', status: 'True' },
            { type: 'ScalingActive', ...active },
          ],
        },
      });
      cluster.event('HorizontalPodAutoscaler', 'ns', 'app', 'FailedGetResourceMetric', 'did not receive metrics');
    };

  test.each<[string, TestCluster, RegExp]>([
    ['has its metrics again', made(scaler({ status: 'True', reason: 'ValidMetricFound' })), /^recovered$/],
    [
      'has none',
      made(scaler({ status: 'False', reason: 'FailedGetResourceMetric', message: 'no metrics' })),
      /hpa_no_metrics$/,
    ],
  ])('an autoscaler that %s', async (_name, cluster, wanted) => {
    expect(await verdictOn(cluster, 'HorizontalPodAutoscaler', 'ns', 'app')).toMatch(wanted);
  });

  const service: More = (cluster) => {
    cluster.running('ns', 'app', 'listening', { ports: [{ containerPort: 80 }] });
    cluster.service('ns', 'app');
    cluster.add('EndpointSlice', 'ns', 'app-1', {
      metadata: { labels: { 'kubernetes.io/service-name': 'app' } },
      endpoints: [{ addresses: ['10.0.0.9'], conditions: { ready: true } }],
    });
    cluster.add('Ingress', 'ns', 'web', {
      spec: {
        rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 'app', port: { number: 80 } } } }] } }],
      },
    });
  };
  const called: More = (cluster) => cluster.crash('ns', 'caller', { log: 'Error: connect ECONNREFUSED app:80' });

  test.each<[string, string, string, TestCluster, RegExp]>([
    ['a Service with endpoints', 'Service', 'app', made(service), /^no fault$/],
    ['an Ingress with such a Service', 'Ingress', 'web', made(service), /^no fault$/],
    ['a Service that is called in vain', 'Service', 'app', made(service, called), /^(?!no fault$)/],
    [
      'a Service whose port is in no container',
      'Service',
      'app',
      made(
        service,
        replace('Service', 'app', { spec: { selector: { app: 'app' }, ports: [{ port: 80, targetPort: 'web' }] } }),
      ),
      /^(?!no fault$)/,
    ],
  ])('%s', async (_name, kind, name, cluster, wanted) => {
    expect(await verdictOn(cluster, kind, 'ns', name)).toMatch(wanted);
  });

  test.each([
    ['OnDelete', /^no fault$/],
    ['RollingUpdate', /^no cause$/],
  ])('a DaemonSet whose pods are of an older revision, by its strategy %s', async (type, wanted) => {
    const cluster = made((one) =>
      one.add('DaemonSet', 'ns', 'agent', {
        spec: {
          updateStrategy: { type },
          selector: { matchLabels: { app: 'agent' } },
          template: { spec: { containers: [] } },
        },
        status: { desiredNumberScheduled: 2, numberReady: 2, updatedNumberScheduled: 0 },
      }),
    );
    expect(await verdictOn(cluster, 'DaemonSet', 'ns', 'agent')).toMatch(wanted);
  });
});
