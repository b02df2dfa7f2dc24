import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cardError, cardText } from './teams-card-check.ts';

export interface TeamsCard {
  /** What a person reads, a line each. */
  readonly text: string;
  readonly bytes: number;
  readonly actions: readonly { readonly title: string; readonly url: string }[];
}

/** A local server that takes what the webhook of a Teams workflow takes: one Adaptive Card a message, 28 KB. */
export class TeamsServer {
  readonly cards: TeamsCard[] = [];
  readonly refused: string[] = [];
  readonly path = '/workflows/abc123/triggers/manual/paths/invoke?api-version=1&sig=Zm9vYmFyLXNlY3JldA';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async start(): Promise<TeamsServer> {
    const server = new TeamsServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (request.url !== this.path) return this.#refuse(404, 'WorkflowNotFound', response);
    if (request.method !== 'POST') return this.#refuse(405, 'MethodNotAllowed', response);
    if (bytes.length > 28 * 1024) return this.#refuse(413, 'RequestEntityTooLarge', response);
    const error = cardError(bytes.toString());
    if (error !== null) return this.#refuse(400, error, response);
    const { text, actions } = cardText(bytes.toString());
    this.cards.push({ text, actions, bytes: bytes.length });
    response.writeHead(202).end();
  }

  #refuse(status: number, code: string, response: ServerResponse): void {
    this.refused.push(code);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { code, message: 'refused' } }));
  }
}
