import type { IncomingMessage } from 'node:http';
import { EventStreamParser } from './event-stream.ts';
import { isOfType, mcpRequest } from './http.ts';
import { type Carrying, isNotification } from './messages.ts';
import { ConnectionFailure, type Outcome, outcomeOf, type Phase } from './outcome.ts';

interface StandingRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly phase: Phase;
  /** Told when it ends, unless it was closed. */
  readonly ended: (outcome: Outcome) => void;
  /** Events of other names than `message` (the older transport's `endpoint`). */
  readonly onNamed?: (name: string, data: string) => void;
}

/** The one GET that stays open for what a server sends by itself. */
export class StandingStream {
  readonly #carrying: Carrying;
  #body: IncomingMessage | null = null;

  constructor(carrying: Carrying) {
    this.#carrying = carrying;
  }

  get open(): boolean {
    return this.#body !== null;
  }

  /** Resolves when the server has accepted the stream. `signal` is for the opening. @throws ConnectionFailure */
  async start(wanted: StandingRequest, signal: AbortSignal): Promise<void> {
    const { endpoint } = this.#carrying;
    const { headers, phase } = wanted;
    const response = await mcpRequest(endpoint, { method: 'GET', url: endpoint.url, headers, signal, phase });
    if (!isOfType(response, 'text/event-stream')) {
      response.destroy();
      throw new ConnectionFailure({ kind: 'garbage', detail: 'the answer to GET is no event stream' });
    }
    this.#carry(response, wanted);
  }

  close(): void {
    const body = this.#body;
    this.#body = null;
    body?.destroy();
  }

  /** Reads on after a fault that could not be taken held the stream. */
  resume(): void {
    this.#body?.resume();
  }

  #carry(body: IncomingMessage, { ended, onNamed }: StandingRequest): void {
    this.#body = body;
    const parser = this.#parser(onNamed);
    const end = (error: unknown): void => {
      if (this.#body !== body) return;
      this.#body = null;
      ended(error === null ? { kind: 'stream_ended', detail: 'the server ended the stream' } : outcomeOf(error));
    };
    body.on('data', (chunk: Buffer) => parser.push(chunk));
    body.once('error', end);
    body.once('close', () => end(null));
  }

  #parser(onNamed: StandingRequest['onNamed']): EventStreamParser {
    const { inlet, speaker, endpoint } = this.#carrying;
    const { maxMessage, maxResponse } = endpoint.limits;
    return new EventStreamParser({
      softLimit: maxMessage,
      // Answers come here with the older transport; otherwise all that comes is small.
      limit: (head) => (onNamed === undefined || isNotification(head) ? maxMessage : maxResponse),
      oversize: (excerpt, bytes) => inlet.invalid(`message of ${bytes} bytes is over connection.max_message`, excerpt),
      event: (name, data) => {
        if (name !== 'message') {
          onNamed?.(name, data);
          return;
        }
        const taken = inlet.take(data);
        if (taken.kind === 'message') speaker.deliver(taken.message);
        else if (taken.kind === 'degraded') speaker.pushEnded(taken);
        else if (taken.kind === 'invalid') inlet.invalid('not a JSON-RPC message', data.slice(0, 2000));
        else if (taken.kind === 'fault' && !taken.goOn) this.#body?.pause();
      },
    });
  }
}
