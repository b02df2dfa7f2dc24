import type { KubeObject } from '../../kube/cluster-reader.ts';
import { kindFacts } from '../../kube/kinds.ts';
import { controllerRef } from '../../kube/owner.ts';

/** Who keeps an object as it is described elsewhere. */
export interface Manager {
  /** `Kustomization flux-system/apps`, for people. */
  readonly name: string;
  /** How the description is looked at, or changed; null where kubectl cannot. */
  readonly command: string | null;
  /** `at_once`: what is changed by hand is taken back; `later`: by the next release. */
  readonly reverts: 'at_once' | 'later';
}

const helm = {
  by: 'app.kubernetes.io/managed-by',
  release: 'meta.helm.sh/release-name',
  in: 'meta.helm.sh/release-namespace',
};

/**
 * Who manages an object, as its owner, labels and annotations tell (documented by Flux, Argo CD and Helm); null when it is
 * what a person changes. A controller of Kubernetes' own kinds is no manager: the object above it is changed then.
 */
export function managerOf(object: KubeObject): Manager | null {
  return operatorOf(object) ?? fluxOf(object) ?? argoOf(object) ?? helmOf(object);
}

/** The custom resource that an operator made it from. */
function operatorOf(object: KubeObject): Manager | null {
  const owner = controllerRef(object);
  const isControlled = object.metadata.ownerReferences?.some(({ controller }) => controller === true) === true;
  if (owner === null || !isControlled || kindFacts(owner.kind) !== null) return null;
  const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [''];
  const kind = `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
  return {
    name: `${owner.kind} ${owner.namespace === null ? '' : `${owner.namespace}/`}${owner.name}`,
    command: `kubectl ${owner.namespace === null ? '' : `-n ${owner.namespace} `}edit ${kind} ${owner.name}`,
    reverts: 'at_once',
  };
}

function fluxOf({ metadata }: KubeObject): Manager | null {
  const { labels = {} } = metadata;
  for (const [domain, kind] of [
    ['kustomize.toolkit.fluxcd.io', 'Kustomization'],
    ['helm.toolkit.fluxcd.io', 'HelmRelease'],
  ] as const) {
    const [name, namespace] = [labels[`${domain}/name`], labels[`${domain}/namespace`]];
    if (name === undefined || namespace === undefined) continue;
    const command = `kubectl -n ${namespace} get ${kind.toLowerCase()}.${domain} ${name} -o yaml`;
    return { name: `${kind} ${namespace}/${name} of Flux`, command, reverts: 'at_once' };
  }
  return null;
}

function argoOf({ metadata }: KubeObject): Manager | null {
  const tracked = metadata.annotations?.['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const name = tracked ?? metadata.labels?.['argocd.argoproj.io/instance'];
  if (name === undefined || name === '') return null;
  // An Application of another namespace is written NAMESPACE_NAME.
  const own = name.split('_').at(-1) ?? name;
  const command = `kubectl get applications.argoproj.io -A --field-selector metadata.name=${own}`;
  return { name: `Application ${own} of Argo CD`, command, reverts: 'at_once' };
}

function helmOf({ metadata }: KubeObject): Manager | null {
  const release = metadata.annotations?.[helm.release];
  if (metadata.labels?.[helm.by] !== 'Helm' || release === undefined) return null;
  const namespace = metadata.annotations?.[helm.in] ?? metadata.namespace ?? 'default';
  return { name: `the values of Helm release ${namespace}/${release}`, command: null, reverts: 'later' };
}
