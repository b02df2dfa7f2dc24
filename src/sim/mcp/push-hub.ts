import { randomBytes } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { faultData, type PushFault } from './push-fault.ts';
import { type LogLevel, PushSession, type Subscription } from './push-session.ts';

export interface HubOptions {
  readonly serverCluster: string;
  readonly repeatWindowMs: number;
  readonly maxPerSession: number;
  readonly maxSubscriptions: number;
  readonly clock: Clock;
}

/** A subscription that was refused; the message is the server's. */
export class SubscribeError extends Error {}

/** Sessions and subscriptions of one push server, and what is sent to them. */
export class PushHub {
  readonly options: HubOptions;
  readonly sessions = new Map<string, PushSession>();
  /** Notifications that went out. */
  delivered = 0;
  readonly #lastSent = new Map<string, number>();

  constructor(options: HubOptions) {
    this.options = options;
  }

  open(): PushSession {
    const session = new PushSession(sessionId(), this.options.clock);
    this.sessions.set(session.id, session);
    return session;
  }

  end(session: PushSession): void {
    this.sessions.delete(session.id);
    session.subscriptions.clear();
    session.drop('end');
  }

  get subscriptionCount(): number {
    return [...this.sessions.values()].reduce((sum, session) => sum + session.subscriptions.size, 0);
  }

  /** @throws SubscribeError at a limit */
  subscribe(session: PushSession, mode: 'faults' | 'events', filters: Record<string, unknown>): Subscription {
    const { maxPerSession, maxSubscriptions, clock } = this.options;
    if (session.subscriptions.size >= maxPerSession) {
      throw new SubscribeError(`session has reached maximum subscriptions (${maxPerSession})`);
    }
    if (this.subscriptionCount >= maxSubscriptions) {
      throw new SubscribeError(`server has reached maximum subscriptions (${maxSubscriptions})`);
    }
    const id = `sub-${randomBytes(4).toString('hex')}`;
    const subscription = { id, mode, filters, createdAt: clock.now(), live: false, degraded: false };
    session.subscriptions.set(id, subscription);
    return subscription;
  }

  /** Sends a fault to every subscription; repeats of (type, uid, container) within the window are not sent. */
  emitFault(fault: PushFault): number {
    const now = this.options.clock.now();
    const key = `${fault.faultType}/${fault.resource.uid}/${fault.container ?? ''}`;
    const last = this.#lastSent.get(key);
    if (last !== undefined && now - last < this.options.repeatWindowMs) return 0;
    if (this.options.repeatWindowMs > 0) this.#lastSent.set(key, now);
    return this.#send('faults', (subscription) => ({
      data: faultData(fault, subscription.id, this.options.serverCluster, now),
      level: 'warning',
      logger: 'kubernetes/faults',
    }));
  }

  /** Degrades every subscription, as after five failed retries of the server's own watch. */
  emitSubscriptionError(error: string): number {
    const sent = this.#send('faults', (subscription) => ({
      data: { subscriptionId: subscription.id, cluster: this.options.serverCluster, error, degraded: true },
      level: 'error',
      logger: 'kubernetes/subscription_error',
    }));
    for (const session of this.sessions.values()) {
      for (const subscription of session.subscriptions.values()) subscription.degraded = true;
    }
    return sent;
  }

  /** Sends any data as if it were a fault, for tests of hostile servers. */
  emitRaw(data: unknown, logger = 'kubernetes/faults', level: LogLevel = 'warning'): number {
    return this.#send('faults', () => ({ data, level, logger }));
  }

  #send(
    mode: Subscription['mode'],
    params: (subscription: Subscription) => { data: unknown; level: LogLevel; logger: string },
  ): number {
    let sent = 0;
    for (const session of this.sessions.values()) {
      for (const subscription of session.subscriptions.values()) {
        if (subscription.mode !== mode || subscription.degraded) continue;
        const content = params(subscription);
        const message = JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: content });
        if (session.notify(subscription, content.level, message)) sent += 1;
      }
    }
    this.delivered += sent;
    return sent;
  }
}

/** 26 characters of base 32, as the server's session ids. */
function sessionId(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return [...randomBytes(26)].map((byte) => alphabet[byte % 32]).join('');
}
