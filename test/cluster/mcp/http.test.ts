import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { failure, isOfType, mcpRequest, type McpRequest, readRest } from '../../../src/cluster/mcp/http.ts';
import { ConnectionFailure, type Outcome, outcomeOf, silentFor } from '../../../src/cluster/mcp/outcome.ts';
import { recordedTo } from '../../support/mcp-carrying.ts';
import { scriptedHttp, scriptedTcp } from '../../support/scripted-http.ts';
import { waitUntil } from '../../support/wait-until.ts';

const never = new AbortController().signal;

function asked(url: string, changes: Partial<McpRequest> = {}): McpRequest {
  return { method: 'POST', url: new URL(url), headers: {}, signal: never, phase: 'request', ...changes };
}

/** What a request to an address ends in when it does not succeed. */
async function failed(url: string, changes: Partial<McpRequest> = {}, headers = {}): Promise<Outcome> {
  const { endpoint } = recordedTo(url, { headers }).carrying;
  const response = await mcpRequest(endpoint, asked(url, changes)).catch((error: unknown) => outcomeOf(error));
  if ('kind' in response) return response;
  throw new Error(`it succeeded with ${response.statusCode}`);
}

describe('an answer that is no success', () => {
  type Row = [what: string, answer: (response: ServerResponse) => void, status: number, detail: string];
  const rows: Row[] = [
    ['text', (one) => void one.writeHead(500).end('out of\n  memory'), 500, 'out of memory'],
    ['nothing', (one) => void one.writeHead(503).end(), 503, 'no text'],
    [
      'HTML',
      (one) => void one.writeHead(502, { 'content-type': 'Text/HTML' }).end('<h1>Bad</h1><p>gateway</p>'),
      502,
      'Bad gateway',
    ],
    ['no change', (one) => void one.writeHead(304).end(), 304, 'no text'],
    [
      'a redirect with secrets in its address',
      (one) => void one.writeHead(307, { location: 'https://user:pass@login.test/in?token=abc#frag' }).end(),
      307,
      'redirects to https://login.test/in',
    ],
  ];
  test.each(rows)('CON-3: %s is said in one line', async (...[, answer, status, detail]) => {
    const url = await scriptedHttp((_request, response) => answer(response));
    expect(await failed(url)).toMatchObject({ kind: 'http', status, during: 'request', detail });
  });

  test('CON-3: a compressed body does not bring control characters into the sentence', async () => {
    const url = await scriptedHttp((_request, response) => {
      response.writeHead(500, { 'content-encoding': 'gzip' }).end(gzipSync('no'.repeat(100)));
    });
    // oxlint-disable-next-line no-control-regex
    expect((await failed(url)).detail).not.toMatch(/[\u0000-\u001f\u007f]/);
  });

  test('CFG-3: the values of our headers are hidden, with and without Bearer', async () => {
    const url = await scriptedHttp((request, response) => {
      const { authorization = '', 'x-tenant': tenant } = request.headers;
      response.writeHead(401).end(`${authorization} ${authorization.slice(7)} ${String(tenant)}`);
    });
    const headers = { authorization: 'Bearer key-1234', 'x-tenant': 'tenant-9' };
    expect((await failed(url, {}, headers)).detail).toBe('*** *** ***');
  });

  test('CON-6: an endless body costs a part of it, one that drips is let go after a second', async () => {
    const closed: string[] = [];
    const url = await scriptedHttp((request, response) => {
      response.on('close', () => closed.push(request.method ?? ''));
      response.writeHead(500).write(request.method === 'GET' ? 'drip' : 'x'.repeat(500_000));
    });
    const flood = await failed(url);
    expect(flood.detail.length).toBeLessThanOrEqual(200);
    expect((await failed(url, { method: 'GET' })).detail).toBe('drip');
    await waitUntil(() => closed.length === 2, 'both exchanges are given up');
  });
});

describe('Retry-After', () => {
  const inAnHour = () => new Date(Date.now() + 3_600_000).toUTCString();
  test.each<[string, string, number | null]>([
    ['seconds', '7', 7000],
    ['seconds with room around', '  7  ', 7000],
    ['more than ten minutes', '86400', 600_000],
    ['more than a number can be', '9'.repeat(400), null],
    ['a date far ahead', inAnHour(), 600_000],
    ['a date that is over', 'Wed, 21 Oct 2015 07:28:00 GMT', null],
    ['nothing to wait', '0', null],
    ['less than nothing', '-5', null],
    ['words', 'soon', null],
    ['nothing', '', null],
  ])('CON-3: %s', async (_what, value, expected) => {
    const url = await scriptedHttp(
      (_request, response) => void response.writeHead(429, { 'retry-after': value }).end(),
    );
    expect(await failed(url)).toMatchObject({ retryAfterMs: expected });
  });

  test('CON-3: a date soon is the time until then', async () => {
    const url = await scriptedHttp((_request, response) => {
      response.writeHead(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() }).end();
    });
    const outcome = await failed(url);
    const ms = outcome.kind === 'http' ? (outcome.retryAfterMs ?? 0) : 0;
    expect(ms).toBeGreaterThan(30_000);
    expect(ms).toBeLessThanOrEqual(60_000);
  });
});

describe('what is no answer', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  test.each<[string, (socket: Socket) => void, Partial<Outcome>]>([
    ['bytes of another protocol', (one) => void one.end('SSH-2.0-OpenSSH_9.6\r\n'), { kind: 'garbage' }],
    ['a status that is no number', (one) => void one.end('HTTP/1.1 abc OK\r\n\r\n'), { kind: 'garbage' }],
    [
      'a head over the limit',
      (one) => void one.end(`${head}x-filler: ${'x'.repeat(20_000)}\r\n\r\n`),
      { kind: 'garbage' },
    ],
    [
      'many headers over the limit',
      (one) => void one.end(`${head}${'a: 1234567890\r\n'.repeat(2000)}\r\n`),
      { kind: 'garbage' },
    ],
    [
      'two lengths',
      (one) => void one.end(`${head}content-length: 1\r\ncontent-length: 2\r\n\r\nab`),
      { kind: 'garbage' },
    ],
    ['half a head', (one) => void one.end(`${head}content-ty`), { kind: 'network', cause: 'reset' }],
    ['an end at once', (one) => void one.end(), { kind: 'network', cause: 'reset' }],
    ['a reset', (one) => void one.resetAndDestroy(), { kind: 'network', cause: 'reset' }],
  ])('CON-3: %s', async (_what, answer, expected) => {
    expect(await failed(await scriptedTcp(answer))).toMatchObject(expected);
  });

  test('CON-3: nobody listens there', async () => {
    expect(await failed('http://127.0.0.1:1/mcp')).toMatchObject({ kind: 'network', cause: 'refused' });
  });

  test('CON-3: silence of a server that has taken the connection is silence', async () => {
    const stop = new AbortController();
    const url = await scriptedTcp(() => stop.abort(silentFor(50)));
    expect(await failed(url, { signal: stop.signal })).toMatchObject({ kind: 'silent' });
  });

  test('CON-3: silence before there is a connection is a path that leads nowhere', async () => {
    const stop = new AbortController();
    stop.abort(silentFor(50));
    expect(await failed('http://127.0.0.1:1/mcp', { signal: stop.signal })).toMatchObject({
      kind: 'network',
      cause: 'timeout',
    });
  });
});

describe('a connection that is kept', () => {
  test('CON-3: carries the next request; one that the server has ended meanwhile is not used', async () => {
    const sockets: Socket[] = [];
    const url = await scriptedHttp((request, response) => {
      if (!sockets.includes(request.socket)) sockets.push(request.socket);
      request.resume();
      response.writeHead(200).end('ok');
    });
    const { endpoint } = recordedTo(url).carrying;
    const ask = async () => {
      const response = await mcpRequest(endpoint, asked(url));
      let text = '';
      for await (const chunk of response) text += String(chunk);
      return text;
    };
    const idle = () => Object.values(endpoint.agents.http.freeSockets).flat().length;
    expect([await ask(), await ask()]).toEqual(['ok', 'ok']);
    expect(sockets).toHaveLength(1);
    await waitUntil(() => idle() === 1, 'the connection is kept');
    sockets[0]?.resetAndDestroy();
    await waitUntil(() => idle() === 0, 'its end is noticed');
    expect(await ask()).toBe('ok');
    expect(sockets).toHaveLength(2);
  });
});

test.each([
  ['text/event-stream', true],
  ['Text/Event-Stream; charset=utf-8', true],
  ['text/event-stream;charset=utf-8', true],
  ['text/event-streams', false],
  ['application/json', false],
  ['', false],
])('CON-2: the media type %s', async (type, expected) => {
  const url = await scriptedHttp((_request, response) => void response.writeHead(200, { 'content-type': type }).end());
  const response = await mcpRequest(recordedTo(url).carrying.endpoint, asked(url));
  expect(isOfType(response, 'text/event-stream')).toBe(expected);
  await readRest(response);
});

test('CON-6: what is left of an answer is read up to 2,000 bytes, and a broken one is no error', async () => {
  const url = await scriptedHttp((request, response) => {
    response.writeHead(200, { 'content-length': '5000' });
    if (request.method === 'GET') response.end('y'.repeat(5000));
    else response.write('abc', () => response.destroy());
  });
  const { endpoint } = recordedTo(url).carrying;
  const get = await mcpRequest(endpoint, asked(url, { method: 'GET' }));
  expect(await readRest(get)).toBe('y'.repeat(2000));
  const post = await mcpRequest(endpoint, asked(url));
  expect(['', 'abc']).toContain(await readRest(post));
  expect(post.destroyed).toBe(true);
});

test('CON-3: what ended a read is the signal, when it was the signal', () => {
  const stop = new AbortController();
  const reset = Object.assign(new Error('read'), { code: 'ECONNRESET' });
  expect(failure(reset, stop.signal).outcome).toMatchObject({ kind: 'network', cause: 'reset' });
  const reason = new ConnectionFailure({ kind: 'closed', detail: 'stopped' });
  stop.abort(reason);
  expect(failure(reset, stop.signal)).toBe(reason);
});
