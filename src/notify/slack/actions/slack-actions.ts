import type { IncomingHttpHeaders } from 'node:http';
import type { PostStore, QuestionAnswerer } from '../../../domain/question.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Problem } from '../../../lib/problem.ts';
import { parseJsonObject } from '../../../lib/untrusted/parse-json.ts';
import type { SlackMetrics } from '../../metrics.ts';
import { SlackApi } from '../slack-api.ts';
import type { ActStore } from './carry-out.ts';
import { Interactions } from './interactions.ts';
import { People, type PeopleOptions } from './people.ts';
import { Questions, type QuestionsOptions } from './questions.ts';
import { signatureMistake } from './signature.ts';
import { SlackSocket, type SocketOptions } from './socket.ts';

export interface SlackActionsOptions
  extends
    Pick<PeopleOptions, 'apiUrl' | 'fetch' | 'mayAct'>,
    Pick<SocketOptions, 'timeoutMs' | 'dispatcher' | 'random'> {
  readonly botToken: string;
  /** By Socket Mode with the one, by signed requests with the other. */
  readonly way: { readonly appToken: string } | { readonly signingSecret: string };
  readonly questions: QuestionsOptions['from'] | 'off';
  readonly store: ActStore & PostStore;
  /** Null: nothing is answered. */
  readonly answerer: QuestionAnswerer | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SlackMetrics;
}

/** What a request of Slack is answered; the body is a text, empty for none. */
export interface SlackReply {
  readonly status: 200 | 400 | 401;
  readonly body: string;
}

/** What people do in Slack: buttons, forms and questions, by a socket or by signed requests. */
export interface SlackActions {
  start(): void;
  /** Takes nothing more, and ends what is under way when it has been waited for until `signal` is aborted. */
  stop(signal: AbortSignal): Promise<void>;
  /** Whether Slack can tell of clicks by its socket now; null without one. */
  isConnected(): boolean | null;
  problem(): Problem | null;
  /** A request of Slack, answered before anything is done; null where signed requests are not what is configured. */
  receive(kind: 'interactions' | 'events', headers: IncomingHttpHeaders, body: Buffer): SlackReply | null;
}

export function slackActions(options: SlackActionsOptions): SlackActions {
  const { way, botToken, store, clock, log, metrics } = options;
  const api = new SlackApi({ ...options, token: botToken });
  const people = new People({ ...options, api });
  const interactions = new Interactions({ store, api, people, clock, log, metrics });
  const { questions: from, answerer } = options;
  const questions =
    from === 'off' || answerer === null
      ? null
      : new Questions({ store, answerer, api, people, from, clock, log, metrics });
  const socket =
    'appToken' in way
      ? new SlackSocket({
          ...options,
          appToken: way.appToken,
          connected: () => metrics.reconnected(),
          heard: (type, body) => {
            if (type === 'interactive') interactions.take(body);
            else if (type === 'events_api') questions?.take(body);
          },
        })
      : null;
  const refused = refusals(clock, log);
  return {
    start: () => socket?.start(),
    stop: async (signal) => {
      await Promise.all([socket?.stop(), interactions.stop(signal), questions?.stop(signal)]);
    },
    isConnected: () => socket?.isConnected ?? null,
    problem: () => socket?.problem() ?? null,
    receive: (kind, headers, body) => {
      if (!('signingSecret' in way)) return null;
      const mistake = signatureMistake({ headers, body }, way.signingSecret, clock.now());
      if (mistake !== null) {
        refused(mistake);
        return { status: 401, body: mistake };
      }
      const said = kind === 'events' ? parseJsonObject(body.toString()) : formPayload(body.toString());
      if (said === null) return { status: 400, body: 'it is not understood' };
      if (kind === 'interactions') interactions.take(said);
      else if (said['type'] === 'url_verification') return { status: 200, body: challengeOf(said) };
      else questions?.take(said);
      return { status: 200, body: '' };
    },
  };
}

/** Between two words in the log of requests that are not signed, ms: anybody can send them. */
const refusalsMs = 60_000;

function refusals(clock: Clock, log: Logger): (why: string) => void {
  let count = 0;
  let saidAt = -Infinity;
  return (why) => {
    count += 1;
    if (clock.monotonic() - saidAt < refusalsMs) return;
    log.warn({ why, count }, 'a request that is not one of Slack was refused');
    saidAt = clock.monotonic();
    count = 0;
  };
}

/** Slack asks once whether an address is ours: what it says is said back (https://docs.slack.dev/reference/events/url_verification). */
function challengeOf({ challenge }: Record<string, unknown>): string {
  return typeof challenge === 'string' ? challenge.slice(0, 1000) : '';
}

function formPayload(body: string): Record<string, unknown> | null {
  const payload = new URLSearchParams(body).get('payload');
  return payload === null ? null : parseJsonObject(payload);
}
