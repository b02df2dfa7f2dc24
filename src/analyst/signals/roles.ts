import type { Entity } from '../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../kube/cluster-reader.ts';
import { matchesSelector } from '../../kube/selectors.ts';
import type { EvidenceGraph } from '../model/evidence-graph.ts';
import { listAt, recordAt, textAt } from '../model/fields.ts';

/** What a ServiceAccount was not allowed to do. */
export interface Denied {
  readonly account: Entity;
  readonly verb: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly group: string;
  /** The namespace of the request; null: the whole cluster, or it is not told. */
  readonly namespace: string | null;
  readonly isClusterWide: boolean;
}

const has = (rule: unknown, field: string, wanted: string): boolean =>
  listAt(rule, field).some((it) => it === wanted || it === '*');

/** The rules of a role that speak of a resource, in any API group. */
export function rulesFor(role: KubeObject, resource: string): readonly unknown[] {
  const [, sub] = resource.split('/');
  return listAt(role, 'rules').filter(
    (rule) => has(rule, 'resources', resource) || (sub !== undefined && has(rule, 'resources', `*/${sub}`)),
  );
}

/** Whether a role lets somebody do it, whatever the object. */
export function allows(role: KubeObject | null, denied: Denied): boolean {
  if (role === null) return false;
  return rulesFor(role, denied.resource).some(
    (rule) =>
      has(rule, 'verbs', denied.verb) &&
      has(rule, 'apiGroups', denied.group) &&
      listAt(rule, 'resourceNames').length === 0,
  );
}

/** What a role lacks: the part that would have to change, and a clause that says what it gives instead. */
export interface Shortfall {
  readonly wrong: string;
  readonly gives: string;
}

/** How far a role is from what was refused; the nearest of its rules counts. */
export function shortfallOf(graph: EvidenceGraph, role: KubeObject, denied: Denied): Shortfall {
  const { resource, group, verb } = denied;
  const [base = '', sub] = resource.split('/');
  const rules = rulesFor(role, resource);
  const aggregated = rules.length === 0 ? emptyAggregation(graph, role) : null;
  if (aggregated) return aggregated;
  const inGroup = rules.filter((rule) => has(rule, 'apiGroups', group));
  if (rules.length > 0 && inGroup.length === 0) {
    const groups = [...new Set(rules.flatMap((rule) => listAt(rule, 'apiGroups').map(String)))];
    const named = groups.map((it) => `"${it}"`).join(', ');
    return { wrong: groups[0] || resource, gives: `${resource} only of the API group ${named}, not of "${group}"` };
  }
  const withVerb = inGroup.filter((rule) => has(rule, 'verbs', verb));
  const names = withVerb.flatMap((rule) => listAt(rule, 'resourceNames').map(String));
  if (names.length > 0)
    return { wrong: names[0] ?? verb, gives: `${verb} only the ${resource} named ${names.slice(0, 3).join(', ')}` };
  if (rules.length === 0) {
    const hint =
      sub !== undefined && rulesFor(role, base).length > 0
        ? ` (the right for ${base} does not hold for its subresource ${sub})`
        : '';
    return { wrong: resource, gives: `do nothing with ${resource}${hint}` };
  }
  const verbs = [...new Set(rules.flatMap((rule) => listAt(rule, 'verbs').map(String)))];
  return { wrong: verb, gives: `only ${verbs.join(', ')} ${resource}` };
}

/** A ClusterRole that gathers the rules of others by labels that none of them has. */
function emptyAggregation(graph: EvidenceGraph, role: KubeObject): Shortfall | null {
  const selectors = listAt(role, 'aggregationRule', 'clusterRoleSelectors');
  const [selector] = selectors;
  if (selector === undefined || listAt(role, 'rules').length > 0) return null;
  const [pair] = Object.entries(recordAt(selector, 'matchLabels'));
  if (!pair || graph.all('ClusterRole').some((it) => matchesSelector(selector, it.metadata.labels ?? {}))) return null;
  const label = `${pair[0]}=${String(pair[1])}`;
  return {
    wrong: pair[0],
    gives: `do nothing at all: its rules are those of ClusterRoles with ${label}, and none has that label`,
  };
}

export const isSubject = (subject: unknown, account: Entity): boolean =>
  (textAt(subject, 'kind') === 'ServiceAccount' &&
    textAt(subject, 'name') === account.name &&
    textAt(subject, 'namespace') === account.namespace) ||
  (textAt(subject, 'kind') === 'User' &&
    textAt(subject, 'name') === `system:serviceaccount:${account.namespace}:${account.name}`) ||
  (textAt(subject, 'kind') === 'Group' &&
    ['system:serviceaccounts', 'system:authenticated', `system:serviceaccounts:${account.namespace}`].includes(
      textAt(subject, 'name'),
    ));

export function roleOf(graph: EvidenceGraph, binding: KubeObject): KubeObject | null {
  const kind = textAt(binding, 'roleRef', 'kind');
  return graph.get(
    kind,
    kind === 'Role' ? (binding.metadata.namespace ?? null) : null,
    textAt(binding, 'roleRef', 'name'),
  );
}
