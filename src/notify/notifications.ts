import type { Registry } from 'prom-client';
import type { Delivery, DeliveryTarget } from '../domain/records.ts';
import type { DeliveryClaim, DeliveryResult, DeliveryStore, StateReader, StoreChange } from '../domain/state-store.ts';
import { onAbort } from '../lib/abort.ts';
import { backoffDelay, type BackoffPolicy } from '../lib/backoff.ts';
import { type Clock, delay } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorText, type Problem } from '../lib/problem.ts';
import { type Looked, WorkLoop } from '../lib/work-loop.ts';
import { tellsAnswer } from './answer-is-news.ts';
import { messageRefused, outboxUnreadable } from './errors.ts';
import { type NotifyMetrics, notifyMetrics } from './metrics.ts';
import type { Notifier, SendOutcome } from './notifier.ts';

export type Outbox = DeliveryStore & {
  onChange(listener: (changes: readonly StoreChange[]) => void): () => void;
};

export interface NotificationsOptions {
  readonly store: Outbox & Pick<StateReader, 'counters'>;
  /** One for each target of the outbox. */
  readonly notifiers: readonly Notifier[];
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

export interface Notifications {
  /** Takes up what was being sent when the process died, then starts to deliver. @throws StoreUnavailableError */
  start(): Promise<void>;
  /** Sends what can be sent; `signal` bounds it. What is left stays in the outbox. */
  stop(signal: AbortSignal): Promise<void>;
  /**
   * These are the notifiers from now on: one that is another object takes over when the one before has sent what it
   * began, or has been cut off after a moment; what waited for its next attempt is due. Never rejects.
   */
  use(notifiers: readonly Notifier[]): Promise<void>;
  /** What keeps messages from arriving, empty when all is well. */
  problems(): readonly Problem[];
}

const batchSize = 10;
/** Without a wake-up the outbox is looked at this often, ms: a missed one costs no more. */
const idleMs = 30_000;
/** For what is being sent when a notifier is replaced, ms. */
const handOverMs = 5000;
const backoff: BackoffPolicy = { initialMs: 1000, maxMs: 5 * 60_000 };

/** Delivery of messages: one loop for each notifier, all over the same outbox. */
export function createNotifications(options: NotificationsOptions): Notifications {
  return new DeliveryLoops(options);
}

class DeliveryLoops implements Notifications {
  readonly #options: NotificationsOptions;
  readonly #metrics: NotifyMetrics;
  readonly #loops = new Map<Notifier, DeliveryLoop | null>();
  #isRunning = false;

  constructor(options: NotificationsOptions) {
    this.#options = options;
    const { store, notifiers, registry } = options;
    for (const notifier of notifiers) this.#loops.set(notifier, null);
    const integrations = (): Notifier[] => [...this.#loops.keys()];
    this.#metrics = notifyMetrics({ registry, integrations, counters: () => store.counters() });
  }

  async start(): Promise<void> {
    const { store, clock, log } = this.#options;
    const recovered = await store.recoverDeliveries(clock.now());
    if (recovered > 0) log.info({ count: recovered }, 'messages were being sent when the process ended');
    this.#isRunning = true;
    for (const notifier of this.#loops.keys()) this.#begin(notifier);
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.#isRunning = false;
    await Promise.all([...this.#loops.values()].map(async (loop) => await loop?.stop(signal)));
  }

  async use(notifiers: readonly Notifier[]): Promise<void> {
    const gone = [...this.#loops].filter(([notifier]) => !notifiers.includes(notifier));
    for (const [notifier] of gone) this.#loops.delete(notifier);
    const moment = AbortSignal.timeout(handOverMs);
    await Promise.all(gone.map(async ([, loop]) => await loop?.stop(moment)));
    for (const notifier of notifiers) {
      if (this.#loops.has(notifier)) continue;
      this.#loops.set(notifier, null);
      this.#metrics.known(notifier.integration);
      await this.#makeDue(notifier.target);
      if (this.#isRunning) this.#begin(notifier);
    }
  }

  problems(): readonly Problem[] {
    return [...this.#loops.keys()].map((notifier) => notifier.problem()).filter((problem) => problem !== null);
  }

  #begin(notifier: Notifier): void {
    const { store, clock, random, log } = this.#options;
    const loop = new DeliveryLoop({ store, notifier, clock, random, log, metrics: this.#metrics });
    this.#loops.set(notifier, loop);
    loop.start();
  }

  /** What it could not bring there may arrive now. */
  async #makeDue(target: DeliveryTarget): Promise<void> {
    const { store, clock, log } = this.#options;
    try {
      await store.retryDeliveries(target, clock.now());
    } catch (error) {
      log.warn({ target, err: errorText(error) }, 'messages wait for their next attempt as before');
    }
  }
}

interface DeliveryLoopOptions {
  readonly store: Outbox;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: NotifyMetrics;
}

/**
 * The delivery loop of one target. It alone repeats what failed; the state is in the rows, not here. A row is pending,
 * sending, then sent; or pending again, as often and as long as it takes (back-off, or the time that the other side
 * named), `uncertain` when the attempt may have arrived; or superseded by a newer state of its incident; or dead, when it
 * will never be taken in any form; or held, as long as its incident is silenced (`domain/decide/delivery.ts` holds the
 * steps). What an error of Slack means for one
 * message, its channel or all of them is `#failed` of `slack/web-api-notifier.ts`, by the table of `slack/calls/classify.ts`.
 */
class DeliveryLoop {
  readonly #options: DeliveryLoopOptions;
  readonly #abort = new AbortController();
  readonly #loop: WorkLoop;
  #unsubscribe: () => void = () => {};

  constructor(options: DeliveryLoopOptions) {
    this.#options = options;
    const { clock, random, log } = options;
    this.#loop = new WorkLoop({
      clock,
      look: () => this.#sendDue(),
      retry: backoff,
      failed: (error) => log.error({ code: outboxUnreadable.code, err: errorText(error) }, 'outbox cannot be used'),
      random,
    });
  }

  start(): void {
    const { store, notifier, clock } = this.#options;
    const wakes = (change: StoreChange): boolean =>
      change.type === 'delivery' && isDue(change.delivery, notifier, clock.now());
    this.#unsubscribe = store.onChange((changes) => {
      if (changes.some(wakes)) this.#loop.wake();
    });
    this.#loop.start();
  }

  /**
   * Sends what is due now and can be sent, then ends. When `signal` is aborted first, requests under way are cut off and
   * what is not sent stays in the outbox.
   */
  async stop(signal: AbortSignal): Promise<void> {
    const letGo = onAbort(signal, () => {
      this.#abort.abort();
      void this.#loop.stop();
    });
    await this.#loop.drain();
    letGo();
    this.#unsubscribe();
  }

  /** One look at the outbox. */
  async #sendDue(): Promise<Looked> {
    const { store, notifier, clock } = this.#options;
    const paused = notifier.pausedUntil() ?? 0;
    // The other side named a time: no row changes that.
    if (paused > clock.now()) return { againMs: paused - clock.now(), deaf: true };
    const claims = await store.claimDeliveries(notifier.target, batchSize, clock.now());
    if (claims.length > 0) {
      await Promise.all(claims.map((claim) => this.#deliver(claim)));
      return { againMs: 0 };
    }
    const due = await store.nextDeliveryDue(notifier.target);
    return { againMs: Math.min(due === null ? idleMs : Math.max(due - clock.now(), 10), idleMs) };
  }

  async #deliver(claim: DeliveryClaim): Promise<void> {
    const { notifier, clock, log, metrics } = this.#options;
    const { delivery } = claim;
    const started = clock.monotonic();
    const outcome = await notifier.send(claim, this.#abort.signal);
    const fields = { delivery: delivery.id, incident: delivery.incidentId, integration: notifier.integration };
    if (outcome.kind === 'sent') {
      metrics.sent(notifier.integration, delivery.kind, (clock.monotonic() - started) / 1000);
      if (isFirstMessage(claim) && claim.incident) {
        metrics.firstMessage(Math.max(0, clock.now() - claim.incident.openedAt) / 1000);
      }
      log.debug(fields, 'message delivered');
    } else if (outcome.kind === 'failed') {
      metrics.failed(notifier.integration, outcome.reason);
      const problem = { ...fields, reason: outcome.reason, err: outcome.message };
      if (outcome.again === 'never') log.error({ ...problem, code: messageRefused.code }, 'message refused for good');
      else log.warn(problem, 'message not delivered');
    }
    await this.#finish(delivery.id, this.#result(outcome, delivery.attempts));
  }

  #result(outcome: SendOutcome, attempts: number): DeliveryResult {
    if (outcome.kind === 'sent') return { kind: 'sent', post: outcome.post };
    const post = outcome.post ? { post: outcome.post } : {};
    if (outcome.kind === 'deferred')
      return { kind: 'retry', notBefore: outcome.until, error: outcome.message, ...post };
    const error = `${outcome.reason}: ${outcome.message}`;
    if (outcome.again === 'never') return { kind: 'dead', error };
    const now = this.#options.clock.now();
    const at =
      outcome.again === 'back_off'
        ? now + backoffDelay(backoff, Math.max(0, attempts - 1), this.#options.random)
        : outcome.again.at;
    return { kind: 'retry', notBefore: at, error, uncertain: outcome.uncertain, ...post };
  }

  /** What was sent must be written down, or it is sent again: repeated until it works or the process goes. */
  async #finish(id: string, result: DeliveryResult): Promise<void> {
    const { store, clock, random, log } = this.#options;
    for (let attempt = 0; ; attempt++) {
      try {
        await store.finishDelivery(id, result, clock.now());
        return;
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        log.error({ code: outboxUnreadable.code, delivery: id, err: errorText(error) }, 'delivery not written down');
        await delay(clock, backoffDelay(backoff, attempt, random), this.#abort.signal).catch(() => {});
      }
    }
  }
}

/** One that waits for the end of a silence is due when that has come. */
function isDue({ target, status, notBefore }: Delivery, notifier: Notifier, now: number): boolean {
  return target === notifier.target && (status === 'pending' || (status === 'held' && notBefore <= now));
}

/**
 * The one that opens, or the answer where it came before that. Edits, what was held or tried before and what waited so
 * long that it tells more are not measured.
 */
function isFirstMessage(claim: DeliveryClaim): boolean {
  const { incident, post, previous, delivery } = claim;
  const status = incident?.status;
  const opens = status === 'open' || status === 'queued' || status === 'investigating';
  const isPromptAnswer = tellsAnswer(claim) && delivery.notBefore <= delivery.createdAt;
  return post === null && previous === null && (opens || isPromptAnswer);
}
