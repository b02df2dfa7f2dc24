import type { Incident, RemotePost } from '../../domain/records.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import type { SendOutcome } from '../notifier.ts';
import { classifySlackError } from './calls/classify.ts';
import type { Lanes } from './calls/lanes.ts';
import { simplified, type SlackMessage } from './message.ts';
import { renderIncident, type RenderOptions } from './render.ts';
import { renderNotice } from './render-notice.ts';
import { type SlackApi, UnreadableHistoryError } from './slack-api.ts';
import {
  isSameNews,
  type KeptAnswer,
  newsMetadata,
  renderStormList,
  renderThread,
  renderThreadLine,
  type ThreadNews,
  threadNews,
} from './thread.ts';

export interface AttemptOptions {
  readonly claim: DeliveryClaim;
  readonly channel: string;
  readonly style: MessageStyle;
  /** What is stored of an answer; nothing without it. */
  readonly kept?: (incident: Incident) => Promise<KeptAnswer>;
  readonly lanes: Lanes;
  readonly api: SlackApi;
  readonly signal: AbortSignal;
}

/** What holds for each message of one place. */
export type MessageStyle = Pick<RenderOptions, 'publicUrl' | 'interactive' | 'people'>;

/** A message that has to wait longer than this for its turn goes back into the outbox, ms. */
const patienceMs = 5000;
/** Clocks differ: history is read from this much before the incident, ms. */
const clockSlackMs = 10 * 60_000;

/** One attempt to bring one message to Slack: find, post or edit, then what its thread is told. */
export class Attempt {
  readonly channel: string;
  /** Set once a call that can be seen in Slack was begun. */
  started = false;
  post: RemotePost | null;
  readonly #route: AttemptOptions;
  readonly #lanes: Lanes;
  readonly #claim: DeliveryClaim;
  readonly #signal: AbortSignal;
  readonly #api: SlackApi;
  #lane: 'post' | 'edit' = 'post';
  /** It may have been sent before, and history cannot be read. */
  #repeat = false;

  constructor(options: AttemptOptions) {
    this.#route = options;
    this.#lanes = options.lanes;
    this.#claim = options.claim;
    this.#signal = options.signal;
    this.#api = options.api;
    this.channel = options.channel;
    this.post = options.claim.post;
  }

  async run(): Promise<SendOutcome> {
    const { delivery } = this.#claim;
    // An edit of what is not there any more shows nothing to anybody.
    if (delivery.kind === 'refresh' && this.post === null) return { kind: 'sent', post: null };
    if (delivery.uncertain && this.post === null) {
      const found = await this.#findPost();
      if (found !== null && delivery.kind !== 'incident') return { kind: 'sent', post: found };
      this.post = found;
    }
    const turn = await this.#publish();
    if (turn !== null) return { kind: 'deferred', until: turn, message: 'waits for its turn' };
    if (delivery.kind === 'refresh') return { kind: 'sent', post: this.post };
    for (const news of threadNews(this.#claim)) {
      const waits = await this.#tellThread(news);
      if (waits !== null) return waits;
    }
    return { kind: 'sent', post: this.post };
  }

  closeLane(until: number): void {
    if (this.#lane === 'edit') this.#lanes.closeEdits(until);
    else this.#lanes.closePosts(this.channel, until);
  }

  /** Edits the post that is there, else posts; the time to ask again when there is no turn. */
  async #publish(): Promise<number | null> {
    // Not all of them are back: the message that they are unreachable stays, its thread says who is back.
    if (this.post !== null && (this.#claim.delivery.notice?.answers?.stillUnreachable ?? 0) > 0) return null;
    if (this.post !== null) {
      const progress = this.#claim.incident?.status === 'investigating' ? 'progress' : 'state';
      this.#lane = 'edit';
      const turn = await this.#lanes.edit(progress, patienceMs, this.#signal);
      if (turn !== null) return turn;
      if (await this.#edit(this.post)) return null;
      if (this.#claim.delivery.kind === 'refresh') return null;
    }
    this.#lane = 'post';
    const turn = await this.#lanes.post(this.channel, patienceMs, this.#signal);
    if (turn !== null) return turn;
    this.started = true;
    this.post = await simplified(this.#render(), (message) => this.#api.post(this.channel, message));
    return null;
  }

  /** False when the post is gone or closed for edits: it is then posted anew. */
  async #edit(post: RemotePost): Promise<boolean> {
    this.started = true;
    try {
      await simplified(this.#render(), (message) => this.#api.update(post, message));
      return true;
    } catch (error) {
      if (classifySlackError(error).reaction !== 'post_anew') throw error;
      this.post = null;
      return false;
    }
  }

  /** One message into the thread, unless it is there already; an outcome when it has to wait for its turn. */
  async #tellThread(news: ThreadNews): Promise<SendOutcome | null> {
    const { delivery } = this.#claim;
    const { post } = this;
    if (post === null) return null;
    let repeat = this.#repeat;
    if (delivery.uncertain || delivery.attempts > 1) {
      const wanted = newsMetadata(this.#claim, news);
      const there = await this.#api.isInThread(post, (found) => isSameNews(found, wanted)).catch(() => null);
      if (there === true) return null;
      repeat = there === null && delivery.uncertain;
    }
    const message = await this.#renderNews(news, repeat);
    if (message === null) return null;
    this.#lane = 'post';
    const turn = await this.#lanes.post(this.channel, patienceMs, this.#signal);
    // The post is made: it must not be forgotten while its thread waits.
    if (turn !== null) return { kind: 'deferred', until: turn, message: 'the thread waits for its turn', post };
    this.started = true;
    await simplified(message, (form) => this.#api.post(post.channel, form, post.ts));
    return null;
  }

  async #renderNews(news: ThreadNews, repeat: boolean): Promise<SlackMessage | null> {
    const options = { ...this.#route.style, repeat };
    const { incident } = this.#claim;
    // Less is said where what is stored cannot be read: an answer matters more.
    const kept = () => (incident === null ? null : this.#route.kept?.(incident).catch(() => null));
    if (news === 'details') return renderThread(this.#claim, (await kept()) ?? null, options);
    if (news === 'members' || news === 'over' || news === 'found') return renderStormList(this.#claim, news, options);
    return renderThreadLine(this.#claim, news, options);
  }

  /** The post of this incident or notice, when the channel's history can be read and has it. */
  async #findPost(): Promise<RemotePost | null> {
    const { incident, delivery } = this.#claim;
    const oldest = Math.min(delivery.createdAt, incident?.openedAt ?? delivery.createdAt) - clockSlackMs;
    try {
      return await this.#api.findInChannel(this.channel, oldest, ({ event_type: type, event_payload: ids }) =>
        incident === null
          ? ids['delivery_id'] === delivery.id
          : type === 'nightcrier_incident' && ids['incident_id'] === incident.id,
      );
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.#repeat = true;
      return null;
    }
  }

  #render(): SlackMessage {
    const { id, attempts } = this.#claim.delivery;
    const version = `${id}_${attempts}`;
    const options = { ...this.#route.style, repeat: this.#repeat, thread: true, version };
    return this.#claim.delivery.notice === null
      ? renderIncident(this.#claim, options)
      : renderNotice(this.#claim, options);
  }
}

/** Refused or not to be found, as opposed to not answered: asking again would not help. */
function isUnreadable(error: unknown): boolean {
  if (error instanceof UnreadableHistoryError) return true;
  return ['stop_all', 'stop_channel', 'simplify'].includes(classifySlackError(error).reaction);
}
