import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Clock } from '../../lib/clock.ts';
import type { McpEndpoint } from './http.ts';
import type { NotificationGate } from '../connection/notification-gate.ts';
import type { Outcome } from './outcome.ts';

/** What a transport tells of the messages that it takes apart before the MCP client sees them. */
export interface TransportListener {
  /** A fault notification within the rate, parsed. False when no more can be taken now: the stream is held. */
  fault(data: unknown): boolean;
  /** Faults over the rate, not parsed. */
  throttled(count: number): void;
  /** A message that cannot be used. */
  invalid(reason: string, excerpt: string): void;
  /** The server says that a subscription delivers nothing any more. */
  degraded(data: unknown): void;
  /** The standing stream has ended; requests may still be answered. */
  streamEnded(outcome: Outcome): void;
  /** The transport can carry nothing any more. Told once. */
  ended(outcome: Outcome): void;
}

/** A transport of the MCP client that also carries the standing stream, within bounds. */
export interface McpTransport extends Transport {
  /** Opens the standing stream for messages of the server; resolves when the server has accepted it. */
  openStream(signal: AbortSignal): Promise<void>;
  closeStream(): void;
  /** Takes messages again after `fault` gave false. */
  resume(): void;
  /** Ends the session at the server, when there is one to end. Never rejects. */
  endSession(signal: AbortSignal): Promise<void>;
}

/** What the parts of a transport share. */
export interface Carrying {
  readonly endpoint: McpEndpoint;
  readonly gate: NotificationGate;
  readonly listener: TransportListener;
  readonly clock: Clock;
}
