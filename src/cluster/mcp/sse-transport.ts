import { untilAborted } from '../../lib/abort.ts';
import { oneLine } from '../../lib/text.ts';
import { mcpRequest, readRest } from './http.ts';
import type { Carrying, McpTransport, RpcMessage } from './messages.ts';
import { ConnectionFailure } from './outcome.ts';
import { StandingStream } from './standing-stream.ts';

/**
 * The older transport, HTTP with SSE (MCP 2024-11-05): a GET that names the address for POSTs in an `endpoint` event and
 * then carries every answer. The same bounds as HttpTransport.
 */
export class SseTransport implements McpTransport {
  readonly #carrying: Carrying;
  readonly #stream: StandingStream;
  #postTo: URL | null = null;

  constructor(carrying: Carrying) {
    this.#carrying = carrying;
    this.#stream = new StandingStream(carrying);
  }

  /** Opens the stream and waits for the address. @throws ConnectionFailure */
  async start(signal: AbortSignal): Promise<void> {
    const { endpoint, speaker } = this.#carrying;
    const { url } = endpoint;
    let named: (address: string) => void = () => {};
    const address = new Promise<string>((resolve) => (named = resolve));
    await this.#stream.start(
      {
        headers: { accept: 'text/event-stream' },
        phase: 'initialize',
        onNamed: (name, data) => (name === 'endpoint' ? named(data) : undefined),
        // The answers come over it, too.
        ended: (outcome) => speaker.ended(outcome),
      },
      signal,
    );
    const said = await untilAborted(address, signal);
    const postTo = URL.parse(said, url.href);
    if (postTo?.origin !== url.origin) {
      // Our credentials go there: never to another place than the configured one.
      throw new ConnectionFailure({
        kind: 'garbage',
        detail: `the server names an address elsewhere: ${postTo?.origin ?? oneLine(said, 100)}`,
      });
    }
    this.#postTo = postTo;
  }

  async send(message: RpcMessage, signal: AbortSignal): Promise<void> {
    if (this.#postTo === null) throw new ConnectionFailure({ kind: 'closed', detail: 'not connected' });
    const initialize = 'method' in message && message.method === 'initialize';
    const response = await mcpRequest(this.#carrying.endpoint, {
      method: 'POST',
      url: this.#postTo,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal,
      phase: initialize ? 'initialize' : 'request',
    });
    await readRest(response);
  }

  setProtocolVersion(): void {}

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

  close(): void {
    this.#stream.close();
  }
}
