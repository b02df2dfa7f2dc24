import type { KnownFaultType } from '../../src/domain/fault-types.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import type { ControlPlane } from './control-plane.ts';
import { putInEtcd } from './etcd.ts';
import type { KubeletLogs } from './kubelet-logs.ts';
import {
  claims,
  metadataOf,
  networks,
  nodes,
  nodeStatuses,
  podEvents,
  quotas,
  seededPods,
  unscheduled,
  workloads,
} from './seeded-objects.ts';
import { waitUntil } from './wait-until.ts';

/** A fault that stands in the seeded cluster: where detectors find it, and what a list of kubectl shows of it. */
export interface SeededFault {
  readonly type: KnownFaultType;
  /** `KIND/NAMESPACE/NAME`; a name that ends in `-` is the beginning of a generated one. */
  readonly place: string;
  /** A column of `kubectl get` and what stands in it; of faults that have one. */
  readonly column?: readonly [name: string, text: string];
}

const fault = (type: KnownFaultType, place: string, ...column: [string, string] | []): SeededFault => ({
  type,
  place,
  ...(column.length === 0 ? {} : { column }),
});

/** Forty faults, each of another kind or at another place of the life of an object. */
export const seededFaults: readonly SeededFault[] = [
  fault('CrashLoop', 'Pod/shop/api-', 'status', 'CrashLoopBackOff'),
  fault('CrashLoop', 'Pod/shop/cache', 'status', 'CrashLoopBackOff'),
  fault('PodCrash', 'Pod/shop/engine', 'status', 'OOMKilled'),
  fault('PodCrash', 'Pod/shop/signalled', 'status', 'Signal:11'),
  fault('PodCrash', 'Pod/shop/half', 'status', 'ExitCode:3'),
  fault('ImagePull', 'Pod/shop/search', 'status', 'ImagePullBackOff'),
  fault('ImagePull', 'Pod/shop/index', 'status', 'ErrImagePull'),
  fault('ImagePull', 'Pod/shop/misnamed', 'status', 'InvalidImageName'),
  fault('ImagePull', 'Pod/shop/never', 'status', 'ErrImageNeverPull'),
  fault('ConfigError', 'Pod/shop/settings', 'status', 'CreateContainerConfigError'),
  fault('ConfigError', 'Pod/shop/entrypoint', 'status', 'RunContainerError'),
  fault('InitCrash', 'Pod/pay/migrate', 'status', 'Init:CrashLoopBackOff'),
  fault('InitCrash', 'Pod/pay/prepare', 'status', 'Init:Error'),
  fault('InitCrash', 'Pod/pay/unpack', 'status', 'Init:ExitCode:2'),
  fault('ImagePull', 'Pod/pay/fetch', 'status', 'Init:ImagePullBackOff'),
  fault('CrashLoop', 'Pod/pay/sidecar', 'status', 'CrashLoopBackOff'),
  fault('WarningEvent', 'Pod/pay/unready', 'ready', '0/1'),
  fault('PodFailed', 'Pod/pay/admission', 'status', 'UnexpectedAdmissionError'),
  fault('Evicted', 'Pod/pay/evicted', 'status', 'Evicted'),
  // Its status is Terminating until the garbage collector of pods calls it failed, because it has no node.
  fault('Stuck', 'Pod/pay/leaving'),
  fault('Stuck', 'Pod/pay/lost', 'status', 'Unknown'),
  fault('MountFailed', 'Pod/data/unmounted', 'status', 'ContainerCreating'),
  fault('Unschedulable', 'Pod/data/large', 'status', 'Pending'),
  fault('Unschedulable', 'Pod/data/picky', 'status', 'Pending'),
  fault('Unschedulable', 'Pod/data/unclaimed', 'status', 'Pending'),
  fault('Stuck', 'Pod/data/gated', 'status', 'SchedulingGated'),
  fault('Stuck', 'Pod/data/unseen', 'status', 'Pending'),
  fault('ClaimPending', 'PersistentVolumeClaim/data/no-class', 'status', 'Pending'),
  fault('ClaimPending', 'PersistentVolumeClaim/data/lost', 'status', 'Lost'),
  fault('DeploymentFailure', 'Deployment/shop/slow', 'ready', '0/2'),
  fault('CreateFailed', 'Deployment/bound/over-quota', 'ready', '0/1'),
  fault('CreateFailed', 'Deployment/pay/no-account', 'ready', '0/1'),
  fault('JobFailure', 'Job/pay/nightly', 'status', 'Failed'),
  fault('StatefulSetStalled', 'StatefulSet/data/db', 'ready', '0/1'),
  fault('DaemonSetIncomplete', 'DaemonSet/data/agent', 'ready', '0'),
  fault('ServiceWithoutEndpoints', 'Service/shop/lost', 'external-ip', '<none>'),
  fault('BackendMissing', 'Ingress/shop/shop', 'hosts', 'shop.example'),
  fault('ScalingInactive', 'HorizontalPodAutoscaler/shop/scale', 'reference', 'Deployment/absent'),
  fault('NodeUnhealthy', 'Node//node-down', 'status', 'NotReady'),
  fault('NodePressure', 'Node//node-full', 'status', 'Ready,SchedulingDisabled'),
];

const namespaces = ['shop', 'pay', 'data', 'bound'];

/** Puts the faults into a control plane with controllers and kubelets, and waits until they stand. */
export async function seedFaults(plane: ControlPlane, logs: KubeletLogs): Promise<void> {
  await plane.apply(
    ...namespaces.map((name) => ({
      ...metadataOf('v1', 'Namespace', name),
      metadata: { name, labels: { team: name } },
    })),
    ...nodes,
  );
  await waitUntil(
    async () => {
      const names = await plane.kubectl([
        'get',
        'serviceaccounts',
        '-A',
        '-o',
        'jsonpath={.items[*].metadata.namespace}',
      ]);
      return namespaces.every((namespace) => names.split(' ').includes(namespace));
    },
    'the default accounts',
    30_000,
  );
  await plane.apply(...quotas, ...workloads, ...networks, ...claims, ...unscheduled);
  for (const status of nodeStatuses) await patchStatus(plane, status);
  for (const pod of seededPods()) {
    await putInEtcd(plane, pod);
    const { name, namespace = '' } = pod.metadata;
    for (const { name: container = '' } of containersIn(pod)) {
      logs.set(namespace, name, container, `${container} of ${name}: starting\n${container}: failed\n`);
      logs.set(namespace, name, container, `${container}: the run before\n`, true);
    }
  }
  await plane.apply(...podEvents);
  await untilTheyStand(plane);
}

function containersIn(pod: KubeObject): readonly { readonly name?: string }[] {
  const { spec } = pod as { spec?: { containers?: { name?: string }[]; initContainers?: { name?: string }[] } };
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

async function patchStatus(
  plane: ControlPlane,
  [kind, name, status]: readonly [string, string, object],
): Promise<void> {
  const patch = JSON.stringify({ status });
  await plane.kubectl(['patch', kind, name, '--subresource=status', '--type=merge', '-p', patch]);
}

/** What controllers and the scheduler have to say first. */
const signs: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
  [
    [
      'get',
      'pods',
      '-n',
      'data',
      '-o',
      'jsonpath={range .items[*]}{.metadata.name}={.status.conditions[0].reason};{end}',
    ],
    /large=Unschedulable;.*picky=Unschedulable;.*unclaimed=Unschedulable;/,
  ],
  [
    ['get', 'deploy', '-A', '-o', 'jsonpath={range .items[*]}{.metadata.name}={.status.conditions[*].reason};{end}'],
    /over-quota=[^;]*FailedCreate[^;]*;.*no-account=[^;]*FailedCreate[^;]*;.*slow=[^;]*ProgressDeadlineExceeded/,
  ],
  [['get', 'jobs', '-A', '-o', 'jsonpath={.items[*].status.conditions[*].type}'], /\bFailed\b/],
  [['get', 'hpa', '-A', '-o', 'jsonpath={.items[*].status.conditions[*].reason}'], /FailedGetScale/],
  [
    [
      'get',
      'pods',
      '-n',
      'shop',
      '-l',
      'app=api',
      '-o',
      'jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}',
    ],
    /CrashLoopBackOff/,
  ],
  [
    [
      'get',
      'pods',
      '-n',
      'data',
      '-l',
      'app in (db,agent)',
      '-o',
      'jsonpath={range .items[*]}{.metadata.labels.app}={.spec.nodeName};{end}',
    ],
    /agent=\w.*db=\w/,
  ],
  [
    [
      'get',
      'endpointslices',
      '-n',
      'shop',
      '-l',
      'kubernetes.io/service-name=front',
      '-o',
      'jsonpath={.items[*].endpoints[*].conditions.ready}',
    ],
    /true true/,
  ],
];

async function untilTheyStand(plane: ControlPlane): Promise<void> {
  for (const [args, expected] of signs) {
    let shown = '';
    await waitUntil(
      async () => expected.test((shown = await plane.kubectl(args))),
      `${args.join(' ')}: ${expected}`,
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; the last was ${shown}`);
    });
  }
}
