import type { Mechanism } from '../../domain/verdict/mechanism.ts';
import type { CheckedVerdict, Evidence, EvidenceFile } from '../../domain/ports.ts';
import type { Cause, Confidence, Entity, Verdict } from '../../domain/verdict/verdict.ts';
import { type Kind, kindNamed } from '../../kube/kinds.ts';
import { entityKey, entityText, rootOwner, sameEntity } from '../model/entities.ts';
import { gathered } from '../model/evidence-files.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { conditionAt, textAt } from '../model/fields.ts';
import { containersOf } from '../model/workload.ts';
import { findInstructions } from '../../lib/untrusted/find-instructions.ts';
import { servedNames, standsInServed } from './served.ts';

/**
 * Holds each claim of a verdict against the evidence: the object is there or its absence is proven, every quote stands
 * literally in the file that it names, the wrong value occurs. What fails is removed or lowered, with a remark. `served`
 * is what the cluster answered the agent itself: it counts as evidence, and clears nobody.
 */
export function checkVerdict(
  verdict: Verdict,
  evidence: Evidence,
  served: readonly EvidenceFile[] = [],
): CheckedVerdict {
  const { graph } = gathered(evidence);
  const texts = new Map([...evidence.files, ...served].map((file) => [file.path, file.text]));
  const flagged = findInstructions([...evidence.files, ...served]).map((it) => it.quote);
  const remarks: string[] = [];
  const refuted: string[] = [];
  const spaced = new Map<string, string>();
  let claims = 0;
  let backed = 0;
  const causes = verdict.causes.map(withItsKind).flatMap((cause): Cause[] => {
    claims += 1;
    const checked = checkCause(cause, { graph, texts, flagged, served, spaced });
    remarks.push(...checked.remarks);
    if (checked.cause && checked.cleared !== null) refuted.push(checked.cleared);
    if (checked.cause && checked.remarks.length === 0) backed += 1;
    return checked.cause ? [checked.cause] : [];
  });
  const ordered = causes.toSorted((a, b) => weight(b.confidence) - weight(a.confidence) || a.rank - b.rank);
  return {
    verdict: { ...verdict, causes: ordered.map((cause, at) => ({ ...cause, rank: at + 1 })) },
    remarks,
    claimsBacked: backed,
    claims,
    refuted,
  };
}

/** An agent may call a kind by any name that kubectl knows. */
function withItsKind(cause: Cause): Cause {
  const kind = kindNamed(cause.entity.kind)?.kind ?? cause.entity.kind;
  return { ...cause, entity: { ...cause.entity, kind } };
}

interface Against {
  readonly graph: EvidenceGraph;
  readonly texts: ReadonlyMap<string, string>;
  readonly flagged: readonly string[];
  readonly served: readonly EvidenceFile[];
  readonly spaced: Map<string, string>;
}

interface CheckedCause {
  readonly cause: Cause | null;
  readonly remarks: string[];
  /** Why the evidence rules it out. */
  readonly cleared: string | null;
}

function checkCause(cause: Cause, against: Against): CheckedCause {
  const { graph, texts, flagged, served, spaced } = against;
  const name = `Cause ${cause.rank} (${entityText(cause.entity)}, ${cause.mechanism})`;
  if (!isKnown(graph, cause) && !servedNames(served, cause.entity, missingKinds[cause.mechanism] !== undefined)) {
    return {
      cause: null,
      cleared: null,
      remarks: [
        `${name} was removed: the evidence neither holds ${entityText(cause.entity)} nor proves that it is absent.`,
      ],
    };
  }
  const remarks: string[] = [];
  const good = cause.evidence.filter((ref) => {
    const text = texts.get(ref.file);
    const stands = text !== undefined && (text.includes(ref.quote) || standsInServed(ref, text, spaced));
    if (text === undefined) remarks.push(`${name}: ${ref.file} is not in the evidence.`);
    else if (!stands) remarks.push(`${name}: a quote does not stand in ${ref.file}.`);
    return stands;
  });
  const own = good.filter((ref) => !flagged.some((text) => text.includes(ref.quote) || ref.quote.includes(text)));
  if (own.length < good.length) remarks.push(`${name}: it rests on a text that tries to instruct an assistant.`);
  let { wrong_value: wrongValue } = cause;
  if (wrongValue !== null && !occurs(texts, wrongValue)) {
    remarks.push(`${name}: the wrong value does not occur in the evidence.`);
    wrongValue = null;
  }
  const cleared = clearedBy(graph, cause);
  if (cleared !== null) remarks.push(`${name}: the evidence clears it: ${cleared}.`);
  if (own.length === 0) {
    remarks.push(`${name} was removed: nothing in the evidence backs it.`);
    return { cause: null, remarks, cleared };
  }
  const confidence = remarks.length === 0 ? cause.confidence : lower(cause.confidence, cleared !== null);
  return { cause: { ...cause, evidence: own, wrong_value: wrongValue, confidence }, remarks, cleared };
}

/** Mechanisms by which an object that is not there is to blame, with its kind where that is always the same. */
const missingKinds: { readonly [M in Mechanism]?: Kind | null } = {
  missing_configmap: 'ConfigMap',
  missing_secret: 'Secret',
  missing_serviceaccount: 'ServiceAccount',
  pvc_missing: 'PersistentVolumeClaim',
  service_missing: 'Service',
  storageclass_missing: 'StorageClass',
  crd_missing: null,
  csi_driver_missing: null,
  dependency_missing: null,
  hpa_target_missing: null,
  image_auth: null,
  ingress_backend_missing: null,
  preemption: null,
  rbac_missing: null,
  webhook_backend_missing: null,
  wrong_credential: null,
  wrong_dns_name: null,
  wrong_service_name: null,
};

/** An object of the evidence, one that others name as theirs, or, where that is the fault, one that is proven absent. */
function isKnown(graph: EvidenceGraph, cause: Cause): boolean {
  const { kind, namespace, name } = cause.entity;
  if (graph.get(kind, namespace, name) !== null || graph.eventsOf(cause.entity).length > 0) return true;
  if (graph.all('Pod', namespace).some((pod) => sameEntity(rootOwner(graph, pod), cause.entity))) return true;
  if (missingKinds[cause.mechanism] === undefined) return false;
  return graph.absent(kind, namespace, name) !== null || isNamed(graph, cause.entity, kind);
}

/** A missing object that nobody asked for is known when a message of the cluster says that it is not found. */
function isNamed(graph: EvidenceGraph, entity: Entity, kind: string): boolean {
  const said = [`${kind.toLowerCase()} "${entity.name}" not found`, `service "${entity.name}" not found`];
  return (
    graph.events.some(
      (event) =>
        said.some((text) => event.message.includes(text)) ||
        (kind === 'Secret' &&
          event.reason === 'FailedToRetrieveImagePullSecret' &&
          event.message.includes(`(${entity.name})`)),
    ) || graph.all('Pod').some((pod) => graph.fieldRef(pod, 'message', said[0]) !== null)
  );
}

/** Whether a value stands in the evidence: literally, escaped as in JSON, or as `key=value` of a map. */
function occurs(texts: ReadonlyMap<string, string>, value: string): boolean {
  const escaped = JSON.stringify(value).slice(1, -1);
  const pair = /^([^=\s]+)=([^=\s]+)$/.exec(value);
  const forms = [value, escaped, ...(pair ? [`"${pair[1]}": "${pair[2]}"`] : [])];
  for (const text of texts.values()) {
    if (forms.some((form) => text.includes(form))) return true;
  }
  return false;
}

const order: readonly Confidence[] = ['low', 'medium', 'high'];
const weight = (confidence: Confidence): number => order.indexOf(confidence);
const lower = (confidence: Confidence, toLow: boolean): Confidence =>
  toLow ? 'low' : (order[Math.max(0, weight(confidence) - 1)] ?? 'low');

/** Why the evidence rules a cause out; null when it does not. Only what the cluster itself states counts. */
function clearedBy(graph: EvidenceGraph, cause: Cause): string | null {
  const { entity, mechanism } = cause;
  const object = graph.get(entity.kind, entity.namespace, entity.name);
  const missing = missingKinds[mechanism];
  if (missing) return object && entity.kind === missing ? `${entity.kind} ${entity.name} exists` : null;
  if (mechanism === 'oom_limit' && !anyOomKilled(graph, cause)) return 'no container of it was OOMKilled';
  if (entity.kind === 'Node' && object) return nodeCleared(graph, mechanism, object);
  if (mechanism === 'scaled_to_zero' && object && textAt(object, 'spec', 'replicas') !== '0') {
    return `its replicas are ${textAt(object, 'spec', 'replicas') || '1'}`;
  }
  return null;
}

function anyOomKilled(graph: EvidenceGraph, cause: Cause): boolean {
  return graph
    .all('Pod', cause.entity.namespace)
    .filter(
      (pod) =>
        entityKey(rootOwner(graph, pod)) === entityKey(cause.entity) ||
        pod.metadata.name === cause.entity.name ||
        cause.entity.kind === 'Job',
    )
    .some((pod) =>
      containersOf(pod).some(
        ({ terminated, lastTerminated, waitingMessage }) =>
          terminated?.reason === 'OOMKilled' ||
          lastTerminated?.reason === 'OOMKilled' ||
          /OOM-killed/.test(`${terminated?.message} ${lastTerminated?.message} ${waitingMessage}`),
      ),
    );
}

function nodeCleared(graph: EvidenceGraph, mechanism: Mechanism, node: unknown): string | null {
  const condition = (type: string): string => textAt(conditionAt(node, type), 'status');
  // A node stays Ready while its network plugin fails: then events of pods tell.
  const plugin =
    mechanism === 'cni_not_ready' && graph.events.some(({ reason }) => reason === 'FailedCreatePodSandBox');
  if ((mechanism === 'node_down' || mechanism === 'cni_not_ready') && !plugin && condition('Ready') === 'True')
    return 'the node is Ready';
  if (mechanism === 'memory_pressure' && condition('MemoryPressure') === 'False')
    return 'MemoryPressure of the node is False';
  if (mechanism === 'disk_full' && condition('DiskPressure') === 'False') return 'DiskPressure of the node is False';
  if (mechanism === 'cordoned' && textAt(node, 'spec', 'unschedulable') !== 'true') return 'the node is schedulable';
  return null;
}
