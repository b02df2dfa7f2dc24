import type { Entity } from '../../../domain/verdict/verdict.ts';
import type { KubeObject } from '../../../kube/cluster-reader.ts';
import { entityOf, entityText } from '../../model/entities.ts';
import type { EvidenceGraph } from '../../model/evidence-graph.ts';
import { listAt, textAt } from '../../model/fields.ts';
import { says } from '../../model/lexicon.ts';
import { allows, type Denied, isSubject, roleOf, rulesFor, shortfallOf } from '../../signals/roles.ts';
import { endRefs, reasonRef, type Trouble } from '../../signals/trouble.ts';
import { type Conclusion, conclusion, eachCrash, edit, type Quotes, type Rule, step, where } from '../rule.ts';

export const accessRules: readonly Rule[] = [
  {
    id: 'rbac',
    catalogue: [109],
    needs: 'a 403 of the API server in a log, and the roles and bindings',
    unless: 'a binding gives the account the verb, or the account does not exist',
    conclude: eachCrash(forbidden),
  },
  {
    id: 'no-token',
    catalogue: [109],
    needs: 'a log that misses the token of the ServiceAccount',
    unless: 'the token is mounted in the pod',
    conclude: eachCrash(noToken),
  },
];

function forbidden(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { log } = trouble;
  const match = says.rightLacking.exec(trouble.text);
  if (!match) return null;
  const [, namespace = '', name = '', verb = '', resource = '', group = ''] = match;
  const after = trouble.text.slice(match.index, match.index + match[0].length + 120).split('\n')[0] ?? '';
  const denied: Denied = {
    account: { kind: 'ServiceAccount', namespace, name },
    verb,
    resource,
    group,
    namespace: /in the namespace \\?"([\w.-]+)\\?"/.exec(after)?.[1] ?? null,
    isClusterWide: /at the cluster scope/.test(after),
  };
  const bindings = [...graph.all('RoleBinding'), ...graph.all('ClusterRoleBinding')];
  const bound = bindings.filter((binding) =>
    listAt(binding, 'subjects').some((subject) => isSubject(subject, denied.account)),
  );
  const entry = trouble.entries.findLast((x) => x.message.includes('cannot ')) ?? null;
  const evidence = [
    log && entry ? graph.ref(log.path, entry.message) : reasonRef(graph, trouble),
    ...endRefs(graph, trouble),
  ];
  return (
    otherNamespace(graph, trouble, denied, bound, evidence) ??
    roleLacks(graph, trouble, denied, bound, evidence) ??
    wrongSubject(graph, trouble, denied, bindings, evidence) ??
    notBound(graph, trouble, denied, evidence)
  );
}

/** A binding that would do, and holds in one namespace only. */
function otherNamespace(
  graph: EvidenceGraph,
  trouble: Trouble,
  denied: Denied,
  bound: readonly KubeObject[],
  evidence: Quotes,
): Conclusion | null {
  const enough = bound.filter((binding) => allows(roleOf(graph, binding), denied));
  const isTold = denied.isClusterWide || denied.namespace !== null;
  if (!isTold || enough.some((it) => it.kind === 'ClusterRoleBinding' || it.metadata.namespace === denied.namespace))
    return null;
  const [binding] = enough;
  if (!binding) return null;
  const entity = entityOf(binding);
  const place = denied.isClusterWide ? 'in the whole cluster' : `in namespace ${denied.namespace}`;
  return conclusion('rbac-other-namespace', {
    entity,
    mechanism: 'rbac_missing',
    wrongValue: entity.namespace,
    statement: `RoleBinding ${entity.namespace}/${entity.name} lets ServiceAccount ${denied.account.name} ${denied.verb} ${denied.resource} in namespace ${entity.namespace} only, and the ${where(trouble)} asks for them ${place}: 403 Forbidden.`,
    weight: 95,
    evidence: [...evidence, graph.fieldRef(binding, 'namespace', entity.namespace), graph.refIn(entity, '"roleRef"')],
    affects: [trouble.workload.entity],
    ruledOut: `the role: ${textAt(binding, 'roleRef', 'name')} holds ${denied.verb} for ${denied.resource}`,
    remediation: step(
      denied.isClusterWide
        ? `Bind the rights with a ClusterRoleBinding, or let the program watch namespace ${entity.namespace} only`
        : `Make the same RoleBinding in namespace ${denied.namespace}`,
      null,
      'medium',
    ),
  });
}

/** A role that is bound to the account and does not hold the verb. */
function roleLacks(
  graph: EvidenceGraph,
  trouble: Trouble,
  denied: Denied,
  bound: readonly KubeObject[],
  evidence: Quotes,
): Conclusion | null {
  const roles = bound.flatMap((binding) => roleOf(graph, binding) ?? []);
  if (roles.some((it) => allows(it, denied))) return null;
  const role =
    roles.find((it) => rulesFor(it, denied.resource).length > 0) ?? roles.find((it) => it.kind === 'Role') ?? roles[0];
  if (!role) return null;
  const { wrong, gives } = shortfallOf(graph, role, denied);
  return conclusion('rbac-missing', {
    entity: entityOf(role),
    mechanism: 'rbac_missing',
    wrongValue: wrong,
    statement: `${role.kind} ${role.metadata.name} lets ServiceAccount ${denied.account.name} ${gives}${gives.startsWith('only') ? `, not ${denied.verb} them` : ''}: 403 Forbidden to ${denied.verb} ${denied.resource} for the ${where(trouble)}.`,
    weight: 95,
    evidence: [
      ...evidence,
      graph.refIn(entityOf(role), `"${denied.resource}"`) ??
        graph.refIn(entityOf(role), '"verbs"') ??
        graph.refIn(entityOf(role), '"aggregationRule"'),
    ],
    affects: [trouble.workload.entity],
    ruledOut: `a missing ServiceAccount: ${denied.account.name} exists and is bound`,
    remediation: edit(
      `Add the verb ${denied.verb} for ${denied.resource} to ${role.kind} ${role.metadata.name}`,
      entityOf(role),
      'medium',
    ),
  });
}

/** The subject of a binding that has the account's name, in another namespace or of another kind. */
const namesakeIn = (binding: KubeObject, account: Entity): unknown =>
  listAt(binding, 'subjects').find(
    (subject) => !isSubject(subject, account) && textAt(subject, 'name') === account.name && account.name !== 'default',
  );

const isAbsentRole = (graph: EvidenceGraph, binding: KubeObject): boolean =>
  graph.absent(
    textAt(binding, 'roleRef', 'kind'),
    textAt(binding, 'roleRef', 'kind') === 'Role' ? (binding.metadata.namespace ?? null) : null,
    textAt(binding, 'roleRef', 'name'),
  ) !== null;

/** A binding to a role that would do, for somebody else. */
function wrongSubject(
  graph: EvidenceGraph,
  trouble: Trouble,
  denied: Denied,
  bindings: readonly KubeObject[],
  evidence: Quotes,
): Conclusion | null {
  const { workload } = trouble;
  const meant = bindings.filter((binding) => namesakeIn(binding, denied.account) !== undefined);
  const binding =
    meant.find((one) => allows(roleOf(graph, one), denied)) ??
    bindings.find(
      (one) =>
        allows(roleOf(graph, one), denied) &&
        ((one.kind === 'RoleBinding' && one.metadata.namespace === denied.account.namespace) ||
          workload.entity.name.includes(one.metadata.name)),
    ) ??
    // A role that was not read may hold the right or not.
    meant.find((one) => roleOf(graph, one) === null && !isAbsentRole(graph, one));
  if (!binding) return null;
  const isProven = allows(roleOf(graph, binding), denied);
  const subject = namesakeIn(binding, denied.account) ?? listAt(binding, 'subjects')[0];
  const name = textAt(subject, 'name');
  const other = name === denied.account.name ? textAt(subject, 'namespace') || textAt(subject, 'kind') : name;
  return conclusion('rbac-wrong-subject', {
    entity: entityOf(binding),
    mechanism: 'rbac_wrong_subject',
    wrongValue: other,
    statement: `${binding.kind} ${binding.metadata.name} gives ${textAt(binding, 'roleRef', 'name')} to ${textAt(subject, 'kind')} ${textAt(subject, 'namespace') === '' ? '' : `${textAt(subject, 'namespace')}/`}${name}, not to ServiceAccount ${denied.account.namespace}/${denied.account.name}, which the ${where(trouble)} runs as: it cannot ${denied.verb} ${denied.resource}.`,
    weight: 95,
    confidence: isProven ? 'high' : 'medium',
    evidence: [
      ...evidence,
      graph.refIn(entityOf(binding), `"name": "${name}"`),
      graph.refIn(entityOf(binding), `"namespace": "${textAt(subject, 'namespace')}"`),
    ],
    affects: [workload.entity],
    ruledOut: isProven
      ? [`the role: ${textAt(binding, 'roleRef', 'name')} holds ${denied.verb} for ${denied.resource}`]
      : [],
    remediation: edit(`Correct the subject of ${binding.kind} ${binding.metadata.name}`, entityOf(binding), 'medium'),
  });
}

function notBound(graph: EvidenceGraph, trouble: Trouble, denied: Denied, evidence: Quotes): Conclusion {
  const { pod } = trouble;
  const role = graph.all('Role', pod.namespace).find((x) => allows(x, denied));
  const entity = role ? entityOf(role) : denied.account;
  return conclusion('rbac-not-bound', {
    entity,
    mechanism: 'rbac_missing',
    wrongValue: denied.verb,
    statement: `No role lets ServiceAccount ${denied.account.namespace}/${denied.account.name}, which the ${where(trouble)} runs as, ${denied.verb} ${denied.resource}${role ? ` (${entityText(entity)} would, and is not bound to it)` : ''}: 403 Forbidden.`,
    weight: 93,
    confidence: graph.all('RoleBinding', pod.namespace).length > 0 ? 'high' : 'medium',
    evidence,
    affects: [trouble.workload.entity],
    remediation: step(
      `Bind a role with ${denied.verb} on ${denied.resource} to ${denied.account.name}`,
      null,
      'medium',
    ),
  });
}

function noToken(graph: EvidenceGraph, trouble: Trouble): Conclusion | null {
  const { pod, workload } = trouble;
  if (!says.noToken.test(trouble.text)) return null;
  const account = graph.get(
    'ServiceAccount',
    pod.namespace,
    textAt(pod.object, 'spec', 'serviceAccountName') || 'default',
  );
  const byPod = textAt(pod.object, 'spec', 'automountServiceAccountToken') === 'false';
  const byAccount = account !== null && textAt(account, 'automountServiceAccountToken') === 'false';
  if (!byPod && !byAccount) return null;
  const entity = byPod || !account ? workload.entity : entityOf(account);
  return conclusion('no-token', {
    entity,
    mechanism: 'no_sa_token',
    wrongValue: 'automountServiceAccountToken',
    statement: `The ${where(trouble)} calls the Kubernetes API, and ${entityText(entity)} sets automountServiceAccountToken: false, so it has no token: ${trouble.reason?.text ?? ''}`,
    weight: 95,
    evidence: [
      reasonRef(graph, trouble),
      graph.refIn(entity, '"automountServiceAccountToken": false'),
      ...endRefs(graph, trouble),
    ],
    affects: [workload.entity],
    ruledOut: 'missing rights: without a token nothing is asked',
    remediation: edit(`Set automountServiceAccountToken: true on ${entityText(workload.entity)}`, workload.entity),
  });
}
