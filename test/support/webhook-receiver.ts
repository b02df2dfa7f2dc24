import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { type IncidentEvent, type NoticeEvent, webhookEventSchema } from '../../src/domain/wire/webhook.ts';

/** What a call is answered with, once. */
export type ReceiverFault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  /** Takes the call, then cuts the connection: the sender cannot know. */
  | 'reset'
  /** Takes the call and never answers. */
  | 'silent';

export interface TakenEvent {
  readonly id: string;
  readonly type: string;
  readonly bytes: number;
  readonly event: IncidentEvent | NoticeEvent;
}

export const webhookSecret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

/** A receiver that verifies each call with the library of Standard Webhooks and its form with our schema. */
export class WebhookReceiver {
  /** Every call that was verified, also those that were answered with a fault. */
  readonly calls: TakenEvent[] = [];
  /** What was wrong with a call. */
  readonly wrong: string[] = [];
  /** The receiver's time, ms since the epoch, when it is not that of this machine. */
  now: (() => number) | null = null;
  readonly #faults: ReceiverFault[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket.on('error', () => {})));
  }

  static async start(): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/events`;
  }

  /** The next calls are answered so, in order; then with 204 again. */
  failNext(...faults: ReceiverFault[]): void {
    this.#faults.push(...faults);
  }

  /** The events as a receiver has them that knows each id once. */
  get events(): TakenEvent[] {
    return [...new Map(this.calls.map((call) => [call.id, call])).values()];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #verified(body: string, headers: Record<string, string>): unknown {
    const library = new Webhook(webhookSecret);
    if (this.now === null) return library.verify(body, headers);
    const at = Number(headers['webhook-timestamp']) * 1000;
    if (Math.abs(at - this.now()) > 5 * 60_000) throw new Error('a message of another time');
    const expected = library.sign(headers['webhook-id'] ?? '', new Date(at), body);
    if (headers['webhook-signature'] !== expected) throw new Error('not signed with the secret');
    return JSON.parse(body);
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    try {
      const headers = request.headers as Record<string, string>;
      const event = webhookEventSchema.parse(this.#verified(body, headers));
      const id = headers['webhook-id'] ?? '';
      this.calls.push({ id, type: event.type, bytes: Buffer.byteLength(body), event });
    } catch (error) {
      this.wrong.push(String(error));
    }
    const fault = this.#faults.shift();
    if (fault === 'silent') return;
    if (fault === 'reset') {
      request.socket.destroy();
      return;
    }
    response.writeHead(fault?.status ?? 204, fault?.headers).end(fault?.body);
  }
}
