import { distance } from 'fastest-levenshtein';
import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { isHealthy } from '../../kube/health.ts';
import { entityText, sameEntity } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, listAt, numberAt, textAt, timeAt } from '../model/fields.ts';
import type { Focus } from '../model/focus.ts';
import type { Workload } from '../model/workload.ts';
import type { Trouble } from '../signals/trouble.ts';

const rank: Record<Health['state'], number> = { bad: 5, unknown: 4, recovered: 3, by_design: 2, well: 1, absent: 0 };

/** How that stands which the incident is about; of several objects the worst counts. */
export function focusHealth(
  graph: EvidenceGraph,
  focus: Focus,
  workloads: readonly Workload[],
  troubles: readonly Trouble[],
): Health {
  if (focus.namespace !== null) {
    const leaving = deletion(graph, { kind: 'Namespace', namespace: null, name: focus.namespace });
    return leaving ?? namespaceHealth(graph, focus.namespace, workloads);
  }
  const healths = focus.entities.map((entity) => {
    const leaving = deletion(graph, entity);
    if (leaving !== null) return leaving;
    const workload = workloads.find((it) => sameEntity(it.entity, entity));
    const own = workload
      ? withCrashes(workloadHealth(graph, workload), workload, troubles)
      : objectHealth(graph, entity);
    return withStatus(own, workload ? workload.object : graph.get(entity.kind, entity.namespace, entity.name));
  });
  const known = healths.filter((it) => it.state !== 'unknown');
  const sorted = (known.length > 0 ? known : healths).toSorted((a, b) => rank[b.state] - rank[a.state]);
  return sorted[0] ?? { state: 'unknown', why: 'nothing about it was read' };
}

/** What an object's own status says is one judge's to say, the one that clears faults: nothing is well against it. */
function withStatus(health: Health, object: KubeObject | null): Health {
  const isWell = health.state === 'well' || health.state === 'recovered';
  if (!isWell || object === null || isHealthy(object) !== false) return health;
  return { state: 'bad', why: 'its status does not say that it is well' };
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

/** How an object stands. `why` is a clause with its numbers. */
export interface Health {
  readonly state: 'well' | 'recovered' | 'by_design' | 'absent' | 'bad' | 'unknown';
  readonly why: string;
}

/** The health of a workload as its own status tells it. */
function workloadHealth(graph: EvidenceGraph, workload: Workload): Health {
  const { entity, object } = workload;
  if (entity.kind === 'Pod') return podHealth(workload);
  if (!object) {
    return workload.pods.every((pod) => pod.ready) ? well('its pods are ready') : bad('not all its pods are ready');
  }
  if (entity.kind === 'Job') return jobHealth(workload);
  if (entity.kind === 'CronJob') return cronJobHealth(workload);
  return lack(workload, object) ?? recovery(graph, workload, object);
}

/** What a controller that keeps pods running still lacks; null when it lacks nothing. */
function lack(workload: Workload, object: KubeObject): Health | null {
  const { entity, desired } = workload;
  const daemon = entity.kind === 'DaemonSet';
  const ready = readyPods(workload, object);
  const updated = numberAt(object, 'status', daemon ? 'updatedNumberScheduled' : 'updatedReplicas') ?? ready;
  if (ready < desired) return bad(`${ready} of ${desired} ready`);
  if (updated < desired && entity.kind !== 'StatefulSet')
    return bad(`${updated} of ${desired} are of the newest revision`);
  const failed = listAt(object, 'status', 'conditions').find(
    (it) => ['Progressing', 'Available'].includes(textAt(it, 'type')) && textAt(it, 'status') === 'False',
  );
  if (failed && desired > 0) return bad(`${textAt(failed, 'type')} is False: ${textAt(failed, 'reason')}`);
  return workload.currentPods.some((pod) => !pod.ready && pod.phase !== 'Succeeded') ? bad('a pod is not ready') : null;
}

const readyPods = ({ entity }: Workload, object: KubeObject): number =>
  numberAt(object, 'status', entity.kind === 'DaemonSet' ? 'numberReady' : 'readyReplicas') ?? 0;

function recovery(graph: EvidenceGraph, workload: Workload, object: KubeObject): Health {
  const { entity } = workload;
  const text = `${readyPods(workload, object)} of ${workload.desired} ready`;
  const warnings = graph.events.filter(
    (it) => it.warning && it.objectNamespace === entity.namespace && it.name.startsWith(`${entity.name}-`),
  );
  const last = warnings.at(-1);
  if (last) return { state: 'recovered', why: `${text}, the warnings about it (${last.reason}) are over` };
  const restarted = workload.currentPods.some((pod) => pod.containers.some((it) => it.restarts > 0));
  return restarted ? { state: 'recovered', why: `${text} after restarts` } : well(text);
}

function jobHealth({ object, pods }: Workload): Health {
  const is = (type: string): unknown => conditionAt(object, type, 'True');
  if (is('Complete')) {
    const failed = numberAt(object, 'status', 'failed') ?? 0;
    return failed > 0
      ? { state: 'recovered', why: `${failed} of its pods failed, a later try completed it` }
      : well('it is complete');
  }
  const failure = is('Failed') ?? is('FailureTarget');
  if (failure) return bad(`it failed: ${textAt(failure, 'reason')}`);
  if (is('Suspended')) return { state: 'by_design', why: 'it is suspended' };
  return pods.some((pod) => pod.ready) ? well('it runs') : bad('it has no running pod');
}

function cronJobHealth(workload: Workload): Health {
  if (workload.object && textAt(workload.object, 'spec', 'suspend') === 'true') return bad('it is suspended');
  const [latest] = workload.jobs;
  if (!latest) return bad('it has no Job');
  return jobHealth({ ...workload, object: latest });
}

function podHealth(workload: Workload): Health {
  const [pod] = workload.pods;
  if (!pod) return { state: 'unknown', why: 'it was not read' };
  if (pod.phase === 'Succeeded') return well('it has completed');
  if (!pod.ready) return bad(`it is ${pod.phase} and not ready`);
  const restarts = pod.containers.reduce((sum, it) => sum + it.restarts, 0);
  return restarts > 0 ? { state: 'recovered', why: `it is ready after ${restarts} restarts` } : well('it is ready');
}

/** The health of an object that is no workload, as far as its status tells. */
function objectHealth(graph: EvidenceGraph, entity: Entity): Health {
  const object = graph.get(entity.kind, entity.namespace, entity.name);
  if (!object) {
    if (graph.absent(entity.kind, entity.namespace, entity.name) === null) {
      return { state: 'unknown', why: `${entityText(entity)} is not in the evidence` };
    }
    return { state: 'absent', why: `it does not exist${nearestName(graph, entity)}` };
  }
  if (entity.kind === 'PodDisruptionBudget') {
    const expected = numberAt(object, 'status', 'expectedPods') ?? 0;
    if (expected === 0)
      return { state: 'by_design', why: 'it selects no pods (expectedPods 0), so it protects nothing' };
    return (numberAt(object, 'status', 'disruptionsAllowed') ?? 0) > 0
      ? well('it allows disruptions')
      : bad('it allows no disruption');
  }
  if (entity.kind === 'PersistentVolumeClaim') {
    const phase = textAt(object, 'status', 'phase');
    return phase === 'Bound' ? well('it is bound') : bad(`it is ${phase}`);
  }
  const conditions = listAt(object, 'status', 'conditions');
  if (entity.kind === 'Node') {
    const pressed = conditions.find((it) => textAt(it, 'type').endsWith('Pressure') && textAt(it, 'status') === 'True');
    if (conditionAt(object, 'Ready', 'True') === undefined) return bad('it is not ready');
    return pressed ? bad(`it is under ${textAt(pressed, 'type')}`) : well('it is ready and under no pressure');
  }
  if (entity.kind === 'HorizontalPodAutoscaler') {
    const limited = conditions.find((it) => textAt(it, 'type') === 'ScalingLimited' && textAt(it, 'status') === 'True');
    const failed = conditions.find((it) => textAt(it, 'type') !== 'ScalingLimited' && textAt(it, 'status') === 'False');
    if (failed) return bad(`${textAt(failed, 'type')} is False: ${textAt(failed, 'reason')}`);
    if (limited && textAt(limited, 'reason') === 'TooFewReplicas')
      return { state: 'by_design', why: 'it stands at its minimum of replicas' };
    return well('it can scale');
  }
  return { state: 'unknown', why: 'its status tells nothing' };
}

/** The object of that kind whose name is nearest, in its namespace first. */
function nearestName(graph: EvidenceGraph, { kind, namespace, name }: Entity): string {
  const others = [...graph.all(kind, namespace), ...graph.all(kind)].map((object) => ({
    text: `${object.metadata.namespace === undefined ? '' : `${object.metadata.namespace}/`}${object.metadata.name}`,
    away: distance(name, object.metadata.name) / Math.max(name.length, object.metadata.name.length),
  }));
  const [nearest] = others.toSorted((a, b) => a.away - b.away);
  return nearest && nearest.away <= 0.5 ? ` (the nearest name is ${nearest.text})` : '';
}

const well = (why: string): Health => ({ state: 'well', why });
const bad = (why: string): Health => ({ state: 'bad', why });
