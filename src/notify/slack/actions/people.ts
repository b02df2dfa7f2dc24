import type { FetchFunction } from '@slack/web-api';
import type { RemotePost } from '../../../domain/records.ts';
import { neverAborted } from '../../../lib/abort.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import { errorText } from '../../../lib/problem.ts';
import { withTimeLimit } from '../../../lib/time-limit.ts';
import { oneLine } from '../../../lib/text.ts';
import { BoundedMap } from '../../../lib/work/bounded-map.ts';
import { once } from '../../../lib/work/once.ts';
import { classifySlackError } from '../calls/classify.ts';
import type { SlackApi } from '../slack-api.ts';
import type { Origin, SlackPerson } from './payload.ts';

export interface PeopleOptions {
  readonly api: Pick<SlackApi, 'identity' | 'namesOf' | 'whisper'>;
  /** Of the Web API: its host may be told something, too. */
  readonly apiUrl: string;
  readonly fetch: FetchFunction;
  /** Ids (U0123456789) or handles. */
  readonly mayAct: 'all' | readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** How Slack writes the ids of people. */
const userId = /^[UW][A-Z0-9]{2,}$/;
/** A name is not waited for any longer, ms: what was clicked matters more. */
const nameMs = 3000;
/** Nor is it waited longer for whose token it is: Slack has to be answered within three seconds. */
const selfMs = 1000;
const keptNames = 500;
const keptNameMs = 3_600_000;

type Names = Awaited<ReturnType<SlackApi['namesOf']>>;
/** `nameless`: the app may not ask. `silent`: Slack did not say it now, and may say it later. */
type NoNames = 'nameless' | 'silent';

/** Whether a person may have something done; `unnamed`: Slack says no handle of theirs. */
export type MayAsk = 'yes' | 'no' | 'unnamed' | NoNames;
type Identity = Pick<Awaited<ReturnType<SlackApi['identity']>>, 'userId' | 'teamId'>;

const nobody: Identity = { userId: null, teamId: null };

/** The people in Slack: who they are, what they may do, and what only one of them is told. */
export class People {
  readonly #options: PeopleOptions;
  readonly #names = new BoundedMap<string, { readonly names: Names; readonly until: number }>(keptNames);
  /** The app may not ask for names. */
  #nameless = false;
  readonly #identity: () => Promise<Identity>;

  constructor(options: PeopleOptions) {
    this.#options = options;
    this.#identity = once(() => options.api.identity());
  }

  /** Whose token it is; nothing is known as long as Slack does not say. */
  async self(): Promise<Identity> {
    return await withTimeLimit(this.#options.clock, selfMs, neverAborted, this.#identity).catch(() => nobody);
  }

  /**
   * Whether it comes from the workspace of the app, by a person of it; Slack says no team for an app of a whole organization.
   * In a shared channel the team is that of the app, whoever clicks.
   */
  async isOurs({ team, personTeam }: Origin): Promise<boolean> {
    const { teamId } = await this.self();
    if (team === null) return true;
    return team === (teamId ?? team) && (personTeam ?? team) === team;
  }

  /** Whether a person may press buttons. */
  may({ id, name }: SlackPerson): boolean {
    const { mayAct } = this.#options;
    if (mayAct === 'all') return true;
    const handle = name.toLowerCase();
    return mayAct.some((one) => one === id || one.replace(/^@/, '').toLowerCase() === handle);
  }

  /** The same for who wrote something: Slack sends no handle along, and may not say it when it is asked. */
  async mayAsk(id: string, signal: AbortSignal): Promise<MayAsk> {
    if (this.may({ id, name: '' })) return 'yes';
    const { mayAct } = this.#options;
    if (mayAct !== 'all' && mayAct.every((one) => userId.test(one))) return 'no';
    const names = await this.#namesOf(id, signal);
    if (typeof names === 'string') return names;
    if (names.handle === null) return 'unnamed';
    return this.may({ id, name: names.handle }) ? 'yes' : 'no';
  }

  /** The person by the name that people see, else by the one that came along. */
  async named(person: SlackPerson, signal: AbortSignal): Promise<SlackPerson> {
    const names = await this.#namesOf(person.id, signal);
    const shown = typeof names === 'string' ? null : names.shown;
    return { ...person, name: oneLine(shown ?? person.name, 100) || person.id };
  }

  async #namesOf(id: string, signal: AbortSignal): Promise<Names | NoNames> {
    const { api, clock } = this.#options;
    const known = this.#names.get(id);
    if (known !== undefined && known.until > clock.now()) return known.names;
    if (this.#nameless) return 'nameless';
    try {
      const names = await withTimeLimit(clock, nameMs, signal, () => api.namesOf(id));
      this.#names.set(id, { names, until: clock.now() + keptNameMs });
      return names;
    } catch (error) {
      this.#nameless = classifySlackError(error).message === 'missing_scope';
      return this.#nameless ? 'nameless' : 'silent';
    }
  }

  /** Tells one person something, as mrkdwn, where they clicked. Never rejects: there is nobody else to tell. */
  async whisper(
    to: { readonly userId: string; readonly responseUrl: string | null; readonly post: RemotePost | null },
    text: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { api, log } = this.#options;
    try {
      if (to.responseUrl !== null && (await this.#respond(to.responseUrl, text, signal))) return;
      if (to.post !== null) await api.whisper(to.post.channel, to.userId, text);
    } catch (error) {
      log.warn({ err: errorText(error), user: to.userId }, 'who clicked in Slack could not be told');
    }
  }

  /** False when Slack does not take it there. */
  async #respond(url: string, text: string, signal: AbortSignal): Promise<boolean> {
    if (!isSlacks(url, this.#options.apiUrl)) return false;
    const body = JSON.stringify({ response_type: 'ephemeral', replace_original: false, text });
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(10_000)]);
      const answer = await this.#options.fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: limit,
      });
      await answer.text();
      return answer.status === 200;
    } catch {
      return false;
    }
  }
}

/** An address of Slack itself, or of the server that the configuration names in its place. */
function isSlacks(url: string, apiUrl: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, origin } = new URL(url);
  if (origin === new URL(apiUrl).origin) return true;
  return protocol === 'https:' && /(^|\.)slack(-gov)?\.com$/.test(hostname);
}
