import { ReadError } from '../cluster-reader.ts';

const newline = 0x0a;
/** Room for the start of a line that is kept between lines, bytes. */
const keptRoom = 64 * 1024;

/** Cuts a stream of bytes into lines of JSON; empty lines are left out. */
export class JsonLines {
  readonly #maxBytes: number;
  /** The start of a line whose end has not come yet; grows by doubling, whatever the size of the chunks. */
  #held = Buffer.alloc(0);
  #size = 0;

  /** `maxBytes`: the longest line. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The values of the lines that end in this chunk. @throws ReadError `too_large`, `invalid` */
  take(chunk: Buffer): unknown[] {
    const values: unknown[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      const line = this.#lineWith(chunk.subarray(start, end));
      if (line.length > 0) values.push(parse(line));
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return values;
  }

  #lineWith(part: Buffer): Buffer {
    if (this.#size === 0) return this.#bounded(part);
    this.#hold(part);
    const line = this.#held.subarray(0, this.#size);
    this.#size = 0;
    if (this.#held.length > keptRoom) this.#held = Buffer.alloc(0);
    return line;
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return;
    const size = this.#bounded(part, this.#size).length + this.#size;
    if (size > this.#held.length) {
      const room = Buffer.alloc(Math.max(1024, size, 2 * this.#held.length));
      this.#held.copy(room, 0, 0, this.#size);
      this.#held = room;
    }
    part.copy(this.#held, this.#size);
    this.#size = size;
  }

  #bounded(part: Buffer, before = 0): Buffer {
    if (before + part.length <= this.#maxBytes) return part;
    throw new ReadError('too_large', `a line is longer than ${this.#maxBytes} bytes`);
  }
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch (error) {
    throw new ReadError('invalid', 'a line is no JSON', { cause: error });
  }
}
