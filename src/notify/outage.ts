import { type Problem, problem, type ProblemKind } from '../lib/problem.ts';
import type { FailureReason } from './notifier.ts';

/** So many attempts in a row without an answer are told. */
const toldAfter = 5;

/** Counts attempts that the other side, or the way to it, did not answer. */
export class Outage {
  readonly #kind: ProblemKind;
  #attempts = 0;

  /** `kind`: what people are told; its fix may name the `{host}`. */
  constructor(kind: ProblemKind) {
    this.#kind = kind;
  }

  failed(reason: FailureReason): void {
    const unanswered = ['timeout', 'network', 'invalid_answer', 'server_error'].includes(reason);
    this.#attempts = unanswered ? this.#attempts + 1 : 0;
  }

  over(): void {
    this.#attempts = 0;
  }

  /** Null while it is too short to be told. `url`: where messages go, of which only the host is shown. */
  problem(url: string): Problem | null {
    if (this.#attempts < toldAfter) return null;
    const { host } = new URL(url);
    return problem(this.#kind, `${host} took no message ${this.#attempts} times in a row`, { host });
  }
}
