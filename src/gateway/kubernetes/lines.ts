import type { Redactor } from '../../lib/redact/redact.ts';

/** A line that has no end is given on in pieces of this length, bytes. */
const maxLine = 256 * 1024;
/** A private key is over after so many lines, whether its end was seen or not. */
const maxKeyLines = 200;

/**
 * Cuts a stream of bytes into lines. A line without an end within `max` bytes comes in pieces, unless `whole` says that a
 * piece is of no use: then `next` throws.
 */
export class LineSplitter {
  #rest: Buffer = Buffer.alloc(0);
  readonly #max: number;
  readonly #whole: boolean;

  constructor(max: number = maxLine, whole = false) {
    this.#max = max;
    this.#whole = whole;
  }

  /** The lines that are complete now, without their ends. @throws Error on a line over the limit, with `whole` */
  next(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = data.indexOf(10); end !== -1; end = data.indexOf(10)) {
      lines.push(data.subarray(0, end));
      data = data.subarray(end + 1);
    }
    while (data.length > this.#max) {
      if (this.#whole) throw new Error(`a line is longer than ${this.#max} bytes`);
      lines.push(data.subarray(0, this.#max));
      data = data.subarray(this.#max);
    }
    // A copy: the rest of a chunk must not keep the whole of it.
    this.#rest = Buffer.from(data);
    return lines;
  }

  /** What stands behind the last line end; empty when the text ended with one. */
  end(): Buffer {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest;
  }
}

/** Redacts a log line by line; a private key over several lines goes whole. */
export class LogRedactor {
  readonly #redact: Redactor;
  #keyLines = 0;

  constructor(redact: Redactor) {
    this.#redact = redact;
  }

  line(line: string): string {
    if (this.#keyLines > 0) {
      const over = /-----END [A-Z0-9 ]*PRIVATE KEY/.test(line);
      this.#keyLines = over ? 0 : this.#keyLines - 1;
      return '<redacted:private_key>';
    }
    const begins = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(line) && !/-----END [A-Z0-9 ]*PRIVATE KEY/.test(line);
    if (begins) this.#keyLines = maxKeyLines;
    return this.#redact.text(line);
  }
}
