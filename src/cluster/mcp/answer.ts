import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Timer } from '../../lib/clock.ts';
import { oneLine } from '../../lib/text.ts';
import { EventStreamParser } from './event-stream.ts';
import { parseMessage, takeIncoming } from './incoming.ts';
import { failure, headerOf, type McpResponse } from './http.ts';
import type { Carrying } from './transport.ts';
import { isNotification } from '../connection/notification-gate.ts';
import { ConnectionFailure } from './outcome.ts';

/** How long an answered exchange may go on before it is cut, ms. */
const tailMs = 1000;

interface Reading extends Carrying {
  readonly deliver: (message: JSONRPCMessage) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads the answer to request `id` out of the body of its POST, JSON or events, and delivers it.
 *
 * @throws ConnectionFailure `too_large`, `garbage`, `network`, or the signal's reason
 */
export async function readAnswer(response: McpResponse, id: string | number, reading: Reading): Promise<void> {
  const type = headerOf(response, 'content-type');
  const share = reading.endpoint.budget.share();
  try {
    if (type.startsWith('application/json')) await readJson(response, reading, share);
    else if (type.startsWith('text/event-stream')) await readEvents(response, id, reading, share);
    else throw notMcp(await startOf(response));
  } catch (error) {
    throw failure(error, reading.signal);
  } finally {
    share.release();
    response.body.destroy();
  }
}

type Share = ReturnType<Carrying['endpoint']['budget']['share']>;

async function readJson(response: McpResponse, reading: Reading, share: Share): Promise<void> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += (chunk as Buffer).length;
    if (size > reading.endpoint.limits.maxResponse || !share.grow(size)) throw tooLarge(size);
    chunks.push(chunk as Buffer);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  const message = parseMessage(text);
  if (message === null) throw notMcp(text);
  reading.deliver(message);
}

async function readEvents(response: McpResponse, id: string | number, reading: Reading, share: Share): Promise<void> {
  const { maxResponse } = reading.endpoint.limits;
  const exchange = new Exchange(id, reading);
  let size = 0;
  let tail: Timer | null = null;
  try {
    for await (const chunk of response.body) {
      size += (chunk as Buffer).length;
      if (size > maxResponse || !share.grow(size)) throw tooLarge(size);
      exchange.parser.push(chunk as Buffer);
      if (exchange.broken !== null) throw exchange.broken;
      // The server ends the exchange; one that does not must not hold the connection.
      if (exchange.answered) tail ??= reading.clock.setTimer(() => response.body.destroy(), tailMs);
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
        const taken = takeIncoming(data, reading.gate, reading.listener);
        if (taken.kind === 'invalid') this.broken ??= notMcp(data);
        if (taken.kind !== 'message') return;
        if (!('method' in taken.message) && taken.message.id === id) this.answered = true;
        reading.deliver(taken.message);
      },
    });
  }
}

async function startOf(response: McpResponse): Promise<string> {
  for await (const chunk of response.body) return (chunk as Buffer).toString('utf8', 0, 2000);
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
