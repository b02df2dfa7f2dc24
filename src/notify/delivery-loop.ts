import type { DeliveryClaim, DeliveryResult, DeliveryStore, StoreChange } from '../domain/state-store.ts';
import { onAbort } from '../lib/abort.ts';
import { backoffDelay, type BackoffPolicy } from '../lib/backoff.ts';
import { type Clock, delay } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';
import { messageRefused, outboxUnreadable } from './errors.ts';
import type { NotifyMetrics } from './metrics.ts';
import type { Notifier, SendOutcome } from './notifier.ts';

export type Outbox = DeliveryStore & {
  onChange(listener: (changes: readonly StoreChange[]) => void): () => void;
};

export interface DeliveryLoopOptions {
  readonly store: Outbox;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: NotifyMetrics;
}

export interface DeliveryLoop {
  /**
   * Sends what is due now and can be sent, then ends. When `signal` is aborted first, requests under way are cut off and
   * what is not sent stays in the outbox.
   */
  stop(signal: AbortSignal): Promise<void>;
}

const batchSize = 10;
/** Without a wake-up the outbox is looked at this often, ms: a missed one costs no more. */
const idleMs = 30_000;
const backoff: BackoffPolicy = { initialMs: 1000, maxMs: 5 * 60_000 };

/** Starts the delivery loop of one target. It alone repeats what failed; the state is in the rows, not here. */
export function startDeliveryLoop(options: DeliveryLoopOptions): DeliveryLoop {
  const loop = new Loop(options);
  const ended = loop.run();
  return {
    stop: async (signal) => {
      loop.stop(signal);
      await ended;
    },
  };
}

class Loop {
  readonly #options: DeliveryLoopOptions;
  readonly #abort = new AbortController();
  #stopping = false;
  #woken = false;
  #wake: () => void = () => {};

  constructor(options: DeliveryLoopOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { store, notifier, log } = this.#options;
    const unsubscribe = store.onChange((changes) => {
      if (changes.some((change) => change.type === 'delivery' && isDue(change.delivery, notifier))) this.#ring();
    });
    try {
      let failures = 0;
      while (!this.#abort.signal.aborted) {
        try {
          if (await this.#step()) break;
          failures = 0;
        } catch (error) {
          if (this.#stopping) break;
          log.error({ code: outboxUnreadable.code, err: errorText(error) }, 'outbox cannot be used');
          await this.#sleep(backoffDelay(backoff, failures++, this.#options.random));
        }
      }
    } finally {
      unsubscribe();
    }
  }

  stop(signal: AbortSignal): void {
    this.#stopping = true;
    onAbort(signal, () => this.#abort.abort());
    this.#ring();
  }

  /** One look at the outbox; true when the loop is to end. */
  async #step(): Promise<boolean> {
    const { store, notifier, clock } = this.#options;
    const paused = notifier.pausedUntil() ?? 0;
    if (paused > clock.now()) {
      if (!this.#stopping) await this.#sleep(paused - clock.now(), false);
      return this.#stopping;
    }
    this.#woken = false;
    const claims = await store.claimDeliveries(notifier.target, batchSize, clock.now());
    if (claims.length > 0) {
      await Promise.all(claims.map((claim) => this.#deliver(claim)));
      return false;
    }
    if (this.#stopping) return true;
    const due = await store.nextDeliveryDue(notifier.target);
    await this.#sleep(Math.min(due === null ? idleMs : Math.max(due - clock.now(), 10), idleMs));
    return false;
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

  #ring(): void {
    this.#woken = true;
    this.#wake();
  }

  /** Ends after `ms`, at a stop, or (unless told otherwise) when a row asks for it. */
  async #sleep(ms: number, wakeable = true): Promise<void> {
    if (this.#stopping || (wakeable && this.#woken)) return;
    const done = new AbortController();
    this.#wake = () => {
      if (wakeable || this.#stopping) done.abort();
    };
    await delay(this.#options.clock, ms, done.signal).catch(() => {});
    this.#wake = () => {};
  }
}

function isDue(delivery: { target: string; status: string }, notifier: Notifier): boolean {
  return delivery.target === notifier.target && delivery.status === 'pending';
}

/** The one that opens: edits of it and what waited so long that it tells more are not measured. */
function isFirstMessage({ incident, post, previous }: DeliveryClaim): boolean {
  return post === null && previous === null && (incident?.status === 'open' || incident?.status === 'queued');
}
