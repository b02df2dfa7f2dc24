import { failure, headerOf, mcpRequest, readRest } from './http.ts';
import { readAnswer } from './answer.ts';
import type { Carrying, McpTransport, RpcMessage } from './messages.ts';
import { ConnectionFailure, type Phase } from './outcome.ts';
import { StandingStream } from './standing-stream.ts';

/**
 * Streamable HTTP (MCP 2025-11-25, "Transports"): one POST a message, one standing GET. It bounds what a server can send,
 * and holds the socket while faults cannot be stored.
 */
export class HttpTransport implements McpTransport {
  readonly #carrying: Carrying;
  readonly #stream: StandingStream;
  #sessionId = '';
  #protocolVersion = '';

  constructor(carrying: Carrying) {
    this.#carrying = carrying;
    this.#stream = new StandingStream(carrying);
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  async send(message: RpcMessage, signal: AbortSignal): Promise<void> {
    const { endpoint } = this.#carrying;
    const phase: Phase = 'method' in message && message.method === 'initialize' ? 'initialize' : 'request';
    const response = await mcpRequest(endpoint, {
      method: 'POST',
      url: endpoint.url,
      headers: this.#headers({ accept: 'application/json, text/event-stream', 'content-type': 'application/json' }),
      body: JSON.stringify(message),
      signal,
      phase,
    });
    if (phase === 'initialize') this.#sessionId = headerOf(response, 'mcp-session-id').slice(0, 1000);
    const asks = 'method' in message && message.id !== undefined;
    if (!asks || response.statusCode === 202) {
      await readRest(response);
      if (asks) throw new ConnectionFailure({ kind: 'garbage', detail: 'accepted, but not answered' });
      return;
    }
    await readAnswer(response, message.id ?? '', { ...this.#carrying, signal });
  }

  async openStream(signal: AbortSignal): Promise<void> {
    if (this.#stream.open) return;
    const { speaker } = this.#carrying;
    await this.#stream.start(
      {
        headers: this.#headers({ accept: 'text/event-stream' }),
        phase: 'stream',
        // What the path does to the stream says nothing of the requests beside it.
        ended: ({ detail }) => speaker.pushEnded({ kind: 'stream_ended', detail }),
      },
      signal,
    );
    if (!signal.aborted) return;
    this.#stream.close();
    throw failure(null, signal);
  }

  closeStream(): void {
    this.#stream.close();
  }

  resume(): void {
    this.#stream.resume();
  }

  async endSession(signal: AbortSignal): Promise<void> {
    if (this.#sessionId === '') return;
    const { endpoint } = this.#carrying;
    const headers = this.#headers({ accept: '*/*' });
    try {
      await readRest(
        await mcpRequest(endpoint, { method: 'DELETE', url: endpoint.url, headers, signal, phase: 'request' }),
      );
    } catch {
      // The session may be gone already, or the server: its own sweep takes the rest away.
    }
  }

  close(): void {
    this.#stream.close();
  }

  #headers(extra: Record<string, string>): Record<string, string> {
    return {
      ...extra,
      ...(this.#sessionId === '' ? {} : { 'mcp-session-id': this.#sessionId }),
      ...(this.#protocolVersion === '' ? {} : { 'mcp-protocol-version': this.#protocolVersion }),
    };
  }
}
