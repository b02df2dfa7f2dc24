import type { MessageMetadata } from '@slack/types';
import { type FetchFunction, type Logger as SlackLogger, LogLevel, WebClient } from '@slack/web-api';
import type { RemotePost } from '../../domain/records.ts';
import type { Logger } from '../../lib/log.ts';
import { classifySlackError } from './calls/classify.ts';
import type { SlackMessage } from './message.ts';

export interface SlackApiOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly timeoutMs: number;
  readonly fetch: FetchFunction;
  readonly log: Logger;
}

interface HistoryMessage {
  readonly ts?: string;
  readonly metadata?: { event_type?: string; event_payload?: object };
}

const pageSize = 200;
const maxPages = 20;

/** What was sent before cannot be found out: history is too long, or the channel's id is not known. */
export class UnreadableHistoryError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreadableHistoryError';
  }
}

/**
 * The calls of Slack's Web API that messages need. Its own retries are off: Slack has no idempotency key, so a repeated
 * `chat.postMessage` is a second message, and only the outbox may decide that. Rejects with the client's errors.
 */
export class SlackApi {
  readonly #client: WebClient;
  readonly #channelIds = new Map<string, string>();
  /** Whether public and private channels are listed each by themselves. */
  #listsApart = false;

  constructor(options: SlackApiOptions) {
    this.#client = new WebClient(options.token, {
      slackApiUrl: options.apiUrl,
      timeout: options.timeoutMs,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      allowAbsoluteUrls: false,
      fetch: options.fetch,
      logger: quietLogger(options.log),
    });
  }

  /** Whose the token is; `scopes` null when Slack did not say. */
  async identity(): Promise<ApiIdentity> {
    const answer = await this.#client.apiCall('auth.test');
    return {
      user: stringOf(answer, 'user'),
      team: stringOf(answer, 'team'),
      userId: textOf(answer, 'user_id'),
      teamId: textOf(answer, 'team_id'),
      scopes: answer.response_metadata?.scopes ?? null,
    };
  }

  /** Whether an app-level token may connect by Socket Mode; what Slack gives is an address, and nobody connects to it. */
  async openConnection(): Promise<void> {
    await this.#client.apiCall('apps.connections.open');
  }

  /** A channel by name or id, null when none of that name is visible (scopes channels:read, groups:read). */
  async channelInfo(channel: string): Promise<ChannelInfo | null> {
    if (isChannelId(channel)) {
      const answer = await this.#client.apiCall('conversations.info', { channel });
      return channelOf((answer as { channel?: unknown }).channel);
    }
    return await this.#named(channel);
  }

  /** Posts to a channel, or into the thread of `threadTs`. */
  async post(channel: string, message: SlackMessage, threadTs?: string): Promise<RemotePost> {
    const answer = await this.#client.apiCall('chat.postMessage', {
      channel,
      ...payload(message),
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    });
    const post = { channel: stringOf(answer, 'channel'), ts: stringOf(answer, 'ts') };
    this.#channelIds.set(channel, post.channel);
    return post;
  }

  /** One plain line to a channel. */
  async say(channel: string, text: string): Promise<void> {
    await this.#client.apiCall('chat.postMessage', { channel, text, parse: 'none', link_names: false });
  }

  /** Tells one person of a channel something; mrkdwn. */
  async whisper(channel: string, user: string, text: string): Promise<void> {
    await this.#client.apiCall('chat.postEphemeral', { channel, user, text, parse: 'none', link_names: false });
  }

  /** Opens a form for who clicked within the last three seconds. */
  async openView(triggerId: string, view: object): Promise<void> {
    await this.#client.apiCall('views.open', { trigger_id: triggerId, view });
  }

  /** The name that people see of a person, and the handle; null without one (scope users:read). */
  async namesOf(user: string): Promise<{ readonly shown: string | null; readonly handle: string | null }> {
    const answer = await this.#client.apiCall('users.info', { user });
    const { profile, real_name: real, name } = objectOf(objectOf(answer, 'user'));
    const { display_name: display } = objectOf(profile);
    const [handle, ...others] = [name, display, real].map((one) =>
      typeof one === 'string' && one.trim() !== '' ? one : null,
    );
    return { shown: others.find((one) => one !== null) ?? handle ?? null, handle: handle ?? null };
  }

  async update(post: RemotePost, message: SlackMessage): Promise<void> {
    await this.#client.apiCall('chat.update', { channel: post.channel, ts: post.ts, ...payload(message) });
  }

  /** The newest message of a channel since `oldestMs` whose metadata fits; null when there is none. */
  async findInChannel(
    channel: string,
    oldestMs: number,
    fits: (metadata: MessageMetadata) => boolean,
  ): Promise<RemotePost | null> {
    const id = await this.#channelId(channel);
    const ts = await this.#find('conversations.history', { channel: id, oldest: String(oldestMs / 1000) }, fits);
    return ts === null ? null : { channel: id, ts };
  }

  /** Whether a thread has a message whose metadata fits. */
  async isInThread(post: RemotePost, fits: (metadata: MessageMetadata) => boolean): Promise<boolean> {
    return (await this.#find('conversations.replies', { channel: post.channel, ts: post.ts }, fits)) !== null;
  }

  async #find(
    method: string,
    args: Record<string, unknown>,
    fits: (metadata: MessageMetadata) => boolean,
  ): Promise<string | null> {
    let cursor: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      const answer = await this.#client.apiCall(method, {
        ...args,
        include_all_metadata: true,
        limit: pageSize,
        cursor,
      });
      const messages = listOf(answer, 'messages') as readonly HistoryMessage[];
      const found = messages.find(({ ts, metadata }) => ts !== undefined && isMetadata(metadata) && fits(metadata));
      if (found?.ts !== undefined) return found.ts;
      cursor = answer.response_metadata?.next_cursor;
      if (!cursor) return null;
    }
    throw new UnreadableHistoryError(`${method} has more than ${maxPages * pageSize} messages to look through`);
  }

  /** History is read by id only; a name is looked up (scopes channels:read, groups:read). */
  async #channelId(channel: string): Promise<string> {
    const known = this.#channelIds.get(channel);
    if (known !== undefined) return known;
    if (isChannelId(channel)) return channel;
    const found = await this.#named(channel);
    if (found === null) throw new UnreadableHistoryError(`no channel ${channel} is visible to the app`);
    this.#channelIds.set(channel, found.id);
    return found.id;
  }

  /** Slack may refuse a list of several types where the app lacks the scope of one of them: then each is asked for alone. */
  async #named(channel: string): Promise<ChannelInfo | null> {
    if (!this.#listsApart) {
      const both = await this.#lookUp(channel, 'public_channel,private_channel');
      if ('found' in both) return both.found;
      this.#listsApart = true;
    }
    const open = await this.#lookUp(channel, 'public_channel');
    if ('found' in open && open.found !== null) return open.found;
    const closed = await this.#lookUp(channel, 'private_channel');
    if ('found' in closed) return closed.found;
    // Of those that the app may see it is none.
    if ('found' in open) return null;
    throw closed.refused;
  }

  async #lookUp(
    channel: string,
    types: string,
  ): Promise<{ readonly found: ChannelInfo | null } | { readonly refused: Error }> {
    try {
      return { found: await this.#listed(channel, types) };
    } catch (error) {
      if (!(error instanceof Error) || classifySlackError(error).message !== 'missing_scope') throw error;
      return { refused: error };
    }
  }

  /** A channel by its name, of these types. */
  async #listed(channel: string, types: string): Promise<ChannelInfo | null> {
    const name = channel.replace(/^#/, '');
    let cursor: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      const answer = await this.#client.apiCall('conversations.list', {
        types,
        exclude_archived: true,
        limit: pageSize,
        cursor,
      });
      const channels = listOf(answer, 'channels') as readonly { name?: string }[];
      const found = channelOf(channels.find((entry) => entry.name === name));
      if (found !== null) return found;
      cursor = answer.response_metadata?.next_cursor;
      if (!cursor) break;
    }
    return null;
  }
}

interface ApiIdentity {
  readonly user: string;
  readonly team: string;
  /** Null when Slack did not say. */
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly scopes: readonly string[] | null;
}

interface ChannelInfo {
  readonly id: string;
  readonly isMember: boolean;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
}

function channelOf(value: unknown): ChannelInfo | null {
  if (value === null || typeof value !== 'object') return null;
  const { id, is_member, is_private, is_archived } = value as Record<string, unknown>;
  if (typeof id !== 'string') return null;
  return { id, isMember: is_member === true, isPrivate: is_private === true, isArchived: is_archived === true };
}

function isChannelId(channel: string): boolean {
  return /^[CGD][A-Z0-9]{6,}$/.test(channel);
}

function payload(message: SlackMessage): Record<string, unknown> {
  // Bare words never become mentions or links, whatever the workspace's defaults are.
  return { ...message, parse: 'none', link_names: false };
}

function stringOf(answer: object, key: string): string {
  const value: unknown = (answer as Record<string, unknown>)[key];
  if (typeof value !== 'string') throw new Error(`Slack answered without ${key}`);
  return value;
}

function textOf(answer: object, key: string): string | null {
  const value: unknown = (answer as Record<string, unknown>)[key];
  return typeof value === 'string' ? value : null;
}

/** An object, or the one under a key of it; an empty one for anything else. */
function objectOf(value: unknown, key?: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  return key === undefined ? (value as Record<string, unknown>) : objectOf((value as Record<string, unknown>)[key]);
}

function listOf(answer: object, key: string): readonly unknown[] {
  const value: unknown = (answer as Record<string, unknown>)[key];
  return Array.isArray(value) ? value : [];
}

function isMetadata(metadata: HistoryMessage['metadata']): metadata is MessageMetadata {
  return typeof metadata?.event_type === 'string' && typeof metadata.event_payload === 'object';
}

/** The client's debug lines hold whole messages; only its warnings go on, one level down. */
export function quietLogger(log: Logger): SlackLogger {
  const note = (...parts: unknown[]): void => log.debug({ detail: parts.map(String).join(' ').slice(0, 500) }, 'slack');
  return {
    debug: () => {},
    info: () => {},
    warn: note,
    error: note,
    setLevel: () => {},
    getLevel: () => LogLevel.WARN,
    setName: () => {},
  };
}
