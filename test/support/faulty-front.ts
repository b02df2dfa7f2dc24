import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a call is answered with, once, in place of the server behind. */
export type FrontFault =
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string | ((asked: string) => string);
    }
  /** Cut before the server behind saw it. */
  | 'reset'
  /** The server behind took it, and its answer is lost. */
  | 'lost'
  /** Never answered. */
  | 'silent';

/** Stands before a server, passes on what comes and, when told so, fails in its place. */
export class FaultyFront {
  /** Calls that came, also those that were failed. */
  calls = 0;
  /** Asked when no fault waits. */
  always: FrontFault | null = null;
  readonly #faults: FrontFault[] = [];
  readonly #behind: string;
  readonly #server: Server;

  private constructor(behind: string) {
    this.#behind = behind;
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  /** @param behind origin of the server, `http://127.0.0.1:1234` */
  static async start(behind: string): Promise<FaultyFront> {
    const front = new FaultyFront(behind);
    await new Promise<void>((resolve) => front.#server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next calls fail so, in order. */
  failNext(...faults: FrontFault[]): void {
    this.#faults.push(...faults);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = Buffer.concat(chunks);
    this.calls += 1;
    const fault = this.#faults.shift() ?? this.always;
    if (fault === 'silent') return;
    if (fault === 'reset') {
      request.socket.destroy();
      return;
    }
    if (fault !== null && fault !== 'lost') {
      const said = typeof fault.body === 'function' ? fault.body(describe(request, asked)) : fault.body;
      response.writeHead(fault.status, fault.headers).end(said);
      return;
    }
    const answer = await this.#pass(request, asked);
    if (fault === 'lost') {
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  }

  async #pass({ url, method, headers }: IncomingMessage, asked: Buffer): Promise<Response> {
    const own = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive', 'expect']);
    const kept = Object.entries(headers).filter(([name]) => !own.has(name));
    return await fetch(`${this.#behind}${url ?? '/'}`, {
      method: method ?? 'POST',
      headers: kept.map(([name, value]) => [name, String(value)] as [string, string]),
      body: new Uint8Array(asked),
    });
  }
}

/** All that the caller said, as a careless server repeats it in its errors. */
function describe({ url, headers }: IncomingMessage, asked: Buffer): string {
  return `${url} ${JSON.stringify(headers)} ${asked.toString()}`;
}
