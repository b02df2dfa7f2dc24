import type { KubeObject } from '../../kube/cluster-reader.ts';
import { dig, listAt, numberAt, textAt, timeAt } from './fields.ts';

export interface Termination {
  readonly exitCode: number | null;
  readonly reason: string;
  readonly message: string;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** A container of a pod, its spec and its status as one. */
export interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  /** An init container with `restartPolicy: Always`: it runs beside the others. */
  readonly sidecar: boolean;
  readonly spec: unknown;
  readonly image: string;
  readonly ready: boolean;
  readonly started: boolean;
  readonly restarts: number;
  readonly running: boolean;
  readonly runningSince: number | null;
  readonly waitingReason: string;
  readonly waitingMessage: string;
  readonly terminated: Termination | null;
  readonly lastTerminated: Termination | null;
}

/** Init containers first, in the order of the spec. */
export function containersOf(pod: KubeObject): readonly ContainerView[] {
  const view = (spec: unknown, init: boolean): ContainerView => {
    const name = textAt(spec, 'name');
    const statuses = listAt(pod, 'status', init ? 'initContainerStatuses' : 'containerStatuses');
    const status = statuses.find((it) => textAt(it, 'name') === name);
    return {
      name,
      init,
      sidecar: init && textAt(spec, 'restartPolicy') === 'Always',
      spec,
      image: textAt(spec, 'image'),
      ready: dig(status, 'ready') === true,
      started: dig(status, 'started') === true,
      restarts: numberAt(status, 'restartCount') ?? 0,
      running: dig(status, 'state', 'running') !== undefined,
      runningSince: timeAt(status, 'state', 'running', 'startedAt'),
      waitingReason: textAt(status, 'state', 'waiting', 'reason'),
      waitingMessage: textAt(status, 'state', 'waiting', 'message'),
      terminated: termination(dig(status, 'state', 'terminated')),
      lastTerminated: termination(dig(status, 'lastState', 'terminated')),
    };
  };
  return [
    ...listAt(pod, 'spec', 'initContainers').map((spec) => view(spec, true)),
    ...listAt(pod, 'spec', 'containers').map((spec) => view(spec, false)),
  ];
}

function termination(value: unknown): Termination | null {
  if (value === undefined || value === null) return null;
  return {
    exitCode: numberAt(value, 'exitCode'),
    reason: textAt(value, 'reason'),
    message: textAt(value, 'message'),
    startedAt: timeAt(value, 'startedAt'),
    finishedAt: timeAt(value, 'finishedAt'),
  };
}

/** The last end of a container: the current one, else the one before. */
export const lastEnd = (container: ContainerView): Termination | null =>
  container.terminated ?? container.lastTerminated;
