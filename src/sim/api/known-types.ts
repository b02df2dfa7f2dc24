import { kinds } from '../../kube/kinds.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import type { ClusterState } from './cluster-state.ts';
import type { ResourceType } from './resource-types.ts';

/** What is read of a CustomResourceDefinition. */
interface Definition {
  readonly group?: string;
  readonly scope?: string;
  readonly names?: { readonly kind?: string; readonly plural?: string; readonly shortNames?: readonly string[] };
  readonly versions?: readonly { readonly name?: string; readonly served?: boolean }[];
}

const builtIn = new Set(kinds.map(typeKey));

/**
 * The types that a cluster serves: the built-in ones, what its CustomResourceDefinitions declare, and kinds of objects
 * that it holds without a definition, as recordings do.
 */
export function knownTypes(state: ClusterState): readonly ResourceType[] {
  const defined = state
    .select('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {})
    .flatMap(definedTypes)
    .filter((type) => !builtIn.has(typeKey(type)));
  const known = new Set([...builtIn, ...defined.map(typeKey)]);
  const undefinedKinds = state.kinds().filter((key) => !known.has(key));
  return [...kinds, ...defined, ...undefinedKinds.map((key) => typeOfObjects(state, key))];
}

function typeKey({ apiVersion, kind }: Pick<ResourceType, 'apiVersion' | 'kind'>): string {
  return `${apiVersion}/${kind}`;
}

function definedTypes(definition: KubeObject): ResourceType[] {
  const { group, scope, names, versions = [] } = (definition['spec'] ?? {}) as Definition;
  const { kind, plural, shortNames = [] } = names ?? {};
  if (group === undefined || kind === undefined || plural === undefined) return [];
  return versions
    .filter(({ name, served }) => name !== undefined && served !== false)
    .map(({ name }) => ({ apiVersion: `${group}/${name}`, kind, plural, namespaced: scope !== 'Cluster', shortNames }));
}

function typeOfObjects(state: ClusterState, key: string): ResourceType {
  const at = key.lastIndexOf('/');
  const [apiVersion, kind] = [key.slice(0, at), key.slice(at + 1)];
  const namespaced = state.select(apiVersion, kind, {}).some((object) => object.metadata.namespace !== undefined);
  return { apiVersion, kind, plural: regularPlural(kind.toLowerCase()), namespaced, shortNames: [] };
}

/** As generators of CustomResourceDefinitions form it: `policies`, `ingresses`, `gateways`. */
function regularPlural(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}
