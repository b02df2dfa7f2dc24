import type { ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../../lib/clock.ts';

const levels = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'] as const;
export type LogLevel = (typeof levels)[number];

export function isLogLevel(value: unknown): value is LogLevel {
  return levels.some((level) => level === value);
}

export interface Subscription {
  readonly id: string;
  readonly mode: 'faults' | 'events';
  readonly filters: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  /** False while the answer to `events_subscribe` is still to come: nothing is delivered yet. */
  live: boolean;
  degraded: boolean;
}

/** The server drops a subscription that it could not deliver to within this time. */
const undeliveredMs = 2000;
const maxBufferedBytes = 4 * 1024 * 1024;

/** One MCP session: its log level, its one standing stream, its subscriptions. */
export class PushSession {
  readonly id: string;
  readonly subscriptions = new Map<string, Subscription>();
  /** Null until `logging/setLevel`: every notification is dropped. */
  level: LogLevel | null = null;
  readonly #clock: Clock;
  #stream: ServerResponse | null = null;

  constructor(id: string, clock: Clock = systemClock) {
    this.id = id;
    this.#clock = clock;
  }

  get hasStream(): boolean {
    return this.#stream !== null;
  }

  /** Whether a fault would reach it now. */
  get isListening(): boolean {
    const live = [...this.subscriptions.values()].some(({ live, degraded }) => live && !degraded);
    return live && this.#stream !== null && this.level !== null;
  }

  /** Takes the standing stream; false when there is one already. */
  attach(stream: ServerResponse): boolean {
    if (this.#stream) return false;
    this.#stream = stream;
    return true;
  }

  /** Forgets the stream, when it is the given one. */
  detach(stream: ServerResponse): void {
    if (this.#stream === stream) this.#stream = null;
  }

  /** Ends the stream: `end` as a server does, `reset` as a broken path does. */
  drop(how: 'end' | 'reset'): boolean {
    const stream = this.#stream;
    if (!stream) return false;
    this.#stream = null;
    if (how === 'end') stream.end();
    else stream.destroy();
    return true;
  }

  /** Writes one message to the stream, when there is one. */
  write(message: string): void {
    this.#stream?.write(`event: message\ndata: ${message}\n\n`);
  }

  /** Sends one notification of a subscription. False when it did not go out. */
  notify(subscription: Subscription, level: LogLevel, message: string): boolean {
    if (!subscription.live) return false;
    if (this.level === null || levels.indexOf(level) < levels.indexOf(this.level)) return false;
    if (this.#stream && this.#stream.writableLength < maxBufferedBytes) {
      this.write(message);
      return true;
    }
    this.#clock.setTimer(() => {
      if (!this.#stream) this.subscriptions.delete(subscription.id);
    }, undeliveredMs);
    return false;
  }
}
