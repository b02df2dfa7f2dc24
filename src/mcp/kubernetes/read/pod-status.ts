import { type ContainerStatus, type Pod, conditionOf, items, timeOf } from '../../../kube/objects.ts';

/** What kubectl prints of a pod in a list. */
export interface PodColumns {
  /** The STATUS column: `CrashLoopBackOff`, `Init:0/1`, `Completed`, `Terminating` … */
  readonly status: string;
  /** `1/2`: ready containers of all, sidecars among them. */
  readonly ready: string;
  readonly restarts: number;
  /** When the run before the newest restart ended, ms since the epoch; null when nothing says so. */
  readonly lastRestart: number | null;
}

/**
 * READY, STATUS and RESTARTS as `kubectl get pods` shows them. The columns are made by the API server; how they come about
 * stands in https://kubernetes.io/docs/tasks/debug/debug-application/debug-init-containers/ and in what it answers, which a
 * test compares.
 */
export function podColumns(pod: Pod): PodColumns {
  const sidecars = new Set(
    items(pod.spec?.initContainers)
      .filter(isSidecar)
      .map(({ name }) => name ?? ''),
  );
  const init = initState(pod, sidecars);
  const past = init.reason === null || conditionOf(pod.status?.conditions, 'Initialized')?.status === 'True';
  const main = past ? mainState(pod, init.reason ?? plainReason(pod)) : null;
  const counted = past
    ? [...items(pod.status?.containerStatuses), ...init.seen.filter(({ name }) => sidecars.has(name ?? ''))]
    : init.seen;
  const total = items(pod.spec?.containers).length + sidecars.size;
  return {
    status: inDeletion(pod) ?? main?.reason ?? init.reason ?? plainReason(pod),
    ready: `${init.ready + (main?.ready ?? 0)}/${total}`,
    restarts: counted.reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0),
    lastRestart: lastRestart(counted),
  };
}

/** An init container that goes on beside the others. */
export function isSidecar({ restartPolicy }: { readonly restartPolicy?: string | null | undefined }): boolean {
  return restartPolicy === 'Always';
}

/** What the pod says of itself as a whole. */
function plainReason({ status }: Pod): string {
  if (items(status?.conditions).some(({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated')) {
    return 'SchedulingGated';
  }
  return status?.reason || (status?.phase ?? '');
}

interface InitState {
  /** What the first init container that is not through says; null when all are. */
  readonly reason: string | null;
  /** The statuses up to that one. */
  readonly seen: readonly ContainerStatus[];
  /** Sidecars that are ready. */
  readonly ready: number;
}

function initState(pod: Pod, sidecars: ReadonlySet<string>): InitState {
  const statuses = items(pod.status?.initContainerStatuses);
  let ready = 0;
  for (const [at, status] of statuses.entries()) {
    const ended = status.state?.terminated;
    if (ended && (ended.exitCode ?? 0) === 0) continue;
    if (sidecars.has(status.name ?? '') && status.started === true) {
      if (status.ready === true) ready += 1;
      continue;
    }
    const all = items(pod.spec?.initContainers).length;
    return { reason: `Init:${initReason(status, at, all)}`, seen: statuses.slice(0, at + 1), ready };
  }
  return { reason: null, seen: statuses, ready };
}

function initReason({ state }: ContainerStatus, at: number, all: number): string {
  if (state?.terminated) return endReason(state.terminated);
  const waiting = state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? waiting : `${at}/${all}`;
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

function endReason({ reason, signal, exitCode }: Terminated): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
}

/** The first container in the order of the pod that has something to say says it. */
function mainState(pod: Pod, before: string): { readonly reason: string; readonly ready: number } {
  const statuses = items(pod.status?.containerStatuses);
  const reasons = statuses.map(({ state }) => {
    if (state?.waiting?.reason) return state.waiting.reason;
    return state?.terminated ? endReason(state.terminated) : null;
  });
  const ready = statuses.filter(
    ({ ready: isReady, state }, at) => reasons[at] === null && isReady === true && state?.running,
  ).length;
  const reason = reasons.find((one) => one !== null) ?? before;
  if (reason !== 'Completed' || ready === 0) return { reason, ready };
  const isReady = conditionOf(pod.status?.conditions, 'Ready')?.status === 'True';
  return { reason: isReady ? 'Running' : 'NotReady', ready };
}

/** What a pod is called whose deletion goes on; null for another one. */
function inDeletion({ metadata, status }: Pod): string | null {
  if (!metadata.deletionTimestamp) return null;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? null : 'Terminating';
}

function lastRestart(statuses: readonly ContainerStatus[]): number | null {
  const times = statuses.map(({ lastState }) => timeOf(lastState?.terminated?.finishedAt));
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}
