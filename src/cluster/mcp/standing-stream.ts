import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { onAbort } from '../../lib/abort.ts';
import { EventStreamParser } from './event-stream.ts';
import { takeIncoming } from './incoming.ts';
import { failure, headerOf, mcpRequest, type McpResponse } from './http.ts';
import type { Carrying } from './transport.ts';
import { isNotification } from '../connection/notification-gate.ts';
import { ConnectionFailure, type Outcome, outcomeOf, type Phase } from './outcome.ts';

interface StandingRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly phase: Phase;
  /** Events of other names than `message` (the older transport's `endpoint`). */
  readonly onNamed?: (name: string, data: string) => void;
}

/** The one GET that stays open for what a server sends by itself. `ended` is told when it ends, unless it was closed. */
export class StandingStream {
  readonly #carrying: Carrying;
  readonly #deliver: (message: JSONRPCMessage) => void;
  readonly #ended: (outcome: Outcome) => void;
  readonly #control = new AbortController();
  #body: McpResponse['body'] | null = null;

  constructor(carrying: Carrying, deliver: (message: JSONRPCMessage) => void, ended: (outcome: Outcome) => void) {
    this.#carrying = carrying;
    this.#deliver = deliver;
    this.#ended = ended;
  }

  /** Resolves when the server has accepted the stream. `signal` is for the opening. @throws ConnectionFailure */
  async open(wanted: StandingRequest, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw failure(null, signal);
    const letGo = onAbort(signal, (reason) => this.#control.abort(reason));
    try {
      const { url, headers, phase } = wanted;
      const request = { method: 'GET', url, headers, signal: this.#control.signal, phase } as const;
      const response = await mcpRequest(this.#carrying.endpoint, request);
      if (!headerOf(response, 'content-type').startsWith('text/event-stream')) {
        throw new ConnectionFailure({ kind: 'garbage', detail: 'the answer to GET is no event stream' });
      }
      this.#carry(response.body, wanted.onNamed);
    } catch (error) {
      const failed = failure(error, signal);
      this.#control.abort(failed);
      throw failed;
    } finally {
      letGo();
    }
  }

  close(): void {
    const body = this.#body;
    this.#body = null;
    this.#control.abort(new ConnectionFailure({ kind: 'closed', detail: 'the stream was closed' }));
    body?.destroy();
  }

  /** Reads on after a fault that could not be taken held the stream. */
  resume(): void {
    this.#body?.resume();
  }

  #carry(body: McpResponse['body'], onNamed: StandingRequest['onNamed']): void {
    this.#body = body;
    const parser = this.#parser(onNamed);
    const end = (error: unknown): void => {
      if (this.#body !== body) return;
      this.#body = null;
      this.#ended(error === null ? { kind: 'stream_ended', detail: 'the server ended the stream' } : outcomeOf(error));
    };
    body.on('data', (chunk: Buffer) => parser.push(chunk));
    body.once('end', () => end(null));
    body.once('error', end);
    body.once('close', () => end(null));
  }

  #parser(onNamed: StandingRequest['onNamed']): EventStreamParser {
    const { listener, gate, endpoint } = this.#carrying;
    const { maxMessage, maxResponse } = endpoint.limits;
    return new EventStreamParser({
      softLimit: maxMessage,
      // Answers come here with the older transport; otherwise all that comes is small.
      limit: (head) => (onNamed === undefined || isNotification(head) ? maxMessage : maxResponse),
      oversize: (excerpt, bytes) =>
        listener.invalid(`message of ${bytes} bytes is over connection.max_message`, excerpt),
      event: (name, data) => {
        if (name !== 'message') {
          onNamed?.(name, data);
          return;
        }
        const taken = takeIncoming(data, gate, listener);
        if (taken.kind === 'message') this.#deliver(taken.message);
        else if (taken.kind === 'invalid') listener.invalid('not a JSON-RPC message', data.slice(0, 2000));
        else if (taken.kind === 'fault' && !taken.goOn) this.#body?.pause();
      },
    });
  }
}
