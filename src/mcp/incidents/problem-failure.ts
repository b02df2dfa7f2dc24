import { ReadError } from '../../kube/cluster-reader.ts';
import { ProblemError } from '../../lib/problem.ts';
import { readFailure } from '../read-failure.ts';
import { ToolError, type ToolErrorCode } from '../tool-error.ts';

/** What problems of triage by hand are as errors of a tool (docs/errors.md); all others lie behind this service. */
const codes: Readonly<Record<string, ToolErrorCode>> = {
  'NC-TRIAGE-005': 'not_found',
  'NC-TRIAGE-006': 'unknown_cluster',
  'NC-TRIAGE-007': 'invalid_argument',
  'NC-TRIAGE-008': 'policy_denied',
};

/** Does what a tool needs; a problem that a person can have comes as an error of the tool, with what to do. */
export async function orToolError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    // A cluster that could not be read says itself why.
    if (error.cause instanceof ReadError) throw readFailure(error.cause);
    const { code, message, fix } = error.toProblem();
    throw new ToolError(codes[code] ?? 'upstream_unavailable', `${message} (${code})`, fix, { cause: error });
  }
}
