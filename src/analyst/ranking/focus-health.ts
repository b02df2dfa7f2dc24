import type { EvidenceGraph } from '../graph/evidence-graph.ts';
import { sameEntity } from '../graph/owner.ts';
import type { Workload } from '../graph/workload.ts';
import type { Trouble } from '../rules/trouble.ts';
import type { Focus } from './find-focus.ts';
import { type Health, objectHealth, workloadHealth } from './health.ts';

const rank: Record<Health['state'], number> = { bad: 5, unknown: 4, recovered: 3, by_design: 2, well: 1, absent: 0 };

/** How that stands which the incident is about; of several objects the worst counts. */
export function focusHealth(
  graph: EvidenceGraph,
  focus: Focus,
  workloads: readonly Workload[],
  troubles: readonly Trouble[],
): Health {
  if (focus.namespace !== null) return namespaceHealth(graph, focus.namespace, workloads);
  const healths = focus.entities.map((entity) => {
    const workload = workloads.find((it) => sameEntity(it.entity, entity));
    return workload ? withCrashes(workloadHealth(graph, workload), workload, troubles) : objectHealth(graph, entity);
  });
  const known = healths.filter((it) => it.state !== 'unknown');
  const sorted = (known.length > 0 ? known : healths).toSorted((a, b) => rank[b.state] - rank[a.state]);
  return sorted[0] ?? { state: 'unknown', why: 'nothing about it was read' };
}

/** A workload can be ready between two crashes. */
function withCrashes(health: Health, workload: Workload, troubles: readonly Trouble[]): Health {
  const crash = troubles.find((it) => it.workload === workload && it.kind === 'crash');
  if (health.state === 'bad' || !crash) return health;
  return { state: 'bad', why: `container ${crash.container.name} has restarted ${crash.container.restarts} times` };
}

function namespaceHealth(graph: EvidenceGraph, namespace: string, workloads: readonly Workload[]): Health {
  const own = workloads.filter((it) => it.entity.namespace === namespace);
  const bad = own.map((it) => workloadHealth(graph, it)).find((it) => it.state === 'bad');
  if (bad) return bad;
  return { state: 'well', why: own.length === 0 ? 'the namespace is empty' : `all ${own.length} workloads are well` };
}
