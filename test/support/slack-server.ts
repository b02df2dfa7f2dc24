import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { slackRefusal } from './slack-block-check.ts';
import { channelInfo, listChannels, mayOf } from './slack-channels.ts';
import { botUser, SlackPeople } from './slack-people.ts';

export interface SlackPost {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | null;
  text: string;
  blocks: Record<string, unknown>[];
  metadata: { event_type: string; event_payload: Record<string, unknown> } | null;
  edits: number;
}

export interface SlackCall {
  readonly method: string;
  readonly args: Record<string, string>;
  readonly authorization: string | undefined;
}

/** What the server does instead of, or around, the true answer. */
export type SlackFault =
  | { readonly kind: 'error'; readonly error: string }
  | { readonly kind: 'rate_limited'; readonly seconds: number | null }
  | { readonly kind: 'status'; readonly status: number }
  /** Does what was asked, then says nothing. */
  | { readonly kind: 'silent'; readonly done: boolean }
  /** Does what was asked, then cuts the connection in the middle of the answer. */
  | { readonly kind: 'cut_off' }
  /** Does what was asked and answers with something that is no JSON. */
  | { readonly kind: 'garbage'; readonly body: string };

/**
 * A local server that behaves like the part of Slack's Web API that we use: posts, edits, threads, history with
 * metadata, forms, its errors and its limits; and, as `people`, Socket Mode and those who press buttons.
 */
export class SlackServer {
  readonly calls: SlackCall[] = [];
  readonly posts: SlackPost[] = [];
  readonly people = new SlackPeople();
  readonly channels = new Map([
    ['C0INCIDENTS', 'incidents'],
    ['C0PAYMENTS', 'payments'],
  ]);
  token = 'xoxb-test';
  /** Whether the token has chat:write. */
  mayWrite = true;
  /** Scopes beyond chat:write. */
  scopes = new Set(['channels:history', 'channels:read', 'users:read', 'app_mentions:read']);
  /** Ids of channels that the bot is not in, and of archived ones. */
  readonly notMember = new Set<string>();
  readonly archived = new Set<string>();
  /** Ids of private channels; the others are public. */
  readonly privates = new Set<string>();
  /** The server's time, ms since the epoch; the default is that of the manual clock. */
  now: () => number = () => Date.UTC(2026, 10, 20, 9);
  /** Asked before each call. */
  fault: (call: SlackCall) => SlackFault | null = () => null;
  readonly #server: Server;
  #clock = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#handle(request, response);
    });
  }

  static async start(): Promise<SlackServer> {
    const server = new SlackServer();
    server.#server.on('upgrade', (request, socket) => server.people.upgrade(request, socket));
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    server.people.responseUrl = server.url.replace('/api/', '/actions/T0/1/secret');
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api/`;
  }

  get webhookUrl(): string {
    return this.url.replace('/api/', '/services/T0/B0/secret');
  }

  /** Posts of a channel that are not in a thread. */
  get channelPosts(): SlackPost[] {
    return this.posts.filter((post) => post.threadTs === null);
  }

  get threadPosts(): SlackPost[] {
    return this.posts.filter((post) => post.threadTs !== null);
  }

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** Makes the next `times` calls of a method fail. */
  failNext(method: string, fault: SlackFault, times = 1): void {
    let left = times;
    this.fault = (call) => (call.method === method && left-- > 0 ? fault : null);
  }

  async close(): Promise<void> {
    this.people.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const webhook = request.url?.startsWith('/services/') ?? false;
    if (request.url?.startsWith('/actions/')) {
      this.people.whisper(JSON.parse(body) as Record<string, string>);
      response.writeHead(200).end('ok');
      return;
    }
    const method = webhook ? 'webhook' : (request.url ?? '').replace('/api/', '');
    const args = webhook ? { payload: body } : Object.fromEntries(new URLSearchParams(body));
    const call: SlackCall = { method, args, authorization: request.headers.authorization };
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault !== null) {
      this.#fail(fault, call, response);
      return;
    }
    if (webhook) this.#webhook(body, response);
    else send(response, this.#answer(call), { 'x-oauth-scopes': this.#scopesOf(call) });
  }

  #fail(fault: SlackFault, call: SlackCall, response: ServerResponse): void {
    switch (fault.kind) {
      case 'error':
        if (call.method === 'webhook') response.writeHead(404).end(fault.error);
        else send(response, { ok: false, error: fault.error });
        return;
      case 'rate_limited':
        response.writeHead(429, fault.seconds === null ? {} : { 'retry-after': String(fault.seconds) });
        response.end(JSON.stringify({ ok: false, error: 'ratelimited' }));
        return;
      case 'status':
        response.writeHead(fault.status).end('upstream connect error');
        return;
      case 'silent':
        if (fault.done) this.#do(call);
        return;
      case 'cut_off': {
        this.#do(call);
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
        response.write('{"ok":true,"chan', () => response.destroy());
        return;
      }
      case 'garbage':
      default:
        this.#do(call);
        response.writeHead(200, { 'content-type': 'text/html' }).end(fault.body);
    }
  }

  #do(call: SlackCall): void {
    if (call.method === 'webhook') this.#takeWebhook(call.args['payload'] ?? '');
    else this.#answer(call);
  }

  #webhook(body: string, response: ServerResponse): void {
    const refusal = this.#takeWebhook(body);
    response.writeHead(refusal === null ? 200 : 400).end(refusal ?? 'ok');
  }

  #takeWebhook(body: string): string | null {
    const payload = JSON.parse(body) as { text: string; blocks: Record<string, unknown>[] };
    const refusal = slackRefusal(payload);
    if (refusal !== null) return refusal;
    this.posts.push({ ...payload, channel: 'webhook', ts: this.#ts(), threadTs: null, metadata: null, edits: 0 });
    return null;
  }

  #scopesOf({ authorization }: SlackCall): string {
    if (authorization !== `Bearer ${this.token}`) return '';
    return [...(this.mayWrite ? ['chat:write'] : []), ...this.scopes].join(',');
  }

  #answer(call: SlackCall): Record<string, unknown> {
    if (call.method === 'apps.connections.open') return this.people.open(call.authorization, this.url, this.token);
    if (call.authorization !== `Bearer ${this.token}`) return { ok: false, error: 'invalid_auth' };
    switch (call.method) {
      case 'auth.test':
        return { ok: true, user: 'nightcrier', team: 'acme', user_id: botUser, team_id: 'T0ACME' };
      case 'chat.postMessage':
        return this.#post(call.args);
      case 'chat.update':
        return this.#update(call.args);
      case 'conversations.history':
        return this.#history(call.args, this.channelPosts);
      case 'conversations.replies':
        return this.#history(
          call.args,
          this.posts.filter((post) => post.threadTs === call.args['ts'] || post.ts === call.args['ts']),
        );
      case 'conversations.list':
        return listChannels(this, call.args['types'] ?? 'public_channel');
      case 'conversations.info':
        return channelInfo(this, call.args['channel'] ?? '');
      default:
        return this.people.answer(call.method, call.args, this.scopes);
    }
  }

  #post(args: Record<string, string>): Record<string, unknown> {
    const name = (args['channel'] ?? '').replace(/^#/, '');
    const channel = [...this.channels].find(([id, known]) => id === name || known === name)?.[0];
    if (!this.mayWrite) return { ok: false, error: 'missing_scope' };
    if (channel === undefined) return { ok: false, error: 'channel_not_found' };
    if (this.notMember.has(channel)) return { ok: false, error: 'not_in_channel' };
    if (this.archived.has(channel)) return { ok: false, error: 'is_archived' };
    const blocks = parse(args['blocks']) as Record<string, unknown>[] | undefined;
    const refusal = slackRefusal({ text: args['text'], blocks });
    if (refusal !== null) return { ok: false, error: refusal };
    const metadata = (parse(args['metadata']) ?? null) as SlackPost['metadata'];
    const threadTs = args['thread_ts'] ?? null;
    const post: SlackPost = {
      channel,
      ts: this.#ts(),
      threadTs,
      text: args['text'] ?? '',
      blocks: blocks ?? [],
      metadata,
      edits: 0,
    };
    this.posts.push(post);
    return { ok: true, channel, ts: post.ts };
  }

  #update(args: Record<string, string>): Record<string, unknown> {
    // Unlike chat.postMessage it takes ids only.
    if (!this.channels.has(args['channel'] ?? '')) return { ok: false, error: 'channel_not_found' };
    const post = this.posts.find((candidate) => candidate.ts === args['ts'] && candidate.channel === args['channel']);
    if (post === undefined) return { ok: false, error: 'message_not_found' };
    const blocks = parse(args['blocks']) as Record<string, unknown>[] | undefined;
    const refusal = slackRefusal({ text: args['text'], blocks });
    if (refusal !== null) return { ok: false, error: refusal };
    post.text = args['text'] ?? '';
    post.blocks = blocks ?? [];
    post.metadata = (parse(args['metadata']) ?? post.metadata) as SlackPost['metadata'];
    post.edits++;
    return { ok: true, channel: post.channel, ts: post.ts };
  }

  #history(args: Record<string, string>, posts: readonly SlackPost[]): Record<string, unknown> {
    if (!mayOf(this, args['channel'] ?? '', 'history')) return { ok: false, error: 'missing_scope' };
    if (!this.channels.has(args['channel'] ?? '')) return { ok: false, error: 'channel_not_found' };
    const oldest = Number(args['oldest'] ?? 0);
    const messages = posts.filter((post) => post.channel === args['channel'] && Number(post.ts) >= oldest).reverse();
    const start = Number(args['cursor'] ?? 0);
    const limit = Number(args['limit'] ?? 100);
    const page = messages.slice(start, start + limit).map(({ ts, text, metadata }) => ({
      type: 'message',
      ts,
      text,
      ...(args['include_all_metadata'] === 'true' && metadata !== null ? { metadata } : {}),
    }));
    const next = start + limit < messages.length ? String(start + limit) : '';
    return { ok: true, messages: page, response_metadata: { next_cursor: next } };
  }

  #ts(): string {
    this.#clock++;
    return `${Math.floor(this.now() / 1000) + this.#clock}.000100`;
  }
}

function send(
  response: ServerResponse,
  answer: Record<string, unknown>,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(answer));
}

function parse(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}
