import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { readAnswer } from './answer.ts';
import { failure, headerOf, mcpRequest } from './http.ts';
import type { Carrying, McpTransport } from './transport.ts';
import { ConnectionFailure, type Phase } from './outcome.ts';
import { StandingStream } from './standing-stream.ts';

/** Time for a server to take a message that has no answer, ms. */
const takenWithinMs = 10_000;

/**
 * Streamable HTTP (MCP 2025-11-25, "Transports") for the SDK's client: one POST a message, one standing GET. It replaces
 * the SDK's own transport to bound what a server can send, to hold the socket while faults cannot be stored, and
 * because the standing stream over `fetch` costs several times the memory.
 */
export class HttpTransport implements McpTransport {
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];
  onmessage: Transport['onmessage'];
  sessionId: string | undefined;
  readonly #carrying: Carrying;
  readonly #closed = new AbortController();
  readonly #inFlight = new Map<string | number | symbol, AbortController>();
  #protocolVersion: string | null = null;
  #stream: StandingStream | null = null;

  constructor(carrying: Carrying) {
    this.#carrying = carrying;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  close(): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort(new ConnectionFailure({ kind: 'closed', detail: 'the session was closed' }));
      this.closeStream();
      for (const control of this.#inFlight.values()) control.abort(this.#closed.signal.reason);
      this.onclose?.();
    }
    return Promise.resolve();
  }

  /** Resolves when the message was taken, and for a request when its answer was delivered. @throws ConnectionFailure */
  async send(message: JSONRPCMessage): Promise<void> {
    const method = 'method' in message ? message.method : null;
    if (method === 'notifications/cancelled') this.#abandon(message);
    if (this.#closed.signal.aborted) throw failure(null, this.#closed.signal);
    const id = method === null ? null : requestId(message);
    const control = new AbortController();
    const key = id ?? Symbol('message without an answer');
    this.#inFlight.set(key, control);
    // Requests have the client's own time limit; nobody else limits the rest.
    const limit = id === null ? this.#carrying.clock.setTimer(() => control.abort(silent()), takenWithinMs) : null;
    try {
      await this.#exchange(message, id, method === 'initialize' ? 'initialize' : 'request', control);
    } catch (error) {
      throw failure(error, control.signal);
    } finally {
      limit?.cancel();
      this.#inFlight.delete(key);
    }
  }

  async openStream(signal: AbortSignal): Promise<void> {
    const { url } = this.#carrying.endpoint;
    const { listener } = this.#carrying;
    const stream: StandingStream = new StandingStream(
      this.#carrying,
      (answer) => this.onmessage?.(answer),
      (outcome) => {
        if (this.#stream === stream) this.#stream = null;
        // What the path does to the stream says nothing of the requests beside it.
        listener.streamEnded({ kind: 'stream_ended', detail: outcome.detail });
      },
    );
    await stream.open({ url, headers: this.#headers({ accept: 'text/event-stream' }), phase: 'stream' }, signal);
    if (this.#closed.signal.aborted) {
      stream.close();
      throw failure(null, this.#closed.signal);
    }
    this.#stream = stream;
  }

  closeStream(): void {
    this.#stream?.close();
    this.#stream = null;
  }

  resume(): void {
    this.#stream?.resume();
  }

  async endSession(signal: AbortSignal): Promise<void> {
    if (this.sessionId === undefined) return;
    try {
      const headers = this.#headers({ accept: '*/*' });
      const { url } = this.#carrying.endpoint;
      const response = await mcpRequest(this.#carrying.endpoint, {
        method: 'DELETE',
        url,
        headers,
        signal,
        phase: 'request',
      });
      await response.body.dump();
    } catch {
      // The session may be gone already, or the server: its own sweep takes the rest away.
    }
  }

  async #exchange(message: JSONRPCMessage, id: string | number | null, phase: Phase, control: AbortController) {
    const response = await mcpRequest(this.#carrying.endpoint, {
      method: 'POST',
      url: this.#carrying.endpoint.url,
      headers: this.#headers({ accept: 'application/json, text/event-stream', 'content-type': 'application/json' }),
      body: JSON.stringify(message),
      signal: control.signal,
      phase,
    });
    if (phase === 'initialize') {
      const session = headerOf(response, 'mcp-session-id');
      if (session !== '') this.sessionId = session.slice(0, 1000);
    }
    if (id === null || response.statusCode === 202) {
      await response.body.dump();
      if (id !== null) throw new ConnectionFailure({ kind: 'garbage', detail: 'accepted, but not answered' });
      return;
    }
    const deliver = (answer: JSONRPCMessage): void => this.onmessage?.(answer);
    await readAnswer(response, id, { ...this.#carrying, deliver, signal: control.signal });
  }

  /** A request whose answer nobody waits for any more is ended, so that it does not hold its connection. */
  #abandon(message: JSONRPCMessage): void {
    const params: Record<string, unknown> = 'params' in message ? (message.params ?? {}) : {};
    const id = params['requestId'];
    if (typeof id !== 'string' && typeof id !== 'number') return;
    this.#inFlight.get(id)?.abort(silent());
  }

  #headers(extra: Record<string, string>): Record<string, string> {
    return {
      ...extra,
      ...(this.sessionId === undefined ? {} : { 'mcp-session-id': this.sessionId }),
      ...(this.#protocolVersion === null ? {} : { 'mcp-protocol-version': this.#protocolVersion }),
    };
  }
}

function requestId(message: JSONRPCMessage): string | number | null {
  return 'id' in message ? (message.id ?? null) : null;
}

function silent(): ConnectionFailure {
  return new ConnectionFailure({ kind: 'silent', detail: 'no answer within the time limit' });
}
