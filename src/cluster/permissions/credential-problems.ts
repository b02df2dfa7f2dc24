import type { PermissionSnapshot } from '../../domain/permissions.ts';
import { credentialProblems as kinds } from '../../kube/errors.ts';
import { type Problem, problem, type ProblemKind } from '../../lib/problem.ts';
import { writeQuestions } from './questions.ts';

const reads = {
  can_get_pods: 'pods',
  can_get_logs: 'pods/log',
  can_get_events: 'events',
  can_get_deployments: 'deployments.apps',
  can_get_services: 'services',
  can_get_nodes: 'nodes',
  can_get_configmaps: 'configmaps',
} as const;

/** The kubeconfig of a cluster, as its problems name it. */
interface Named {
  readonly name: string;
  readonly kubeconfig: string | null;
  readonly teleport?: { readonly cluster: string; readonly node: string } | null;
}

/**
 * What a person has to know of what a credential may do, the gravest first. The daemon and `doctor` both say it with
 * these words, whoever asked the API server.
 */
export function credentialProblems(snapshot: PermissionSnapshot, { name, kubeconfig, teleport }: Named): Problem[] {
  const there = teleport
    ? `the kubeconfig of kubectl on ${teleport.node} (Teleport cluster ${teleport.cluster})`
    : null;
  const fields = { file: kubeconfig ?? there ?? 'triage.kubeconfig', cluster: name };
  const found = (kind: ProblemKind, message: string): Problem => problem(kind, message, fields);
  const { error, minimum_met: met, can_write: writes } = snapshot;
  const denied = Object.entries(reads).flatMap(([flag, what]) =>
    snapshot[flag as keyof typeof reads] === false ? [what] : [],
  );
  const problems: Problem[] = [];
  // That kubectl is not there is no matter of one cluster: the check of the machine says it.
  if (error !== null && met === null && !/install kubectl/i.test(error))
    problems.push(found(noAnswerKind(error), error));
  if (met === false) problems.push(found(kinds.rightsMissing, `it cannot read ${denied.join(', ')} in all namespaces`));
  else if (denied.length > 0) {
    problems.push(found(kinds.rightsPartial, `it cannot read ${denied.join(', ')} in all namespaces`));
  }
  if (writes.length === writeQuestions.length) {
    problems.push(found(kinds.administrator, 'it may do all that was asked for, as a cluster-admin may'));
  } else if (writes.length > 0) problems.push(found(kinds.canWrite, `it can also ${writes.join(', ')}`));
  // Who may do everything is told that, not one part of it.
  if (snapshot.can_get_secrets === true && !snapshot.secrets_access_allowed && writes.length < writeQuestions.length) {
    problems.push(found(kinds.secretsReadable, 'it can read secrets in all namespaces'));
  }
  return problems;
}

/** In this order: kubectl often says the wider thing around the narrower one. */
const signs: readonly (readonly [RegExp, ProblemKind])[] = [
  [/getting credentials|credential command|exec: executable|no credentials:/i, kinds.command],
  [/unauthorized|must be logged in|\b401\b/i, kinds.refused],
  [/x509|certificate|self[- ]signed|\btls:/i, kinds.apiTls],
  [
    /refused|no such host|timed? ?out|timeout|no answer within|unable to connect|no route|unreachable|ECONN|ENOTFOUND|EHOST|EAI_/i,
    kinds.apiUnreachable,
  ],
];

/** Why nobody answered what a credential may do, from the words of who was asked: kubectl, or our own client. */
function noAnswerKind(said: string): ProblemKind {
  return signs.find(([sign]) => sign.test(said))?.[1] ?? kinds.unknown;
}
