import { type KnownFaultType, knownFaultTypes } from '../../src/domain/fault-types.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { kindFacts } from '../../src/kube/kinds.ts';

/** Without those that alerts alone tell of. */
export const detectedFaultTypes = knownFaultTypes.filter((type) => type !== 'PodNotReady');

/** What makes one fault of a type stand, the object with the fault last. */
export interface StandingFault {
  readonly type: KnownFaultType;
  readonly objects: readonly KubeObject[];
}

const namespace = 'shop';
const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** Every fault type that a sweep finds, each by objects of its own, as the API keeps them; `round` tells them apart. */
export function standingFaults(now: number, round = 1): StandingFault[] {
  const make = new Maker(now, round);
  return [...podFaults(make), ...workloadFaults(make), ...otherFaults(make)];
}

class Maker {
  readonly #now: number;
  readonly #round: number;

  constructor(now: number, round: number) {
    this.#now = now;
    this.#round = round;
  }

  ago(seconds: number): string {
    return time(this.#now - seconds * 1000);
  }

  /** An object that was made ten minutes ago. */
  object(kind: string, name: string, fields: Record<string, unknown>): KubeObject {
    const facts = kindFacts(kind);
    const { metadata, ...rest } = fields;
    const own = `${name}-${this.#round}`;
    return {
      apiVersion: facts?.apiVersion ?? 'v1',
      kind,
      ...rest,
      metadata: {
        name: own,
        ...(facts?.namespaced === false ? {} : { namespace }),
        uid: `00000000-0000-4000-8000-${Buffer.from(`${kind}${own}`).toString('hex').padEnd(12, '0').slice(-12)}`,
        creationTimestamp: this.ago(600),
        ...(metadata as object | undefined),
      },
    };
  }

  condition(type: string, status: string, seconds: number, fields: object = {}): object {
    return { type, status, lastTransitionTime: this.ago(seconds), ...fields };
  }

  pod(name: string, status: object, fields: Record<string, unknown> = {}): KubeObject {
    const containers = [{ name: 'app', image: 'registry.example/app:1' }];
    return this.object('Pod', name, { spec: { nodeName: 'n1', containers }, ...fields, status });
  }

  /** A pod that was scheduled a minute ago, and whose one container is in this state. */
  container(name: string, state: object, list = 'containerStatuses', phase = 'Running'): KubeObject {
    const status = { name: 'app', image: 'x', imageID: '', ready: false, restartCount: 5, state };
    return this.pod(name, { phase, conditions: [this.condition('PodScheduled', 'True', 60)], [list]: [status] });
  }

  /** Runs, and is not ready for ten minutes. */
  unready(name: string, fields: Record<string, unknown> = {}): KubeObject {
    const state = { running: { startedAt: this.ago(600) } };
    const containerStatuses = [{ name: 'app', image: 'x', imageID: '', ready: false, restartCount: 0, state }];
    return this.pod(
      name,
      { phase: 'Running', conditions: [this.condition('Ready', 'False', 600)], containerStatuses },
      fields,
    );
  }

  event(reason: string, about: KubeObject): KubeObject {
    const { name, uid } = about.metadata;
    return this.object('Event', `${name}.${reason.toLowerCase()}`, {
      type: 'Warning',
      reason,
      message: `${reason} of ${name}`,
      count: 5,
      firstTimestamp: this.ago(300),
      lastTimestamp: this.ago(5),
      involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
    });
  }
}

function podFaults(make: Maker): StandingFault[] {
  const terminated = { exitCode: 1, reason: 'Error', startedAt: make.ago(10), finishedAt: make.ago(5) };
  const waiting = (reason: string) => ({ waiting: { reason, message: `${reason} of app` } });
  const unscheduled = (reason: string, seconds: number) => ({
    phase: 'Pending',
    conditions: [make.condition('PodScheduled', 'False', seconds, { reason, message: '0/3 nodes are available' })],
  });
  const unmounted = make.container('mount', waiting('ContainerCreating'), 'containerStatuses', 'Pending');
  const unnetworked = make.unready('network');
  const spec = { containers: [{ name: 'app', image: 'x' }], schedulingGates: [{ name: 'example.com/wait' }] };
  return [
    { type: 'PodCrash', objects: [make.container('crash', { terminated })] },
    { type: 'CrashLoop', objects: [make.container('loop', waiting('CrashLoopBackOff'))] },
    { type: 'InitCrash', objects: [make.container('init', { terminated }, 'initContainerStatuses', 'Pending')] },
    { type: 'ImagePull', objects: [make.container('image', waiting('ImagePullBackOff'))] },
    { type: 'ConfigError', objects: [make.container('config', waiting('CreateContainerConfigError'))] },
    {
      type: 'Unschedulable',
      objects: [
        make.pod('unschedulable', unscheduled('Unschedulable', 120), { spec: { containers: spec.containers } }),
      ],
    },
    { type: 'MountFailed', objects: [make.event('FailedMount', unmounted), unmounted] },
    {
      type: 'PodFailed',
      objects: [make.pod('failed', { phase: 'Failed', reason: 'UnexpectedAdmissionError', startTime: make.ago(60) })],
    },
    {
      type: 'Evicted',
      objects: [make.pod('evicted', { phase: 'Failed', reason: 'Evicted', startTime: make.ago(60) })],
    },
    { type: 'Stuck', objects: [make.pod('gated', unscheduled('SchedulingGated', 600), { spec })] },
    { type: 'WarningEvent', objects: [unnetworked, make.event('FailedCreatePodSandBox', unnetworked)] },
  ];
}

function workloadFaults(make: Maker): StandingFault[] {
  const workload = (kind: string, name: string, status: object, spec: object = { replicas: 1 }) => {
    const selector = { matchLabels: { app: name } };
    const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app', image: 'x' }] } };
    return make.object(kind, name, { spec: { ...spec, selector, template }, status });
  };
  const podOf = (owner: KubeObject): KubeObject => {
    const { apiVersion, kind, metadata } = owner;
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }];
    return make.unready(`${kind.toLowerCase()}-pod`, { metadata: { ownerReferences, labels: { owner: kind } } });
  };
  const late = make.condition('Progressing', 'False', 30, { reason: 'ProgressDeadlineExceeded', message: 'timed out' });
  const refused = make.condition('ReplicaFailure', 'True', 30, { reason: 'FailedCreate', message: 'exceeded quota' });
  const failed = make.condition('Failed', 'True', 30, { reason: 'BackoffLimitExceeded', message: 'too many retries' });
  const set = workload('StatefulSet', 'db', { replicas: 1, readyReplicas: 0 });
  const daemon = workload('DaemonSet', 'agent', { desiredNumberScheduled: 2, numberReady: 1 }, {});
  return [
    { type: 'DeploymentFailure', objects: [workload('Deployment', 'rollout', { conditions: [late] })] },
    { type: 'CreateFailed', objects: [workload('Deployment', 'quota', { conditions: [refused] })] },
    { type: 'StatefulSetStalled', objects: [podOf(set), set] },
    { type: 'DaemonSetIncomplete', objects: [podOf(daemon), daemon] },
    { type: 'JobFailure', objects: [workload('Job', 'nightly', { failed: 1, conditions: [failed] }, {})] },
  ];
}

function otherFaults(make: Maker): StandingFault[] {
  const path = { path: '/', pathType: 'Prefix', backend: { service: { name: 'nowhere', port: { number: 80 } } } };
  const inactive = make.condition('ScalingActive', 'False', 600, {
    reason: 'FailedGetResourceMetric',
    message: 'no metrics',
  });
  const scaled = { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nowhere' } };
  const service = { selector: { app: 'nobody' }, ports: [{ port: 80, targetPort: 8080 }], clusterIP: 'None' };
  return [
    {
      type: 'NodeUnhealthy',
      objects: [make.object('Node', 'down', { status: { conditions: [make.condition('Ready', 'False', 60)] } })],
    },
    {
      type: 'NodePressure',
      objects: [
        make.object('Node', 'full', {
          status: { conditions: [make.condition('Ready', 'True', 600), make.condition('DiskPressure', 'True', 60)] },
        }),
      ],
    },
    {
      type: 'ClaimPending',
      objects: [
        make.object('PersistentVolumeClaim', 'data', {
          spec: { accessModes: ['ReadWriteOnce'], volumeName: 'pv-1', resources: { requests: { storage: '1Gi' } } },
          status: { phase: 'Lost' },
        }),
      ],
    },
    { type: 'ServiceWithoutEndpoints', objects: [make.object('Service', 'empty', { spec: service })] },
    {
      type: 'BackendMissing',
      objects: [make.object('Ingress', 'shop', { spec: { rules: [{ http: { paths: [path] } }] } })],
    },
    {
      type: 'ScalingInactive',
      objects: [make.object('HorizontalPodAutoscaler', 'scale', { spec: scaled, status: { conditions: [inactive] } })],
    },
  ];
}
