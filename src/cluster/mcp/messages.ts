import type { Clock } from '../../lib/clock.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import type { McpEndpoint } from './http.ts';
import type { Outcome } from './outcome.ts';

/** A request or a notification of JSON-RPC 2.0. */
export interface RpcCall {
  readonly jsonrpc: '2.0';
  readonly id?: string | number;
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** The answer to a request. */
export interface RpcAnswer {
  readonly jsonrpc: '2.0';
  readonly id: string | number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export type RpcMessage = RpcCall | RpcAnswer;

/** What a text of a server was. */
export type Taken =
  | { readonly kind: 'message'; readonly message: RpcMessage }
  /** `goOn` is false when no more faults can be taken now: the stream is held. */
  | { readonly kind: 'fault'; readonly goOn: boolean }
  /** The server says that a subscription delivers nothing any more. */
  | { readonly kind: 'degraded'; readonly detail: string }
  | { readonly kind: 'dropped' | 'invalid' };

/** Where the texts of a server go first: faults stay there, answers and requests come back. Nothing of it throws. */
export interface Inlet {
  take(text: string): Taken;
  /** A message that cannot be used. */
  invalid(reason: string, excerpt: string): void;
}

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

/** A JSON-RPC notification names its method within so many characters (an answer has `id` and `result` there). */
const headLength = 160;

/** Where a message says what it is. */
export function headOf(text: string): string {
  return text.slice(0, headLength);
}

/** Whether a text begins like a notification: they have the small limit, answers the large one. */
export function isNotification(text: string): boolean {
  return /"method"\s*:\s*"notifications\//.test(headOf(text));
}

/** A JSON-RPC 2.0 message, or null. Looks at what tells its kind; whoever asked looks at the result. */
export function parseMessage(text: string): RpcMessage | null {
  const value = parseJson(text);
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null;
  const { jsonrpc, method, id, params, error } = value as Record<string, unknown>;
  if (jsonrpc !== '2.0') return null;
  if (params !== undefined && (params === null || typeof params !== 'object')) return null;
  if (typeof method === 'string') return value as RpcCall;
  if (typeof id !== 'string' && typeof id !== 'number') return null;
  if (error === undefined) return 'result' in value ? (value as RpcAnswer) : null;
  return isError(error) ? (value as RpcAnswer) : null;
}

function isError(error: unknown): boolean {
  if (error === null || typeof error !== 'object') return false;
  const { code, message } = error as Record<string, unknown>;
  return typeof code === 'number' && typeof message === 'string';
}
