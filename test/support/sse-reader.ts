import { waitUntil } from './wait-until.ts';

export interface SseMessage {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Reads a server-sent event stream as it comes. */
export class SseReader {
  readonly messages: SseMessage[] = [];
  comments = 0;
  ended = false;
  readonly response: Response;
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<SseReader> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    const reader = new SseReader(response, abort);
    void reader.#read();
    return reader;
  }

  async next(count: number): Promise<readonly SseMessage[]> {
    await waitUntil(() => this.messages.length >= count, `${count} events`);
    return this.messages;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(): Promise<void> {
    let text = '';
    try {
      for await (const chunk of this.response.body ?? []) {
        text += Buffer.from(chunk as Uint8Array).toString('utf8');
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.#take(block);
      }
    } catch {
      // Cut off, by either side.
    }
    this.ended = true;
  }

  #take(block: string): void {
    if (block.startsWith(':')) {
      this.comments++;
      return;
    }
    const field = (name: string): string | undefined =>
      block
        .split(/\r\n|\r|\n/)
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const event = field('event') ?? 'message';
    const data = field('data') ?? 'null';
    this.messages.push({ event, data: JSON.parse(data) as Record<string, unknown> });
  }
}
