import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Subscription } from '../../../src/cluster/connection/subscription.ts';
import { openClient } from '../../../src/cluster/mcp/client.ts';
import { ConnectionFailure } from '../../../src/cluster/mcp/outcome.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { recordedTo } from '../../support/mcp-carrying.ts';
import { type RawMcpOptions, sendResult, startRawMcpServer } from '../../support/raw-mcp-server.ts';

const never = new AbortController().signal;
type Post = NonNullable<RawMcpOptions['post']>;

/** A subscription over a session with a server; `post` and `get` take over what they want to. */
async function subscriptionTo({ post, ...options }: RawMcpOptions = {}, limitMs = 5000) {
  const ended: unknown[] = [];
  const server = await startRawMcpServer({
    ...options,
    post: (message, response, request) => {
      const { name, arguments: given } = (message.params ?? {}) as { name?: string; arguments?: object };
      if (name === 'events_unsubscribe') ended.push(given);
      return post?.(message, response, request) ?? false;
    },
  });
  const { endpoint, inlet } = recordedTo(server.endpoint).carrying;
  const times = { handshakeMs: 5000, requestMs: 5000, pingMs: 60_000 };
  const owner = { pushEnded: () => {}, ended: () => {} };
  const client = await openClient(
    { endpoint, inlet, owner, times, transport: 'streamable-http', clock: systemClock, version: '0' },
    never,
  );
  onTestFinished(async () => {
    await client.close(never);
    await server.close();
  });
  return { subscription: new Subscription(client, limitMs), server, ended };
}

/** Answers calls of one tool. */
function tool(name: string, answer: (id: unknown, response: ServerResponse) => void): Post {
  return (message, response) => {
    if (message.params?.name !== name) return false;
    answer(message.id, response);
    return true;
  };
}

const text =
  (said: string, isError = false) =>
  (id: unknown, response: ServerResponse) =>
    sendResult({ id: Number(id) }, { content: [{ type: 'text', text: said }], isError }, response);
const rpcError = (code: number, message: string) => (id: unknown, response: ServerResponse) =>
  void response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
const status = (code: number) => (_id: unknown, response: ServerResponse) => void response.writeHead(code).end('no');

describe('the answer to events_subscribe', () => {
  const json = (value: object): string => JSON.stringify(value);
  test.each([
    ['bare JSON', json({ subscriptionId: 's', cluster: 'c' }), { subscriptionId: 's', cluster: 'c' }],
    [
      'with words around',
      `# Created\n\n\`\`\`\n${json({ subscriptionId: 's', cluster: 'c' })}\n\`\`\`\nbye`,
      { subscriptionId: 's', cluster: 'c' },
    ],
    ['without a cluster', json({ subscriptionId: 's' }), { subscriptionId: 's', cluster: '' }],
    ['with a cluster that is no text', json({ subscriptionId: 's', cluster: 7 }), { subscriptionId: 's', cluster: '' }],
    [
      'with a name that is too long',
      json({ subscriptionId: 's', cluster: 'c'.repeat(5000) }),
      { subscriptionId: 's', cluster: 'c'.repeat(300) },
    ],
    ['with an id over two lines', json({ subscriptionId: 'a\nb' }), { subscriptionId: 'a b', cluster: '' }],
  ])('CON-4: %s makes one', async (_what, said, answer) => {
    const { subscription } = await subscriptionTo({ post: tool('events_subscribe', text(said)) });
    expect(await subscription.make(never)).toEqual({ answer });
  });

  test.each<[string, (id: unknown, response: ServerResponse) => void, object]>([
    ['no id', text(json({ cluster: 'c' })), { kind: 'subscribe_refused' }],
    ['an empty id', text(json({ subscriptionId: '' })), { kind: 'subscribe_refused' }],
    ['an id that is a number', text(json({ subscriptionId: 7 })), { kind: 'subscribe_refused' }],
    ['no JSON', text('created\nfor you'), { kind: 'subscribe_refused', detail: 'created for you' }],
    ['half a JSON', text('{"subscriptionId": "s"'), { kind: 'subscribe_refused' }],
    ['braces the wrong way', text('} {'), { kind: 'subscribe_refused' }],
    ['nothing', text(''), { kind: 'subscribe_refused', detail: 'no text' }],
    ['an error', text('maximum of subscriptions', true), { kind: 'subscribe_refused' }],
    ['an error with an id', text(json({ subscriptionId: 's' }), true), { kind: 'subscribe_refused' }],
    ['an unknown tool', text('unknown tool "events_subscribe"', true), { kind: 'tool_absent' }],
    ['a tool that is not found', text('tool "x" not found', true), { kind: 'tool_absent' }],
    ['-32601', rpcError(-32601, 'no'), { kind: 'tool_absent' }],
    ['-32602', rpcError(-32602, 'no'), { kind: 'tool_absent' }],
    ['-32603', rpcError(-32603, 'no'), { kind: 'subscribe_refused' }],
    ['a status', status(500), { kind: 'http', status: 500 }],
    ['silence', () => {}, { kind: 'silent' }],
  ])('CON-4: %s makes none', async (_what, answer, outcome) => {
    const { subscription } = await subscriptionTo({ post: tool('events_subscribe', answer) }, 500);
    expect(await subscription.make(never)).toMatchObject({ failure: { part: 'subscription', outcome } });
    expect(await subscription.isServed(never)).toBeNull();
  });
});

describe('the parts before it', () => {
  test('CON-4: a stream that is refused is said to be that, and nothing else is asked for', async () => {
    const { subscription, server } = await subscriptionTo({
      get: (response) => {
        response.writeHead(405).end();
        return true;
      },
    });
    expect(await subscription.make(never)).toMatchObject({ failure: { part: 'stream', outcome: { status: 405 } } });
    expect(server.count('logging/setLevel')).toBe(0);
  });

  test.each([
    ['-32601', 'tool_absent', rpcError(-32601, 'Method not found')],
    ['-32603', 'subscribe_refused', rpcError(-32603, 'internal')],
  ])('CON-4: a log level that is refused with %s is %s', async (_code, kind, answer) => {
    let refuses = true;
    const { subscription, server } = await subscriptionTo({
      post: (message, response) => {
        if (message.method !== 'logging/setLevel' || !refuses) return false;
        answer(message.id, response);
        return true;
      },
    });
    expect(await subscription.make(never)).toMatchObject({ failure: { part: 'level', outcome: { kind } } });
    expect(server.count('tools/call events_subscribe')).toBe(0);
    refuses = false;
    expect(await subscription.make(never)).toMatchObject({ answer: { subscriptionId: 'sub-1' } });
    // What has succeeded is not done again; the subscription before is ended.
    expect(await subscription.make(never)).toMatchObject({ answer: { subscriptionId: 'sub-1' } });
    expect(server.streams).toHaveLength(1);
    expect(server.count('logging/setLevel')).toBe(2);
    expect(server.count('tools/call events_unsubscribe')).toBe(1);
  });

  test('CON-7: when the session is over it throws, and is no failure of push', async () => {
    const stop = new AbortController();
    stop.abort(new ConnectionFailure({ kind: 'closed', detail: 'stopped' }));
    const { subscription } = await subscriptionTo();
    await expect(subscription.make(stop.signal)).rejects.toMatchObject({ outcome: { detail: 'stopped' } });
  });
});

describe('whether it is served', () => {
  const list = (...subscriptions: unknown[]) => text(JSON.stringify({ subscriptions }));
  const mine = { subscriptionId: 'sub-1', degraded: false };
  test.each<[string, (id: unknown, response: ServerResponse) => void, boolean | null]>([
    ['listed', list({ subscriptionId: 'other', degraded: true }, mine), true],
    ['listed beside rubbish', list(null, 7, 'sub-1', { subscriptionId: 1 }, mine), true],
    ['listed without a word of degradation', list({ subscriptionId: 'sub-1' }), true],
    ['listed as degraded', list({ ...mine, degraded: true }), false],
    ['not listed', list({ ...mine, subscriptionId: 'sub-2' }), false],
    ['an empty list', list(), false],
    ['no list', text('{"subscriptions": "none"}'), null],
    ['no JSON', text('none'), null],
    ['an error', text(JSON.stringify({ subscriptions: [] }), true), null],
    ['a tool that is not there', rpcError(-32601, 'no'), null],
    ['a status', status(500), null],
  ])('CON-4: %s', async (_what, answer, expected) => {
    const { subscription } = await subscriptionTo({ post: tool('events_list_subscriptions', answer) });
    await subscription.make(never);
    expect(await subscription.isServed(never)).toBe(expected);
  });
});

describe('its end', () => {
  test('CON-7: it is ended by its id, once; a refusal of that is no failure', async () => {
    const { subscription, ended } = await subscriptionTo({ post: tool('events_unsubscribe', status(500)) });
    await subscription.end(never);
    await subscription.make(never);
    await subscription.end(never);
    await subscription.end(never);
    expect(ended).toEqual([{ subscriptionId: 'sub-1' }]);
  });

  test('CON-4: one that may have been made although its answer never came is found in the list', async () => {
    const hang = tool('events_subscribe', () => {});
    const listed = { subscriptions: [{ subscriptionId: 'a' }, { subscriptionId: 'b', degraded: true }] };
    const list = tool('events_list_subscriptions', text(JSON.stringify(listed)));
    const { subscription, ended } = await subscriptionTo({ post: (...args) => hang(...args) || list(...args) }, 300);
    expect(await subscription.make(never)).toMatchObject({ failure: { outcome: { kind: 'silent' } } });
    await subscription.end(never);
    expect(ended).toEqual([{ subscriptionId: 'a' }, { subscriptionId: 'b' }]);
  });
});
