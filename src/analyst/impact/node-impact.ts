import type { Impact } from '../../domain/verdict/impact.ts';
import type { Entity } from '../../domain/verdict/verdict.ts';
import { entityText, rootOwner } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { podView } from '../model/workload.ts';

const shownWorkloads = 3;
const ended: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** The pods of a node that have not ended, and whose they are, as far as they were read. */
export function nodeImpact(graph: EvidenceGraph, node: Entity, at: number | null): Impact {
  const object = entityText(node);
  const pods = graph
    .all('Pod')
    .map(podView)
    .filter((pod) => pod.node === node.name && !ended.has(pod.phase));
  if (pods.length === 0) return { of: 'unknown', at, why: `no pod on ${object} was read` };
  const byOwner = new Map<string, number>();
  for (const pod of pods) {
    const owner = entityText(rootOwner(graph, pod.object));
    byOwner.set(owner, (byOwner.get(owner) ?? 0) + 1);
  }
  const workloads = [...byOwner].map(([name, count]) => ({ object: name, pods: count }));
  return {
    of: 'node',
    at,
    object,
    ready: pods.filter((pod) => pod.ready).length,
    pods: pods.length,
    workloads: workloads.toSorted((a, b) => b.pods - a.pods || (a.object < b.object ? -1 : 1)).slice(0, shownWorkloads),
    workload_count: workloads.length,
  };
}
