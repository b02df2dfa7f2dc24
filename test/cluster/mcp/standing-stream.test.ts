import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Taken } from '../../../src/cluster/mcp/messages.ts';
import type { Outcome } from '../../../src/cluster/mcp/outcome.ts';
import { StandingStream } from '../../../src/cluster/mcp/standing-stream.ts';
import { recordedTo } from '../../support/mcp-carrying.ts';
import { scriptedHttp, writeByBytes } from '../../support/scripted-http.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;
const event = (text: string, name = 'message') => `event: ${name}\ndata: ${text}\n\n`;
const ping = (id: string) => JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });

interface Options {
  readonly type?: string;
  readonly take?: (text: string) => Taken;
  readonly onNamed?: (name: string, data: string) => void;
}

/** An open stream, and the server's end of it. */
async function opened({ type = 'text/event-stream', take, onNamed }: Options = {}) {
  const streams: ServerResponse[] = [];
  const url = await scriptedHttp((_request, response) => {
    response.writeHead(200, { 'content-type': type }).flushHeaders();
    streams.push(response);
  });
  const recorded = recordedTo(url, take && { take });
  const ended: Outcome[] = [];
  const stream = new StandingStream(recorded.carrying);
  onTestFinished(() => stream.close());
  const wanted = { headers: {}, phase: 'stream' as const, ended: (outcome: Outcome) => void ended.push(outcome) };
  await stream.start({ ...wanted, ...(onNamed && { onNamed }) }, never);
  const server = streams[0];
  if (server === undefined) throw new Error('the server saw no stream');
  return { stream, server, ended, ...recorded };
}

test.each(['application/json', 'text/html', 'text/event-streams', ''])(
  'CON-3: an answer of the type %s is no stream',
  async (type) => {
    await expect(opened({ type })).rejects.toMatchObject({ outcome: { kind: 'garbage' } });
  },
);

test('CON-2: a type with capitals and parameters is one', async () => {
  expect((await opened({ type: 'Text/Event-Stream; charset=utf-8' })).stream.open).toBe(true);
});

describe('what comes over it', () => {
  test('CON-2: messages are delivered, wherever they are cut, inside of a character, too', async () => {
    const { server, delivered, invalid } = await opened();
    await writeByBytes(server, `: ready\r\n\r\n${event(ping('ä € 😀'))}${event(ping('2')).replaceAll('\n', '\r\n')}`);
    await waitUntil(() => delivered.length === 2, 'both');
    expect(delivered).toMatchObject([{ id: 'ä € 😀' }, { id: '2' }]);
    expect(invalid).toEqual([]);
  });

  test.each([
    ['no JSON', event('{oops'), 'not a JSON-RPC message'],
    ['other JSON', event('{"status":"ok"}'), 'not a JSON-RPC message'],
    ['a message over the limit', event('x'.repeat(1500)), 'over connection.max_message'],
    ['one in many lines over the limit', `${'data: x\n'.repeat(1500)}\n`, 'over connection.max_message'],
  ])('CON-6: %s is invalid, in a bounded excerpt, and the next is taken', async (_what, text, reason) => {
    const { server, delivered, invalid, ended } = await opened();
    server.write(text + event(ping('next')));
    await waitUntil(() => delivered.length === 1, 'the next');
    expect(invalid).toMatchObject([{ reason: expect.stringContaining(reason) }]);
    expect(invalid[0]?.excerpt.length).toBeLessThanOrEqual(2000);
    expect(ended).toEqual([]);
  });

  test('CON-6: without names an answer has the small limit; where answers come it has the large one', async () => {
    const large = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { text: 'y'.repeat(5000) } });
    const notification = large.replace('"id":1,"result"', '"method":"notifications/message","params"');
    const small = await opened();
    const older = await opened({ onNamed: () => {} });
    for (const { server } of [small, older]) server.write(event(large) + event(notification) + event(ping('end')));
    for (const { texts } of [small, older]) await waitUntil(() => texts.includes(ping('end')), 'the end');
    expect([small.delivered.length, small.invalid.length]).toEqual([1, 2]);
    expect([older.delivered.length, older.invalid.length]).toEqual([2, 1]);
  });

  test('CON-2: events of other names are for who asked for them, and never messages', async () => {
    const named: string[] = [];
    const older = await opened({ onNamed: (name, data) => void named.push(`${name} ${data}`) });
    const newer = await opened();
    for (const { server } of [older, newer]) server.write(event('/post', 'endpoint') + event(ping('1')));
    for (const { delivered } of [older, newer]) await waitUntil(() => delivered.length === 1, 'the message');
    expect(named).toEqual(['endpoint /post']);
    expect(newer.invalid).toEqual([]);
  });

  test('CON-3: compressed bytes are nothing, and the end of the stream is told', async () => {
    const { server, delivered, ended } = await opened();
    server.end(gzipSync(event(ping('1'))));
    await waitUntil(() => ended.length === 1, 'the end');
    expect(delivered).toEqual([]);
  });

  test('CON-4: a subscription that is told to be degraded ends push, and the stream stays', async () => {
    const { server, pushEnds, stream } = await opened({ take: () => ({ kind: 'degraded', detail: 'slow' }) });
    server.write(event(ping('1')));
    await waitUntil(() => pushEnds.length === 1, 'it is told');
    expect(pushEnds).toEqual([{ kind: 'degraded', detail: 'slow' }]);
    expect(stream.open).toBe(true);
  });

  test('CON-6: a fault that cannot be taken holds the stream until there is room again', async () => {
    let room = false;
    const { server, stream, texts, carrying } = await opened({ take: () => ({ kind: 'fault', goOn: room }) });
    server.write(event('first'));
    await waitUntil(() => texts.length === 1, 'the first');
    server.write(event('second').repeat(100));
    // Round trips beside it, in which the second would have come.
    for (let trips = 0; trips < 3; trips += 1) {
      const beside = new StandingStream(carrying);
      await beside.start({ headers: {}, phase: 'stream', ended: () => {} }, never);
      beside.close();
    }
    expect(texts).toEqual(['first']);
    room = true;
    stream.resume();
    server.write(event('last'));
    await waitUntil(() => texts.includes('last'), 'all that waited');
    expect(texts).toHaveLength(102);
  });
});

describe('its end', () => {
  test.each<[string, (server: ServerResponse) => void, object]>([
    ['by the server', (server) => void server.end(), { kind: 'stream_ended' }],
    ['in the middle of an event', (server) => void server.end('data: {"jsonrpc'), { kind: 'stream_ended' }],
    ['by a reset', (server) => void server.socket?.resetAndDestroy(), { kind: 'network', cause: 'reset' }],
    ['by a chunk of no size', (server) => void server.socket?.end('zz\r\n'), { kind: 'network' }],
  ])('CON-3: %s is told once, and there is no stream', async (_what, end, expected) => {
    const { server, ended, stream, delivered } = await opened();
    end(server);
    await waitUntil(() => ended.length > 0, 'it is told');
    expect(ended).toMatchObject([expected]);
    expect(stream.open).toBe(false);
    expect(delivered).toEqual([]);
    stream.resume();
    stream.close();
  });

  test('CON-7: who closes it is not told', async () => {
    const { server, ended, stream } = await opened();
    stream.close();
    await waitUntil(() => server.closed, 'the server sees the end');
    expect(ended).toEqual([]);
  });
});
