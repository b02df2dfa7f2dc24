import { describe, expect, test } from 'vitest';
import { answerAbout } from '../answer-about.ts';
import { TestCluster } from '../cluster.ts';
import { amend } from '../rules/amend.ts';

type More = (cluster: TestCluster) => void;
type Fields = Record<string, unknown>;

/** `by design`, `recovered` or `no fault`, or the first cause in one line; what is no fault shows its proof. */
async function verdictOn(cluster: TestCluster, kind: string, namespace: string | null, name: string): Promise<string> {
  const { verdict, markdown } = await answerAbout(cluster, kind, namespace, name);
  const [cause] = verdict.causes;
  if (verdict.is_fault) return cause ? `${cause.entity.kind} ${cause.entity.name} ${cause.mechanism}` : 'no cause';
  const word = verdict.summary.split(':')[0]?.toLowerCase() ?? '';
  return word === 'no fault' || /What shows that it is no fault:[^]*FACT-1/.test(markdown)
    ? word
    : `${word} without proof`;
}

function made(...parts: readonly More[]): TestCluster {
  const cluster = new TestCluster();
  cluster.node('n1');
  for (const part of parts) part(cluster);
  return cluster;
}

describe('QUA-1: a replica that waits to lead', () => {
  const waits = 'I0101 10:04:00.000000 1 leaderelection.go:250] attempting to acquire leader lease ns/app-lead...';
  const pods =
    (log: string, status: Fields = {}): More =>
    (cluster) => {
      cluster.running('ns', 'app', 'I0101 10:00:00 1 leaderelection.go:260] successfully acquired lease ns/app-lead');
      amend(cluster, 'Deployment', 'app', {
        spec: deploymentSpec(cluster, 2),
        status: { replicas: 2, updatedReplicas: 2, readyReplicas: 1 },
      });
      const leader = cluster.objects.find((one) => one.kind === 'Pod')!;
      const container = {
        name: 'app',
        ready: false,
        restartCount: 0,
        state: { running: { startedAt: '2026-01-01T10:00:05Z' } },
      };
      cluster.objects.push({
        ...leader,
        metadata: { ...leader.metadata, name: 'app-5d8f-stand', uid: 'uid-stand' },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'False' }],
          containerStatuses: [{ ...container, ...status }],
        },
      });
      cluster.log('ns', 'app-5d8f-stand', 'app', log);
      cluster.event(
        'Pod',
        'ns',
        'app-5d8f-stand',
        'Unhealthy',
        'Readiness probe failed: Get "http://10.0.0.2:9090/": dial tcp 10.0.0.2:9090: connect: connection refused',
      );
    };
  const lease =
    (holderIdentity: string, renewTime = '2026-01-01T10:04:50Z'): More =>
    (cluster) =>
      cluster.add('Lease', 'ns', 'app-lead', { spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 } });

  test.each<[string, TestCluster, string]>([
    ['whose leader renews its lease', made(pods(waits), lease('app-5d8f-abcde_77')), 'by design'],
    ['whose leader says that it leads, without a lease', made(pods('waiting to become leader')), 'by design'],
    [
      'that crashes',
      made(
        pods(waits, {
          restartCount: 4,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1 } },
        }),
        lease('app-5d8f-abcde_77'),
      ),
      'fault',
    ],
    ['that says nothing of waiting', made(pods('listening on :9090'), lease('app-5d8f-abcde_77')), 'fault'],
  ])('%s', async (_what, cluster, wanted) => {
    const said = await verdictOn(cluster, 'Deployment', 'ns', 'app');
    expect(said).toMatch(wanted === 'fault' ? /^(?!by design|no fault)/ : new RegExp(`^${wanted}$`));
  });

  test('while nobody leads, it is a fault', async () => {
    const cluster = made(pods(waits), lease('app-5d8f-gone_1', '2026-01-01T09:00:00Z'));
    cluster.log('ns', 'app-5d8f-abcde', 'app', 'listening');
    expect(await verdictOn(cluster, 'Deployment', 'ns', 'app')).not.toMatch(/by design|no fault/);
  });
});

function deploymentSpec(cluster: TestCluster, replicas: number): Fields {
  const found = cluster.objects.find((one) => one.kind === 'Deployment');
  return { ...(found?.['spec'] as Fields), replicas };
}

describe('QUA-1: a workload that idles at zero', () => {
  const idle =
    (metadata: Fields = {}): More =>
    (cluster) => {
      cluster.deployment('ns', 'app', { replicas: 0 });
      amend(cluster, 'Deployment', 'app', { metadata });
      cluster.service('ns', 'app');
      cluster.add('EndpointSlice', 'ns', 'app-x', {
        metadata: { labels: { 'kubernetes.io/service-name': 'app' } },
        endpoints: null,
      });
    };
  const keda: More = (cluster) =>
    cluster.add('HorizontalPodAutoscaler', 'ns', 'keda-hpa-app', {
      metadata: {
        ownerReferences: [
          { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'app', uid: 'u', controller: true },
        ],
      },
      spec: { minReplicas: 1, scaleTargetRef: { kind: 'Deployment', name: 'app' } },
      status: {
        conditions: [
          {
            type: 'ScalingActive',
            status: 'False',
            reason: 'ScalingDisabled',
            message: 'scaling is disabled since the replica count of the target is zero',
          },
        ],
      },
    });
  const written = (manager: string): Fields => ({
    managedFields: [
      { manager, operation: 'Update', time: '2026-01-01T09:00:00Z', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ],
  });
  const caller: More = (cluster) =>
    cluster.crash('ns', 'caller', {
      log: 'FATAL cannot connect to app:80: connection refused',
      container: { env: [{ name: 'APP', value: 'app:80' }] },
    });

  test.each<[string, TestCluster, string]>([
    ['by its autoscaler', made(idle(written('keda')), keda), 'by design'],
    ['by the autoscaler that owns its HPA', made(idle(), keda), 'by design'],
    ['by an activator that alone writes replicas', made(idle(written('knative-autoscaler'))), 'by design'],
    ['by a down-scaler', made(idle({ annotations: { 'downscaler/original-replicas': '3' } })), 'by design'],
    [
      'by a person who says why',
      made(idle({ annotations: { 'ops.test/paused-reason': 'moved to the new cluster' } })),
      'by design',
    ],
    ['by a person who does not say why', made(idle(written('kubectl'))), 'Deployment app scaled_to_zero'],
  ])('%s: its Service', async (_what, cluster, wanted) => {
    expect(await verdictOn(cluster, 'Service', 'ns', 'app')).toBe(wanted);
  });

  test.each<[string, string, string]>([
    ['Deployment', 'app', 'by design'],
    ['HorizontalPodAutoscaler', 'keda-hpa-app', 'by design'],
  ])('%s', async (kind, name, wanted) => {
    expect(await verdictOn(made(idle(written('keda')), keda), kind, 'ns', name)).toBe(wanted);
  });

  test('that somebody calls in vain is a fault', async () => {
    const cluster = made(idle(written('keda')), keda, caller);
    expect(await verdictOn(cluster, 'Deployment', 'ns', 'caller')).toBe('Deployment app scaled_to_zero');
    expect(await verdictOn(cluster, 'Service', 'ns', 'app')).toBe('Deployment app scaled_to_zero');
  });
});

describe('QUA-1: a workload at zero whose twin serves in its place', () => {
  const twin =
    (ready: boolean, owner: string): More =>
    (cluster) => {
      cluster.deployment('ns', 'app', { replicas: 0, ready: true });
      cluster.deployment('ns', 'app-primary', { ready });
      const found = cluster.objects.find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'app-primary',
      );
      Object.assign(found!.metadata, {
        ownerReferences: [{ apiVersion: 'release.test/v1', kind: 'Canary', name: owner, uid: 'u', controller: true }],
      });
      cluster.service('ns', 'app-canary', { selector: { app: 'app' } });
      cluster.add('EndpointSlice', 'ns', 'app-canary-1', {
        metadata: { labels: { 'kubernetes.io/service-name': 'app-canary' } },
        endpoints: [],
      });
    };

  test.each<[string, TestCluster, RegExp]>([
    ['kept by a controller of releases', made(twin(true, 'app')), /^by design$/],
    ['that is not ready', made(twin(false, 'app')), /scaled_to_zero$/],
    ['of another owner', made(twin(true, 'other')), /scaled_to_zero$/],
  ])('%s', async (_name, cluster, wanted) => {
    expect(await verdictOn(cluster, 'Deployment', 'ns', 'app')).toMatch(wanted);
  });
});

describe('QUA-1: pods that are left over', () => {
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    name: 'app-5d8f',
    uid: 'uid-ReplicaSet-app-5d8f',
    controller: true,
  };
  const left =
    (reason: string, message: string): More =>
    (cluster) => {
      cluster.add('Pod', 'ns', 'app-5d8f-old', {
        metadata: { labels: { app: 'app' }, ownerReferences: [owner] },
        spec: { nodeName: 'n1', containers: [{ name: 'app' }] },
        status: {
          phase: 'Failed',
          reason,
          message,
          containerStatuses: [
            { name: 'app', ready: false, restartCount: 0, state: { terminated: { exitCode: 137, reason: 'Error' } } },
          ],
        },
      });
    };
  const ready: More = (cluster) => cluster.deployment('ns', 'app', { ready: true });
  const lacking: More = (cluster) => cluster.pending('ns', 'app', '0/1 nodes are available: 1 Insufficient cpu.');

  test.each([
    ['NodeShutdown', 'Pod was rejected as the node is shutting down.'],
    ['Terminated', 'Pod was terminated in response to imminent node shutdown.'],
    ['Preempting', 'Preempted in order to admit critical pod'],
    ['Evicted', 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi.'],
    ['UnexpectedAdmissionError', 'Allocate failed due to no healthy devices present'],
  ])('%s of a workload that has all it wants', async (reason, message) => {
    expect(await verdictOn(made(ready, left(reason, message)), 'Deployment', 'ns', 'app')).toBe('recovered');
  });

  test('a workload that lacks a pod is not well for it', async () => {
    expect(
      await verdictOn(made(lacking, left('NodeShutdown', 'shutting down')), 'Deployment', 'ns', 'app'),
    ).not.toMatch(/recovered|no fault/);
  });
});

describe('QUA-1: a claim that waits for its first consumer', () => {
  const claim: More = (cluster) => {
    cluster.add('PersistentVolumeClaim', 'ns', 'data', {
      spec: { storageClassName: 'local' },
      status: { phase: 'Pending' },
    });
    cluster.add('StorageClass', null, 'local', { provisioner: 'disk.test', volumeBindingMode: 'WaitForFirstConsumer' });
  };
  const user: More = (cluster) =>
    cluster.pending('ns', 'app', "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", {
      nodeSelector: { disk: 'ssd' },
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    });
  const failed: More = (cluster) =>
    cluster.event(
      'PersistentVolumeClaim',
      'ns',
      'data',
      'ProvisioningFailed',
      'failed to provision volume: quota exceeded',
    );

  test.each<[string, TestCluster, RegExp]>([
    ['and nobody uses', made(claim), /^by design$/],
    ['and a pod cannot be placed', made(claim, user), /^(?!by design|no fault)/],
    ['and cannot be provisioned', made(claim, failed), /^(?!by design|no fault)/],
  ])('%s', async (_what, cluster, wanted) => {
    expect(await verdictOn(cluster, 'PersistentVolumeClaim', 'ns', 'data')).toMatch(wanted);
  });
});

describe('QUA-1: what stands still on purpose, and what goes on', () => {
  const cron =
    (annotations: Record<string, string>): More =>
    (cluster) =>
      cluster.add('CronJob', 'ns', 'nightly', {
        metadata: { annotations },
        spec: {
          suspend: true,
          schedule: '0 3 * * *',
          jobTemplate: { spec: { template: { spec: { containers: [{ name: 'c' }] } } } },
        },
      });
  test.each<[string, TestCluster, string]>([
    [
      'a CronJob, with the reason on it',
      made(cron({ 'ops.test/suspend-reason': 'OPS-12: migration until Friday' })),
      'by design',
    ],
    ['a CronJob, without a word', made(cron({})), 'CronJob nightly cron_suspended'],
  ])('%s', async (_what, cluster, wanted) => {
    expect(await verdictOn(cluster, 'CronJob', 'ns', 'nightly')).toBe(wanted);
  });

  test('a node that came back, one that is cordoned, one that is down', async () => {
    const back = made((cluster) =>
      cluster.event('Node', '', 'n1', 'NodeNotReady', 'Node n1 status is now: NodeNotReady'),
    );
    expect(await verdictOn(back, 'Node', null, 'n1')).toBe('recovered');
    const cordoned = new TestCluster();
    cordoned.node('n1', { unschedulable: true });
    expect(await verdictOn(cordoned, 'Node', null, 'n1')).toBe('by design');
    const down = new TestCluster();
    down.node('n1', { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] });
    expect(await verdictOn(down, 'Node', null, 'n1')).toBe('Node n1 node_down');
  });

  const rollout =
    (status: Fields, lastUpdateTime: string): More =>
    (cluster) => {
      cluster.deployment('ns', 'app', {
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              name: 'app',
              ready: false,
              restartCount: 0,
              state: { running: { startedAt: '2026-01-01T10:04:00Z' } },
              ...status,
            },
          ],
        },
      });
      amend(cluster, 'Deployment', 'app', {
        status: {
          replicas: 1,
          updatedReplicas: 1,
          readyReplicas: 0,
          conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', lastUpdateTime }],
        },
      });
      cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Unhealthy', 'Readiness probe failed: connection refused');
    };
  test.each<[string, TestCluster, RegExp]>([
    ['a rollout within its deadline', made(rollout({}, '2026-01-01T10:04:00Z')), /^by design$/],
    ['a rollout past its deadline', made(rollout({}, '2026-01-01T09:40:00Z')), /^(?!by design|no fault)/],
    [
      'a rollout whose pod crashes',
      made(
        rollout(
          {
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1 } },
          },
          '2026-01-01T10:04:00Z',
        ),
      ),
      /^(?!by design|no fault)/,
    ],
    [
      'a rollout whose image is not there',
      made(
        rollout({ state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } }, '2026-01-01T10:04:00Z'),
      ),
      /^(?!by design|no fault)/,
    ],
  ])('%s', async (_what, cluster, wanted) => {
    expect(await verdictOn(cluster, 'Deployment', 'ns', 'app')).toMatch(wanted);
  });
});

describe('QUA-1: a container that ended rarely, long ago, and is ready since', () => {
  const ended =
    (
      change: { end?: Fields; status?: Fields; runningSince?: string; warnedAt?: string; created?: string } = {},
    ): More =>
    (cluster) => {
      const running = { running: { startedAt: change.runningSince ?? '2026-01-01T03:00:02Z' } };
      const end = {
        exitCode: 1,
        reason: 'Error',
        startedAt: '2025-12-28T03:00:00Z',
        finishedAt: '2026-01-01T03:00:00Z',
        ...change.end,
      };
      const container = { name: 'app', ready: true, restartCount: 6, state: running, lastState: { terminated: end } };
      cluster.deployment('ns', 'app', { ready: true });
      amend(cluster, 'Pod', 'app-', {
        metadata: { creationTimestamp: change.created ?? '2025-12-09T10:00:00Z' },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T03:00:12Z' }],
          containerStatuses: [{ ...container, ...change.status }],
        },
      });
      cluster.log('ns', 'app-5d8f-abcde', 'app', 'ERROR lost the lease: context deadline exceeded', true);
      // What is newest in the evidence is its now.
      cluster.add('Lease', 'ns', 'app-lead', {
        spec: { holderIdentity: 'app-5d8f-abcde_1', renewTime: '2026-01-01T10:04:50Z', leaseDurationSeconds: 15 },
      });
      if (change.warnedAt !== undefined) {
        cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Unhealthy', 'Liveness probe failed: timeout');
        amend(cluster, 'Event', '', { lastTimestamp: change.warnedAt });
      }
    };
  const waiting = { ready: false, state: { waiting: { reason: 'CrashLoopBackOff' } } };

  test.each<[string, TestCluster, 'recovered' | 'fault']>([
    ['seven hours ago, six times in three weeks', made(ended()), 'recovered'],
    [
      'within the hour',
      made(ended({ end: { finishedAt: '2026-01-01T09:50:00Z' }, runningSince: '2026-01-01T09:50:02Z' })),
      'fault',
    ],
    ['more and more often', made(ended({ end: { startedAt: '2025-12-31T20:00:00Z' } })), 'fault'],
    ['many times', made(ended({ status: { restartCount: 40 } })), 'fault'],
    ['and waits to be started again', made(ended({ status: waiting })), 'fault'],
    ['and is not ready', made(ended({ status: { ready: false } })), 'fault'],
    ['and its probe has failed since', made(ended({ warnedAt: '2026-01-01T10:00:00Z' })), 'fault'],
    ['for want of memory', made(ended({ end: { exitCode: 137, reason: 'OOMKilled' } })), 'fault'],
  ])('%s', async (_what, cluster, wanted) => {
    const said = await verdictOn(cluster, 'Deployment', 'ns', 'app');
    expect(said).toMatch(wanted === 'fault' ? /^(?!by design|recovered|no fault)/ : /^(?:recovered|no fault)$/);
  });

  test('the proof says since when it is ready, and how it ended last', async () => {
    const { verdict } = await answerAbout(made(ended()), 'Deployment', 'ns', 'app');
    expect(verdict.summary).toContain(
      '1 of 1 ready since 2026-01-01T03:00:12Z, after 6 restarts; container app ended last at 2026-01-01T03:00:00Z (Error, exit code 1)',
    );
  });
});
