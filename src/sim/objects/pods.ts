import type { KubeObject } from '../../kube/cluster-reader.ts';
import { controlledBy, type World } from './world.ts';

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly object[];
  readonly port?: number;
  readonly memory?: string;
  readonly cpu?: string;
  readonly volumeMounts?: readonly object[];
}

export interface PodTemplateSpec {
  readonly containers: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly volumes?: readonly object[];
  readonly restartPolicy?: 'Always' | 'Never';
}

/** What one container of a pod does. Times in milliseconds ago. */
export type ContainerLife =
  | { readonly kind: 'running'; readonly started: number }
  | { readonly kind: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly kind: 'exited'; readonly exitCode: number; readonly reason: string; readonly ended: number }
  | {
      readonly kind: 'crashloop';
      readonly exitCode: number;
      readonly reason: string;
      readonly restarts: number;
      readonly ended: number;
    };

export interface PodFacts {
  readonly owner: KubeObject;
  readonly template: PodTemplateSpec;
  readonly labels: Readonly<Record<string, string>>;
  readonly name: string;
  readonly age: number;
  /** Absent for a pod that no node would take. */
  readonly node?: string;
  readonly life: ContainerLife;
  /** Of the init container, where there is one; done when absent. */
  readonly initLife?: ContainerLife;
  readonly unschedulable?: string;
}

/** A whole pod as a 1.34 API shows it. */
export function makePod(world: World, facts: PodFacts): KubeObject {
  const { owner, template, name, age, node } = facts;
  const namespace = owner.metadata.namespace ?? 'default';
  const uid = world.state.find('v1', 'Pod', namespace, name)?.metadata.uid ?? world.uid();
  return world.put({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: world.meta(namespace, name, age, {
      uid,
      generateName: name.slice(0, -5),
      generation: 1,
      labels: facts.labels,
      ownerReferences: controlledBy(owner),
    }),
    spec: {
      ...podSpec(template),
      serviceAccountName: 'default',
      serviceAccount: 'default',
      ...(node && { nodeName: node }),
      tolerations: ['not-ready', 'unreachable'].map((what) => ({
        key: `node.kubernetes.io/${what}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
      priority: 0,
      enableServiceLinks: true,
      preemptionPolicy: 'PreemptLowerPriority',
    },
    status: node ? podStatus(world, facts, `${name}_${namespace}(${uid})`) : pendingStatus(world, facts),
  });
}

/** The spec of a template, with the defaults that the API fills in. */
export function podSpec(template: PodTemplateSpec): object {
  return {
    ...(template.volumes && { volumes: template.volumes }),
    ...(template.initContainers && { initContainers: template.initContainers.map(containerSpec) }),
    containers: template.containers.map(containerSpec),
    restartPolicy: template.restartPolicy ?? 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    ...(template.nodeSelector && { nodeSelector: template.nodeSelector }),
    securityContext: {},
    schedulerName: 'default-scheduler',
  };
}

function containerSpec(container: ContainerSpec): object {
  const { name, image, command, env, port, memory = '128Mi', cpu = '50m', volumeMounts } = container;
  return {
    name,
    image,
    ...(command && { command }),
    ...(port !== undefined && { ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }] }),
    ...(env && { env }),
    resources: { limits: { memory }, requests: { cpu, memory } },
    ...(volumeMounts && { volumeMounts }),
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: 'IfNotPresent',
  };
}

function pendingStatus(world: World, { age, unschedulable = '' }: PodFacts): object {
  const condition = {
    type: 'PodScheduled',
    observedGeneration: 1,
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: world.ago(age),
    reason: 'Unschedulable',
    message: unschedulable,
  };
  return { phase: 'Pending', conditions: [condition], qosClass: 'Burstable' };
}

function podStatus(world: World, facts: PodFacts, fullName: string): object {
  const { template, life, initLife, age } = facts;
  const initDone = initLife === undefined;
  const ready = life.kind === 'running' && initDone;
  const names = template.containers.map((container) => container.name);
  const unready = { reason: 'ContainersNotReady', message: `containers with unready status: [${names.join(' ')}]` };
  const notInitialized = {
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${(template.initContainers ?? []).map((c) => c.name).join(' ')}]`,
  };
  const condition = (type: string, good: boolean, why: object): object => ({
    type,
    observedGeneration: 1,
    status: good ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: world.ago(age),
    ...(!good && why),
  });
  const isEnded = life.kind === 'exited' && template.restartPolicy === 'Never';
  const failed = isEnded ? { reason: 'PodFailed' } : unready;
  return {
    observedGeneration: 1,
    phase: isEnded ? 'Failed' : life.kind === 'waiting' || !initDone ? 'Pending' : 'Running',
    conditions: [
      condition('PodReadyToStartContainers', !isEnded, {}),
      condition('Initialized', initDone, notInitialized),
      condition('Ready', ready, failed),
      condition('ContainersReady', ready, failed),
      condition('PodScheduled', true, {}),
    ],
    hostIP: '10.20.0.11',
    hostIPs: [{ ip: '10.20.0.11' }],
    podIP: `10.244.1.${10 + (fullName.length % 200)}`,
    podIPs: [{ ip: `10.244.1.${10 + (fullName.length % 200)}` }],
    startTime: world.ago(age),
    ...(template.initContainers && {
      initContainerStatuses: template.initContainers.map((container) =>
        containerStatus(world, container, initLife ?? completed(age), fullName),
      ),
    }),
    containerStatuses: template.containers.map((container) =>
      containerStatus(world, container, initDone ? life : initializing, fullName),
    ),
    qosClass: 'Burstable',
  };
}

const initializing: ContainerLife = { kind: 'waiting', reason: 'PodInitializing' };

function completed(age: number): ContainerLife {
  return { kind: 'exited', exitCode: 0, reason: 'Completed', ended: age };
}

function containerStatus(world: World, spec: ContainerSpec, life: ContainerLife, pod: string): object {
  const id = life.kind === 'waiting' ? '' : `containerd://${world.hex(64)}`;
  const { state, lastState } = containerStates(world, spec, life, { pod, id });
  return {
    name: spec.name,
    state,
    lastState,
    ready: life.kind === 'running' || (life.kind === 'exited' && life.exitCode === 0),
    restartCount: life.kind === 'crashloop' ? life.restarts : 0,
    image: spec.image,
    imageID: id && `sha256:${world.hex(64)}`,
    ...(id && { containerID: id }),
    started: life.kind === 'running',
    resources: { limits: { memory: spec.memory ?? '128Mi' } },
  };
}

function containerStates(
  world: World,
  spec: ContainerSpec,
  life: ContainerLife,
  { pod, id }: { pod: string; id: string },
): { state: object; lastState: object } {
  if (life.kind === 'running') return { state: { running: { startedAt: world.ago(life.started) } }, lastState: {} };
  if (life.kind === 'exited') return { state: { terminated: terminated(world, life, id) }, lastState: {} };
  if (life.kind === 'waiting') {
    const { reason, message } = life;
    return { state: { waiting: { reason, ...(message && { message }) } }, lastState: {} };
  }
  const message = `back-off ${backOff(life.restarts)} restarting failed container=${spec.name} pod=${pod}`;
  const waiting = { reason: 'CrashLoopBackOff', message };
  return { state: { waiting }, lastState: { terminated: terminated(world, life, id) } };
}

function terminated(world: World, life: { exitCode: number; reason: string; ended: number }, id: string): object {
  const { exitCode, reason, ended } = life;
  return {
    exitCode,
    reason,
    startedAt: world.ago(ended + 1000),
    finishedAt: world.ago(ended),
    containerID: id,
  };
}

/** The kubelet's delay before the next restart: 10 s doubling to 5 m. */
function backOff(restarts: number): string {
  const seconds = Math.min(300, 10 * 2 ** Math.max(0, restarts - 1));
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
