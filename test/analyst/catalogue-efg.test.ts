import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from './answer-about.ts';
import { TestCluster } from './cluster.ts';

/** A Deployment without pods, whose ReplicaSet is refused with `message`. */
function refused(message: string): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', {});
  cluster.objects.splice(
    cluster.objects.findIndex((it) => it.kind === 'Pod'),
    1,
  );
  cluster.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedCreate', message);
  return cluster;
}

const about = (cluster: TestCluster, kind = 'Deployment', name = 'app'): Promise<string> =>
  causeOf(cluster, kind, 'ns', name);

describe('QUA-1: family E, admission and quota', () => {
  const forbidden = 'Error creating: pods "app-5d8f-x1y2z" is forbidden: ';
  test('46: a quota that is used up', async () => {
    const cluster = refused(
      `${forbidden}exceeded quota: team-quota, requested: limits.memory=1Gi, used: limits.memory=4Gi, limited: limits.memory=4Gi`,
    );
    cluster.add('ResourceQuota', 'ns', 'team-quota', { spec: { hard: { 'limits.memory': '4Gi' } } });
    expect(await about(cluster)).toBe('ResourceQuota team-quota quota_exceeded [limits.memory] high');
  });
  test('47: a quota that demands a request', async () => {
    const cluster = refused(`${forbidden}failed quota: team-quota: must specify requests.memory for: app`);
    expect(await about(cluster)).toBe('Deployment app quota_requires_limits [requests.memory] high');
  });
  test('47: a LimitRange maximum', async () => {
    const cluster = refused(`${forbidden}maximum memory usage per Container is 256Mi, but limit is 1Gi`);
    cluster.add('LimitRange', 'ns', 'bounds', { spec: { limits: [{ type: 'Container', max: { memory: '256Mi' } }] } });
    expect(await about(cluster)).toBe(
      'LimitRange bounds limitrange [maximum memory usage per Container is 256Mi, but limit is 1Gi] high',
    );
  });
  test('50: a caBundle that does not fit', async () => {
    const cluster = refused(
      'Error creating: Internal error occurred: failed calling webhook "check.acme.test": failed to call webhook: Post "https://checker.sec.svc:443/v?timeout=5s": tls: failed to verify certificate: x509: certificate signed by unknown authority',
    );
    cluster.add('ValidatingWebhookConfiguration', null, 'checks', {
      webhooks: [{ name: 'check.acme.test', clientConfig: { caBundle: 'eA==' } }],
    });
    expect(await about(cluster)).toBe('ValidatingWebhookConfiguration checks webhook_ca [caBundle] high');
  });
  test('52: Pod Security Admission', async () => {
    const cluster = refused(
      `${forbidden}violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "app" must set securityContext.allowPrivilegeEscalation=false)`,
    );
    cluster.add('Namespace', null, 'ns', {
      metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
    });
    expect(await about(cluster)).toBe('Deployment app pod_security [allowPrivilegeEscalation] high');
  });
});

describe('QUA-1: family F, probes and rollouts', () => {
  function probed(field: string, probe: Record<string, unknown>, message: string, log: string): TestCluster {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', log, { ports: [{ containerPort: 8080 }], [field]: probe }, false);
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Unhealthy', message);
    return cluster;
  }
  const listening = '2026-01-01 10:00:00 INFO listening on 0.0.0.0:8080';
  test('54: a liveness probe on another port', async () => {
    const cluster = new TestCluster();
    cluster.crash('ns', 'app', {
      exitCode: 137,
      log: listening,
      container: { livenessProbe: { tcpSocket: { port: 9999 } } },
    });
    cluster.event(
      'Pod',
      'ns',
      'app-5d8f-abcde',
      'Unhealthy',
      'Liveness probe failed: dial tcp 10.1.1.1:9999: connect: connection refused',
    );
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Killing', 'Container app failed liveness probe, will be restarted');
    expect(await about(cluster)).toBe('Deployment app probe_wrong [9999] high');
  });
  test('55: a liveness probe that gives no time', async () => {
    const cluster = new TestCluster();
    const livenessProbe = { httpGet: { path: '/', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
    cluster.crash('ns', 'app', {
      exitCode: 137,
      log: 'INFO warming up',
      container: { ports: [{ containerPort: 8080 }], livenessProbe },
    });
    cluster.event(
      'Pod',
      'ns',
      'app-5d8f-abcde',
      'Unhealthy',
      'Liveness probe failed: Get "http://10.1.1.1:8080/": dial tcp 10.1.1.1:8080: connect: connection refused',
    );
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Killing', 'Container app failed liveness probe, will be restarted');
    expect(await about(cluster)).toBe('Deployment app probe_aggressive [failureThreshold] high');
  });
  test('56: the application says that it is not ready', async () => {
    const cluster = probed(
      'readinessProbe',
      { httpGet: { path: '/ready', port: 8080 } },
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
      `${listening}\n2026-01-01 10:00:05 WARNING cache is cold`,
    );
    expect(await about(cluster)).toBe('Deployment app readiness_failing [503] high');
  });
  test('56: a readiness probe on another port', async () => {
    const cluster = probed(
      'readinessProbe',
      { httpGet: { path: '/ready', port: 8081 } },
      'Readiness probe failed: Get "http://10.1.1.1:8081/ready": dial tcp 10.1.1.1:8081: connect: connection refused',
      listening,
    );
    expect(await about(cluster)).toBe('Deployment app probe_wrong [8081] high');
  });
  test('56: an exec probe without its program', async () => {
    const cluster = probed(
      'readinessProbe',
      { exec: { command: ['/bin/grpc_probe'] } },
      'Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "/bin/grpc_probe": stat /bin/grpc_probe: no such file or directory',
      listening,
    );
    expect(await about(cluster)).toBe('Deployment app probe_wrong [/bin/grpc_probe] high');
  });
  test('56: a readiness gate that nobody sets', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', {
      spec: { containers: [{ name: 'app', image: 'a:1' }], readinessGates: [{ conditionType: 'acme.test/lb-ready' }] },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' }],
        containerStatuses: [{ name: 'app', ready: true, restartCount: 0, state: { running: {} } }],
      },
    });
    expect(await about(cluster)).toBe('Deployment app readiness_gate [acme.test/lb-ready] high');
  });
  test('57: a paused rollout', async () => {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', 'ok');
    const deployment = cluster.objects.find((it) => it.kind === 'Deployment') as unknown as {
      spec: Record<string, unknown>;
      status: Record<string, unknown>;
    };
    deployment.spec['paused'] = true;
    deployment.status['updatedReplicas'] = 0;
    expect(await about(cluster)).toBe('Deployment app rollout_paused [paused] high');
  });
  test('59: an init container that ends with an error', async () => {
    const cluster = new TestCluster();
    const end = { exitCode: 1, reason: 'Error' };
    cluster.deployment('ns', 'app', {
      spec: { initContainers: [{ name: 'migrate', image: 'm:1' }], containers: [{ name: 'app', image: 'a:1' }] },
      status: {
        initContainerStatuses: [
          {
            name: 'migrate',
            ready: false,
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: end },
          },
        ],
        containerStatuses: [
          { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'PodInitializing' } } },
        ],
      },
    });
    cluster.log('ns', 'app-5d8f-abcde', 'migrate', 'ERROR relation "orders" already exists', true);
    expect(await about(cluster)).toBe('Deployment app init_failed [migrate] medium');
  });
  test('64: a PodDisruptionBudget that allows nothing', async () => {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', 'ok');
    cluster.add('PodDisruptionBudget', 'ns', 'app-pdb', {
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'app' } } },
      status: { expectedPods: 1, currentHealthy: 1, disruptionsAllowed: 0 },
    });
    expect(await about(cluster, 'PodDisruptionBudget', 'app-pdb')).toBe(
      'PodDisruptionBudget app-pdb pdb_blocks [1] high',
    );
  });
  test('65: an HPA without a cpu request', async () => {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', 'ok');
    cluster.add('HorizontalPodAutoscaler', 'ns', 'app', {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'app' } },
      status: {
        conditions: [
          {
            type: 'ScalingActive',
            status: 'False',
            reason: 'FailedGetResourceMetric',
            message:
              'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container app of Pod app-1',
          },
        ],
      },
    });
    expect(await about(cluster, 'HorizontalPodAutoscaler')).toBe(
      'HorizontalPodAutoscaler app hpa_no_metrics [cpu] high',
    );
  });
  test('66: an HPA whose target does not exist', async () => {
    const cluster = new TestCluster();
    cluster.add('HorizontalPodAutoscaler', 'ns', 'app', {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'appp' } },
      status: {
        conditions: [
          {
            type: 'AbleToScale',
            status: 'False',
            reason: 'FailedGetScale',
            message:
              'the HPA controller was unable to get the target\'s current scale: deployments.apps "appp" not found',
          },
        ],
      },
    });
    expect(await about(cluster, 'HorizontalPodAutoscaler')).toBe(
      'HorizontalPodAutoscaler app hpa_target_missing [appp] high',
    );
  });
});

describe('QUA-1: family G, jobs', () => {
  const owner = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: 'u', controller: true }];
  test('68: the deadline', async () => {
    const cluster = new TestCluster();
    cluster.add('Job', 'ns', 'job', {
      spec: { activeDeadlineSeconds: 30, template: { spec: { containers: [{ name: 'job' }] } } },
      status: {
        conditions: [
          {
            type: 'Failed',
            status: 'True',
            reason: 'DeadlineExceeded',
            message: 'Job was active longer than specified deadline',
          },
        ],
      },
    });
    expect(await about(cluster, 'Job', 'job')).toBe('Job job job_deadline [30] high');
  });
  test('69: a sidecar that runs on', async () => {
    const cluster = new TestCluster();
    cluster.add('Job', 'ns', 'job', {
      spec: { template: { spec: { containers: [{ name: 'work' }, { name: 'proxy' }] } } },
      status: { active: 1 },
    });
    cluster.add('Pod', 'ns', 'job-1', {
      metadata: { ownerReferences: owner },
      spec: { nodeName: 'n1', containers: [{ name: 'work' }, { name: 'proxy' }] },
      status: {
        phase: 'Running',
        containerStatuses: [
          { name: 'work', restartCount: 0, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
          { name: 'proxy', ready: true, restartCount: 0, state: { running: {} } },
        ],
      },
    });
    expect(await about(cluster, 'Job', 'job')).toBe('Job job sidecar_blocks [proxy] high');
  });
  test('70: a CronJob that a hanging Job blocks', async () => {
    const cluster = new TestCluster();
    cluster.add('CronJob', 'ns', 'nightly', {
      spec: { concurrencyPolicy: 'Forbid', schedule: '* * * * *', suspend: false, jobTemplate: { spec: {} } },
    });
    const cron = [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'u', controller: true }];
    cluster.add('Job', 'ns', 'nightly-1', {
      metadata: { ownerReferences: cron },
      status: { active: 1, startTime: '2026-01-01T08:00:00Z' },
    });
    cluster.event(
      'CronJob',
      'ns',
      'nightly',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    expect(await about(cluster, 'CronJob', 'nightly')).toBe('CronJob nightly cron_blocked [Forbid] high');
  });
  test('70: a suspended CronJob', async () => {
    const cluster = new TestCluster();
    cluster.add('CronJob', 'ns', 'nightly', {
      spec: { suspend: true, schedule: '0 1 * * *', jobTemplate: { spec: {} } },
    });
    expect(await about(cluster, 'CronJob', 'nightly')).toBe('CronJob nightly cron_suspended [suspend] high');
  });
  test('C2: a Job whose retry completed is no fault, and says so', async () => {
    const cluster = new TestCluster();
    cluster.add('Job', 'ns', 'job', {
      spec: { template: { spec: { containers: [{ name: 'job' }] } } },
      status: { failed: 1, succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] },
    });
    cluster.add('Pod', 'ns', 'job-1', {
      metadata: { ownerReferences: owner },
      spec: { containers: [{ name: 'job' }] },
      status: {
        phase: 'Failed',
        containerStatuses: [{ name: 'job', restartCount: 0, state: { terminated: { exitCode: 1, reason: 'Error' } } }],
      },
    });
    const { verdict } = await answerAbout(cluster, 'Job', 'ns', 'job');
    expect(verdict.is_fault).toBe(false);
    expect(verdict.summary).toContain('Recovered');
  });
});
