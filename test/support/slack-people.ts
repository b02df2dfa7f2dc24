import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { isModal } from './slack-block-check.ts';
import type { SlackPost } from './slack-server.ts';
import { WebSocketEnd } from './web-socket.ts';

type Json = Record<string, unknown>;
type Args = Readonly<Record<string, string>>;

/** A person of the local Slack. */
export interface SlackUser {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
}
export const ana: SlackUser = { id: 'U0ANA', name: 'ana', displayName: 'Ana Pérez' };
export const bo: SlackUser = { id: 'U0BO', name: 'bo', displayName: 'Bo <!channel>' };
export const botUser = 'U0BOT';

interface Envelope {
  readonly id: string;
  readonly sentAt: number;
  /** When it was acknowledged, null before that. */
  ackedAt: number | null;
}

/**
 * The other half of a Slack: its Socket Mode, and people who press buttons, send forms and write messages, in the payloads
 * that Slack documents.
 */
export class SlackPeople {
  appToken = 'xapp-1-A0TEST-1-secret';
  /** Whether the app-level token has connections:write. */
  mayConnect = true;
  readonly envelopes: Envelope[] = [];
  /** Connections of Socket Mode, oldest first; those that have ended, too. */
  readonly sockets: WebSocketEnd[] = [];
  /** What one person alone was told; `user` null: by their response_url. */
  readonly whispers: { readonly user: string | null; readonly text: string }[] = [];
  /** Forms that were opened. */
  readonly views: Json[] = [];
  /** Where whispers by a response_url go. */
  responseUrl = '';
  #count = 0;

  get isConnected(): boolean {
    return this.sockets.some(({ isOpen }) => isOpen);
  }

  /** `apps.connections.open`, which takes app-level tokens alone; what it gives is good for one connection. */
  open(authorization: string | undefined, url: string, botToken: string): Json {
    if (authorization === `Bearer ${botToken}`) return { ok: false, error: 'not_allowed_token_type' };
    if (authorization !== `Bearer ${this.appToken}`) return { ok: false, error: 'invalid_auth' };
    if (!this.mayConnect) return { ok: false, error: 'missing_scope', needed: 'connections:write', provided: '' };
    return { ok: true, url: `${url.replace('http:', 'ws:').replace('/api/', '/link/')}?ticket=1` };
  }

  answer(method: string, args: Args, scopes: ReadonlySet<string>): Json {
    if (method === 'views.open') return this.#openView(args);
    if (method === 'chat.postEphemeral') return this.whisper(args);
    if (method !== 'users.info') return { ok: false, error: 'unknown_method' };
    return scopes.has('users:read') ? this.#user(args) : { ok: false, error: 'missing_scope' };
  }

  #user({ user: id }: Args): Json {
    const user = [ana, bo].find((one) => one.id === id);
    if (user === undefined) return { ok: false, error: 'user_not_found' };
    return { ok: true, user: { id, name: user.name, profile: { display_name: user.displayName } } };
  }

  #openView({ trigger_id: trigger, view }: Args): Json {
    if (trigger === undefined) return { ok: false, error: 'invalid_trigger_id' };
    const form = JSON.parse(view ?? '{}') as Json;
    if (!isModal(form)) return { ok: false, error: 'invalid_arguments' };
    this.views.push(form);
    return { ok: true, view: { id: 'V1' } };
  }

  whisper({ user, text = '' }: Args): Json {
    this.whispers.push({ user: user ?? null, text });
    return { ok: true, message_ts: '1.2' };
  }

  upgrade(request: IncomingMessage, socket: Duplex): void {
    const end = new WebSocketEnd(request, socket, (text) => this.#heard(text));
    this.sockets.push(end);
    end.send(JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A0TEST' } }));
  }

  /** Sends an envelope to the newest connection. `again`: with the same payload and another envelope, as Slack does. */
  send(type: 'interactive' | 'events_api', payload: Json): Envelope {
    const socket = this.sockets.findLast(({ isOpen }) => isOpen);
    if (socket === undefined) throw new Error('nobody is connected by Socket Mode');
    const envelope: Envelope = { id: `env-${++this.#count}`, sentAt: Date.now(), ackedAt: null };
    this.envelopes.push(envelope);
    socket.send(JSON.stringify({ type, envelope_id: envelope.id, accepts_response_payload: false, payload }));
    return envelope;
  }

  /** What Slack says when a person uses an element of a message. `option`: the text of the chosen one of a select. */
  click(post: SlackPost, user: SlackUser, label: string, option?: string): Json {
    const elements = post.blocks.flatMap((block) => (block['elements'] ?? []) as Json[]);
    const element = elements.find((one) => textOf(one['text'] ?? one['placeholder']) === label);
    if (element === undefined) throw new Error(`no ${label} on the message: ${labelsOf(post).join(', ')}`);
    const chosen = ((element['options'] ?? []) as Json[]).find(({ text }) => textOf(text) === option);
    if (option !== undefined && chosen === undefined) throw new Error(`${label} has no ${option}`);
    return {
      type: 'block_actions',
      user: { id: user.id, username: user.name, team_id: 'T0ACME' },
      team: { id: 'T0ACME', domain: 'acme' },
      api_app_id: 'A0TEST',
      container: { type: 'message', message_ts: post.ts, channel_id: post.channel, is_ephemeral: false },
      channel: { id: post.channel, name: 'incidents' },
      message: { type: 'message', text: post.text, ts: post.ts, blocks: post.blocks },
      trigger_id: `trigger-${++this.#count}`,
      response_url: this.responseUrl,
      actions: [
        {
          action_id: element['action_id'],
          block_id: 'b1',
          action_ts: `${Date.now() / 1000}${this.#count}`,
          type: element['type'],
          ...(element['value'] === undefined ? {} : { value: element['value'] }),
          ...(chosen === undefined ? {} : { selected_option: chosen }),
        },
      ],
    };
  }

  /** What Slack says when a person sends the form `view` with these words. */
  submit(view: Json, user: SlackUser, words: string | null): Json {
    return {
      type: 'view_submission',
      user: { id: user.id, username: user.name, team_id: 'T0ACME' },
      team: { id: 'T0ACME', domain: 'acme' },
      api_app_id: 'A0TEST',
      view: {
        ...view,
        id: `V${++this.#count}`,
        state: { values: { cause: { words: { type: 'plain_text_input', value: words } } } },
      },
    };
  }

  /** What Slack says of a message of a person. */
  message(channel: string, user: SlackUser, text: string, threadTs: string | null, over: Json = {}): Json {
    const ts = `${Math.floor(Date.now() / 1000)}.${String(++this.#count).padStart(6, '0')}`;
    const type = text.includes(`<@${botUser}>`) ? 'app_mention' : 'message';
    return {
      type: 'event_callback',
      team_id: 'T0ACME',
      api_app_id: 'A0TEST',
      event_id: `Ev${this.#count}`,
      event: { type, user: user.id, text, channel, ts, ...(threadTs === null ? {} : { thread_ts: threadTs }), ...over },
    };
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  #heard(text: string): void {
    const { envelope_id: id } = JSON.parse(text) as { envelope_id?: string };
    const envelope = this.envelopes.find((one) => one.id === id);
    if (envelope !== undefined) envelope.ackedAt = Date.now();
  }
}

/** A request as Slack signs it; `at` in ms since the epoch. */
export function signedRequest(
  body: string,
  secret: string,
  at: number,
): { readonly headers: Record<string, string>; readonly body: string } {
  const time = String(Math.floor(at / 1000));
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${time}:${body}`).digest('hex')}`;
  return { headers: { 'x-slack-request-timestamp': time, 'x-slack-signature': signature }, body };
}

/** The words on all that can be pressed on a message. */
export function labelsOf({ blocks }: Pick<SlackPost, 'blocks'>): string[] {
  return blocks
    .filter(({ type }) => type === 'actions')
    .flatMap((block) => (block['elements'] as Json[]).map((one) => textOf(one['text'] ?? one['placeholder'])));
}

function textOf(value: unknown): string {
  return (value as { text?: string } | undefined)?.text ?? '';
}
