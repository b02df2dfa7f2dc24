import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { entityKey } from '../model/entities.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { textAt } from '../model/fields.ts';
import { commonPaths, groupOfKind, makers, markers } from './kinds.ts';
import { isCustom } from './state.ts';

/** An object that another names, with the version of its kind. */
export interface Named extends Entity {
  readonly apiVersion: string;
}

const maxNamed = 4;

/**
 * The custom objects that speak for objects of an incident: those of recent Warnings in its namespaces, the owners of its
 * objects, and those of tools that have marked them. Each once, at most four.
 */
export function namedCustom(
  graph: EvidenceGraph,
  objects: readonly KubeObject[],
  focus: readonly Entity[],
): readonly Named[] {
  const namespaces = new Set(focus.map(({ namespace }) => namespace));
  const kinds = new Set(focus.map(({ kind }) => kind));
  const ofEvents = graph.events
    .filter((event) => (event.warning || kinds.has(event.kind)) && namespaces.has(event.objectNamespace || null))
    .map(({ kind, apiVersion, objectNamespace, name }) => ({
      kind,
      apiVersion,
      namespace: objectNamespace || null,
      name,
    }))
    .toReversed();
  const named = [...objects.flatMap(ownersOf), ...objects.flatMap(markedBy), ...ofEvents].filter(isOther);
  return [...new Map(named.map((one) => [entityKey(one), one])).values()].slice(0, maxNamed);
}

/** A kind that only a custom version of the API has. */
const isOther = ({ kind, apiVersion }: Named): boolean => apiVersion.includes('/') && kindFacts(kind) === null;

function ownersOf(object: KubeObject): Named[] {
  const namespace = object.metadata.namespace ?? null;
  return (object.metadata.ownerReferences ?? []).map(({ kind, apiVersion, name }) => ({
    kind,
    apiVersion,
    namespace,
    name,
  }));
}

function markedBy(object: KubeObject): Named[] {
  const words = { ...object.metadata.annotations, ...object.metadata.labels };
  return markers.flatMap(({ label, namespaceLabel, kind, apiVersion }) => {
    const name = words[label];
    if (!name) return [];
    const namespace = (namespaceLabel === null ? null : words[namespaceLabel]) ?? object.metadata.namespace ?? null;
    return [{ kind, apiVersion, namespace, name }];
  });
}

/** Whether a custom object owns an object or has put it there. */
export function stands(owner: KubeObject, object: KubeObject): boolean {
  const key = entityKey({ kind: owner.kind, namespace: owner.metadata.namespace ?? null, name: owner.metadata.name });
  return [...ownersOf(object), ...markedBy(object)].some((one) => entityKey(one) === key);
}

/** The names of Secrets and ConfigMaps that a custom object makes, as far as its spec tells. */
export function madeBy(object: KubeObject): readonly string[] {
  const maker = makers.find(({ kind }) => kind === object.kind);
  const names = (maker?.paths ?? commonPaths)
    .map((path) => textAt(object, 'spec', ...path))
    .filter((name) => name !== '');
  return names.length > 0 ? names : maker ? [object.metadata.name] : [];
}

const maxDepth = 4;
const maxRefs = 6;

/** What a custom object refers to by `…Ref` fields of its spec: stores, issuers, sources, Secrets with credentials. */
export function refsOf(object: KubeObject): readonly Named[] {
  const found: Named[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (value === null || typeof value !== 'object' || depth > maxDepth || found.length >= maxRefs) return;
    for (const [key, entry] of Object.entries(value).slice(0, 40)) {
      const refs = refsIn(object, key, entry);
      if (refs.length > 0) found.push(...refs);
      else visit(entry, depth + 1);
    }
  };
  visit(object['spec'], 0);
  return [...new Map(found.map((ref) => [entityKey(ref), ref])).values()];
}

/** `…Ref` and lists of them; `dependsOn` names others of the same kind. */
function refsIn(object: KubeObject, key: string, value: unknown): Named[] {
  const entries = (Array.isArray(value) ? value : [value]).slice(0, maxRefs);
  if (key === 'dependsOn') return entries.flatMap((entry) => refOf(object, object.kind, entry) ?? []);
  return /Refs?$/.test(key) ? entries.flatMap((entry) => refOf(object, key, entry) ?? []) : [];
}

function refOf(object: KubeObject, key: string, value: unknown): Named | null {
  const name = typeof value === 'string' ? value : textAt(value, 'name');
  if (name === '') return null;
  const word = key.replace(/Refs?$/, '');
  const kind = textAt(value, 'kind') || (known[word] ?? `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  const apiVersion = versionOf(object, kind, value);
  if (apiVersion === null) return null;
  const facts = kindFacts(kind);
  const isWide = facts ? !facts.namespaced : kind.startsWith('Cluster') && kind !== 'Cluster';
  const namespace = isWide ? null : textAt(value, 'namespace') || (object.metadata.namespace ?? null);
  // Where an object of the whole cluster leaves the namespace out, nobody can tell which object is meant.
  return facts?.namespaced && namespace === null ? null : { kind, apiVersion, namespace, name };
}

/** The version in which a kind is served: what the reference says, else that of the same group; null for other groups. */
function versionOf(object: KubeObject, kind: string, value: unknown): string | null {
  const given = kindFacts(kind)?.apiVersion ?? (textAt(value, 'apiVersion') || groupOfKind[kind]);
  if (given) return given;
  const [group = ''] = object.apiVersion.split('/');
  const wanted = textAt(value, 'group') || textAt(value, 'apiGroup') || group;
  return wanted === group ? object.apiVersion : null;
}

const known: Readonly<Record<string, string>> = {
  secret: 'Secret',
  configMap: 'ConfigMap',
  serviceAccount: 'ServiceAccount',
};

/** The custom objects of the evidence, at most 60. */
export function customObjects(graph: EvidenceGraph): readonly KubeObject[] {
  return graph.kinds
    .filter((kind) => kindFacts(kind) === null)
    .flatMap((kind) => graph.all(kind))
    .filter(isCustom)
    .slice(0, 60);
}
