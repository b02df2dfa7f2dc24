import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import { type Problem, problem, type ProblemKind } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import type { SendOutcome } from '../notifier.ts';
import { Outage } from '../outage.ts';
import { type Reaction, reactionTo, reactionToError } from './answer.ts';
import { beginningOf, type Body } from './body.ts';

interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: Body | null;
}

interface Call {
  readonly method: 'POST';
  readonly redirect: 'manual';
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** How messages get to a place that is called over HTTP. */
export interface HttpOptions {
  readonly url: string;
  /** Of one call, ms. */
  readonly timeoutMs: number;
  readonly fetch: (url: string, call: Call) => Promise<Answer>;
  readonly clock: Clock;
  readonly random: () => number;
}

/** What such a place is to people, and which of its answers say more than their status. */
export interface HttpManner {
  readonly unreachable: ProblemKind;
  readonly refused: ProblemKind;
  /** 410 ends it until the next start; without it 410 is a refusal like any other. */
  readonly gone?: ProblemKind;
  /** A message that is answered so is never taken, however often it is sent. */
  readonly deadStatus?: number;
  /** What the body of such an answer says, for people. */
  readonly reasonIn?: (body: string) => string | null;
  /** The same call twice is one message: what was cut off by a stop needs no mark. */
  readonly idempotent: boolean;
}

export interface HttpMessage {
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** After a failure one message tries the way, at growing intervals; the others wait. */
const closed: BackoffPolicy = { initialMs: 1000, maxMs: 5 * 60_000 };
/** A receiver that asks for no more is not asked before the next start; the outbox is looked at this often, ms. */
const goneLookMs = 30 * 60_000;
/** What is read of an answer for its reason, bytes. */
const reasonBytes = 4096;

type Undone = Exclude<Reaction, { kind: 'taken' }>;

/** One place that takes messages over HTTP: whether the way there is free, and what is wrong with it. */
export class HttpPlace {
  readonly #options: HttpOptions;
  readonly #manner: HttpManner;
  readonly #host: string;
  readonly #outage: Outage;
  #failures = 0;
  #closedUntil = 0;
  #isGone = false;
  #current: Problem | null = null;

  constructor(options: HttpOptions, manner: HttpManner) {
    this.#options = options;
    this.#manner = manner;
    this.#host = new URL(options.url).host;
    this.#outage = new Outage(manner.unreachable);
  }

  /** ms since the epoch; null when the way is free. */
  pausedUntil(): number | null {
    const waiting = this.#waiting();
    return waiting > this.#options.clock.now() ? waiting : null;
  }

  problem(): Problem | null {
    return this.#current ?? this.#outage.problem(this.#options.url);
  }

  /** Sends one message. Null when it was taken, else what became of it; never rejects. */
  async send(message: HttpMessage, signal: AbortSignal): Promise<Exclude<SendOutcome, { kind: 'sent' }> | null> {
    const { clock } = this.#options;
    if (signal.aborted) return { kind: 'deferred', until: clock.now(), message: 'stopped before it was sent' };
    const until = this.pausedUntil();
    if (until !== null) return { kind: 'deferred', until, message: `${this.#host} takes nothing now` };
    const { reaction, dead } = await this.#post(message, signal);
    if (reaction.kind === 'taken') {
      [this.#failures, this.#closedUntil, this.#current] = [0, 0, null];
      this.#outage.over();
      return null;
    }
    if (signal.aborted && this.#manner.idempotent) {
      return { kind: 'deferred', until: clock.now(), message: 'stopped while it was sent' };
    }
    return this.#failed(reaction, dead);
  }

  #waiting(): number {
    return this.#isGone ? this.#options.clock.now() + goneLookMs : this.#closedUntil;
  }

  #failed(undone: Undone, dead: boolean): SendOutcome & { kind: 'failed' } {
    const { clock, random } = this.#options;
    const { gone, refused: kind } = this.#manner;
    const { message } = undone;
    const host = this.#host;
    if (undone.kind === 'gone' && gone !== undefined) {
      this.#isGone = true;
      this.#current = problem(gone, `${host} answered ${message}`, { host });
      return { kind: 'failed', reason: 'other', message, again: { at: this.#waiting() }, uncertain: false };
    }
    const refusal = { reason: 'other', uncertain: false, waitMs: null, refused: true } as const;
    const { reason, uncertain, waitMs, refused } = undone.kind === 'gone' ? refusal : undone;
    this.#outage.failed(reason);
    if (refused) this.#current = problem(kind, `${host} answered ${message}`, { host });
    // The way itself is free: what others have to say may be taken.
    if (dead) return { kind: 'failed', reason, message, again: 'never', uncertain: false };
    // One that began beside the one that failed is the same failure.
    if (clock.now() >= this.#closedUntil) {
      this.#closedUntil = clock.now() + (waitMs ?? backoffDelay(closed, this.#failures, random));
      this.#failures += 1;
    }
    return { kind: 'failed', reason, message, again: { at: this.#closedUntil }, uncertain };
  }

  async #post({ headers, body }: HttpMessage, outer: AbortSignal): Promise<{ reaction: Reaction; dead: boolean }> {
    const { url, timeoutMs, clock } = this.#options;
    const { deadStatus, reasonIn } = this.#manner;
    try {
      const answer = await this.#options.fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json', 'user-agent': 'nightcrier', ...headers },
        body,
        signal: AbortSignal.any([outer, AbortSignal.timeout(timeoutMs)]),
      });
      const dead = answer.status === deadStatus;
      // Only the status decides: of the body nothing is read but a reason for people.
      const said = dead && reasonIn ? reasonIn(await beginningOf(answer.body, reasonBytes)) : null;
      if (said === null) await answer.body?.cancel().catch(() => {});
      const reaction = reactionTo(answer.status, answer.headers.get('retry-after'), clock.now());
      if (reaction.kind === 'taken' || said === null) return { reaction, dead };
      return { reaction: { ...reaction, message: `${reaction.message}: ${oneLine(said, 200)}` }, dead };
    } catch (error) {
      return { reaction: reactionToError(error), dead: false };
    }
  }
}
