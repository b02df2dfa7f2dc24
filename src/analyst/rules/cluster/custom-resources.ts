import type { Mechanism } from '../../../domain/verdict/mechanism.ts';
import type { Entity, EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { customObjects, madeBy, refsOf, stands } from '../../custom/links.ts';
import { badState, type CustomState, isSuspended } from '../../custom/state.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { absentInputs, podReferences } from '../../model/pod-references.ts';
import type { Workload } from '../../model/workload.ts';
import { type Conclusion, conclusion, type Rule, type RuleView, step } from '../rule.ts';

export const customResourceRules: readonly Rule[] = [
  {
    id: 'maker-not-ready',
    catalogue: [27, 83, 113],
    needs: 'a Secret or ConfigMap that is absent, and the custom resource that should make it and says why it does not',
    unless: 'the custom resource is well or suspended, or what it makes has another name',
    conclude: (view) => bad(view.graph).flatMap((found) => makes(view, found)),
  },
  {
    id: 'owner-not-ready',
    catalogue: [113, 115],
    needs: 'a custom resource that owns a workload or has put it there and is not well for a reason of its own',
    unless: 'a container of the workload fails, or the custom resource only repeats that the workload is not ready',
    conclude: (view) => bad(view.graph).flatMap((found) => owns(view, found)),
  },
  {
    id: 'custom-not-ready',
    catalogue: [83, 113, 115],
    needs: 'a custom resource with a bad condition that says why',
    unless: 'it is suspended, in deletion, or ready again',
    conclude: (view) => bad(view.graph).flatMap((found) => itself(view.graph, found) ?? []),
  },
];

interface Bad {
  readonly object: KubeObject;
  readonly state: CustomState;
}

/** The custom objects of the evidence that are not well and that nobody has stopped. */
function bad(graph: EvidenceGraph): readonly Bad[] {
  return customObjects(graph).flatMap((object) => {
    const state = badState(object);
    return state === null || isSuspended(object) || object.metadata.deletionTimestamp !== undefined
      ? []
      : [{ object, state }];
  });
}

/** Where the fault of a custom object begins: with itself, or with what it refers to. */
interface Origin {
  readonly entity: Entity;
  readonly mechanism: Mechanism | null;
  readonly wrongValue: string;
  /** A sentence about what it refers to; empty when it is the object itself. */
  readonly text: string;
  readonly said: CustomState;
  readonly refs: readonly (EvidenceRef | null)[];
}

const maxHops = 3;

function originOf(graph: EvidenceGraph, { object, state }: Bad, hops = 0): Origin {
  const own: Origin = {
    entity: entityOf(object),
    mechanism: classOf(stepOf(graph, object)?.state ?? state),
    wrongValue: valueIn(object, state),
    text: stepText(graph, object),
    said: state,
    refs: stateRefs(graph, object, state),
  };
  if (hops >= maxHops) return own;
  for (const ref of refsOf(object)) {
    const found = graph.get(ref.kind, ref.namespace, ref.name);
    const gone = found ? null : graph.absent(ref.kind, ref.namespace, ref.name);
    if (gone && !madeBy(object).includes(ref.name)) {
      return { ...own, ...missing(ref), refs: [...own.refs, gone] };
    }
    const its = found ? badState(found) : null;
    if (!found || its === null || isSuspended(found)) continue;
    const deeper = originOf(graph, { object: found, state: its }, hops + 1);
    const text = ` It uses ${entityText(entityOf(found))}, which is not well itself: ${stateText(its)}.${deeper.text}`;
    return { ...deeper, text, refs: [...own.refs.slice(0, 2), ...deeper.refs] };
  }
  return own;
}

/** An object that a custom one refers to and that does not exist. */
function missing({ kind, namespace, name }: Entity): Pick<Origin, 'entity' | 'mechanism' | 'wrongValue' | 'text'> {
  const entity = { kind, namespace, name };
  return {
    entity,
    mechanism: kind === 'Secret' ? 'missing_secret' : kind === 'ConfigMap' ? 'missing_configmap' : 'dependency_missing',
    wrongValue: name,
    text: ` It refers to ${entityText(entity)}, which does not exist.`,
  };
}

/** What an object made on its way that is not well and says why: it is the step that fails. */
function stepOf(graph: EvidenceGraph, object: KubeObject): Bad | null {
  let current: KubeObject = object;
  let last: Bad | null = null;
  for (let depth = 0; depth < maxHops; depth += 1) {
    const parent = current;
    const next = bad(graph).find(
      (one) =>
        one.state.message !== '' &&
        (one.object.metadata.ownerReferences ?? []).some(
          ({ kind, name }) => kind === parent.kind && name === parent.metadata.name,
        ),
    );
    if (!next) return last;
    last = next;
    current = next.object;
  }
  return last;
}

function stepText(graph: EvidenceGraph, object: KubeObject): string {
  const found = stepOf(graph, object);
  return found ? ` What fails is ${entityText(entityOf(found.object))}: ${stateText(found.state)}.` : '';
}

const stateText = ({ what, message }: CustomState): string =>
  message === '' ? what : `${what}: ${message.slice(0, 400).replace(/\.$/, '')}`;

function stateRefs(graph: EvidenceGraph, object: KubeObject, { message, reason }: CustomState): (EvidenceRef | null)[] {
  const found = stepOf(graph, object);
  const event = graph.eventsOf(entityOf(object)).findLast((one) => one.warning);
  return [
    message === '' ? null : graph.fieldRef(object, 'message', message),
    graph.fieldRef(object, 'reason', reason) ?? graph.refIn(entityOf(object), `"${reason}"`),
    found ? graph.fieldRef(found.object, 'message', found.state.message) : null,
    graph.eventRef(event),
  ];
}

/** A spec that its controller does not take. */
const invalid =
  /\b(?:Invalid|Unsupported)[A-Z]\w+|ValidationFailed|must be (?:explicitly )?(?:set|specified|one of)|is not (?:a )?(?:valid|supported)|unknown field|failed validation|cannot parse|unable to validate/;

/** What a message says of why: a certificate, who asks, a value of the spec; null when it is none of these. */
function classOf({ reason, message }: CustomState): Mechanism | null {
  if (says.certificateExpired.test(message)) return 'cert_expired';
  if (says.refusesCredential.test(message)) return 'wrong_credential';
  return invalid.test(`${reason} ${message}`) ? 'bad_config_value' : null;
}

/** The longest text of a spec that its bad state names; else its reason. */
function valueIn(object: KubeObject, { message, reason }: CustomState): string {
  const { name, namespace } = object.metadata;
  const texts = textsOf(object['spec']).filter(
    (text) => text.length >= 3 && text !== name && text !== namespace && message.includes(text),
  );
  return texts.toSorted((a, b) => b.length - a.length)[0] ?? reason;
}

const maxTexts = 200;

function textsOf(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object' || depth > 6) return [];
  return Object.values(value)
    .slice(0, 50)
    .flatMap((entry) => textsOf(entry, depth + 1))
    .slice(0, maxTexts);
}

/** A Secret or ConfigMap that is not there because the object that should make it does not. */
function makes({ graph, workloads }: RuleView, found: Bad): Conclusion[] {
  const { object, state } = found;
  const namespace = object.metadata.namespace ?? '';
  const names = madeBy(object);
  const absent = absentInputs(graph, namespace).find(({ name }) => names.includes(name));
  if (!absent) return [];
  const users = workloads.filter((workload) => uses(workload, namespace, absent.name));
  const [first] = users;
  if (!first) return [];
  const origin = originOf(graph, found);
  const what = { kind: absent.kind, namespace, name: absent.name };
  return [
    conclusion('maker-not-ready', {
      entity: origin.entity,
      mechanism: origin.mechanism ?? (absent.kind === 'Secret' ? 'missing_secret' : 'missing_configmap'),
      wrongValue: origin.wrongValue,
      statement: `${entityText(what)}, which ${entityText(first.entity)} needs, does not exist because ${entityText(entityOf(object))} does not make it: ${stateText(state)}.${origin.text}`,
      weight: 96,
      evidence: [...origin.refs, ...absent.refs],
      affects: [...users.map(({ entity }) => entity), what, entityOf(object)],
      ruledOut: [
        `${absent.kind} ${absent.name} left out by hand: ${object.kind} ${object.metadata.name} is there to make it`,
        'the image and the application: no container of the pod has started',
      ],
      remediation: remedy(origin, absent.name),
    }),
  ];
}

const uses = ({ entity, template }: Workload, namespace: string, name: string): boolean =>
  entity.namespace === namespace && podReferences(template).some((reference) => reference.name === name);

function remedy({ entity, said }: Origin, made: string | null) {
  const { kind, namespace, name } = entity;
  const until = made === null ? '' : `; ${made} is made then, nobody has to make it by hand`;
  const why = said.message === '' ? said.what : said.message.slice(0, 160);
  return step(
    `Correct ${entityText(entity)} (${why})${until}`,
    `kubectl ${namespace === null ? '' : `-n ${namespace} `}get ${kind.toLowerCase()} ${name} -o yaml`,
    'none',
  );
}

/** Messages that only repeat that what is owned is not well: then the owner is the victim. */
const repeats =
  /health check|timed? ?out waiting|not (?:yet )?(?:ready|available|healthy)|waiting for|unavailable|unready|(?:pods?|deployments?|replicas?|statefulsets?|endpoints?) \S* ?(?:is|are) not|context deadline exceeded|minimum availability/i;

/** A workload whose owner says that it cannot do its work, while nothing of the workload itself fails. */
function owns(view: RuleView, found: Bad): Conclusion[] {
  const { graph, workloads, troubles } = view;
  const { object, state } = found;
  const owned = workloads.filter(
    (workload) =>
      workload.object !== null &&
      stands(object, workload.object) &&
      !state.message.includes(workload.entity.name) &&
      !troubles.some((trouble) => trouble.workload === workload),
  );
  const origin = originOf(graph, found);
  if (owned.length === 0 || state.message === '' || (repeats.test(state.message) && origin.text === '')) return [];
  return [
    conclusion('owner-not-ready', {
      entity: origin.entity,
      mechanism: origin.mechanism ?? 'other',
      wrongValue: origin.wrongValue,
      statement: `${entityText(entityOf(object))}, which keeps ${owned
        .map(({ entity }) => entityText(entity))
        .slice(0, 3)
        .join(', ')}, is not well: ${stateText(state)}.${origin.text}`,
      weight: 62,
      confidence: 'medium',
      evidence: origin.refs,
      affects: [...owned.map(({ entity }) => entity), entityOf(object)],
      ruledOut: 'its own containers: none of them fails',
      remediation: remedy(origin, null),
    }),
  ];
}

/** What a custom object says about itself, for an incident about it. */
function itself(graph: EvidenceGraph, found: Bad): Conclusion | null {
  const { object, state } = found;
  const origin = originOf(graph, found);
  if (state.message === '' && origin.text === '') return null;
  const isOwn = origin.entity.name === object.metadata.name && origin.entity.kind === object.kind;
  const only =
    isOwn && origin.text === '' && (repeats.test(state.message) || listAt(object, 'status', 'conditions').length === 0);
  const mechanism = origin.mechanism ?? 'other';
  return conclusion('custom-not-ready', {
    entity: origin.entity,
    mechanism,
    wrongValue: origin.wrongValue,
    statement: `${entityText(entityOf(object))} is not well: ${stateText(state)}.${origin.text}`,
    weight: only ? 50 : 86,
    confidence: only ? 'low' : mechanism === 'other' ? 'medium' : 'high',
    evidence: origin.refs,
    affects: [entityOf(object), origin.entity],
    remediation: remedy(origin, null),
  });
}
