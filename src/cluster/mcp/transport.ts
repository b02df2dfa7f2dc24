import type { Clock } from '../../lib/clock.ts';
import type { McpEndpoint } from './http.ts';
import type { Inlet, RpcMessage } from './messages.ts';
import type { Outcome } from './outcome.ts';

/** Who speaks over a transport. */
export interface Speaker {
  /** An answer, or a request of the server. */
  deliver(message: RpcMessage): void;
  /** Nothing is pushed any more; requests may still be answered. */
  pushEnded(outcome: Outcome): void;
  /** The transport can carry nothing any more. Told once. */
  ended(outcome: Outcome): void;
}

/** What the parts of a transport share. */
export interface Carrying {
  readonly endpoint: McpEndpoint;
  readonly inlet: Inlet;
  readonly speaker: Speaker;
  readonly clock: Clock;
}

/** Carries messages to a server and back, and the standing stream, within bounds. */
export interface McpTransport {
  /** Resolves when messages can be sent. @throws ConnectionFailure */
  start(signal: AbortSignal): Promise<void>;
  /** Resolves when the message was taken; over HTTP for a request when its answer was delivered. @throws ConnectionFailure */
  send(message: RpcMessage, signal: AbortSignal): Promise<void>;
  /** What was agreed upon, said with every request from then on. */
  setProtocolVersion(version: string): void;
  /** Opens the standing stream for messages of the server; resolves when the server has accepted it. */
  openStream(signal: AbortSignal): Promise<void>;
  closeStream(): void;
  /** Takes messages again after the stream was held. */
  resume(): void;
  /** Ends the session at the server, when there is one to end. Never rejects. */
  endSession(signal: AbortSignal): Promise<void>;
  /** Gives up everything that is open. */
  close(): void;
}
