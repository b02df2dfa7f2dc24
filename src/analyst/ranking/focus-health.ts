import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { sameEntity } from '../graph/owner.ts';
import type { Workload } from '../graph/workload.ts';
import type { Focus } from './find-focus.ts';
import { type Health, objectHealth, workloadHealth } from './health.ts';

const rank: Record<Health['state'], number> = { bad: 4, unknown: 3, recovered: 2, by_design: 1, well: 0 };

/** How that stands which the incident is about; of several objects the worst counts. */
export function focusHealth(graph: EvidenceGraph, focus: Focus, workloads: readonly Workload[]): Health {
  if (focus.namespace !== null) return namespaceHealth(graph, focus.namespace, workloads);
  const healths = focus.entities.map((entity) => {
    const workload = workloads.find((it) => sameEntity(it.entity, entity));
    return workload ? workloadHealth(graph, workload) : objectHealth(graph, entity);
  });
  const known = healths.filter((it) => it.state !== 'unknown');
  const sorted = (known.length > 0 ? known : healths).toSorted((a, b) => rank[b.state] - rank[a.state]);
  return sorted[0] ?? { state: 'unknown', why: 'nothing about it was read' };
}

function namespaceHealth(graph: EvidenceGraph, namespace: string, workloads: readonly Workload[]): Health {
  const own = workloads.filter((it) => it.entity.namespace === namespace);
  const bad = own.map((it) => workloadHealth(graph, it)).find((it) => it.state === 'bad');
  if (bad) return bad;
  return { state: 'well', why: own.length === 0 ? 'the namespace is empty' : `all ${own.length} workloads are well` };
}
