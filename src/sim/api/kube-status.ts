import type { KubeObject } from '../../kube/cluster-reader.ts';
import { qualifiedName, type ResourceType } from './resource-types.ts';

/** A refusal of the Kubernetes API: `code` is the HTTP status, the rest its `Status` body. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: object;

  constructor(code: number, reason: string, message: string, details: object = {}) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  get body(): object {
    const { code, reason, message, details } = this;
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code };
  }
}

export function notFound(type: ResourceType, name: string): StatusError {
  return new StatusError(404, 'NotFound', `${qualifiedName(type)} "${name}" not found`, {
    name,
    ...(type.apiVersion.includes('/') && { group: type.apiVersion.split('/')[0] }),
    kind: type.plural,
  });
}

/** A path that the server does not have. */
export function noSuchPath(): StatusError {
  return new StatusError(404, 'NotFound', 'the server could not find the requested resource');
}

export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

export function methodNotAllowed(): StatusError {
  return new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

/** In the words of the RBAC authorizer. */
export function forbidden(user: string, attributes: AccessAttributes): StatusError {
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const target = subresource ? `${resource}/${subresource}` : resource;
  const qualified = group ? `${resource}.${group}` : resource;
  const subject = name ? `${qualified} "${name}"` : qualified;
  const scope = namespace ? `in the namespace "${namespace}"` : 'at the cluster scope';
  const message = `${subject} is forbidden: User "${user}" cannot ${verb} resource "${target}" in API group "${group}" ${scope}`;
  return new StatusError(403, 'Forbidden', message, { ...(name && { name }), ...(group && { group }), kind: resource });
}

/** What is asked of the authorizer; empty texts where there is nothing. */
export interface AccessAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export type AccessRule = (attributes: AccessAttributes) => boolean;

/** Reads everything but Secrets, writes nothing: what a triage credential should have. */
export const readOnlyAccess: AccessRule = ({ verb, resource }) =>
  ['get', 'list', 'watch'].includes(verb) && resource !== 'secrets';

/** The API's words for a log that is not there. */
export function missingLog(pod: KubeObject, container: string, previous: boolean): string {
  const name = pod.metadata.name;
  return previous
    ? `previous terminated container "${container}" in pod "${name}" not found`
    : `container "${container}" in pod "${name}" is waiting to start: ContainerCreating`;
}
