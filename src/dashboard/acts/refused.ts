import type { Problem } from '../../lib/problem.ts';
import type { ActAnswer } from '../frame/handlers.ts';

/** An act that was not done, told with this HTTP status. */
export function refused(status: number, problem: Problem): ActAnswer {
  return { kind: 'refused', status, problem };
}
