import { constants, openSync, writeSync } from 'node:fs';
import { abortReason, onAbort, untilAborted } from '../abort.ts';
import type { Clock, Timer } from '../clock.ts';
import { errorText } from '../problem.ts';

export interface OutputOptions {
  /** The descriptor: 1 is standard output, 2 standard error. Pipes must not block: they do not once `process.stdout` is touched. */
  readonly fd: number;
  readonly isTTY: boolean;
  readonly clock: Clock;
  /** What is held for a reader that is slow, bytes; what `write` brings beyond is lost. */
  readonly maxHeldBytes?: number;
  /** Why text cannot be written from now on; null when it can again. */
  readonly onChange?: (failure: string | null) => void;
  /** As `writeSync` of node:fs: gives how many bytes were taken, throws an error with a code. */
  readonly writeBytes?: (fd: number, bytes: Uint8Array) => number;
}

interface Piece {
  readonly bytes: Buffer;
  written: number;
  readonly settle: (error: Error | null) => void;
}

const defaultHeldBytes = 1024 * 1024;
/** A reader that takes nothing is looked at again after this, doubling, milliseconds. */
const firstLookMs = 10;
const lastLookMs = 500;
/** From when on a reader that takes nothing is said to read no more, milliseconds. */
const stalledAfterMs = 10_000;

/**
 * A stream of this process that neither ends nor blocks it: a closed pipe, a terminal that has gone, a full disk behind a
 * redirect, a reader that does not read. Node's own streams are dead after one error and hold any amount of text.
 */
export class Output {
  readonly isTTY: boolean;
  readonly #options: OutputOptions;
  readonly #fd: number;
  readonly #held: Piece[] = [];
  #heldBytes = 0;
  #lost = 0;
  #failure: string | null = null;
  /** A line was cut off by an error: the next one begins a line of its own. */
  #torn = false;
  #look: Timer | null = null;
  #lookMs = firstLookMs;
  #stalledSince: number | null = null;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.isTTY = options.isTTY;
    this.#fd = options.isTTY ? unblocked(options.fd) : options.fd;
  }

  /** Why text cannot be written, null when it can, as far as anybody has tried. */
  get failure(): string | null {
    return this.#failure;
  }

  /** How many texts `write` has lost. */
  get lost(): number {
    return this.#lost;
  }

  /** Writes text now, or soon when the reader is slow. Never throws and never waits: what cannot be written is lost. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#heldBytes > 0 && this.#heldBytes + bytes.length > (this.#options.maxHeldBytes ?? defaultHeldBytes)) {
      this.#lost += 1;
      return;
    }
    this.#add(bytes, (error) => {
      if (error !== null) this.#lost += 1;
    });
  }

  /**
   * Resolves when the whole text is written. An abort takes it back when nothing of it was written yet; what has begun is
   * finished all the same. @throws Error why it cannot be written; the reason of the signal
   */
  async send(text: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortReason(signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const piece = this.#add(Buffer.from(text), (error) => (error === null ? resolve() : reject(error)));
    const letGo = onAbort(signal, () => this.#takeBack(piece));
    await untilAborted(promise, signal).finally(letGo);
  }

  /** Waits until all that is held is written, at most `ms` milliseconds. */
  async flush(ms: number): Promise<void> {
    if (this.#held.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const limit = this.#options.clock.setTimer(resolve, ms);
    this.#add(Buffer.alloc(0), () => resolve());
    await promise;
    limit.cancel();
  }

  #add(bytes: Buffer, settle: Piece['settle']): Piece {
    const piece = { bytes, written: 0, settle };
    this.#held.push(piece);
    this.#heldBytes += bytes.length;
    if (this.#look === null) this.#writeHeld();
    return piece;
  }

  #takeBack(piece: Piece): void {
    const index = this.#held.indexOf(piece);
    if (index < 0 || piece.written > 0) return;
    this.#held.splice(index, 1);
    this.#heldBytes -= piece.bytes.length;
  }

  #writeHeld(): void {
    try {
      for (let piece = this.#held[0]; piece !== undefined; piece = this.#held[0]) {
        this.#writePiece(piece);
        this.#held.shift();
        this.#heldBytes -= piece.bytes.length;
        this.#tell(null);
        piece.settle(null);
      }
    } catch (error) {
      if (isFull(error)) this.#wait();
      else this.#fail(error);
    }
  }

  #writePiece(piece: Piece): void {
    if (this.#torn && piece.bytes.length > 0) {
      this.#take(Buffer.from('\n'));
      this.#torn = false;
    }
    while (piece.written < piece.bytes.length) piece.written += this.#take(piece.bytes.subarray(piece.written));
  }

  #take(bytes: Uint8Array): number {
    const taken = (this.#options.writeBytes ?? writeSync)(this.#fd, bytes);
    this.#stalledSince = null;
    this.#lookMs = firstLookMs;
    return taken;
  }

  /** The reader takes nothing now: another look later, and some day it is said. */
  #wait(): void {
    const { clock } = this.#options;
    this.#stalledSince ??= clock.monotonic();
    if (clock.monotonic() - this.#stalledSince >= stalledAfterMs) this.#tell('its reader does not read');
    this.#look = clock.setTimer(() => {
      this.#look = null;
      this.#writeHeld();
    }, this.#lookMs);
    this.#lookMs = Math.min(this.#lookMs * 2, lastLookMs);
  }

  /** Nothing of what is held can be written; the next text is an attempt of its own. */
  #fail(error: unknown): void {
    const failed = this.#held.splice(0);
    this.#heldBytes = 0;
    this.#torn ||= failed.some(({ written }) => written > 0);
    this.#tell(errorText(error));
    for (const piece of failed) piece.settle(error instanceof Error ? error : new Error(errorText(error)));
  }

  #tell(failure: string | null): void {
    const before = this.#failure;
    this.#failure = failure;
    // Other words for a failure that is known are no news.
    if ((before === null) !== (failure === null)) this.#options.onChange?.(failure);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EAGAIN' || error.code === 'EWOULDBLOCK');
}

/** Node lets a terminal block, and one that was stopped (Ctrl-S) would stop us. Linux opens it anew, without. */
function unblocked(fd: number): number {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return fd;
  }
}
