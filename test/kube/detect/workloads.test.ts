import { describe, expect, test } from 'vitest';
import { findingId } from '../../../src/kube/detect/finding.ts';
import { detect } from '../../../src/kube/detect/detect.ts';
import type { DetectContext } from '../../../src/kube/detect/finding.ts';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { ago, now, object, ownedBy, pod, warning, wellPod } from '../../support/kube-objects.ts';

const find = (subject: KubeObject, context: Partial<DetectContext> = {}) => detect(subject, { now, ...context });
const types = (subject: KubeObject, context: Partial<DetectContext> = {}) =>
  find(subject, context).map((finding) => finding.type);
const condition = (type: string, status: string, reason: string, message = '') => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(300),
});

describe('CON-5: nodes', () => {
  const node = (...conditions: object[]) => object('Node', 'n', { status: { conditions } });

  test('not ready, in the words and with the id of the recorded push server', () => {
    const subject = node(condition('Ready', 'False', 'KubeletNotReady', 'container runtime is down'));
    const [finding] = find({ ...subject, metadata: { name: 'node-b', uid: 'c9d14e97-fe9b-4750-a916-6d7e138aaf33' } });
    expect(finding).toMatchObject({
      type: 'NodeUnhealthy',
      severity: 'critical',
      context: 'Node became unhealthy: Ready=False, reason: KubeletNotReady, message: container runtime is down',
    });
    expect(findingId(finding!, 'test')).toBe('70ecca23c4210fed');
  });

  test('silent is a warning', () => {
    expect(find(node(condition('Ready', 'Unknown', 'NodeStatusUnknown')))[0]).toMatchObject({ severity: 'warning' });
  });

  test('pressure and what the node problem detector says are one finding', () => {
    const conditions = [
      condition('Ready', 'True', 'KubeletReady'),
      condition('MemoryPressure', 'True', 'KubeletHasInsufficientMemory'),
      condition('KernelDeadlock', 'True', 'DockerHung'),
    ];
    expect(find(node(...conditions))).toMatchObject([
      { type: 'NodePressure', context: expect.stringContaining('MemoryPressure=True KernelDeadlock=True') },
    ]);
  });

  test('a well node, also with conditions of others that mean something good', () => {
    expect(types(node(condition('Ready', 'True', 'KubeletReady'), condition('EtcdIsVoter', 'True', 'x')))).toEqual([]);
    expect(types(node())).toEqual([]);
  });
});

describe('CON-5: deployments', () => {
  const deployment = (conditions: object[], spec: object = { replicas: 2 }) =>
    object('Deployment', 'cart', { apiVersion: 'apps/v1', spec, status: { conditions } });
  const stalled = condition(
    'Progressing',
    'False',
    'ProgressDeadlineExceeded',
    'ReplicaSet "cart-6dbb584856" has timed out progressing.',
  );

  test('a rollout that does not end, as push has it', () => {
    const subject = deployment([stalled]);
    const [finding] = find({
      ...subject,
      metadata: { ...subject.metadata, uid: '4374bd0b-e4d5-4b6e-8889-ad9986e0b87a' },
    });
    expect(finding).toMatchObject({
      severity: 'critical',
      context:
        'Deployment rollout failed: ProgressDeadlineExceeded, message: ReplicaSet "cart-6dbb584856" has timed out progressing.',
    });
    expect(findingId(finding!, 'test')).toBe('cc2a4e23324a27b8');
  });

  test('pods that are refused', () => {
    const refused = condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota: small');
    expect(find(deployment([refused]))[0]).toMatchObject({ type: 'CreateFailed', since: now - 300_000 });
  });

  test('C4, C10: progressing, paused and scaled to zero are no fault', () => {
    expect(types(deployment([condition('Progressing', 'True', 'NewReplicaSetAvailable')]))).toEqual([]);
    expect(types(deployment([stalled], { replicas: 2, paused: true }))).toEqual([]);
    expect(types(deployment([stalled], { replicas: 0 }))).toEqual([]);
  });
});

describe('CON-5: stateful sets and daemon sets', () => {
  const set = (ready: number, extra: object = {}) =>
    object('StatefulSet', 'db', { spec: { replicas: 2 }, status: { readyReplicas: ready }, ...extra });
  const agent = (ready: number) =>
    object('DaemonSet', 'agent', { status: { desiredNumberScheduled: 3, numberReady: ready } });
  const notReady = (owner: string, name: string, seconds: number) =>
    pod(
      `${name}-0`,
      { phase: 'Running', conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(seconds) }] },
      ownedBy(owner, name),
    );

  test('stand still when a pod has long not been ready', () => {
    expect(find(set(1), { pods: [notReady('StatefulSet', 'db', 600)] })[0]).toMatchObject({
      type: 'StatefulSetStalled',
      severity: 'critical',
      context: 'StatefulSet stands still: 1 of 2 pods ready',
      since: now - 600_000,
    });
    expect(find(agent(2), { pods: [notReady('DaemonSet', 'agent', 600)] })[0]).toMatchObject({
      type: 'DaemonSetIncomplete',
      context: 'DaemonSet is incomplete: ready on 2 of 3 nodes',
    });
  });

  test('a rolling update, a young set and a full one are no fault', () => {
    expect(types(set(1), { pods: [notReady('StatefulSet', 'db', 30)] })).toEqual([]);
    expect(types(set(0, { metadata: { creationTimestamp: ago(20) } }), { pods: [] })).toEqual([]);
    expect(types(set(2), { pods: [] })).toEqual([]);
    expect(types(agent(3))).toEqual([]);
  });

  test('pods that are refused are told by events', () => {
    const events = [warning('FailedCreate', set(0), 'exceeded quota: small')];
    expect(types(set(0), { pods: [], events })).toEqual(['StatefulSetStalled', 'CreateFailed']);
  });
});

describe('CON-5: jobs', () => {
  const job = (name: string, conditions: object[], extra: object = {}) =>
    object('Job', name, { spec: {}, status: { conditions }, ...extra });
  const failed = condition('Failed', 'True', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');

  test('failed for good, not while only FailureTarget says so', () => {
    expect(find(job('j', [condition('FailureTarget', 'True', 'x'), failed]))[0]).toMatchObject({
      type: 'JobFailure',
      severity: 'critical',
      context: 'Job failed: BackoffLimitExceeded, message: Job has reached the specified backoff limit',
    });
    expect(types(job('j', [condition('FailureTarget', 'True', 'x')]))).toEqual([]);
    expect(types(job('j', [condition('Complete', 'True', '')]))).toEqual([]);
  });

  test('a later success of the same CronJob means that it has recovered', () => {
    const cron = (seconds: number) => ownedBy('CronJob', 'nightly', { creationTimestamp: ago(seconds) });
    const old = job('nightly-1', [failed], cron(7200));
    const good = job('nightly-2', [condition('Complete', 'True', '')], cron(3600));
    const other = job('other-2', [condition('Complete', 'True', '')], ownedBy('CronJob', 'other'));
    expect(types(old, { jobs: [old, good] })).toEqual([]);
    expect(types(old, { jobs: [old, other] })).toEqual(['JobFailure']);
    expect(types(job('nightly-3', [failed], cron(60)), { jobs: [good] })).toEqual(['JobFailure']);
  });

  test('a Job whose pods are refused', () => {
    const subject = job('j', []);
    const events = [warning('FailedCreate', subject, 'is forbidden: exceeded quota')];
    expect(types(subject, { events })).toEqual(['CreateFailed']);
    expect(types({ ...subject, status: { active: 1 } }, { events })).toEqual([]);
    expect(types({ ...subject, spec: { suspend: true } }, { events })).toEqual([]);
  });
});

describe('CON-5: claims', () => {
  const claim = (phase: string, seconds = 600) =>
    object('PersistentVolumeClaim', 'data', {
      spec: { storageClassName: 'fast-ssd' },
      status: { phase },
      metadata: { creationTimestamp: ago(seconds) },
    });
  const user = (phase: string) =>
    pod('p', { phase }, { spec: { volumes: [{ persistentVolumeClaim: { claimName: 'data' } }] } });

  test('pending with the cause that an event names', () => {
    const events = [warning('ProvisioningFailed', claim('Pending'), 'storageclass "fast-ssd" not found')];
    expect(find(claim('Pending'), { events, pods: [] })[0]).toMatchObject({
      type: 'ClaimPending',
      context:
        'Claim is not bound, storage class: fast-ssd, reason: ProvisioningFailed, message: storageclass "fast-ssd" not found',
    });
  });

  test('pending while a pod waits for it; waiting for a first consumer is by design', () => {
    expect(types(claim('Pending'), { pods: [user('Pending')] })).toEqual(['ClaimPending']);
    expect(types(claim('Pending'), { pods: [] })).toEqual([]);
    expect(types(claim('Pending', 20), { pods: [user('Pending')] })).toEqual([]);
    expect(types(claim('Bound'), { pods: [user('Pending')] })).toEqual([]);
  });

  test('lost, and its deletion: held back by a pod by design, stuck otherwise', () => {
    expect(types(claim('Lost'))).toEqual(['ClaimPending']);
    const deleted = object('PersistentVolumeClaim', 'data', { metadata: { deletionTimestamp: ago(3600) } });
    expect(types(deleted, { pods: [user('Running')] })).toEqual([]);
    expect(types(deleted, { pods: [] })).toEqual(['Stuck']);
  });
});

describe('CON-5: services', () => {
  const service = (extra: object = {}) =>
    object('Service', 'cart', {
      spec: { selector: { app: 'cart' }, ports: [{ port: 80, targetPort: 'http' }], ...extra },
    });
  const slice = (extra: object) =>
    object('EndpointSlice', 'cart-1', { metadata: { labels: { 'kubernetes.io/service-name': 'cart' } }, ...extra });
  const empty = slice({ endpoints: null, ports: null });
  const cartPod = wellPod('cart-1', {}, { metadata: { labels: { app: 'cart' } } });

  test('a selector that fits no pod', () => {
    expect(find(service(), { endpointSlices: [empty], pods: [] })[0]).toMatchObject({
      type: 'ServiceWithoutEndpoints',
      context: 'Service has no endpoints, selector: app=cart fits no pod',
    });
  });

  test('an unknown named target port', () => {
    const endpointSlices = [slice({ endpoints: [{ addresses: ['10.0.0.1'] }], ports: null })];
    expect(find(service(), { endpointSlices })[0]?.context).toContain('target port: http is in no container');
  });

  test('filled, without selector, external, not read, young, or with pods that are faults of their own: nothing', () => {
    const filled = slice({ endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 8080 }] });
    expect(types(service(), { endpointSlices: [filled] })).toEqual([]);
    expect(types(service({ selector: null }), { endpointSlices: [] })).toEqual([]);
    expect(types(service({ type: 'ExternalName' }), { endpointSlices: [] })).toEqual([]);
    expect(types(service(), {})).toEqual([]);
    const young = { ...service(), metadata: { ...service().metadata, creationTimestamp: ago(10) } };
    expect(types(young, { endpointSlices: [empty], pods: [] })).toEqual([]);
    expect(types(service(), { endpointSlices: [empty], pods: [cartPod] })).toEqual([]);
  });

  test('C9, 61: scaled to zero is the will of somebody', () => {
    const template = { metadata: { labels: { app: 'cart', tier: 'web' } } };
    const asleep = object('Deployment', 'cart', { spec: { replicas: 0, template } });
    expect(types(service(), { endpointSlices: [empty], pods: [], workloads: [asleep] })).toEqual([]);
  });
});

describe('CON-5: warning events', () => {
  const hpa = object('HorizontalPodAutoscaler', 'web', { apiVersion: 'autoscaling/v2' });
  const starting = pod('p', { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] });

  test('a cause that no object shows, one finding a reason', () => {
    const events = ['FailedGetResourceMetric', 'FailedComputeMetricsReplicas'].map((reason) =>
      warning(reason, hpa, 'no metrics'),
    );
    const findings = events.flatMap((event) => find(event, { involved: hpa }));
    expect(findings.map((one) => [one.type, one.severity, one.resource.kind])).toEqual([
      ['WarningEvent', 'info', 'HorizontalPodAutoscaler'],
      ['WarningEvent', 'info', 'HorizontalPodAutoscaler'],
    ]);
    expect(new Set(findings.map((one) => findingId(one, ''))).size).toBe(2);
  });

  test('a probe that keeps failing on a pod that is not ready', () => {
    const event = warning('Unhealthy', starting, 'Readiness probe failed: 404');
    expect(find(event, { involved: starting })[0]?.context).toBe('Unhealthy: Readiness probe failed: 404');
    expect(types({ ...event, count: 1 }, { involved: starting })).toEqual([]);
    expect(types(event, {})).toEqual([]);
    expect(types(event, { involved: wellPod('p') })).toEqual([]);
  });

  test('C15: noise, what the object shows itself, what is over', () => {
    for (const reason of ['BackOff', 'Failed', 'CgroupV1', 'ClusterIPNotAllocated', 'FailedScheduling']) {
      expect(types(warning(reason, starting, 'm'), { involved: starting })).toEqual([]);
    }
    const event = warning('FailedCreatePodSandBox', starting, 'no free addresses');
    expect(find(event, { involved: starting })[0]).toMatchObject({ family: 'network' });
    expect(types(event, { involved: null })).toEqual([]);
    expect(types({ ...event, type: 'Normal' }, { involved: starting })).toEqual([]);
    expect(types({ ...event, lastTimestamp: ago(7200), metadata: { name: 'e' } }, { involved: starting })).toEqual([]);
  });

  test('events of the scheduler carry only eventTime and series', () => {
    const times = { firstTimestamp: null, lastTimestamp: null, count: null, metadata: { name: 'e' } };
    const recent = { eventTime: ago(7200), series: { count: 9, lastObservedTime: ago(30) } };
    const event = { ...warning('FailedBindingSomething', starting, 'm'), ...times };
    expect(types({ ...event, ...recent }, { involved: starting })).toEqual(['WarningEvent']);
    expect(types({ ...event, eventTime: ago(7200) }, { involved: starting })).toEqual([]);
  });
});
