import type { FetchFunction } from '@slack/web-api';
import type { Logger } from '../../lib/log.ts';
import { type Problem, type ProblemKind, problem } from '../../lib/problem.ts';
import {
  slackAuthRefused,
  slackAppTokenRefused,
  slackChannelRefused,
  slackNamesUnknown,
  slackQuestionsUnheard,
  slackScopeMissing,
  slackScopesOptional,
  slackUnreachable,
  slackWebhookRefused,
} from '../errors.ts';
import { classifyPlatformError, classifySlackError, classifyStatus } from './calls/classify.ts';
import { SlackApi } from './slack-api.ts';

export interface SlackProbeOptions {
  readonly token: string;
  readonly apiUrl: string;
  readonly timeoutMs: number;
  readonly fetch: FetchFunction;
  readonly log: Logger;
}

/** What Slack says of a token. */
export interface SlackIdentity {
  /** Why the token cannot be used. */
  readonly problem: Problem | null;
  readonly user: string;
  readonly team: string;
  /** Null when Slack did not say. */
  readonly scopes: readonly string[] | null;
}

/** Of a channel: what keeps messages from it, null when nothing does; or why it could not be found out. */
export type SlackChannel = { readonly problem: Problem | null } | { readonly unknown: string };

/** Asks Slack about a bot token and its channels without writing anything. Nothing here rejects. */
export class SlackProbe {
  readonly #options: SlackProbeOptions;
  readonly #api: SlackApi;
  #identity: Promise<SlackIdentity> | null = null;

  constructor(options: SlackProbeOptions) {
    this.#options = options;
    this.#api = new SlackApi(options);
  }

  identity(): Promise<SlackIdentity> {
    this.#identity ??= this.#identify();
    return this.#identity;
  }

  /** Scopes that are missing, by what they are needed for. `byName`: a channel is configured by its name. */
  async scopes(byName: boolean): Promise<readonly Problem[]> {
    const { scopes } = await this.identity();
    if (scopes === null) return [];
    const problems: Problem[] = [];
    if (!scopes.includes('chat:write'))
      problems.push(problem(slackScopeMissing, 'the token lacks the scope chat:write'));
    const lookBack = [
      ...(hasOne(scopes, historyScopes) ? [] : ['channels:history']),
      ...(!byName || hasOne(scopes, ['channels:read', 'groups:read']) ? [] : ['channels:read']),
    ];
    if (lookBack.length > 0) {
      const fields = { scopes: lookBack.join(' and ') };
      problems.push(problem(slackScopesOptional, `the token lacks ${fields.scopes}`, fields));
    }
    return problems;
  }

  /** Whether an app-level token may connect by Socket Mode; no connection is made. */
  async appToken(token: string): Promise<Problem | null> {
    try {
      await new SlackApi({ ...this.#options, token }).openConnection();
      return null;
    } catch (error) {
      return this.#refusal(error, slackAppTokenRefused, 'apps.connections.open with ');
    }
  }

  /** What keeps people from being known by name who press buttons. */
  async buttonScopes(): Promise<Problem | null> {
    const { scopes } = await this.identity();
    if (scopes === null || scopes.includes('users:read')) return null;
    return problem(slackNamesUnknown, 'the token lacks the scope users:read');
  }

  /** What keeps questions from being heard, of those that are answered. */
  async questionScopes(questions: 'mentions' | 'thread'): Promise<Problem | null> {
    const { scopes } = await this.identity();
    if (scopes === null) return null;
    const missing = [
      ...(scopes.includes('app_mentions:read') ? [] : ['app_mentions:read']),
      ...(questions === 'mentions' || hasOne(scopes, historyScopes) ? [] : ['channels:history']),
    ];
    if (missing.length === 0) return null;
    const fields = { scopes: missing.join(' and '), questions };
    return problem(slackQuestionsUnheard, `the token lacks ${fields.scopes}`, fields);
  }

  /** Whether the bot may post to a channel, by name or id, and look back in it. */
  async channel(channel: string): Promise<SlackChannel> {
    const { scopes } = await this.identity();
    const refused = (said: string): SlackChannel => ({
      problem: problem(slackChannelRefused, `Slack answered ${said} for ${channel}`, { channel }),
    });
    try {
      const found = await this.#api.channelInfo(channel);
      if (found === null) return refused('channel_not_found');
      if (found.isArchived) return refused('is_archived');
      const mayPostAnywhere = scopes?.includes('chat:write.public') === true && !found.isPrivate;
      if (!found.isMember && !mayPostAnywhere) return refused('not_in_channel');
      return { problem: lookBackProblem(channel, found.isPrivate, scopes ?? []) };
    } catch (error) {
      const { message, reaction } = classifySlackError(error);
      if (message === 'missing_scope') return { unknown: 'needs the scope channels:read (groups:read)' };
      if (reaction === 'stop_channel') return refused(message);
      return { unknown: `Slack answered: ${message}` };
    }
  }

  /** Posts one line to a channel. */
  async say(channel: string, text: string): Promise<Problem | null> {
    try {
      await this.#api.say(channel, text);
      return null;
    } catch (error) {
      const { message } = classifySlackError(error);
      return problem(slackChannelRefused, `Slack answered ${message} for ${channel}`, { channel });
    }
  }

  async #identify(): Promise<SlackIdentity> {
    const nobody = { user: '', team: '', scopes: null };
    try {
      return { problem: null, ...(await this.#api.identity()) };
    } catch (error) {
      return { problem: this.#refusal(error, slackAuthRefused), ...nobody };
    }
  }

  /** A token that is refused, or a Slack that does not answer. */
  #refusal(error: unknown, refused: ProblemKind, what = ''): Problem {
    const { reaction, message } = classifySlackError(error);
    const { host } = new URL(this.#options.apiUrl);
    return reaction === 'stop_all'
      ? problem(refused, `Slack answered ${what}${message}`)
      : problem(slackUnreachable, `${host}: ${message}`, { host });
  }
}

/** Of public channels, and of private ones. */
const historyScopes = ['channels:history', 'groups:history'];

/** The history of a private channel is of another scope; that there is none at all is told of the app. */
function lookBackProblem(channel: string, isPrivate: boolean, scopes: readonly string[]): Problem | null {
  const wanted = isPrivate ? 'groups:history' : 'channels:history';
  if (scopes.includes(wanted) || !hasOne(scopes, historyScopes)) return null;
  const kind = isPrivate ? 'private' : 'public';
  return problem(slackScopesOptional, `${channel} is ${kind}, and the token lacks ${wanted}`, { scopes: wanted });
}

function hasOne(scopes: readonly string[], wanted: readonly string[]): boolean {
  return wanted.some((scope) => scopes.includes(scope));
}

/**
 * Whether Slack still takes an incoming webhook: a message without a text is refused as just that (`no_text`) where the
 * webhook is good, and shown to nobody. Never rejects.
 */
export async function probeSlackWebhook(
  url: string,
  fetch: FetchFunction,
  signal: AbortSignal,
): Promise<Problem | null> {
  const { host } = new URL(url);
  try {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: '{}', redirect: 'manual', signal });
    const said = (await answer.text()).trim().slice(0, 100);
    if (answer.status < 400 || /^(?:no_text|invalid_payload|missing_text)/.test(said)) return null;
    if (answer.status >= 500 || answer.status === 429) {
      return problem(slackUnreachable, `${host}: ${classifyStatus(answer.status).message}`, { host });
    }
    const word = classifyPlatformError(said).reason === 'invalid_answer' ? '' : ` ${said}`;
    return problem(slackWebhookRefused, `Slack answered ${answer.status}${word}`);
  } catch (error) {
    return problem(slackUnreachable, `${host}: ${classifySlackError(error).message}`, { host });
  }
}
