import { distance } from 'fastest-levenshtein';
import type { Entity } from '../../domain/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { entityOf, entityText, rootOwner } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, listAt, numberAt, textAt } from '../model/fields.ts';
import { podReferences } from '../model/pod-references.ts';
import { readyEndpoints } from '../model/services.ts';
import type { RuleView } from '../rules/rule.ts';
import { authorOf, authorText } from '../signals/purpose.ts';
import { bad, type Health, shown, well } from './health-state.ts';
import { idleBehind, idleTarget, reaches } from './idle.ts';
import { restatesZero } from './workload-health.ts';

/** The health of an object that is no workload, as far as its status tells. */
export function objectHealth(view: RuleView, entity: Entity): Health {
  const { graph } = view;
  const object = graph.get(entity.kind, entity.namespace, entity.name);
  if (!object) {
    if (graph.absent(entity.kind, entity.namespace, entity.name) === null) {
      return { state: 'unknown', why: `${entityText(entity)} is not in the evidence` };
    }
    return { state: 'absent', why: `it does not exist${nearestName(graph, entity)}` };
  }
  const judge = judges[entity.kind];
  return judge ? judge(view, object) : { state: 'unknown', why: 'its status tells nothing' };
}

type Judge = (view: RuleView, object: KubeObject) => Health;

const judges: Readonly<Record<string, Judge>> = {
  PodDisruptionBudget: budget,
  PersistentVolumeClaim: claim,
  Node: node,
  HorizontalPodAutoscaler: autoscaler,
  Service: service,
  APIService: ({ graph }, object) => {
    const available = conditionAt(object, 'Available');
    if (textAt(available, 'status') === 'False') return bad(`Available is False: ${textAt(available, 'reason')}`);
    const ref = graph.fieldRef(object, 'type', 'Available');
    return available === undefined
      ? { state: 'unknown', why: 'its status tells nothing' }
      : { ...well('it is available'), proof: ref ? [ref] : [] };
  },
};

function budget({ graph }: RuleView, object: KubeObject): Health {
  const expected = numberAt(object, 'status', 'expectedPods') ?? 0;
  if (expected === 0) {
    const why = 'it selects no pods (expectedPods 0), so it protects nothing';
    return shown('by_design', why, [graph.fieldRef(object, 'expectedPods', 0)]);
  }
  return (numberAt(object, 'status', 'disruptionsAllowed') ?? 0) > 0
    ? well('it allows disruptions')
    : bad('it allows no disruption');
}

/** A claim of a class that waits for its first consumer is Pending by design as long as no pod uses it. */
function claim({ graph }: RuleView, object: KubeObject): Health {
  const phase = textAt(object, 'status', 'phase');
  if (phase === 'Bound') return well('it is bound');
  const name = textAt(object, 'spec', 'storageClassName');
  const known = name === '' ? null : graph.get('StorageClass', null, name);
  const event = graph.eventsOf(entityOf(object)).findLast((one) => one.reason === 'WaitForFirstConsumer');
  const failed = graph.eventsOf(entityOf(object)).some((one) => one.warning);
  const waits = event !== undefined || textAt(known, 'volumeBindingMode') === 'WaitForFirstConsumer';
  const users = graph
    .all('Pod', object.metadata.namespace ?? null)
    .filter((pod) => !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')))
    .filter((pod) =>
      podReferences(pod['spec']).some((it) => it.kind === 'PersistentVolumeClaim' && it.name === object.metadata.name),
    );
  const [user] = users;
  if (phase !== 'Pending' || !waits || failed || user) {
    return bad(
      `it is ${phase || 'without a status'}${user ? `, and ${entityText(rootOwner(graph, user))} waits for it` : ''}`,
    );
  }
  return shown('by_design', `its class ${name} makes a volume when a pod uses the claim, and no pod does`, [
    graph.eventRef(event),
    known ? graph.fieldRef(known, 'volumeBindingMode', 'WaitForFirstConsumer') : null,
    graph.fieldRef(object, 'phase', 'Pending'),
  ]);
}

function node({ graph }: RuleView, object: KubeObject): Health {
  const conditions = listAt(object, 'status', 'conditions');
  const pressed = conditions.find((it) => textAt(it, 'type').endsWith('Pressure') && textAt(it, 'status') === 'True');
  const isReady = conditionAt(object, 'Ready', 'True');
  if (isReady === undefined) return bad('it is not ready');
  if (pressed) return bad(`it is under ${textAt(pressed, 'type')}`);
  const field = graph.fieldRef(object, 'lastTransitionTime', textAt(isReady, 'lastTransitionTime'));
  if (textAt(object, 'spec', 'unschedulable') === 'true') {
    const author = authorText(authorOf(object, 'unschedulable'));
    return shown('by_design', `it is ready and cordoned${author}: it takes no new pods until it is uncordoned`, [
      graph.refIn(entityOf(object), '"unschedulable": true'),
      field,
    ]);
  }
  const before = graph.eventsOf(entityOf(object)).findLast((it) => /NotReady|Reboot|Starting/.test(it.reason));
  if (!before) return well('it is ready and under no pressure');
  const why = `it is ready again since ${textAt(isReady, 'lastTransitionTime')} and under no pressure; ${before.reason} is over`;
  return shown('recovered', why, [field, graph.eventRef(before)]);
}

function autoscaler(view: RuleView, object: KubeObject): Health {
  const { graph } = view;
  const conditions = listAt(object, 'status', 'conditions');
  const limited = conditions.find((it) => textAt(it, 'type') === 'ScalingLimited' && textAt(it, 'status') === 'True');
  const failed = conditions.find((it) => textAt(it, 'type') !== 'ScalingLimited' && textAt(it, 'status') === 'False');
  if (failed && textAt(failed, 'reason') === 'ScalingDisabled') {
    const idle = idleTarget(view, object);
    const message = graph.fieldRef(object, 'message', textAt(failed, 'message'));
    const target = view.workloads.find((it) => it.entity.name === textAt(object, 'spec', 'scaleTargetRef', 'name'));
    if (idle && target) return shown('by_design', idle.why, [message, ...idle.proof], restatesZero(view, target));
    return shown('by_design', 'its target is scaled to 0, which turns it off', [message]);
  }
  if (failed) return bad(`${textAt(failed, 'type')} is False: ${textAt(failed, 'reason')}`);
  if (limited && textAt(limited, 'reason') === 'TooFewReplicas') {
    return shown('by_design', 'it stands at its minimum of replicas', [
      graph.fieldRef(object, 'reason', 'TooFewReplicas'),
    ]);
  }
  return well('it can scale');
}

/** A Service is as those behind it; without an endpoint it is well only where they idle. */
function service(view: RuleView, object: KubeObject): Health {
  const endpoints = readyEndpoints(view.graph, object);
  const idle = endpoints === null || endpoints === 0 ? idleBehind(view, object) : null;
  const behind = view.workloads.find((workload) => reaches(object, workload));
  if (idle && behind) return shown('by_design', idle.why, idle.proof, restatesZero(view, behind));
  return endpoints === 0 ? bad('it has no ready endpoint') : { state: 'unknown', why: 'its status tells nothing' };
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
