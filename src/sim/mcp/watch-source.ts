import type { ClusterReader, KubeObject } from '../../kube/cluster-reader.ts';
import { detect } from '../../kube/detect/detect.ts';
import { type Pod, items } from '../../kube/objects.ts';
import { type Clock, systemClock, type Timer } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import { noticedFaults } from './noticed-faults.ts';
import type { PushFault } from './push-fault.ts';
import { type PushServer, type PushServerOptions, startPushServer } from './push-server.ts';

export interface WatchSourceOptions {
  readonly reader: ClusterReader;
  /** Between two looks at the cluster; 1 s by default. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
  onFault(fault: PushFault): void;
  /** Called once, after five looks in a row that failed. */
  onDegraded?(error: string): void;
}

export interface WatchSource {
  /** Resolves after the first look: what stands by then is never told. */
  readonly ready: Promise<void>;
  /** Looks so far, failed ones included. */
  looks(): number;
  close(): Promise<void>;
}

const watchedKinds = [
  ['v1', 'Node'],
  ['v1', 'Pod'],
  ['apps/v1', 'Deployment'],
  ['batch/v1', 'Job'],
] as const;
const failuresToDegrade = 5;

/** What was known of an object at the last look. */
interface Known {
  readonly faults: ReadonlySet<string>;
  readonly restarts: ReadonlyMap<string, number>;
  readonly pending: boolean;
}

/**
 * Watches a real cluster as the push server does, by lists at an interval and the detectors: only changes of an object
 * that it has seen before are told. What stands at the start, what is new and broken at once, and a pod that goes from
 * Pending to CrashLoopBackOff between two looks are not (docs/mcp-servers.md).
 */
export function startWatchSource(options: WatchSourceOptions): WatchSource {
  const clock = options.clock ?? systemClock;
  const abort = new AbortController();
  let known: ReadonlyMap<string, Known> | null = null;
  let timer: Timer | null = null;
  const counts = { looks: 0, failures: 0 };
  const look = async (): Promise<void> => {
    try {
      const seen = new Map<string, Known>();
      for (const object of await readAll(options.reader, abort.signal)) {
        const uid = object.metadata.uid ?? '';
        const before = known?.get(uid);
        const { now: current, told } = compare(object, before, clock.now());
        seen.set(uid, current);
        if (known !== null && before) for (const fault of told) options.onFault(fault);
      }
      known = seen;
      counts.failures = 0;
    } catch (error) {
      counts.failures += 1;
      if (counts.failures === failuresToDegrade && !abort.signal.aborted) options.onDegraded?.(errorText(error));
    }
    counts.looks += 1;
  };
  let running = look();
  const ready = running;
  const schedule = (): void => {
    if (abort.signal.aborted) return;
    timer = clock.setTimer(() => {
      running = look().then(schedule);
    }, options.intervalMs ?? 1000);
  };
  running = ready.then(schedule);
  return {
    ready,
    looks: () => counts.looks,
    close: async () => {
      abort.abort(new Error('the watch is stopped'));
      timer?.cancel();
      await running;
    },
  };
}

async function readAll(reader: ClusterReader, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const lists = [];
  for (const [apiVersion, kind] of watchedKinds) lists.push(await reader.list(apiVersion, kind, {}, signal));
  return lists.flatMap((list) => list.items);
}

/** What an object shows now, and which of it is new since the last look. */
function compare(object: KubeObject, before: Known | undefined, at: number): { now: Known; told: PushFault[] } {
  const pod = object as Pod;
  const statuses = object.kind === 'Pod' ? items(pod.status?.containerStatuses) : [];
  const found = noticedFaults(detect(object, { now: at }));
  const now = {
    faults: new Set(found.map(keyOf)),
    restarts: new Map(statuses.map((status) => [status.name ?? '', status.restartCount ?? 0])),
    pending: object.kind === 'Pod' && (pod.status?.phase ?? 'Pending') === 'Pending',
  };
  if (!before) return { now, told: [] };
  const missed = missedCrashes(pod, before, at);
  const isNew = (fault: PushFault): boolean =>
    !before.faults.has(keyOf(fault)) &&
    !(fault.faultType === 'CrashLoop' && before.pending) &&
    !missed.some((other) => keyOf(other) === keyOf(fault));
  return { now, told: [...missed, ...found.filter(isNew)] };
}

/** A crash between two looks: the container has restarted since, and remembers how it ended. */
function missedCrashes(pod: Pod, before: Known, at: number): PushFault[] {
  if (pod.kind !== 'Pod') return [];
  return items(pod.status?.containerStatuses).flatMap((status) => {
    const last = status.lastState?.terminated;
    if ((status.restartCount ?? 0) <= (before.restarts.get(status.name ?? '') ?? 0) || !last) return [];
    const crashed = {
      ...pod,
      status: { ...pod.status, containerStatuses: [{ ...status, state: { terminated: last } }] },
    };
    return noticedFaults(detect(crashed, { now: at }));
  });
}

function keyOf(fault: PushFault): string {
  return `${fault.faultType}/${fault.container ?? ''}`;
}

/** A push server over a real cluster: its read tools read it, its faults come from watching it. */
export async function startWatchingPushServer(
  options: PushServerOptions & { readonly reader: ClusterReader; readonly intervalMs?: number },
): Promise<PushServer> {
  const server = await startPushServer(options);
  const watch = startWatchSource({
    reader: options.reader,
    ...(options.intervalMs !== undefined && { intervalMs: options.intervalMs }),
    ...(options.clock && { clock: options.clock }),
    onFault: (fault) => server.emitFault(fault),
    onDegraded: (error) => server.emitSubscriptionError(error),
  });
  await watch.ready;
  return {
    ...server,
    close: async () => {
      await watch.close();
      await server.close();
    },
  };
}
