import { Document, isCollection, visit } from 'yaml';
import { groupOf, type KindFacts, kinds } from '../kinds.ts';

/** An object as `kubectl apply` takes it. */
export type Manifest = Readonly<Record<string, unknown>> & { readonly kind: string };

/** Which custom resources a credential may read: none, those that operators have added to the role `view`, or those named. */
export type CustomResources = 'none' | 'view' | readonly CustomResource[];

/** Custom resources of one group, by plural. */
export interface CustomResource {
  readonly group: string;
  readonly resources: readonly string[];
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** One of the two readers: nightcrier's own credential, or the one that a kubernetes-mcp-server runs with. */
interface Reader {
  readonly namespace: string;
  /** Of ServiceAccount and role. */
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly customResources: CustomResources;
}

export const readerName = 'nightcrier-reader';
export const readerNamespace = 'nightcrier';
const rbac = 'rbac.authorization.k8s.io';
const read = ['get', 'list', 'watch'];

/**
 * What triage, sweep and watch read: every kind of the table but Secrets, and the logs of pods. It is made of the table, so
 * a kind that is read from some day on is in the next manifest.
 */
function readerRules(): Rule[] {
  return rulesOf(kinds.filter(({ kind }) => kind !== 'Secret'));
}

/** What nightcrier asks of a server: what a sweep lists, the owners of it, and logs. */
function serverRules(): Rule[] {
  return rulesOf(kinds.filter(({ sweep, workload }) => sweep !== 'no' || workload));
}

/** ServiceAccount, role and bindings of the credential that nightcrier reads a cluster with. */
export function readerManifests(namespace: string, customResources: CustomResources): readonly Manifest[] {
  return manifests({ namespace, name: readerName, rules: readerRules(), customResources });
}

/** The same for a kubernetes-mcp-server, which serves nightcrier and nobody else. */
export function serverManifests(): readonly Manifest[] {
  const name = 'kubernetes-mcp-server';
  return manifests({ namespace: 'mcp-system', name, rules: serverRules(), customResources: 'none' });
}

/** A Secret that the cluster fills with a token without an end for the reader; deleting it takes the token back. */
export function tokenSecret(namespace: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/service-account-token',
    metadata: {
      name: `${readerName}-token`,
      namespace,
      labels: labels(readerName),
      annotations: { 'kubernetes.io/service-account.name': readerName },
    },
  };
}

/** Objects as the text of a file that kubectl takes; `comment` goes above, one line a line. */
export function manifestText(objects: readonly Manifest[], comment: readonly string[] = []): string {
  const documents = objects.map((object) => {
    const document = new Document(object, { aliasDuplicateObjects: false });
    visit(document, {
      Pair: (_, { key, value }) => {
        if (/^(?:apiGroups|verbs)$/.test(String(key)) && isCollection(value)) value.flow = true;
      },
    });
    return document.toString({ lineWidth: 0, flowCollectionPadding: false, singleQuote: true });
  });
  return `${comment.map((line) => `# ${line}\n`).join('')}${documents.join('---\n')}`;
}

function manifests({ namespace, name, rules, customResources }: Reader): readonly Manifest[] {
  const metadata = (of: string) => ({ name: of, labels: labels(name) });
  const account = { kind: 'ServiceAccount', name, namespace };
  const bind = (binding: string, role: string): Manifest => ({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: metadata(bindingName(binding, namespace)),
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: [account],
  });
  const role = (of: string, roleRules: readonly Rule[]): Manifest => ({
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: metadata(of),
    rules: roleRules,
  });
  const custom = `${name}-custom`;
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: metadata(namespace) },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata(name), namespace } },
    role(name, rules),
    bind(name, name),
    ...(customResources === 'view' ? [bind(`${name}-view`, 'view')] : []),
    ...(typeof customResources === 'string' || customResources.length === 0
      ? []
      : [role(custom, customRules(customResources)), bind(custom, custom)]),
  ];
}

/** A binding of a namespace of one's own has a name of its own, so that two readers of one cluster do not end each other. */
function bindingName(name: string, namespace: string): string {
  return [readerNamespace, 'mcp-system'].includes(namespace) ? name : `${name}-${namespace}`;
}

function labels(name: string): Readonly<Record<string, string>> {
  return { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'nightcrier' };
}

function customRules(custom: readonly CustomResource[]): Rule[] {
  return custom.map(({ group, resources }) => ({ apiGroups: [group], resources: [...resources], verbs: read }));
}

/** One rule a group, in the order of the table. */
function rulesOf(wanted: readonly KindFacts[]): Rule[] {
  const groups = Map.groupBy(wanted, ({ apiVersion }) => groupOf(apiVersion));
  return [
    ...[...groups].map(([group, facts]) => ({
      apiGroups: [group],
      resources: facts.map(({ plural }) => plural),
      verbs: read,
    })),
    { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] },
  ];
}
