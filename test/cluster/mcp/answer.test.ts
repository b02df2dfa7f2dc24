import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { AnswerBudget, readAnswer } from '../../../src/cluster/mcp/answer.ts';
import { mcpRequest } from '../../../src/cluster/mcp/http.ts';
import { parseMessage, type Taken } from '../../../src/cluster/mcp/messages.ts';
import { outcomeOf, silentFor } from '../../../src/cluster/mcp/outcome.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { recordedTo } from '../../support/mcp-carrying.ts';
import { scriptedHttp, writeByBytes } from '../../support/scripted-http.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;

describe('answer budget', () => {
  test('CON-6: small answers always fit, large ones share what there is, and give it back', () => {
    const budget = new AnswerBudget(10_000_000);
    const [first, second, small] = [budget.share(), budget.share(), budget.share()];
    expect(first.grow(8_000_000)).toBe(true);
    expect(second.grow(8_000_000)).toBe(false);
    expect(second.grow(2_000_000)).toBe(true);
    expect(small.grow(200_000)).toBe(true);
    first.release();
    first.release();
    expect(second.grow(9_000_000)).toBe(true);
    second.release();
    expect(budget.used).toBe(0);
  });
});

const rpc = (id: unknown, changes: object = { result: {} }) => JSON.stringify({ jsonrpc: '2.0', id, ...changes });
const event = (text: string) => `event: message\ndata: ${text}\n\n`;

/** Asks a server that writes `answer`, and reads its answer as the one to request 1. */
async function read(
  answer: (response: ServerResponse) => void,
  changes: Parameters<typeof recordedTo>[1] = {},
  signal = never,
) {
  const url = await scriptedHttp((_request, response) => answer(response));
  const recorded = recordedTo(url, changes);
  const { endpoint } = recorded.carrying;
  const response = await mcpRequest(endpoint, {
    method: 'POST',
    url: endpoint.url,
    headers: {},
    body: '{}',
    signal,
    phase: 'request',
  });
  const reading = readAnswer(response, 1, { ...recorded.carrying, signal });
  const outcome = reading.then(() => null).catch((error: unknown) => outcomeOf(error));
  return { ...recorded, outcome };
}

const body =
  (type: string, text: string | Buffer, headers = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(200, { 'content-type': type, ...headers }).end(text);
const [json, events] = ['application/json', 'text/event-stream'];

describe('an answer that is good', () => {
  test.each([
    ['JSON', body(json, rpc(1))],
    ['JSON with parameters and capitals in its type', body('Application/JSON; charset=UTF-8', rpc(1))],
    ['JSON with room around', body(json, `\r\n ${rpc(1)}\n`)],
    ['an event', body(events, event(rpc(1)))],
    ['an event with CRLF', body(events, event(rpc(1)).replaceAll('\n', '\r\n'))],
    ['an event after comments', body(events, `: hello\n\n: again\n\n${event(rpc(1))}`)],
    ['an event over two lines', body(events, 'data: {"jsonrpc":"2.0",\ndata: "id":1,"result":{}}\n\n')],
  ])('CON-2: %s is delivered', async (_what, answer) => {
    const { outcome, delivered, carrying } = await read(answer);
    expect(await outcome).toBeNull();
    expect(delivered).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    expect(carrying.endpoint.budget.used).toBe(0);
  });

  test.each([
    [json, (text: string) => text],
    [events, event],
  ])('CON-2: %s that comes byte by byte, cut inside of characters, is whole', async (type, framed) => {
    const said = 'ä € 😀 \u{1F469}\u200D\u{1F680}';
    const { outcome, delivered } = await read((response) => {
      response.writeHead(200, { 'content-type': type });
      void writeByBytes(response, framed(rpc(1, { result: { said } }))).then(() => response.end());
    });
    expect(await outcome).toBeNull();
    expect(delivered).toEqual([{ jsonrpc: '2.0', id: 1, result: { said } }]);
  });

  test('CON-3: requests and notifications before the answer are delivered, a second answer is, too', async () => {
    const ping = { jsonrpc: '2.0', id: 's1', method: 'ping' };
    const { outcome, delivered } = await read(body(events, [JSON.stringify(ping), rpc(1), rpc(1)].map(event).join('')));
    expect(await outcome).toBeNull();
    expect(delivered).toHaveLength(3);
    expect(delivered[0]).toEqual(ping);
  });

  test('CON-6: a server that leaves the exchange open after its answer is cut after a second', async () => {
    const clock = new ManualClock();
    const closed: true[] = [];
    const { outcome } = await read(
      (response) => {
        response.on('close', () => closed.push(true));
        response.writeHead(200, { 'content-type': events }).write(event(rpc(1)));
      },
      { clock },
    );
    await waitUntil(() => clock.timers === 1, 'the answer is there');
    await clock.advance(999);
    expect(closed).toEqual([]);
    await clock.advance(1);
    expect(await outcome).toBeNull();
    await waitUntil(() => closed.length === 1, 'the server sees the end');
    expect(clock.timers).toBe(0);
  });

  test('CON-3: a reset after the answer harms nobody', async () => {
    const { outcome, delivered } = await read((response) => {
      response.writeHead(200, { 'content-type': events });
      response.write(event(rpc(1)), () => setImmediate(() => response.socket?.resetAndDestroy()));
    });
    // A reset may overtake what was sent before it; then there was no answer.
    const end = await outcome;
    expect(end === null ? delivered.length : end.kind).toBe(end === null ? 1 : 'network');
  });

  test('CON-3: a subscription that is told to be degraded beside the answer ends push', async () => {
    const take = (text: string): Taken => {
      const message = parseMessage(text);
      if (text.includes('degraded')) return { kind: 'degraded', detail: 'too slow' };
      return message === null ? { kind: 'invalid' } : { kind: 'message', message };
    };
    const { outcome, pushEnds } = await read(body(events, event('degraded') + event(rpc(1))), { take });
    expect(await outcome).toBeNull();
    expect(pushEnds).toEqual([{ kind: 'degraded', detail: 'too slow' }]);
  });
});

describe('an answer that is none', () => {
  const long = 'x'.repeat(20_000);
  test.each<[string, (response: ServerResponse) => void, string]>([
    ['half a JSON', body(json, rpc(1).slice(0, 20)), 'garbage'],
    ['an empty JSON', body(json, ''), 'garbage'],
    ['a list', body(json, `[${rpc(1)}]`), 'garbage'],
    ['another version of JSON-RPC', body(json, rpc(1).replace('2.0', '1.0')), 'garbage'],
    ['no id', body(json, '{"jsonrpc":"2.0","result":{}}'), 'garbage'],
    ['an id that is null', body(json, rpc(null)), 'garbage'],
    ['an error that is none', body(json, rpc(1, { error: 'no' })), 'garbage'],
    ['compressed JSON that nobody asked for', body(json, gzipSync(rpc(1)), { 'content-encoding': 'gzip' }), 'garbage'],
    ['compressed events', body(events, gzipSync(event(rpc(1))), { 'content-encoding': 'gzip' }), 'garbage'],
    ['HTML', body('text/html', '<h1>Sign in</h1>'), 'garbage'],
    ['JSON that is said to be text', body('text/plain', rpc(1)), 'garbage'],
    ['no type', (one) => void one.writeHead(200).end(rpc(1)), 'garbage'],
    ['nothing', (one) => void one.writeHead(204).end(), 'garbage'],
    ['JSON over the limit', body(json, rpc(1, { result: { long } })), 'too_large'],
    ['an event over the limit', body(events, event(rpc(1, { result: { long } }))), 'too_large'],
    ['many events over the limit together', body(events, event(rpc(2)).repeat(300)), 'too_large'],
    [
      'a notification over its own limit',
      body(events, event(`{"jsonrpc":"2.0","method":"notifications/message","params":{"a":"${'x'.repeat(2000)}"}}`)),
      'too_large',
    ],
    ['an event that is no JSON', body(events, event('{oops') + event(rpc(1))), 'garbage'],
    ['an event without its end', body(events, `data: ${rpc(1)}\n`), 'garbage'],
    ['the answer to another request', body(events, event(rpc(2))), 'garbage'],
    ['the id as text', body(events, event(rpc('1'))), 'garbage'],
    ['a request with the id of ours', body(events, event('{"jsonrpc":"2.0","id":1,"method":"ping"}')), 'garbage'],
    ['comments alone', body(events, ': wait\n\n: still\n\n'), 'garbage'],
    [
      'JSON that is cut before its length',
      (one) => {
        one.writeHead(200, { 'content-type': json, 'content-length': '500' });
        one.write(rpc(1), () => one.destroy());
      },
      'network',
    ],
    [
      'events that are cut before the answer',
      (one) => {
        one.writeHead(200, { 'content-type': events });
        one.write(': soon\n\n', () => one.destroy());
      },
      'network',
    ],
  ])('CON-3, CON-6: %s', async (_what, answer, kind) => {
    const { outcome, carrying } = await read(answer);
    const end = await outcome;
    expect(end).toMatchObject({ kind });
    expect(end?.detail).not.toContain('<');
    expect(end?.detail.length).toBeLessThan(300);
    expect(carrying.endpoint.budget.used).toBe(0);
  });

  test('CON-6: one that finds the memory of all used up is refused, and gives back what it held', async () => {
    const budget = new AnswerBudget(100_000);
    const limits = { maxMessage: 1000, maxResponse: 10_000_000 };
    const { outcome } = await read(body(json, rpc(1, { result: 'x'.repeat(1_000_000) })), { budget, limits });
    expect(await outcome).toMatchObject({ kind: 'too_large' });
    expect(budget.used).toBe(0);
  });

  test.each([json, events])('CON-6: %s that never ends is given up with the signal, for its reason', async (type) => {
    const stop = new AbortController();
    const closed: true[] = [];
    const { outcome, carrying } = await read(
      (response) => {
        response.on('close', () => closed.push(true));
        response.writeHead(200, { 'content-type': type }).write(' ');
      },
      {},
      stop.signal,
    );
    stop.abort(silentFor(1000));
    expect(await outcome).toEqual({ kind: 'silent', detail: 'no answer within 1000 ms' });
    await waitUntil(() => closed.length === 1, 'the server sees the end');
    expect(carrying.endpoint.budget.used).toBe(0);
  });
});
