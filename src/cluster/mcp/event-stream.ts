const newline = 10;
const carriageReturn = 13;
const excerptBytes = 500;

export interface EventStreamHandlers {
  /** `name` is `message` when the event has none. */
  event(name: string, data: string): void;
  /** An event was over its limit and was thrown away: its start, and its size in bytes. */
  oversize(excerpt: string, bytes: number): void;
  /** The largest event in bytes, judged by its start. Asked once an event that grows over `softLimit`. */
  limit(head: string): number;
  readonly softLimit: number;
}

/**
 * Takes apart a stream of server-sent events (WHATWG HTML, section 9.2; lines end in LF or CRLF). Never holds more than
 * one event of the allowed size, however the stream is cut: what is larger is counted and thrown away as it comes.
 */
export class EventStreamParser {
  readonly #handlers: EventStreamHandlers;
  /** Pieces of the line that is not complete. */
  #parts: Buffer[] = [];
  #name = '';
  #data: string[] = [];
  /** Bytes of the event so far. */
  #bytes = 0;
  #limit: number;
  /** Set while an event is thrown away. */
  #dropping: { readonly excerpt: string; lineHasText: boolean } | null = null;

  constructor(handlers: EventStreamHandlers) {
    this.#handlers = handlers;
    this.#limit = handlers.softLimit;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#piece(chunk.subarray(start, end), true);
      start = end + 1;
    }
    if (start < chunk.length) this.#piece(chunk.subarray(start), false);
  }

  #piece(piece: Buffer, endsLine: boolean): void {
    this.#bytes += piece.length;
    if (this.#dropping === null && this.#bytes > this.#limit) this.#checkLimit(piece);
    if (this.#dropping !== null) this.#drop(piece, endsLine);
    // A copy: the piece is a window on a whole network chunk, which it would keep alive.
    else if (!endsLine) this.#parts.push(Buffer.from(piece));
    else this.#line(this.#parts.length === 0 ? piece : Buffer.concat([...this.#parts, piece]));
  }

  #line(raw: Buffer): void {
    this.#parts = [];
    const line = raw[raw.length - 1] === carriageReturn ? raw.subarray(0, -1) : raw;
    if (line.length === 0) {
      const [name, data] = [this.#name, this.#data];
      this.#reset();
      if (data.length > 0)
        this.#handlers.event(name || 'message', data.length === 1 ? (data[0] ?? '') : data.join('\n'));
      return;
    }
    const colon = line.indexOf(58);
    const field = line.toString('latin1', 0, colon < 0 ? line.length : colon);
    const from = colon < 0 ? line.length : line[colon + 1] === 32 ? colon + 2 : colon + 1;
    if (field === 'data') this.#data.push(line.toString('utf8', from));
    else if (field === 'event') this.#name = line.toString('utf8', from, from + 100);
    // Nothing is kept of a comment: a server may send them for days to keep the stream open, without an empty line.
    else this.#bytes -= raw.length;
  }

  #checkLimit(piece: Buffer): void {
    const start = this.#data[0] ?? Buffer.concat([...this.#parts, piece]).toString('utf8', 0, excerptBytes);
    const head = start.slice(0, excerptBytes);
    this.#limit = Math.max(this.#limit, this.#handlers.limit(head));
    if (this.#bytes <= this.#limit) return;
    this.#dropping = { excerpt: head, lineHasText: this.#parts.length > 0 };
    this.#parts = [];
    this.#data = [];
  }

  #drop(piece: Buffer, endsLine: boolean): void {
    const dropping = this.#dropping;
    if (dropping === null) return;
    if (piece.length > 1 || (piece.length === 1 && piece[0] !== carriageReturn)) dropping.lineHasText = true;
    if (!endsLine) return;
    if (dropping.lineHasText) {
      dropping.lineHasText = false;
      return;
    }
    const bytes = this.#bytes;
    this.#reset();
    this.#handlers.oversize(dropping.excerpt, bytes);
  }

  #reset(): void {
    this.#name = '';
    this.#data = [];
    this.#bytes = 0;
    this.#limit = this.#handlers.softLimit;
    this.#dropping = null;
  }
}
