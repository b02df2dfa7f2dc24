import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a model has been told so far, whatever the provider. */
export interface Conversation {
  /** What the CLI answered to each tool call so far, in order. */
  readonly results: readonly string[];
  readonly model: string;
  /** False for the side requests of a CLI (a title, a choice of model): those are answered with a word. */
  readonly hasTools: boolean;
}

/** What the model does next: says its last word, runs a command, writes a file, or calls a tool, by the names of the CLI that asks. */
export type ModelTurn =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'run'; readonly command: string }
  | { readonly kind: 'write'; readonly path: string; readonly text: string }
  /** A tool of the MCP server `nightcrier`. */
  | { readonly kind: 'tool'; readonly name: string; readonly args: object };

export type ModelScript = (conversation: Conversation) => ModelTurn;

/** Tokens of one answer; `fresh` neither read from nor written to the cache. OpenAI and Gemini write none. */
export interface Figures {
  readonly fresh: number;
  readonly cached: number;
  readonly written: number;
  readonly output: number;
}

/** What the server does instead of answering. */
export type ModelFault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number }
  /** Half of the events, then the connection is cut. */
  | { readonly kind: 'half' }
  /** Takes the request and says nothing. */
  | { readonly kind: 'nothing' }
  /** Half of the events, then silence. */
  | { readonly kind: 'stall' }
  /** So many bytes of an answer that does not end. */
  | { readonly kind: 'huge'; readonly bytes: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'html' };

export interface ModelCall {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** How one provider is spoken to. */
export interface Dialect {
  readonly provider: 'anthropic' | 'openai' | 'gemini';
  /** Header and value that carry the key. */
  keyOf(headers: IncomingMessage['headers']): string | undefined;
  /** Null when the path is no call of a model. */
  conversation(path: string, body: unknown): Conversation | null;
  /** The answer as events of a stream, each complete with its blank line. */
  events(turn: ModelTurn, figures: Figures, conversation: Conversation, nth: number): string[];
  /** The answer in one piece; null for a provider whose CLI always streams. */
  plain(path: string, turn: ModelTurn, figures: Figures, conversation: Conversation): unknown;
  error(status: number): unknown;
  /** One more event, for an answer without end. */
  readonly filler: string;
}

/** Figures of an answer unless the test says otherwise. */
const usualFigures: Figures = { fresh: 1200, cached: 300, written: 100, output: 50 };

/** A local server that speaks one provider's API as far as its CLI uses it; what it says is scripted. */
export class ModelServer {
  readonly calls: ModelCall[] = [];
  /** The key that it takes; every other one is answered with 401. */
  key = 'key-of-the-provider-0123456789';
  figures: Figures = usualFigures;
  /** Asked before each call of a model, with how many came before it. */
  fault: (nth: number) => ModelFault | null = () => null;
  /** What it says from now on. */
  script: ModelScript;
  /** Answers that were given whole. */
  answered = 0;
  readonly #dialect: Dialect;
  readonly #server: Server;
  #asked = 0;

  private constructor(dialect: Dialect, script: ModelScript) {
    this.#dialect = dialect;
    this.script = script;
    this.#server = createServer((request, response) => {
      response.on('error', () => {});
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(dialect: Dialect, script: ModelScript, address = '127.0.0.1'): Promise<ModelServer> {
    const server = new ModelServer(dialect, script);
    await new Promise<void>((resolve) => server.#server.listen(0, address, resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get provider(): Dialect['provider'] {
    return this.#dialect.provider;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const { method = '', url = '' } = request;
    // Also for a CLI that takes it for the gateway.
    const path = url.replace(/^\/llm\/\w+/, '');
    this.calls.push({ method, path, headers: request.headers, body });
    if (method !== 'POST') {
      sendJson(response, 404, this.#dialect.error(404));
      return;
    }
    if (this.#dialect.keyOf(request.headers) !== this.key) {
      sendJson(response, 401, this.#dialect.error(401));
      return;
    }
    const conversation = this.#dialect.conversation(path, JSON.parse(body));
    if (conversation === null) {
      sendJson(response, 404, this.#dialect.error(404));
      return;
    }
    await this.#answer(path, body, conversation, response);
  }

  async #answer(path: string, body: string, conversation: Conversation, response: ServerResponse): Promise<void> {
    const nth = this.#asked++;
    const fault = this.fault(nth);
    const turn: ModelTurn = conversation.hasTools ? this.script(conversation) : { kind: 'say', text: 'ok' };
    const streamed = /"stream":\s*true/.test(body) || path.includes('alt=sse');
    if (fault === null && !streamed) {
      sendJson(response, 200, this.#dialect.plain(path, turn, this.figures, conversation));
      this.answered += 1;
      return;
    }
    const events = this.#dialect.events(turn, this.figures, conversation, nth);
    if (fault !== null) {
      await this.#fail(fault, events, response);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(event);
    response.end();
    this.answered += 1;
  }

  async #fail(fault: ModelFault, events: string[], response: ServerResponse): Promise<void> {
    const half = events.slice(0, Math.ceil(events.length / 2)).join('');
    switch (fault.kind) {
      case 'status': {
        const headers = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
        sendJson(response, fault.status, this.#dialect.error(fault.status), headers);
        return;
      }
      case 'half':
      case 'stall':
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(half, () => {
          if (fault.kind === 'half') response.destroy();
        });
        return;
      case 'huge':
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(half);
        await pour(response, this.#dialect.filler, fault.bytes);
        return;
      case 'cut':
        response.destroy();
        return;
      case 'html':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
        return;
      case 'nothing':
      default:
    }
  }
}

/** One event of a stream of server-sent events. */
export function sse(data: unknown, name?: string): string {
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
}

/** Pieces of a text, as a model gives it. */
export function pieces(text: string, size = 40): string[] {
  return text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [''];
}

function sendJson(response: ServerResponse, status: number, value: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

async function pour(response: ServerResponse, filler: string, bytes: number): Promise<void> {
  const block = filler.repeat(Math.ceil(65_536 / filler.length));
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  for (let sent = 0; sent < bytes && !response.destroyed; sent += block.length) {
    const drained = new Promise<void>((resolve) => response.once('drain', resolve));
    if (!response.write(block)) await Promise.race([drained, closed]);
    else response.removeAllListeners('drain');
  }
  response.end();
}
