import { type Problem, problem } from '../../lib/problem.ts';
import { slackUnreachable } from '../errors.ts';
import type { FailureReason } from '../notifier.ts';

/** So many attempts in a row without an answer are told. */
const toldAfter = 5;

/** Counts attempts that Slack, or the way to it, did not answer. */
export class Outage {
  #attempts = 0;

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
    return problem(slackUnreachable, `${host} took no message ${this.#attempts} times in a row`, { host });
  }
}
