import type { EvidenceRef } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { controllerRef } from '../../kube/owner.ts';
import { matchesLabels } from '../../kube/selectors.ts';
import { entityOf, entityText, sameEntity } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, numberAt, textAt } from '../model/fields.ts';
import { autoscalerNames, sleepKeys } from '../model/lexicon.ts';
import { serviceSelector } from '../model/services.ts';
import type { Workload } from '../model/workload.ts';
import type { FailedCall } from '../signals/calls.ts';
import { authorOf, purposeOf } from '../signals/purpose.ts';

/** Why something stands as it does, with the proof. */
export interface Reason {
  readonly why: string;
  readonly proof: readonly (EvidenceRef | null)[];
}

interface Seen {
  readonly graph: EvidenceGraph;
  readonly workloads: readonly Workload[];
  readonly calls: readonly FailedCall[];
}

/** Whether a workload idles at zero by the will of an autoscaler or of a person, and nobody calls it in vain. */
export function idleAtZero({ graph, calls, workloads }: Seen, workload: Workload): Reason | null {
  const { object } = workload;
  if (!object || numberAt(object, 'spec', 'replicas') !== 0) return null;
  if (calls.some((call) => call.service !== null && reaches(call.service, workload))) return null;
  const will = byTwin(graph, workloads, workload) ?? byScaler(graph, workload, object) ?? bySchedule(graph, object);
  if (will === null) return null;
  const why = `${will.why}, and nothing that was read calls it in vain`;
  return { why, proof: [graph.fieldRef(object, 'replicas', 0), ...will.proof] };
}

/** Whether a Service leads to the pods of a workload, were there any. */
export function reaches(service: KubeObject, workload: Workload): boolean {
  return (
    service.metadata.namespace === workload.entity.namespace &&
    matchesLabels(serviceSelector(service), workload.templateLabels)
  );
}

/** An autoscaler that may go to zero: its own object says that it is well, or it alone sets the number of replicas. */
function byScaler(graph: EvidenceGraph, workload: Workload, object: KubeObject): Reason | null {
  const hpa = graph
    .all('HorizontalPodAutoscaler', workload.entity.namespace)
    .find((one) => textAt(one, 'spec', 'scaleTargetRef', 'name') === workload.entity.name);
  const scaler = scalerOf(graph, workload);
  if (scaler && isBlind(scaler)) return null;
  const named = scalingAuthor(object);
  const ofHpa = hpa ? turnedOff(graph, hpa) : null;
  if (!scaler && !named && !ofHpa?.mayIdle) return null;
  const at = named?.since ? ` since ${named.since}` : '';
  const by = scaler ? entityText(entityOf(scaler)) : (ofHpa?.owner ?? named?.manager ?? 'its HPA');
  return {
    why: `its autoscaler (${by}) holds it at 0 replicas${at} because there is nothing to do`,
    proof: [
      named && graph.fieldRef(object, 'manager', named.manager),
      ...(ofHpa?.proof ?? []),
      scaler && graph.fieldRef(scaler, 'kind', scaler.kind),
    ],
  };
}

/** The autoscaler that wrote the number of replicas last, by the name under which it writes. */
function scalingAuthor(object: KubeObject) {
  const author = authorOf(object, 'replicas');
  if (author === null || !autoscalerNames.test(author.manager)) return null;
  return { manager: author.manager, since: author.at === null ? null : new Date(author.at).toISOString() };
}

/** An HPA whose target stands at zero: who made it, and whether it may leave its target there. */
function turnedOff(graph: EvidenceGraph, hpa: KubeObject) {
  const disabled = conditionAt(hpa, 'ScalingActive', 'False');
  const isOff = textAt(disabled, 'reason') === 'ScalingDisabled';
  const owner = hpa.metadata.ownerReferences?.find(({ apiVersion }) => !apiVersion.startsWith('autoscaling/'));
  return {
    mayIdle: isOff && (owner !== undefined || numberAt(hpa, 'spec', 'minReplicas') === 0),
    owner: owner && `${owner.kind} ${owner.name}`,
    proof: [
      isOff ? graph.fieldRef(hpa, 'message', textAt(disabled, 'message')) : null,
      owner ? graph.fieldRef(hpa, 'kind', owner.kind) : null,
    ],
  };
}

/** A scaler that cannot see what it scales by does not idle, and one that has work does not either. */
const isBlind = (scaler: KubeObject): boolean =>
  conditionAt(scaler, 'Ready', 'False') !== undefined || conditionAt(scaler, 'Active', 'True') !== undefined;

/** The custom object that scales a workload, when it was read. */
function scalerOf(graph: EvidenceGraph, { entity }: Workload): KubeObject | null {
  const found = ['ScaledObject', 'HTTPScaledObject']
    .flatMap((kind) => graph.all(kind, entity.namespace))
    .find((one) => textAt(one, 'spec', 'scaleTargetRef', 'name') === entity.name);
  return found ?? null;
}

/** A twin that a controller of releases keeps for the workload, by its name, and that serves in its place. */
export function byTwin(graph: EvidenceGraph, workloads: readonly Workload[], { entity }: Workload): Reason | null {
  for (const twin of workloads) {
    const owner = twin.object && controllerRef(twin.object);
    const isTwin =
      owner?.name === entity.name &&
      owner.namespace === entity.namespace &&
      twin.entity.name.startsWith(`${entity.name}-`);
    const ready = twin.pods.filter((pod) => pod.ready).length;
    if (!isTwin || !twin.object || kindFacts(owner.kind) !== null || ready === 0 || ready < twin.desired) continue;
    return {
      why: `${entityText(twin.entity)}, which ${owner.kind} ${owner.name} keeps for it, serves in its place with ${ready} of ${twin.desired} pods`,
      proof: [graph.fieldRef(twin.object, 'kind', owner.kind), graph.fieldRef(twin.object, 'readyReplicas', ready)],
    };
  }
  return null;
}

/** A down-scaler that works by the clock, or a person who says why. */
function bySchedule(graph: EvidenceGraph, object: KubeObject): Reason | null {
  const entries = Object.entries({ ...object.metadata.labels, ...object.metadata.annotations });
  const sleeping = entries.find(([key]) => sleepKeys.test(key));
  if (sleeping) {
    const [key, value] = sleeping;
    return {
      why: `a down-scaler holds it at 0 replicas (${key}: ${value.slice(0, 100)})`,
      proof: [graph.refIn(entityOf(object), `"${key}"`)],
    };
  }
  const purpose = purposeOf(graph, object);
  if (!purpose) return null;
  return { why: `it was scaled to 0 on purpose (${purpose.text})`, proof: [purpose.ref] };
}

/** An autoscaler whose target idles at zero. */
export function idleTarget(seen: Seen, hpa: KubeObject): Reason | null {
  const target = {
    kind: textAt(hpa, 'spec', 'scaleTargetRef', 'kind'),
    namespace: hpa.metadata.namespace ?? null,
    name: textAt(hpa, 'spec', 'scaleTargetRef', 'name'),
  };
  const workload = seen.workloads.find((one) => sameEntity(one.entity, target));
  const idle = workload ? idleAtZero(seen, workload) : null;
  return idle && { why: `its target ${entityText(target)} idles: ${idle.why}`, proof: idle.proof };
}

/** A Service of which every workload idles at zero. */
export function idleBehind(seen: Seen, service: KubeObject): Reason | null {
  const behind = seen.workloads.filter((workload) => reaches(service, workload));
  const idle = behind.map((workload) => idleAtZero(seen, workload));
  const [first] = idle;
  if (!first || idle.some((reason) => reason === null)) return null;
  const names = behind.map(({ entity }) => entityText(entity)).join(', ');
  return { why: `it has no endpoint because ${names} idles: ${first.why}`, proof: first.proof };
}
