import type { Problem, ProblemKind } from '../lib/problem.ts';
import { problem } from '../lib/problem.ts';

/** A refusal with its HTTP status; becomes `{error: {code, message, fix}}`. */
export class HttpProblem extends Error {
  readonly status: number;
  readonly problem: Problem;

  constructor(status: number, kind: ProblemKind, message: string, fields: Record<string, string> = {}) {
    super(message);
    this.name = 'HttpProblem';
    this.status = status;
    this.problem = problem(kind, message, fields);
  }
}
