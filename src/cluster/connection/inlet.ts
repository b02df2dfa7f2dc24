import type { FaultSignal, InvalidSignal } from '../../domain/fault.ts';
import type { Timer } from '../../lib/clock.ts';
import { errorText } from '../../lib/problem.ts';
import { type Inlet, parseMessage, type Taken } from '../mcp/messages.ts';
import type { ConnectionContext } from './context.ts';
import { faultSignal, invalidSignal } from './fault-message.ts';
import { type FaultRate, NotificationGate, TokenBucket } from './notification-gate.ts';
import type { ConnectionStateMachine } from './state.ts';
import type { SweepSchedule } from '../sweep/schedule.ts';

/** After faults were thrown away: time for a flood to end before the sweep, ms. */
export const sweepAfterLossMs = 5000;
/** Messages that cannot be used, a second, that are listed one by one. */
const invalidPerSecond = 10;
/** How long throttled notifications are gathered before they are written down, ms. */
const gatherMs = 1000;

type Context = Pick<ConnectionContext, 'clock' | 'connection' | 'events' | 'faultBurst' | 'logger' | 'queue' | 'store'>;

/**
 * Where the texts of one cluster's server come in: faults within the rate go to the store's queue, the others are counted,
 * which about once a second is written down and followed by a sweep; answers and requests are given back.
 */
export class FaultInlet implements Inlet {
  readonly #cluster: string;
  readonly #context: Context;
  readonly #state: ConnectionStateMachine;
  readonly #schedule: SweepSchedule;
  #rate: FaultRate;
  #gate: NotificationGate;
  readonly #invalids: TokenBucket;
  #throttled = 0;
  #timer: Timer | null = null;

  constructor(cluster: string, context: Context, state: ConnectionStateMachine, schedule: SweepSchedule) {
    this.#cluster = cluster;
    this.#context = context;
    this.#state = state;
    this.#schedule = schedule;
    const now = context.clock.monotonic();
    this.#rate = rateOf(context);
    this.#gate = new NotificationGate(this.#rate, now);
    this.#invalids = new TokenBucket(invalidPerSecond, now);
  }

  take(text: string): Taken {
    const now = this.#context.clock.monotonic();
    const admission = this.#gateNow(now).admit(text, now);
    if (admission === 'throttled') this.#throttle();
    if (admission === 'throttled' || admission === 'ignored') return { kind: 'dropped' };
    const message = parseMessage(text);
    if (message === null) return { kind: 'invalid' };
    if (!('method' in message) || message.id !== undefined) return { kind: 'message', message };
    const { logger, data } = message.params ?? {};
    if (message.method !== 'notifications/message') return { kind: 'dropped' };
    if (logger === 'kubernetes/subscription_error') return { kind: 'degraded', detail: degradation(data) };
    if (logger !== 'kubernetes/faults') return { kind: 'dropped' };
    // One whose head did not say what it is (its keys are in another order) has the same rate.
    if (admission === 'fault' || this.#gate.admitFault(now)) return { kind: 'fault', goOn: this.#fault(data) };
    this.#throttle();
    return { kind: 'dropped' };
  }

  /** Another rate is configured: its bucket begins full. */
  #gateNow(now: number): NotificationGate {
    const rate = rateOf(this.#context);
    if (rate.perSecond !== this.#rate.perSecond || rate.burst !== this.#rate.burst) {
      this.#rate = rate;
      this.#gate = new NotificationGate(rate, now);
    }
    return this.#gate;
  }

  invalid(reason: string, excerpt: string): void {
    const { clock, queue } = this.#context;
    // What a message held may have been a fault: look.
    this.#schedule.request(sweepAfterLossMs);
    this.#state.countEvents(1);
    if (this.#invalids.take(clock.monotonic())) {
      queue.push(invalidSignal(this.#cluster, reason, excerpt, clock.now()));
    } else this.#count();
  }

  /** Writes down what was thrown away. What the store cannot take now is kept for the next time. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    const count = this.#throttled;
    if (count === 0) return;
    this.#throttled = 0;
    const { store, events, clock, logger } = this.#context;
    const cluster = this.#cluster;
    try {
      await store.countThrottled(cluster, count, clock.now());
      logger.warn({ cluster, count }, 'faults over connection.max_faults_per_second were not taken');
      events.emit('connection:throttled', { cluster, count });
    } catch (error) {
      logger.warn({ cluster, count, error: errorText(error) }, 'throttled faults could not be counted');
      this.#throttled += count;
    }
    this.#schedule.request(sweepAfterLossMs);
  }

  /** False when no more can be taken now. */
  #fault(data: unknown): boolean {
    this.#state.countEvents(1);
    const signal: FaultSignal | InvalidSignal = faultSignal(this.#cluster, data, this.#context.clock.now());
    return this.#context.queue.push(signal);
  }

  #throttle(): void {
    this.#state.countEvents(1);
    this.#count();
  }

  #count(): void {
    this.#throttled += 1;
    this.#timer ??= this.#context.clock.setTimer(() => void this.flush(), gatherMs);
  }
}

function rateOf({ connection, faultBurst }: Pick<Context, 'connection' | 'faultBurst'>): FaultRate {
  return { perSecond: connection.max_faults_per_second, burst: faultBurst };
}

function degradation(data: unknown): string {
  const said = data !== null && typeof data === 'object' ? (data as { error?: unknown }).error : null;
  return typeof said === 'string' ? said.slice(0, 200) : 'the server reports a degraded subscription';
}
