import type { ReadError } from '../kube/cluster-reader.ts';
import { teleportProblems, type TshFailureKind } from '../teleport/errors.ts';
import { ToolError, type ToolErrorCode } from './tool-error.ts';

const codes: Readonly<Record<ReadError['failure'], ToolErrorCode>> = {
  forbidden: 'forbidden',
  unauthorized: 'unauthenticated',
  unreachable: 'upstream_unavailable',
  timeout: 'timeout',
  too_large: 'too_large',
  unsupported: 'not_installed',
  invalid: 'upstream_unavailable',
};

/** What a tool says of a failure of Teleport. */
export const teleportCodes: Readonly<Record<TshFailureKind, ToolErrorCode>> = {
  not_installed: 'not_installed',
  not_logged_in: 'not_logged_in',
  expired: 'not_logged_in',
  unreachable: 'upstream_unavailable',
  access_denied: 'forbidden',
  unknown_node: 'not_found',
  unknown_cluster: 'unknown_cluster',
  incompatible: 'incompatible_version',
  remote: 'upstream_unavailable',
  timeout: 'timeout',
  too_large: 'too_large',
  failed: 'upstream_unavailable',
};

/** The error of a tool for a read of a cluster that gave no answer. */
export function readFailure(error: ReadError): ToolError {
  if (error.status === 410) {
    return new ToolError('conflict', 'the pages of this list have expired', 'Leave cursor out to begin anew.');
  }
  const fix = error.failure === 'forbidden' ? missingRule(error.message) : fixes[error.failure];
  const after = error.retryAfterMs === null ? {} : { retryAfterS: Math.ceil(error.retryAfterMs / 1000) };
  const steps = [error.problem?.fix ?? fix];
  return new ToolError(codeOf(error), error.message, { steps }, { cause: error, ...after });
}

/** The way to the cluster knows best what is missing. */
function codeOf({ failure, problem }: ReadError): ToolErrorCode {
  return codesOfWay.get(problem?.code ?? '') ?? codes[failure];
}

/** By the code of a problem. What was asked for is no node of Teleport: that one is unknown says nothing about it. */
const codesOfWay: ReadonlyMap<string, ToolErrorCode> = new Map(
  Object.entries({ ...teleportCodes, unknown_node: codes.unreachable, unknown_cluster: codes.unreachable }).map(
    ([kind, code]) => [teleportProblems[kind as TshFailureKind].code, code],
  ),
);

const fixes: Readonly<Record<Exclude<ReadError['failure'], 'forbidden'>, string>> = {
  unauthorized: 'Put a valid credential into the kubeconfig of the cluster; `nightcrier doctor` says which.',
  too_large: 'Ask for less: a namespace, a selector, a smaller limit.',
  unsupported: 'The cluster does not serve this: its API resources say what it does serve.',
  unreachable: 'See health_check, or `nightcrier doctor`, for how the cluster is reached.',
  timeout: 'Ask for less, or again; `nightcrier doctor` says how the cluster is reached.',
  invalid: 'What answers is no Kubernetes API; `nightcrier doctor` says how the cluster is reached.',
};

/** As the API server says it: `User "x" cannot list resource "pods" in API group "apps" …`. */
const refusal = /cannot (\w+) resource "([^"]+)" in API group "([^"]*)"/;

/** The rule of a ClusterRole that is missing, as it has to be written. */
function missingRule(message: string): string {
  const [, verb, resource, group] = refusal.exec(message) ?? [];
  if (resource === undefined)
    return 'Give the credential of the cluster the right; deploy/rbac/reader.yaml has all that reading needs.';
  const rule = `{apiGroups: [${JSON.stringify(group)}], resources: [${JSON.stringify(resource)}], verbs: [${JSON.stringify(verb)}]}`;
  return `Add this rule to a ClusterRole of the credential (deploy/rbac/reader.yaml has all that reading needs): ${rule}.`;
}
