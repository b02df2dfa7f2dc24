import type { ReadError, ReadFailure } from '../../kube/cluster-reader.ts';
import type { ProblemKind } from '../../lib/problem.ts';
import { watchProblems as problems } from '../errors.ts';

/** Why a list or a watch ended before its time: the label of metrics and the field of logs. */
export const watchEnds = [
  'expired',
  'unauthorized',
  'forbidden',
  'unsupported',
  'rate_limited',
  'server_error',
  'unreachable',
  'timeout',
  'garbage',
  'too_large',
] as const;
export type WatchEnd = (typeof watchEnds)[number];

/**
 * What becomes of the watch of a kind:
 * - `relist`: what happened since is not known; list anew
 * - `resume`: go on from the last version
 * - `leave`: the kind cannot be had with these rights, or of this server; ask again after a long time
 */
export interface WatchReaction {
  readonly action: 'relist' | 'resume' | 'leave';
  readonly end: WatchEnd;
  /** What a person is told when nothing else can be read either. */
  readonly problem: ProblemKind;
}

/** Table over everything that can end a list or a watch. */
export function reactToEnd({ failure, status, message }: ReadError): WatchReaction {
  if (status === 410) return { action: 'relist', end: 'expired', problem: problems.serverError };
  if (status === 429) return { action: 'resume', end: 'rate_limited', problem: problems.serverError };
  // A version that the server has not reached yet: it was set back.
  if (status !== null && /too large resource version/i.test(message)) {
    return { action: 'relist', end: 'expired', problem: problems.serverError };
  }
  if (status !== null && status >= 500) return { action: 'resume', end: 'server_error', problem: problems.serverError };
  return byFailure[failure];
}

const byFailure: Record<ReadFailure, WatchReaction> = {
  unauthorized: { action: 'resume', end: 'unauthorized', problem: problems.unauthorized },
  forbidden: { action: 'leave', end: 'forbidden', problem: problems.forbidden },
  unsupported: { action: 'leave', end: 'unsupported', problem: problems.notKubernetes },
  unreachable: { action: 'resume', end: 'unreachable', problem: problems.unreachable },
  timeout: { action: 'resume', end: 'timeout', problem: problems.silent },
  invalid: { action: 'relist', end: 'garbage', problem: problems.notKubernetes },
  too_large: { action: 'relist', end: 'too_large', problem: problems.serverError },
};
