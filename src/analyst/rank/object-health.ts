import { distance } from 'fastest-levenshtein';
import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { leavingBy } from '../../kube/by-design.ts';
import { plural } from '../../lib/text.ts';
import { badState, goodCondition, isCustom, stoppedBy } from '../custom/state.ts';
import { entityOf, entityText, rootOwner, sameEntity } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, listAt, numberAt, textAt } from '../model/fields.ts';
import { podReferences } from '../model/pod-references.ts';
import { backendNames, endpointSlices, readyEndpoints } from '../model/services.ts';
import type { RuleView } from '../rules/rule.ts';
import { authorOf, authorText, purposeOf } from '../signals/purpose.ts';
import { bad, type Health, shown, well } from './health-state.ts';
import { idleBehind, idleTarget, reaches } from './idle.ts';
import { restatesZero, workloadHealth } from './workload-health.ts';

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
  return judge ? judge(view, object) : customHealth(graph, object);
}

/** An object of any other kind is as its conditions say. */
function customHealth(graph: EvidenceGraph, object: KubeObject): Health {
  const stopped = isCustom(object) ? stoppedBy(object) : null;
  if (stopped !== null) return stoppedHealth(graph, object, stopped);
  const state = isCustom(object) ? badState(object) : null;
  if (state) return bad(state.what);
  const good = isCustom(object) ? goodCondition(object) : null;
  if (good === null) return { state: 'unknown', why: 'its status tells nothing' };
  const ref = graph.fieldRef(object, 'type', good);
  const before = graph.eventsOf(entityOf(object)).findLast((event) => event.warning);
  if (!before) return { ...well(`its ${good} is True`), proof: ref ? [ref] : [] };
  return shown('recovered', `its ${good} is True; ${before.reason} is over`, [ref, graph.eventRef(before)]);
}

/** An object that somebody has stopped is as they left it: by design where it says why, and was ready then. */
function stoppedHealth(graph: EvidenceGraph, object: KubeObject, stopped: string): Health {
  const entity = entityOf(object);
  const purpose = purposeOf(graph, object);
  const isReady = conditionAt(object, 'Ready', 'False') === undefined;
  if (!purpose || !isReady) return bad(`its controller is told to leave it alone (${stopped})`);
  const why = `it is paused on purpose (${purpose.text}), and its controller leaves it alone until that is taken away`;
  return shown('by_design', why, [graph.refIn(entity, stopped), purpose.ref, graph.fieldRef(object, 'type', 'Ready')]);
}

type Judge = (view: RuleView, object: KubeObject) => Health;

const judges: Readonly<Record<string, Judge>> = {
  PodDisruptionBudget: budget,
  PersistentVolumeClaim: claim,
  PersistentVolume: volume,
  Node: node,
  HorizontalPodAutoscaler: autoscaler,
  Service: service,
  Ingress: ingress,
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

/** A volume that outlives its claim by its policy is as it should be, unless a claim waits for it. */
function volume({ graph }: RuleView, object: KubeObject): Health {
  const phase = textAt(object, 'status', 'phase');
  if (phase === 'Bound' || phase === 'Available') return well(`it is ${phase}`);
  const policy = textAt(object, 'spec', 'persistentVolumeReclaimPolicy');
  const name = textAt(object, 'spec', 'claimRef', 'name');
  const namespace = textAt(object, 'spec', 'claimRef', 'namespace');
  const claims = graph.all('PersistentVolumeClaim', namespace);
  const isWanted = claims.some(
    (one) =>
      textAt(one, 'status', 'phase') !== 'Bound' &&
      (one.metadata.name === name ||
        textAt(one, 'spec', 'volumeName') === object.metadata.name ||
        textAt(one, 'spec', 'storageClassName') === textAt(object, 'spec', 'storageClassName')),
  );
  if (phase !== 'Released' || policy !== 'Retain' || isWanted) return bad(`it is ${phase || 'without a status'}`);
  const gone = graph.absent('PersistentVolumeClaim', namespace, name);
  if (gone === null && claims.length === 0) return bad('it is Released');
  const why = `its policy Retain keeps it and its data after the claim ${namespace}/${name} was deleted, and no claim that was read waits for it`;
  return shown('by_design', why, [
    graph.fieldRef(object, 'persistentVolumeReclaimPolicy', 'Retain'),
    graph.fieldRef(object, 'phase', 'Released'),
    gone,
  ]);
}

const ofLeaving: ReadonlySet<string> = new Set(['node_down', 'cordoned', 'other']);

/** A node that an autoscaler takes away stops reporting by design. */
function leaving(graph: EvidenceGraph, object: KubeObject): Health | null {
  const key = leavingBy(object, graph.now);
  if (key === null) return null;
  const ready = conditionAt(object, 'Ready');
  return shown(
    'by_design',
    `it is being taken away (taint ${key}) and has stopped reporting at ${textAt(ready, 'lastTransitionTime')}`,
    [graph.fieldRef(object, 'key', key), graph.fieldRef(object, 'reason', textAt(ready, 'reason'))],
    ({ mechanism, entity }) => ofLeaving.has(mechanism) && sameEntity(entity, entityOf(object)),
  );
}

function node({ graph }: RuleView, object: KubeObject): Health {
  const taken = leaving(graph, object);
  if (taken) return taken;
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
  const before = graph.eventsOf(entityOf(object)).findLast((one) => one.warning);
  if (!before || conditionAt(object, 'ScalingActive', 'True') === undefined) return well('it can scale');
  return shown('recovered', `it has its metrics and can scale; ${before.reason} is over`, [
    graph.fieldRef(object, 'type', 'ScalingActive'),
    graph.eventRef(before),
  ]);
}

/**
 * A Service is as those behind it: well with ready endpoints that nobody calls in vain, and without any only where those
 * behind it idle.
 */
function service(view: RuleView, object: KubeObject): Health {
  const { graph } = view;
  const endpoints = readyEndpoints(graph, object);
  const unknown: Health = { state: 'unknown', why: 'its status tells nothing' };
  if (endpoints !== null && endpoints > 0) {
    const why = `it has ${plural(endpoints, 'ready endpoint')}, and nothing that was read calls it in vain`;
    if (!serves(view, object)) return unknown;
    const [slice] = endpointSlices(graph, object);
    const ref = slice ? graph.refIn(entityOf(slice), '"addresses"') : null;
    return { ...well(why), proof: ref ? [ref] : [] };
  }
  const idle = idleBehind(view, object);
  const behind = view.workloads.find((workload) => reaches(object, workload));
  if (idle && behind) return shown('by_design', idle.why, idle.proof, restatesZero(view, behind));
  return endpoints === 0 ? bad('it has no ready endpoint') : unknown;
}

/** Whether all workloads behind a Service are well and no call to it fails. */
function serves(view: RuleView, object: KubeObject): boolean {
  const behind = view.workloads.filter((workload) => reaches(object, workload));
  if (behind.length === 0 || view.calls.some((call) => call.service === object)) return false;
  if (view.troubles.some((trouble) => behind.includes(trouble.workload))) return false;
  return behind.every((workload) => workloadHealth(view, workload).state !== 'bad');
}

/** An Ingress is well when each of its Services is. */
function ingress(view: RuleView, object: KubeObject): Health {
  const names = backendNames(object);
  const services = names.map((name) => view.graph.get('Service', object.metadata.namespace ?? null, name));
  const healths = services.map((found) => (found ? service(view, found) : null));
  if (healths.length === 0 || healths.some((health) => health?.state !== 'well')) {
    return { state: 'unknown', why: 'its status tells nothing' };
  }
  return {
    ...well(`${names.join(', ')} behind it ${names.length === 1 ? 'has' : 'have'} ready endpoints`),
    proof: healths.flatMap((health) => health?.proof ?? []),
  };
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
