import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { isHealthy } from '../../kube/health.ts';
import { badState, isCustom } from '../custom/state.ts';
import { sameEntity } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { timeAt } from '../model/fields.ts';
import type { Focus } from '../model/focus.ts';
import type { Workload } from '../model/workload.ts';
import type { RuleView } from '../rules/rule.ts';
import type { Trouble } from '../signals/trouble.ts';
import { bad, type Health } from './health-state.ts';
import { objectHealth } from './object-health.ts';
import { workloadHealth } from './workload-health.ts';

const rank: Record<Health['state'], number> = { bad: 5, unknown: 4, recovered: 3, by_design: 2, well: 1, absent: 0 };

/** How that stands which the incident is about; of several objects the worst counts. */
export function focusHealth(view: RuleView, focus: Focus): Health {
  const { graph, workloads, troubles } = view;
  if (focus.namespace !== null) {
    const leaving = deletion(graph, { kind: 'Namespace', namespace: null, name: focus.namespace });
    return leaving ?? namespaceHealth(view, focus.namespace);
  }
  const healths = focus.entities.map((entity) => {
    const leaving = deletion(graph, entity);
    if (leaving !== null) return leaving;
    const workload = workloads.find((one) => sameEntity(one.entity, entity));
    const own = workload ? withCrashes(workloadHealth(view, workload), workload, troubles) : objectHealth(view, entity);
    return withStatus(own, workload ? workload.object : graph.get(entity.kind, entity.namespace, entity.name));
  });
  const known = healths.filter((one) => one.state !== 'unknown');
  const sorted = (known.length > 0 ? known : healths).toSorted((a, b) => rank[b.state] - rank[a.state]);
  return sorted[0] ?? { state: 'unknown', why: 'nothing about it was read' };
}

/** What an object's own status says is one judge's to say, the one that clears faults: nothing is well against it. */
function withStatus(health: Health, object: KubeObject | null): Health {
  const isWell = health.state === 'well' || health.state === 'recovered';
  if (!isWell || object === null) return health;
  const said = isCustom(object) ? badState(object) : null;
  if (said !== null) return bad(said.what);
  if (isHealthy(object) !== false) return health;
  return bad('its status does not say that it is well');
}

/** A deletion takes its time; one that takes longer is a fault by itself. */
const deletionGraceMs = 30_000;

/** Nothing that is to go and does not go is well. */
function deletion(graph: EvidenceGraph, { kind, namespace, name }: Entity): Health | null {
  const object = graph.get(kind, namespace, name);
  const since = timeAt(object, 'metadata', 'deletionTimestamp');
  if (since === null || graph.now - since < deletionGraceMs) return null;
  return bad(`it has been terminating since ${new Date(since).toISOString()}`);
}

/** A workload can be ready between two crashes. */
function withCrashes(health: Health, workload: Workload, troubles: readonly Trouble[]): Health {
  const crash = troubles.find((one) => one.workload === workload && one.kind === 'crash');
  if (health.state === 'bad' || !crash) return health;
  return bad(`container ${crash.container.name} has restarted ${crash.container.restarts} times`);
}

function namespaceHealth(view: RuleView, namespace: string): Health {
  const own = view.workloads.filter((one) => one.entity.namespace === namespace);
  const found = own.map((one) => workloadHealth(view, one)).find((one) => one.state === 'bad');
  if (found) return found;
  return { state: 'well', why: own.length === 0 ? 'the namespace is empty' : `all ${own.length} workloads are well` };
}
