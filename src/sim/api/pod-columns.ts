import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kubectlAge } from '../../lib/format.ts';

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly started?: boolean;
  readonly restartCount: number;
  readonly state?: State;
  readonly lastState?: State;
}

interface State {
  readonly running?: object;
  readonly waiting?: { readonly reason?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly finishedAt?: string;
  };
}

interface PodParts {
  readonly metadata: KubeObject['metadata'];
  readonly spec?: { readonly containers?: readonly object[]; readonly initContainers?: readonly InitContainer[] };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly conditions?: readonly { type: string; status: string; reason?: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface InitContainer {
  readonly name: string;
  readonly restartPolicy?: string;
}

/** kubectl's READY column: ready containers of all, restartable init containers included. */
export function podReady(object: KubeObject): string {
  const pod: PodParts = object;
  const sidecars = sidecarStatuses(pod);
  const ready = [...(pod.status?.containerStatuses ?? []), ...sidecars].filter((status) => status.ready).length;
  return `${ready}/${(pod.spec?.containers?.length ?? 0) + sidecars.length}`;
}

/** kubectl's RESTARTS column: the sum, with the age of the last restart. */
export function podRestarts(object: KubeObject, now: number): string {
  const pod: PodParts = object;
  const inInit = initReason(pod) !== null;
  const statuses = inInit
    ? (pod.status?.initContainerStatuses ?? [])
    : [...(pod.status?.containerStatuses ?? []), ...sidecarStatuses(pod)];
  const restarts = statuses.reduce((sum, status) => sum + status.restartCount, 0);
  const last = Math.max(...statuses.map((status) => Date.parse(status.lastState?.terminated?.finishedAt ?? '') || 0));
  return restarts > 0 && last > 0 ? `${restarts} (${kubectlAge(now - last)} ago)` : String(restarts);
}

/** kubectl's STATUS column (printers/internalversion printPod). */
export function podStatus(object: KubeObject): string {
  const pod: PodParts = object;
  const init = initReason(pod);
  let reason = init ?? pod.status?.reason ?? pod.status?.phase ?? 'Unknown';
  if (isGated(pod)) reason = 'SchedulingGated';
  if (init === null) reason = containersReason(pod, reason);
  if (object.metadata.deletionTimestamp) return pod.status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  return reason;
}

function isGated(pod: PodParts): boolean {
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  return scheduled?.reason === 'SchedulingGated';
}

function sidecarStatuses(pod: PodParts): ContainerStatus[] {
  const names = new Set(
    (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always').map((container) => container.name),
  );
  return (pod.status?.initContainerStatuses ?? []).filter((status) => names.has(status.name));
}

/** `Init:…` while an init container holds the pod up, else null. */
function initReason(pod: PodParts): string | null {
  const containers = pod.spec?.initContainers ?? [];
  const statuses = pod.status?.initContainerStatuses ?? [];
  const index = statuses.findIndex((status) => !isPast(status, containers));
  const holding = statuses[index];
  if (!holding) return null;
  const terminated = holding.state?.terminated;
  if (terminated) return `Init:${terminated.reason || exitText(terminated)}`;
  const waiting = holding.state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${containers.length}`;
}

/** An init container that ended well, or a sidecar that has started. */
function isPast(status: ContainerStatus, containers: readonly InitContainer[]): boolean {
  if (status.state?.terminated?.exitCode === 0) return true;
  const spec = containers.find((container) => container.name === status.name);
  return spec?.restartPolicy === 'Always' && status.started === true;
}

function containersReason(pod: PodParts, fallback: string): string {
  let reason = fallback;
  let running = false;
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    const { waiting, terminated } = status.state ?? {};
    if (waiting?.reason) reason = waiting.reason;
    else if (terminated) reason = terminated.reason || exitText(terminated);
    else if (status.ready && status.state?.running) running = true;
  }
  if (reason !== 'Completed' || !running) return reason;
  const ready = pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
  return ready ? 'Running' : 'NotReady';
}

function exitText(terminated: NonNullable<State['terminated']>): string {
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}
