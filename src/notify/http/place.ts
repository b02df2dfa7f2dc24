import { type BackoffPolicy, backoffDelay } from '../../lib/backoff.ts';
import { type Clock, delay } from '../../lib/clock.ts';
import { type Problem, problem, type ProblemKind } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import type { SendOutcome } from '../notifier.ts';
import { Outage } from '../outage.ts';
import { type Reaction, reactionTo, reactionToError } from './answer.ts';
import { beginningOf, type Body, withoutSecrets } from './body.ts';

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

/** What a refusal says. */
export interface Refusal {
  /** For people; null when the body says nothing that can be used. */
  readonly said: string | null;
  /** The message is never taken, however often it is sent; others may be. */
  readonly dead: boolean;
}

/** What such a place is to people, and which of its answers say more than their status. */
export interface HttpManner {
  readonly unreachable: ProblemKind;
  readonly refused: ProblemKind;
  /** 410 ends it until the next start; without it 410 is a refusal like any other. */
  readonly gone?: ProblemKind;
  /** What the body of a 4xx (but 429) says; without it no body is read. */
  readonly refusal?: (status: number, body: string) => Refusal;
  /** What never shows in anything that is said about an answer, beside the address. */
  readonly secrets?: readonly string[];
  /** The same call twice is one message: what was cut off by a stop needs no mark. */
  readonly idempotent: boolean;
  /** From the beginning of one call to that of the next, ms. */
  readonly spacingMs?: number;
}

export interface HttpMessage {
  readonly headers?: Record<string, string>;
  readonly body: string;
}

/** How a message that was not taken ended. */
export type Undone = Exclude<SendOutcome, { kind: 'sent' }>;

/** After a failure one message tries the way, at growing intervals; the others wait. */
const closed: BackoffPolicy = { initialMs: 1000, maxMs: 5 * 60_000 };
/** What failed for itself, and not for a time that the other side named, lets the others go first, ms. */
const behindMs = 1000;
/** A receiver that asks for no more is not asked before the next start; the outbox is looked at this often, ms. */
const goneLookMs = 30 * 60_000;
/** What is read of an answer for its reason, bytes. */
const reasonBytes = 4096;
const reasonCharacters = 200;

type NotTaken = Exclude<Reaction, { kind: 'taken' }>;

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
  /** When the next call may begin, of the clock that never jumps. */
  #nextTurn = 0;

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
  async send(message: HttpMessage, signal: AbortSignal): Promise<Undone | null> {
    const { clock } = this.#options;
    await this.#turn(signal);
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

  async #turn(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const now = clock.monotonic();
    const turn = Math.max(now, this.#nextTurn);
    this.#nextTurn = turn + (this.#manner.spacingMs ?? 0);
    if (turn > now) await delay(clock, turn - now, signal).catch(() => {});
  }

  #failed(reaction: NotTaken, dead: boolean): SendOutcome & { kind: 'failed' } {
    const { clock, random } = this.#options;
    const { gone, refused: kind } = this.#manner;
    const message = this.#inert(reaction.message);
    const host = this.#host;
    if (reaction.kind === 'gone' && gone !== undefined) {
      this.#isGone = true;
      this.#current = problem(gone, `${host} answered ${message}`, { host });
      return { kind: 'failed', reason: 'other', message, again: { at: this.#waiting() }, uncertain: false };
    }
    const refusal = { reason: 'other', uncertain: false, waitMs: null, refused: true } as const;
    const { reason, uncertain, waitMs, refused } = reaction.kind === 'gone' ? refusal : reaction;
    this.#outage.failed(reason);
    if (refused) this.#current = problem(kind, `${host} answered ${message}`, { host });
    // The way itself is free: what others have to say may be taken.
    if (dead) return { kind: 'failed', reason, message, again: 'never', uncertain: false };
    // One that began beside the one that failed is the same failure.
    if (clock.now() >= this.#closedUntil) {
      this.#closedUntil = clock.now() + (waitMs ?? backoffDelay(closed, this.#failures, random));
      this.#failures += 1;
    }
    // Behind the others: one that is never taken must not be the first that tries the way each time.
    const at = this.#closedUntil + (waitMs === null ? behindMs : 0);
    return { kind: 'failed', reason, message, again: { at }, uncertain };
  }

  async #post({ headers, body }: HttpMessage, outer: AbortSignal): Promise<{ reaction: Reaction; dead: boolean }> {
    const { url, timeoutMs, clock } = this.#options;
    try {
      const answer = await this.#options.fetch(url, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': 'application/json', 'user-agent': 'nightcrier', ...headers },
        body,
        signal: AbortSignal.any([outer, AbortSignal.timeout(timeoutMs)]),
      });
      const reaction = reactionTo(answer.status, answer.headers.get('retry-after'), clock.now());
      const { said, dead } = await this.#refusal(answer);
      if (reaction.kind === 'taken' || said === null) return { reaction, dead };
      return { reaction: { ...reaction, message: `${reaction.message}: ${said}` }, dead };
    } catch (error) {
      return { reaction: reactionToError(error), dead: false };
    }
  }

  /** Only the status decides what was taken: of a body nothing is read but the reason of a refusal. */
  async #refusal({ status, body }: Answer): Promise<Refusal> {
    const read = status >= 400 && status < 500 && status !== 429 ? this.#manner.refusal : undefined;
    if (read === undefined) {
      await body?.cancel().catch(() => {});
      return { said: null, dead: false };
    }
    const { said, dead } = read(status, this.#inert(await beginningOf(body, reasonBytes)));
    return { said: said === null || said === '' ? null : oneLine(said, reasonCharacters), dead };
  }

  /** What the other side says without what it must not repeat. */
  #inert(text: string): string {
    return withoutSecrets(text, this.#options.url, this.#manner.secrets);
  }
}
