import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** One HTTP exchange as it comes over the wire: status, headers, and the bytes of the body so far. */
export class HttpExchange {
  body = '';
  ended = false;
  failed = false;
  readonly #request: ClientRequest;
  readonly #response: IncomingMessage;

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent;
    this.#response = response;
    response.on('data', (chunk: Buffer) => {
      this.body += chunk.toString('utf8');
    });
    response.on('end', () => {
      this.ended = true;
    });
    response.on('error', () => {
      this.failed = true;
    });
  }

  /** Resolves when the head of the answer is there. */
  static open(url: string, method: string, headers: Record<string, string>, body?: string): Promise<HttpExchange> {
    return new Promise((resolve, reject) => {
      const sent = request(url, { method, headers, agent: false });
      sent.once('response', (response) => resolve(new HttpExchange(sent, response)));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  get status(): number {
    return this.#response.statusCode ?? 0;
  }

  get headers(): Record<string, string | undefined> {
    return this.#response.headers as Record<string, string | undefined>;
  }

  abort(): void {
    this.#request.destroy();
  }
}
