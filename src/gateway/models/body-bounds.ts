import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';

/** Characters of JSON that begin, end or part values, outside of texts: each value costs far more memory than its bytes. */
export const maxStructure = 200_000;
/** Bytes that are looked at before everything else of the daemon has its turn. */
const bytesOfTurn = 1024 * 1024;
const [quote, backslash] = [0x22, 0x5c];
const structural: ReadonlySet<number> = new Set(Buffer.from('{}[],:'));

/** Whether JSON holds so many values that no CLI sends it: to be asked before it is parsed. */
export async function hasTooManyValues(json: Buffer, max = maxStructure): Promise<boolean> {
  let state: ScanState = { count: 0, inText: false, escaped: false };
  for (let start = 0; start < json.length; start += bytesOfTurn) {
    if (start > 0) await setImmediate();
    state = scan(json.subarray(start, start + bytesOfTurn), state);
    if (state.count > max) return true;
  }
  return false;
}

interface ScanState {
  readonly count: number;
  readonly inText: boolean;
  readonly escaped: boolean;
}

function scan(bytes: Buffer, before: ScanState): ScanState {
  let { count, inText, escaped } = before;
  for (const byte of bytes) {
    if (escaped) escaped = false;
    else if (inText && byte === backslash) escaped = true;
    else if (byte === quote) inText = !inText;
    else if (!inText && structural.has(byte)) count += 1;
  }
  return { count, inText, escaped };
}

/** Counts the bytes of bodies that are held, of all runs together and of each. */
export class HeldBodies {
  readonly #max: number;
  readonly #maxOfOne: number;
  readonly #ofOne = new WeakMap<object, number>();
  #all = 0;

  /** @param maxOfOne so that no run takes all of it from the others */
  constructor(max: number, maxOfOne: number) {
    this.#max = max;
    this.#maxOfOne = maxOfOne;
  }

  /** A body of a run, empty at first. */
  open(run: object): HeldBody {
    let length = 0;
    const add = (bytes: number): void => {
      length += bytes;
      this.#all += bytes;
      this.#ofOne.set(run, (this.#ofOne.get(run) ?? 0) + bytes);
    };
    return {
      grow: (bytes) => {
        if (this.#all + bytes > this.#max || (this.#ofOne.get(run) ?? 0) + bytes > this.#maxOfOne) return false;
        add(bytes);
        return true;
      },
      letGo: () => add(-length),
    };
  }
}

export interface HeldBody {
  /** False when there is no place for so many bytes more; they are not counted then. */
  grow(bytes: number): boolean;
  letGo(): void;
}

/** A body, or the bound that it passed. @throws Error when the agent goes away before its end */
export async function readBytes(
  request: IncomingMessage,
  max: number,
  held: HeldBody,
): Promise<Buffer | 'too_large' | 'too_many'> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Left before its end, it is still to be answered.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > max) return 'too_large';
    if (!held.grow(chunk.length)) return 'too_many';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Of a body that nobody wants: whoever sends more is not waited for. */
const maxSkipped = 64 * 1024 * 1024;

/**
 * Reads what is left of a body and forgets it. Most clients look for an answer only when they have sent all: to them a
 * connection that ends before has no answer, it is broken. The time of a request bounds it. Never rejects.
 */
export function skipBody(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let bytes = 0;
    request.once('end', resolve);
    request.once('close', resolve);
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxSkipped) return;
      request.pause();
      resolve();
    });
    request.resume();
  });
}
