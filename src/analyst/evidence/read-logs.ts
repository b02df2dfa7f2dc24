import type { Entity } from '../../domain/verdict/verdict.ts';
import { entityKey } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { buildWorkloads, type ContainerView, type PodView, type Workload } from '../model/workload.ts';
import type { ClusterWalk } from './cluster-walk.ts';

/** Kept for what comes after the logs: names in them that have to be followed. */
const reserve = 12;
const maxPods = 14;

/**
 * Logs of the pods that are not well, those of the incident first, the run before the current one; then one good pod of
 * the incident's workloads, to compare with.
 */
export async function readLogs(walk: ClusterWalk, graph: EvidenceGraph, focus: readonly Entity[]): Promise<void> {
  const keys = new Set(focus.map(entityKey));
  const workloads = buildWorkloads(graph);
  const own = workloads.filter((it) => isFocus(it, keys));
  const others = workloads.filter((it) => !isFocus(it, keys));
  const wanted: { pod: PodView; container: ContainerView }[] = [];
  for (const workload of own) wanted.push(...samples(workload, true));
  for (const workload of others) wanted.push(...samples(workload, false));
  const pods = new Set<string>();
  const reads: Promise<void>[] = [];
  for (const { pod, container } of wanted) {
    pods.add(pod.name);
    if (pods.size > maxPods) break;
    const cost = container.restarts > 0 ? 2 : 1;
    if (walk.budget.left - reads.length < reserve + cost) break;
    if (container.restarts > 0) reads.push(walk.log(pod.namespace, pod.name, container.name, true));
    reads.push(walk.log(pod.namespace, pod.name, container.name, false));
  }
  await Promise.all(reads);
}

function isFocus(workload: Workload, keys: ReadonlySet<string>): boolean {
  return (
    keys.has(entityKey(workload.entity)) ||
    workload.jobs.some((job) => keys.has(entityKey({ ...workload.entity, kind: 'Job', name: job.metadata.name }))) ||
    workload.pods.some((pod) => keys.has(entityKey({ ...workload.entity, kind: 'Pod', name: pod.name })))
  );
}

/** One bad pod of each revision, and a good one of the incident's own workloads. */
function samples(workload: Workload, own: boolean): { pod: PodView; container: ContainerView }[] {
  const bad = workload.pods.filter((pod) => !isWell(pod));
  const good = workload.pods.filter(isWell);
  const picked = [...bad.slice(0, own ? 3 : 1), ...good.slice(0, own ? 1 : 0)];
  return picked.flatMap((pod) =>
    pod.containers
      .filter((container) => hasLog(container))
      .sort((a, b) => badness(b) - badness(a))
      .slice(0, 3)
      .map((container) => ({ pod, container })),
  );
}

function isWell(pod: PodView): boolean {
  if (pod.phase === 'Succeeded') return true;
  return pod.ready && pod.containers.every((it) => it.restarts === 0);
}

const hasLog = (container: ContainerView): boolean =>
  container.running || container.restarts > 0 || container.terminated !== null || container.lastTerminated !== null;

function badness(container: ContainerView): number {
  if (container.waitingReason !== '') return 4;
  if ((container.terminated?.exitCode ?? 0) !== 0) return 3;
  return (container.restarts > 0 ? 2 : 0) + (container.ready ? 0 : 1);
}
