import type { AnalystRequest } from '../../src/domain/ports.ts';
import type { ClusterReader, KubeObject } from '../../src/kube/cluster-reader.ts';
import { object } from '../support/kube-objects.ts';
import { ClusterState } from '../../src/sim/api/cluster-state.ts';

type Fields = Record<string, unknown>;

/** A small cluster in memory, built object by object. */
export class TestCluster {
  readonly objects: KubeObject[] = [];
  readonly logs = new Map<string, string>();
  requests = 0;

  add(kind: string, namespace: string | null, name: string, fields: Fields = {}): KubeObject {
    const made = object(kind, name, {
      ...fields,
      metadata: {
        namespace: namespace ?? undefined,
        creationTimestamp: '2026-01-01T10:00:00Z',
        ...(fields['metadata'] as Fields | undefined),
      },
    });
    this.objects.push(made);
    return made;
  }

  /** A Deployment with one ReplicaSet and one pod; `pod` is merged into the pod's status. */
  deployment(
    namespace: string,
    name: string,
    options: { spec?: Fields; status?: Fields; ready?: boolean; replicas?: number } = {},
  ) {
    const ready = options.ready ?? false;
    const replicas = options.replicas ?? 1;
    const labels = { app: name };
    const spec = options.spec ?? { containers: [{ name, image: `registry.test/${name}:1.0` }] };
    const template = { metadata: { labels }, spec };
    const count = ready ? replicas : 0;
    this.add('Deployment', namespace, name, {
      spec: { replicas, selector: { matchLabels: labels }, template },
      status: { replicas, updatedReplicas: replicas, readyReplicas: count, availableReplicas: count },
    });
    const set = `${name}-5d8f`;
    const owner = (kind: string, owned: string) => [
      { apiVersion: 'apps/v1', kind, name: owned, uid: `uid-${kind}-${owned}`, controller: true },
    ];
    this.add('ReplicaSet', namespace, set, {
      metadata: {
        ownerReferences: owner('Deployment', name),
        labels,
        annotations: { 'deployment.kubernetes.io/revision': '1' },
      },
      spec: { replicas, template },
      status: { replicas, readyReplicas: count },
    });
    if (replicas === 0) return;
    this.add('Pod', namespace, `${set}-abcde`, {
      metadata: { ownerReferences: owner('ReplicaSet', set), labels: { ...labels, 'pod-template-hash': '5d8f' } },
      spec: { nodeName: 'n1', ...spec },
      status: {
        phase: ready ? 'Running' : 'Pending',
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
        ...(ready
          ? {
              containerStatuses: [
                { name, ready: true, restartCount: 0, state: { running: { startedAt: '2026-01-01T10:00:05Z' } } },
              ],
            }
          : {}),
        ...options.status,
      },
    });
  }

  /** A Deployment whose container ends and is started again; `log` is what `kubectl logs` gives. */
  crash(
    namespace: string,
    name: string,
    options: {
      log?: string;
      exitCode?: number;
      reason?: string;
      message?: string;
      container?: Fields;
      spec?: Fields;
    } = {},
  ): void {
    const container = { name, image: `registry.test/${name}:1.0`, ...options.container };
    const end = {
      exitCode: options.exitCode ?? 1,
      reason: options.reason ?? 'Error',
      finishedAt: '2026-01-01T10:04:00Z',
      ...(options.message === undefined ? {} : { message: options.message }),
    };
    this.deployment(namespace, name, {
      spec: { containers: [container], ...options.spec },
      status: {
        phase: 'Running',
        containerStatuses: [
          {
            name,
            ready: false,
            restartCount: 4,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
            lastState: { terminated: end },
          },
        ],
      },
    });
    if (options.log !== undefined) this.log(namespace, `${name}-5d8f-abcde`, name, options.log, true);
  }

  /** A Deployment whose pod waits for a node, with the scheduler's message. */
  pending(namespace: string, name: string, message: string, spec: Fields = {}): void {
    this.deployment(namespace, name, {
      spec: { nodeName: '', containers: [{ name, image: `registry.test/${name}:1.0` }], ...spec },
      status: {
        phase: 'Pending',
        conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
      },
    });
    if (message !== '') this.event('Pod', namespace, `${name}-5d8f-abcde`, 'FailedScheduling', message);
  }

  /** A Deployment that runs, without a restart, and logs `log`. */
  running(namespace: string, name: string, log: string, container: Fields = {}, ready = true): void {
    this.deployment(namespace, name, {
      ready,
      spec: { containers: [{ name, image: `registry.test/${name}:1.0`, ...container }] },
      status: {
        phase: 'Running',
        containerStatuses: [
          { name, ready, restartCount: 0, state: { running: { startedAt: '2026-01-01T10:00:05Z' } } },
        ],
      },
    });
    this.log(namespace, `${name}-5d8f-abcde`, name, log);
  }

  service(
    namespace: string,
    name: string,
    options: { selector?: Fields; port?: number; targetPort?: number | string; headless?: boolean } = {},
  ): void {
    const port = options.port ?? 80;
    this.add('Service', namespace, name, {
      spec: {
        selector: options.selector ?? { app: name },
        ports: [{ port, targetPort: options.targetPort ?? port }],
        ...(options.headless ? { clusterIP: 'None' } : { clusterIP: '10.0.0.1' }),
      },
    });
  }

  /** The EndpointSlice of a Service, with ready addresses. */
  endpoints(namespace: string, service: string, addresses: readonly string[]): void {
    this.add('EndpointSlice', namespace, `${service}-x`, {
      metadata: { labels: { 'kubernetes.io/service-name': service } },
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    });
  }

  node(
    name: string,
    fields: {
      labels?: Record<string, string>;
      taints?: Fields[];
      allocatable?: Fields;
      conditions?: Fields[];
      unschedulable?: boolean;
    } = {},
  ): void {
    this.add('Node', null, name, {
      metadata: { labels: { 'kubernetes.io/hostname': name, ...fields.labels } },
      spec: {
        ...(fields.taints ? { taints: fields.taints } : {}),
        ...(fields.unschedulable ? { unschedulable: true } : {}),
      },
      status: {
        allocatable: { cpu: '4', memory: '8Gi', pods: '110', ...fields.allocatable },
        conditions: fields.conditions ?? [
          { type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T09:00:00Z' },
        ],
      },
    });
  }

  event(kind: string, namespace: string, name: string, reason: string, message: string): void {
    this.add('Event', namespace, `${name}.${this.objects.length}`, {
      involvedObject: { kind, namespace, name },
      reason,
      message,
      type: 'Warning',
      count: 3,
      firstTimestamp: '2026-01-01T10:01:00Z',
      lastTimestamp: '2026-01-01T10:05:00Z',
    });
  }

  log(namespace: string, pod: string, container: string, text: string, previous = false): void {
    this.logs.set(`${namespace}/${pod}/${container}/${previous}`, text);
  }

  reader(): ClusterReader {
    const state = new ClusterState();
    for (const object of this.objects) state.put(object);
    for (const [key, text] of this.logs) {
      const [namespace = '', pod = '', container = '', previous] = key.split('/');
      state.setLog(namespace, pod, container, text, previous === 'true');
    }
    const counted = <T>(answer: Promise<T>): Promise<T> => {
      this.requests += 1;
      return answer;
    };
    return {
      get: (...args) => counted(state.get(...args)),
      list: (...args) => counted(state.list(...args)),
      logs: (...args) => counted(state.logs(...args)),
    };
  }
}

/** The request for an incident about one object. */
export function requestFor(kind: string, namespace: string | null, name: string): AnalystRequest {
  const subject = { kind, namespace, name };
  const since = Date.parse('2026-01-01T10:02:00Z');
  const title = `${kind} ${name} is not well`;
  return {
    incidentId: 'inc_1',
    cluster: 'c1',
    kubectl: ['--context', 'c1'],
    title,
    since,
    subject,
    related: [],
    faults: [],
  };
}
