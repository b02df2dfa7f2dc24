import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { ClusterEvent } from './cluster-event.ts';
import type { LogFile } from './log-file.ts';
import { listAt, timeAt } from './fields.ts';

/** The newest time that the evidence holds, ms since the epoch; 0 when it holds none. */
export function newestTime(
  objects: readonly KubeObject[],
  events: readonly ClusterEvent[],
  logs: readonly LogFile[],
): number {
  let newest = 0;
  const see = (ms: number | null): void => {
    if (ms !== null && ms > newest) newest = ms;
  };
  for (const event of events) see(event.lastAt);
  for (const object of objects) {
    see(timeAt(object, 'metadata', 'creationTimestamp'));
    for (const condition of listAt(object, 'status', 'conditions')) {
      see(timeAt(condition, 'lastTransitionTime'));
      see(timeAt(condition, 'lastHeartbeatTime'));
    }
    for (const status of listAt(object, 'status', 'containerStatuses')) {
      see(timeAt(status, 'state', 'running', 'startedAt'));
      see(timeAt(status, 'state', 'terminated', 'finishedAt'));
      see(timeAt(status, 'lastState', 'terminated', 'finishedAt'));
    }
  }
  for (const log of logs) see(lastLogTime(log.text));
  return newest;
}

function lastLogTime(text: string): number | null {
  const tail = text.slice(-2000);
  const found = [...tail.matchAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/g)].at(-1)?.[0];
  if (found === undefined) return null;
  const ms = Date.parse(`${found.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? null : ms;
}
