import type { IncomingMessage } from 'node:http';
import { onAbort } from '../../lib/abort.ts';
import type { Timer } from '../../lib/clock.ts';
import { oneLine } from '../../lib/text.ts';
import { EventStreamParser } from './event-stream.ts';
import { failure, isOfType } from './http.ts';
import { type Carrying, isNotification, parseMessage } from './messages.ts';
import { ConnectionFailure } from './outcome.ts';

/** How long an answered exchange may go on before it is cut, ms. */
const tailMs = 1000;

/** What an answer holds without asking, bytes. */
const freeBytes = 256 * 1024;

/**
 * Memory for answers that are being read, over all clusters. Nobody waits for it: an answer that finds it used up is
 * refused, so a slow server that holds memory delays no other, and the reader can ask for less at a time.
 */
export class AnswerBudget {
  readonly #total: number;
  #used = 0;

  constructor(totalBytes: number) {
    this.#total = totalBytes;
  }

  get used(): number {
    return this.#used;
  }

  /** One answer's share: `grow` says whether it may hold so many bytes in all; `release` gives everything back. */
  share(): { grow(bytes: number): boolean; release(): void } {
    let held = 0;
    return {
      grow: (bytes) => {
        const more = bytes - freeBytes - held;
        if (more <= 0) return true;
        if (this.#used + more > this.#total) return false;
        held += more;
        this.#used += more;
        return true;
      },
      release: () => {
        this.#used -= held;
        held = 0;
      },
    };
  }
}

interface Reading extends Carrying {
  readonly signal: AbortSignal;
}

/**
 * Reads the answer to request `id` out of the body of its POST, JSON or events, and delivers it.
 *
 * @throws ConnectionFailure `too_large`, `garbage`, `network`, or the signal's reason
 */
export async function readAnswer(response: IncomingMessage, id: string | number, reading: Reading): Promise<void> {
  const share = reading.endpoint.budget.share();
  const letGo = onAbort(reading.signal, (reason) => response.destroy(reason));
  try {
    if (isOfType(response, 'application/json')) await readJson(response, reading, share);
    else if (isOfType(response, 'text/event-stream')) await readEvents(response, id, reading, share);
    else throw notMcp(await startOf(response));
  } catch (error) {
    throw failure(error, reading.signal);
  } finally {
    letGo();
    share.release();
    response.destroy();
  }
}

type Share = ReturnType<AnswerBudget['share']>;

async function readJson(response: IncomingMessage, reading: Reading, share: Share): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > reading.endpoint.limits.maxResponse || !share.grow(size)) throw tooLarge(size);
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const message = parseMessage(text);
  if (message === null) throw notMcp(text);
  reading.speaker.deliver(message);
}

async function readEvents(
  response: IncomingMessage,
  id: string | number,
  reading: Reading,
  share: Share,
): Promise<void> {
  const { maxResponse } = reading.endpoint.limits;
  const exchange = new Exchange(id, reading);
  let size = 0;
  let tail: Timer | null = null;
  try {
    for await (const chunk of response) {
      size += (chunk as Buffer).length;
      if (size > maxResponse || !share.grow(size)) throw tooLarge(size);
      exchange.parser.push(chunk as Buffer);
      if (exchange.broken !== null) throw exchange.broken;
      // The server ends the exchange; one that does not must not hold the connection.
      if (exchange.answered) tail ??= reading.clock.setTimer(() => response.destroy(), tailMs);
    }
  } catch (error) {
    if (!exchange.answered) throw error;
  } finally {
    tail?.cancel();
  }
  if (!exchange.answered) throw notMcp(`the answer ended after ${size} bytes without a result`);
}

/** The events of one POST up to its answer. */
class Exchange {
  answered = false;
  broken: ConnectionFailure | null = null;
  readonly parser: EventStreamParser;

  constructor(id: string | number, reading: Reading) {
    const { maxMessage, maxResponse } = reading.endpoint.limits;
    this.parser = new EventStreamParser({
      softLimit: Math.min(maxMessage, maxResponse),
      limit: (head) => (isNotification(head) ? maxMessage : maxResponse),
      oversize: (_excerpt, bytes) => (this.broken ??= tooLarge(bytes)),
      event: (_name, data) => {
        // However the events are cut into reads, nothing counts after the one that broke the exchange.
        if (this.broken !== null) return;
        const taken = reading.inlet.take(data);
        if (taken.kind === 'invalid') this.broken = notMcp(data);
        if (taken.kind === 'degraded') reading.speaker.pushEnded(taken);
        if (taken.kind !== 'message') return;
        if (!('method' in taken.message) && taken.message.id === id) this.answered = true;
        reading.speaker.deliver(taken.message);
      },
    });
  }
}

async function startOf(response: IncomingMessage): Promise<string> {
  for await (const chunk of response) return (chunk as Buffer).toString('utf8', 0, 2000);
  return '(nothing)';
}

function notMcp(text: string): ConnectionFailure {
  const said = oneLine(text.slice(0, 2000).replace(/<[^>]*>/g, ' '), 150);
  return new ConnectionFailure({ kind: 'garbage', detail: `no MCP answer: ${said}` });
}

function tooLarge(bytes: number): ConnectionFailure {
  return new ConnectionFailure({
    kind: 'too_large',
    detail: `the answer is larger than allowed (${bytes} bytes so far)`,
  });
}
