import { oneLine } from '../lib/text.ts';

/** What an API server answered, as kubectl tells it. */
export interface ApiRefusal {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}

/** The reasons of a Status object with the HTTP status of each (k8s.io/apimachinery, `metav1.StatusReason`). */
const statuses: Readonly<Record<string, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
  ServerTimeout: 504,
};

/** Of the standard error of a kubectl that has failed; null when no API server has answered. */
export function apiRefusal(stderr: string): ApiRefusal | null {
  if (/^error: You must be logged in to the server/im.test(stderr)) {
    return { status: 401, reason: 'Unauthorized', message: 'Unauthorized' };
  }
  const match = /^Error from server(?: \((\w+)\))?: (.*)$/m.exec(stderr);
  if (match === null) return null;
  const [, reason = 'InternalError', message = ''] = match;
  return { status: statuses[reason] ?? 500, reason, message: oneLine(message, 2000) };
}

/** The Status object that the API server has sent, as far as kubectl tells of it. */
export function statusBody({ status, reason, message }: ApiRefusal): string {
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code: status,
  });
}
