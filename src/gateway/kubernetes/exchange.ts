import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import type { ApiAccess } from '../../kube/credential/api-access.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { KubeDecision, SecretsMode } from './decide.ts';

export type Answer = Dispatcher.ResponseData;

/** A read that is carried to the API server, and where its answer goes. */
export interface Exchange {
  readonly method: 'GET' | 'HEAD';
  readonly decision: Extract<KubeDecision, { kind: 'forward' }>;
  /** What the client takes. */
  readonly accept: string;
  readonly response: ServerResponse;
  readonly upstream: Upstream;
}

/** How a run reads its cluster. */
export interface Upstream {
  readonly access: ApiAccess;
  readonly secrets: SecretsMode;
  /** One answer that is read whole, and one event of a watch; bytes. */
  readonly maxResponse: number;
  /** The longest watch, and the longest log that is followed; ms. */
  readonly watchTimeoutMs: number;
  readonly redact: Redactor;
  readonly kept: KeptAnswers;
  /** The run's share of what is held of answers that are being read and given. */
  readonly memory: AnswerMemory;
}

/** Bytes of answers that are held at the same time: of a run, and, as the whole that its share is of, of all runs. */
export class AnswerMemory {
  readonly #max: number;
  readonly #whole: AnswerMemory | null;
  #taken = 0;

  constructor(max: number, whole: AnswerMemory | null = null) {
    this.#max = max;
    this.#whole = whole;
  }

  /** False when there is no room: nothing was taken then. */
  take(bytes: number): boolean {
    if (this.#taken + bytes > this.#max || this.#whole?.take(bytes) === false) return false;
    this.#taken += bytes;
    return true;
  }

  give(bytes: number): void {
    this.#taken -= bytes;
    this.#whole?.give(bytes);
  }
}

/** An answer that is not the cluster's: why there is none, as a status. */
export class NoAnswer extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Whether it lasts by its nature: its end by time is no failure. */
export function isLong({ decision: { form, target } }: Exchange): boolean {
  const follow = target.query.get('follow');
  return form === 'watch' || (form === 'log' && follow !== null && follow !== 'false' && follow !== '0');
}

/** The same redactor, with a count of what one exchange had replaced: others use it at the same time. */
export function counting(redact: Redactor): Redactor {
  let count = 0;
  const counted = <T>(work: () => T): T => {
    const before = redact.count;
    const result = work();
    count += redact.count - before;
    return result;
  };
  return {
    text: (text) => counted(() => redact.text(text)),
    value: (value) => counted(() => redact.value(value)),
    learn: (secrets) => redact.learn(secrets),
    noted: (replaced) => counted(() => redact.noted(replaced)),
    get count() {
      return count;
    },
  };
}
