import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { untilAborted } from '../../lib/abort.ts';
import { failure, mcpRequest } from './http.ts';
import type { Carrying, McpTransport } from './transport.ts';
import { ConnectionFailure } from './outcome.ts';
import { StandingStream } from './standing-stream.ts';

/**
 * The older transport, HTTP with SSE (MCP 2024-11-05): a GET that names the address for POSTs in an `endpoint` event and
 * then carries every answer. The same bounds as HttpTransport.
 */
export class SseTransport implements McpTransport {
  onclose: Transport['onclose'];
  onerror: Transport['onerror'];
  onmessage: Transport['onmessage'];
  readonly #carrying: Carrying;
  readonly #closed = new AbortController();
  readonly #stream: StandingStream;
  readonly #opening: AbortSignal;
  #postTo: URL | null = null;

  /** `opening` bounds the time until the server has named its address. */
  constructor(carrying: Carrying, opening: AbortSignal) {
    this.#carrying = carrying;
    this.#opening = opening;
    this.#stream = new StandingStream(
      carrying,
      (message) => this.onmessage?.(message),
      // The answers come over it, too.
      (outcome) => carrying.listener.ended(outcome),
    );
  }

  /** Opens the stream and waits for the address. @throws ConnectionFailure */
  async start(): Promise<void> {
    const { url } = this.#carrying.endpoint;
    let named: (address: string) => void = () => {};
    const address = new Promise<string>((resolve) => (named = resolve));
    const onNamed = (name: string, data: string): void => (name === 'endpoint' ? named(data) : undefined);
    const wanted = { url, headers: { accept: 'text/event-stream' }, phase: 'initialize', onNamed } as const;
    await this.#stream.open(wanted, this.#opening);
    const postTo = new URL(
      await untilAborted(address, this.#opening).catch(() => {
        throw failure(null, this.#opening);
      }),
      url,
    );
    if (postTo.origin !== url.origin) {
      // Our credentials go there: never to another place than the configured one.
      throw new ConnectionFailure({
        kind: 'garbage',
        detail: `the server names an address elsewhere: ${postTo.origin}`,
      });
    }
    this.#postTo = postTo;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#closed.signal.aborted) throw failure(null, this.#closed.signal);
    if (this.#postTo === null) throw new ConnectionFailure({ kind: 'closed', detail: 'not connected' });
    const initialize = 'method' in message && message.method === 'initialize';
    const response = await mcpRequest(this.#carrying.endpoint, {
      method: 'POST',
      url: this.#postTo,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: this.#closed.signal,
      phase: initialize ? 'initialize' : 'request',
    });
    await response.body.dump().catch(() => {});
  }

  close(): Promise<void> {
    if (!this.#closed.signal.aborted) {
      this.#closed.abort(new ConnectionFailure({ kind: 'closed', detail: 'the session was closed' }));
      this.#stream.close();
      this.onclose?.();
    }
    return Promise.resolve();
  }

  /** The stream is open since the start. */
  openStream(): Promise<void> {
    return Promise.resolve();
  }

  /** It carries the answers, too, so it stays. */
  closeStream(): void {}

  resume(): void {
    this.#stream.resume();
  }

  /** The session ends with the stream. */
  endSession(): Promise<void> {
    return Promise.resolve();
  }
}
