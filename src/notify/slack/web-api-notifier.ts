import type { FetchFunction } from '@slack/web-api';
import type { DeliveryClaim, IncidentDetail } from '../../domain/state-store.ts';
import { backoffDelay } from '../../lib/backoff.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { type Problem, problem } from '../../lib/problem.ts';
import { slackAuthRefused, slackChannelRefused, slackScopeMissing, slackUnreachable } from '../errors.ts';
import type { Notifier, SendOutcome } from '../notifier.ts';
import { Attempt, type AttemptOptions, type MessageStyle } from './attempt.ts';
import { classifySlackError, type SlackFailure } from './calls/classify.ts';
import { Lanes } from './calls/lanes.ts';
import { Outage } from '../outage.ts';
import { noNotes, type PeopleNotes } from './people-lines.ts';
import { SlackApi } from './slack-api.ts';

export interface SlackNotifierOptions {
  readonly token: string;
  readonly channel: string;
  /** The channel of a cluster that has its own, null for the others. */
  readonly channelOf: (cluster: string) => string | null;
  readonly apiUrl: string;
  readonly publicUrl: string | null;
  readonly timeoutMs: number;
  /** Carries proxies and private certificates; the global one when there are none. */
  readonly fetch: FetchFunction;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Clicks come to this daemon: messages have buttons. */
  readonly interactive?: boolean;
  /** What is stored of an answer, for its thread; nothing without it. */
  readonly kept?: AttemptOptions['kept'];
  /** What people did with an incident beside what its rows say, asked when a message is written; nothing without it. */
  readonly people?: (detail: Pick<IncidentDetail, 'incident' | 'faults'>) => Promise<PeopleNotes>;
}

const refused = { initialMs: 60_000, maxMs: 10 * 60_000 };

/** Slack by bot token: one post an incident, edited as it moves, details in its thread (docs/slack.md). */
export function slackNotifier(options: SlackNotifierOptions): Notifier {
  const sender = new SlackSender(options);
  return {
    target: 'slack',
    integration: 'slack',
    send: (claim, signal) => sender.send(claim, signal),
    pausedUntil: () => sender.pausedUntil(),
    problem: () => sender.problem(),
  };
}

class SlackSender {
  readonly #options: SlackNotifierOptions;
  readonly #lanes: Lanes;
  readonly #channelProblems = new Map<string, { problem: Problem; count: number }>();
  #client: { signal: AbortSignal; api: SlackApi } | null = null;
  #authProblem: Problem | null = null;
  #authRefusals = 0;
  readonly #outage = new Outage(slackUnreachable);

  constructor(options: SlackNotifierOptions) {
    this.#options = options;
    this.#lanes = new Lanes(options.clock);
  }

  pausedUntil(): number | null {
    return this.#lanes.closedUntil > this.#options.clock.now() ? this.#lanes.closedUntil : null;
  }

  problem(): Problem | null {
    if (this.#authProblem !== null) return this.#authProblem;
    const [first] = this.#channelProblems.values();
    if (first) return first.problem;
    return this.#outage.problem(this.#options.apiUrl);
  }

  async send(claim: DeliveryClaim, signal: AbortSignal): Promise<SendOutcome> {
    const attempt = new Attempt({
      claim,
      channel: this.#channelOf(claim),
      ...(this.#options.kept === undefined ? {} : { kept: this.#options.kept }),
      style: await this.#style(claim),
      lanes: this.#lanes,
      api: this.#api(signal),
      signal,
    });
    try {
      const outcome = await attempt.run();
      if (outcome.kind === 'sent') this.#works(attempt.channel);
      return outcome;
    } catch (error) {
      if (signal.aborted && !attempt.started)
        return { kind: 'deferred', until: this.#options.clock.now(), message: 'stopped before it was sent' };
      return this.#failed(classifySlackError(error), attempt);
    }
  }

  /** What people did is left out when it cannot be read: the message matters more. */
  async #style({ incident, faults }: Pick<DeliveryClaim, 'incident' | 'faults'>): Promise<MessageStyle> {
    const { people, publicUrl, interactive = false } = this.#options;
    const notes = incident === null ? noNotes : await people?.({ incident, faults }).catch(() => noNotes);
    return { publicUrl, interactive, people: notes ?? noNotes };
  }

  #channelOf(claim: DeliveryClaim): string {
    const { channel, channelOf } = this.#options;
    const cluster = claim.incident?.cluster ?? onlyOne(claim.delivery.notice?.clusters ?? []);
    return (cluster === null ? null : channelOf(cluster)) ?? channel;
  }

  /** One client for all calls under the same signal: the client has no signals of its own. */
  #api(signal: AbortSignal): SlackApi {
    if (this.#client?.signal !== signal) {
      const fetch = abortableFetch(this.#options.fetch, signal);
      this.#client = { signal, api: new SlackApi({ ...this.#options, fetch }) };
    }
    return this.#client.api;
  }

  #works(channel: string): void {
    this.#authProblem = null;
    this.#authRefusals = 0;
    this.#outage.over();
    this.#channelProblems.delete(channel);
  }

  #failed(failure: SlackFailure, attempt: Attempt): SendOutcome {
    const now = this.#options.clock.now();
    const { reason, message, uncertain } = failure;
    this.#outage.failed(reason);
    const base = {
      kind: 'failed',
      reason,
      message,
      uncertain,
      ...(attempt.post ? { post: attempt.post } : {}),
    } as const;
    switch (failure.reaction) {
      case 'wait':
        attempt.closeLane(now + failure.waitMs);
        return { ...base, again: { at: now + failure.waitMs } };
      case 'stop_all': {
        const until = now + backoffDelay(refused, this.#authRefusals++, this.#options.random);
        const kind = message === 'missing_scope' || message === 'no_permission' ? slackScopeMissing : slackAuthRefused;
        this.#authProblem = problem(kind, `Slack answered ${message}`);
        this.#lanes.closeAll(until);
        return { ...base, again: { at: until } };
      }
      case 'stop_channel': {
        const { channel } = attempt;
        const count = this.#channelProblems.get(channel)?.count ?? 0;
        const until = now + backoffDelay(refused, count, this.#options.random);
        const said = problem(slackChannelRefused, `Slack answered ${message} for ${channel}`, { channel });
        this.#channelProblems.set(channel, { problem: said, count: count + 1 });
        this.#lanes.closePosts(channel, until);
        return { ...base, again: { at: until } };
      }
      case 'simplify':
        return { ...base, again: 'never' };
      case 'post_anew':
      case 'back_off':
      default:
        return { ...base, again: 'back_off' };
    }
  }
}

function abortableFetch(fetch: FetchFunction, outer: AbortSignal): FetchFunction {
  return (url, init) => {
    const signal = init?.signal ? AbortSignal.any([outer, init.signal]) : outer;
    return fetch(url, { ...init, signal });
  };
}

function onlyOne(clusters: readonly string[]): string | null {
  return clusters.length === 1 ? (clusters[0] ?? null) : null;
}
