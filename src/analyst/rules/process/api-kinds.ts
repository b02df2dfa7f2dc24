import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { removedApis } from '../../model/process-words.ts';
import type { LogEntry } from '../../model/parse-log.ts';
import { endRefs, entryRef, isAside, type Trouble } from '../../signals/trouble.ts';
import { definitionName, type UnknownKind, unknownKindsIn } from '../../model/names-in-text.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Rule, step, where } from '../rule.ts';

/** Programs that ask the API for a kind or a version that it does not serve. */
export const apiKindRules: readonly Rule[] = [
  {
    id: 'crd-missing',
    catalogue: [113],
    needs: 'a log that misses a kind of the API, and whether its CustomResourceDefinition exists',
    unless: 'the CustomResourceDefinition exists and serves the version, or the API refuses by rights',
    conclude: eachCrash(kindMissing),
  },
];

interface Missed {
  readonly kind: UnknownKind;
  readonly entry: LogEntry;
}

function kindMissing(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const missed = missedKinds(trouble);
  const [first] = missed;
  if (!first) return null;
  const { group, version } = first.kind;
  const whole = `${group}/${version}`;
  if (removedApis.has(whole)) return removed(graph, trouble, first, whole);
  const name = definitionName(first.kind);
  if (name === null) return null;
  const definition = graph.get('CustomResourceDefinition', null, name);
  if (definition) return notServed(graph, trouble, first, definition);
  return notDefined(graph, trouble, missed, name);
}

/** The kinds that the log misses, those of its end first. */
function missedKinds(trouble: Trouble): readonly Missed[] {
  const found = new Map<string, Missed>();
  for (const entry of trouble.entries
    .filter((it) => it.level !== 'info' && !isAside(trouble, it))
    .slice(-200)
    .toReversed()) {
    for (const kind of unknownKindsIn(`${entry.error} ${entry.message}`)) {
      const key = `${kind.plural}.${kind.group}`;
      if (!found.has(key)) found.set(key, { kind, entry });
    }
  }
  // "could not find the requested resource" names the version only; the surest comes first.
  return [...found.values()].toSorted((a, b) => sureness(b.kind) - sureness(a.kind));
}

const sureness = ({ group, version }: UnknownKind): number => Number(group !== '') * 2 + Number(version !== '');

function notDefined(
  graph: EvidenceGraph,
  trouble: Trouble,
  missed: readonly Missed[],
  name: string,
): Conclusion | null {
  const [first] = missed;
  if (!first) return null;
  const { workload } = trouble;
  const proof = graph.absent('CustomResourceDefinition', null, name);
  const { word, group, version } = first.kind;
  const others = missed.slice(1).map(({ kind }) => kind.word);
  const entity: Entity = { kind: 'CustomResourceDefinition', namespace: null, name };
  const harm = trouble.kind === 'crash' ? 'ends without it' : 'cannot do its work without it';
  return conclusion('crd-missing', {
    entity,
    mechanism: 'crd_missing',
    wrongValue: word,
    statement: `The cluster does not know the kind ${word} (${group}${version === '' ? '' : `/${version}`})${others.length === 0 ? '' : ` nor ${others.join(', ')}`}, which the ${where(trouble)} works with; it ${harm}${proof === null ? '' : `. There is no CustomResourceDefinition ${name}: package managers such as Helm do not bring new ones with an upgrade`}.`,
    weight: 95,
    confidence: proof !== null && trouble.kind === 'crash' ? 'high' : 'medium',
    evidence: [entryRef(graph, trouble, first.entry), proof, ...endRefs(graph, trouble)],
    affects: [workload.entity],
    ruledOut: ['missing rights: the API answers that it does not know the kind, not that it refuses it'],
    remediation: [
      step(
        `Install the CustomResourceDefinitions that belong to ${trouble.container.image}; see which there are of ${group}`,
        `kubectl api-resources --api-group=${group}`,
        'none',
      ),
    ],
  });
}

/** The definition is there, and serves other versions. */
function notServed(
  graph: EvidenceGraph,
  trouble: Trouble,
  { kind, entry }: Missed,
  definition: KubeObject,
): Conclusion | null {
  const versions = listAt(definition, 'spec', 'versions');
  const served = versions.filter((it) => textAt(it, 'served') === 'true').map((it) => textAt(it, 'name'));
  if (kind.version === '' || served.includes(kind.version)) return null;
  const whole = `${kind.group}/${kind.version}`;
  return conclusion('crd-version-not-served', {
    entity: trouble.workload.entity,
    mechanism: 'api_removed',
    wrongValue: whole,
    statement: `The ${where(trouble)} asks for ${kind.word} in ${whole}; CustomResourceDefinition ${definition.metadata.name} serves only ${served.join(', ') || 'no version'}: ${entry.message}`,
    weight: 95,
    confidence: trouble.kind === 'crash' ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, entry),
      graph.refIn(entityOf(definition), `"name": "${served[0] ?? kind.version}"`),
      ...endRefs(graph, trouble),
    ],
    ruledOut: 'a missing CustomResourceDefinition: it exists',
    remediation: edit(
      `Use a version of ${trouble.container.name} that fits the installed CustomResourceDefinitions, or install those of its own version`,
      trouble.workload.entity,
    ),
  });
}

function removed(graph: EvidenceGraph, trouble: Trouble, { kind, entry }: Missed, whole: string): Conclusion {
  const { workload } = trouble;
  const facts = removedApis.get(whole);
  const version = textAt(graph.get('Node', null, trouble.pod.node), 'status', 'nodeInfo', 'kubeletVersion');
  const said = entry.message.includes(whole) ? whole : kind.version;
  return conclusion('api-removed', {
    entity: workload.entity,
    mechanism: 'api_removed',
    wrongValue: said,
    statement: `The ${where(trouble)} uses ${kind.word} of ${whole}, which Kubernetes has not served since ${facts?.since ?? 'long'}${version === '' ? '' : ` (this cluster runs ${version})`}; ${facts?.now ?? 'a newer version'} has taken its place: ${entry.message}`,
    weight: 95,
    confidence: trouble.kind === 'crash' ? 'high' : 'medium',
    evidence: [
      entryRef(graph, trouble, entry),
      graph.fieldRef(trouble.pod.object, 'image', trouble.container.image),
      ...endRefs(graph, trouble),
    ],
    ruledOut: 'missing rights: the API answers that it does not know the version, not that it refuses it',
    remediation: edit(
      `Use a version of ${entityText(workload.entity)} that speaks ${facts?.now ?? 'the newer version'}`,
      workload.entity,
    ),
  });
}
