import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { linked } from '../../lib/abort.ts';
import { errorText } from '../../lib/problem.ts';
import { skipBody } from './body-bounds.ts';
import { type FailureKind, failureStatus, type JsonObject, type Provider } from './provider.ts';

/** The answer to an agent: counts what goes out, and knows when the agent is gone. */
export class Outgoing {
  /** Bytes of the body so far. */
  bytes = 0;
  readonly #response: ServerResponse;
  readonly #gone = new AbortController();

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('error', () => {});
    response.once('close', () => this.#gone.abort(new Error('the agent went away')));
    if (response.destroyed) this.#gone.abort(new Error('the agent went away'));
  }

  /** Aborted when the connection has ended, also after a whole answer. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get status(): number {
    return this.#response.headersSent ? this.#response.statusCode : 0;
  }

  json(status: number, body: JsonObject, headers: Readonly<Record<string, string>> = {}): void {
    const text = Buffer.from(JSON.stringify(body));
    this.head(status, { 'content-type': 'application/json', 'content-length': String(text.length), ...headers });
    this.bytes += text.length;
    this.#response.end(text);
  }

  /** The provider's own form of a failure. */
  failure(provider: Provider, kind: FailureKind, message: string): void {
    // Anthropic's clients ask again unless they are told not to; `too_many` passes by itself.
    const again: Record<string, string> = kind === 'too_many' ? { 'retry-after': '1' } : {};
    const never: Record<string, string> = kind === 'over_budget' ? { 'x-should-retry': 'false' } : {};
    // A body that is longer than what is skipped is not waited for.
    this.json(failureStatus[kind], provider.failure(kind, message), { ...again, ...never, connection: 'close' });
  }

  /** A failure before the request was read to its end. */
  async refuse(provider: Provider, kind: FailureKind, message: string): Promise<void> {
    await skipBody(this.#response.req);
    this.failure(provider, kind, message);
  }

  head(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#response.headersSent || this.#response.destroyed) return;
    this.#response.writeHead(status, headers);
    this.#response.flushHeaders();
  }

  /** Resolves when more may be written. @throws Error when the agent is gone or the signal is aborted */
  async write(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    this.bytes += chunk.length;
    if (this.#response.write(chunk)) return;
    const until = linked(signal, this.gone);
    try {
      await once(this.#response, 'drain', { signal: until.signal });
    } finally {
      until.letGo();
    }
  }

  end(): void {
    this.#response.end();
  }

  /** Ends the connection in the middle, so that nobody takes the answer for a whole one. */
  cut(reason: unknown): void {
    this.#response.destroy(new Error(errorText(reason)));
  }
}
