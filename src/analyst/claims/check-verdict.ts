import type { CheckedVerdict, Evidence } from '../../domain/ports.ts';
import type { Cause, Confidence, Entity, Verdict } from '../../domain/verdict.ts';
import { buildGraph, type EvidenceGraph } from '../graph/evidence-graph.ts';
import { entityText, rootOwner, sameEntity } from '../graph/owner.ts';
import { canonicalKind } from '../collector/kinds.ts';
import { findInstructions } from './find-instructions.ts';
import { clearedBy } from './cleared-by.ts';

/**
 * Holds each claim of a verdict against the evidence: the object is there or its absence is proven, every quote stands
 * literally in the file that it names, the wrong value occurs. What fails is removed or lowered, with a remark.
 */
export function checkVerdict(verdict: Verdict, evidence: Evidence): CheckedVerdict {
  const graph = buildGraph(evidence.files);
  const texts = new Map(evidence.files.map((file) => [file.path, file.text]));
  const flagged = findInstructions(evidence.files).map((it) => it.quote);
  const remarks: string[] = [];
  let claims = 0;
  let backed = 0;
  const causes = verdict.causes.flatMap((cause): Cause[] => {
    claims += 1;
    const checked = checkCause(cause, { graph, texts, flagged });
    remarks.push(...checked.remarks);
    if (checked.cause && checked.remarks.length === 0) backed += 1;
    return checked.cause ? [checked.cause] : [];
  });
  const ordered = causes.toSorted((a, b) => weight(b.confidence) - weight(a.confidence) || a.rank - b.rank);
  return {
    verdict: { ...verdict, causes: ordered.map((cause, at) => ({ ...cause, rank: at + 1 })) },
    remarks,
    claimsBacked: backed,
    claims,
  };
}

interface Against {
  readonly graph: EvidenceGraph;
  readonly texts: ReadonlyMap<string, string>;
  readonly flagged: readonly string[];
}

function checkCause(cause: Cause, against: Against): { cause: Cause | null; remarks: string[] } {
  const { graph, texts, flagged } = against;
  const name = `Cause ${cause.rank} (${entityText(cause.entity)}, ${cause.mechanism})`;
  if (!isKnown(graph, cause)) {
    return {
      cause: null,
      remarks: [
        `${name} was removed: the evidence neither holds ${entityText(cause.entity)} nor proves that it is absent.`,
      ],
    };
  }
  const remarks: string[] = [];
  const good = cause.evidence.filter((ref) => {
    const text = texts.get(ref.file);
    if (text === undefined) remarks.push(`${name}: ${ref.file} is not in the evidence.`);
    else if (!text.includes(ref.quote)) remarks.push(`${name}: a quote does not stand in ${ref.file}.`);
    return text?.includes(ref.quote) ?? false;
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
    return { cause: null, remarks };
  }
  const confidence = remarks.length === 0 ? cause.confidence : lower(cause.confidence, cleared !== null);
  return { cause: { ...cause, evidence: own, wrong_value: wrongValue, confidence }, remarks };
}

/** Mechanisms by which an object that is not there is to blame. */
const absentMechanisms =
  /^(?:missing_(?:configmap|secret|serviceaccount)|(?!hostpath)\w+_missing|image_auth|wrong_service_name|wrong_dns_name|wrong_credential|storageclass_missing|rbac_missing|preemption)$/;

/** An object of the evidence, one that others name as theirs, or, where that is the fault, one that is proven absent. */
function isKnown(graph: EvidenceGraph, cause: Cause): boolean {
  const kind = canonicalKind(cause.entity.kind) ?? cause.entity.kind;
  const wanted = { ...cause.entity, kind };
  const { namespace, name } = wanted;
  if (graph.get(kind, namespace, name) !== null || graph.eventsOf(wanted).length > 0) return true;
  if (graph.all('Pod', namespace).some((pod) => sameEntity(rootOwner(graph, pod), wanted))) return true;
  if (!absentMechanisms.test(cause.mechanism)) return false;
  return graph.absent(kind, namespace, name) !== null || isNamed(graph, wanted, kind);
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
