import { kinds } from '../../kube/kinds.ts';

/** One resource of the Kubernetes API that a simulated cluster serves. */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
}

const byKind = new Map<string, ResourceType>(kinds.map((type) => [`${type.apiVersion}/${type.kind}`, type]));

export function resourceByKind(apiVersion: string, kind: string): ResourceType | null {
  return byKind.get(`${apiVersion}/${kind}`) ?? null;
}

/** `pods`, `deployments.apps`: the name that the API's messages use. */
export function qualifiedName(type: ResourceType): string {
  const group = type.apiVersion.includes('/') ? type.apiVersion.split('/')[0] : '';
  return group ? `${type.plural}.${group}` : type.plural;
}
