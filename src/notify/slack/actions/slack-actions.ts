import type { IncomingHttpHeaders } from 'node:http';
import type { HeardQuestionStore, PostStore, QuestionAnswerer } from '../../../domain/question.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import type { Problem } from '../../../lib/problem.ts';
import { parseJsonObject } from '../../../lib/untrusted/parse-json.ts';
import type { SlackMetrics } from '../../metrics.ts';
import { SlackApi } from '../slack-api.ts';
import type { ActStore } from './carry-out.ts';
import { HeardAnswers } from './heard-answers.ts';
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
  /** The same as long as this process lives, whatever becomes of its settings. */
  readonly processId: string;
  readonly store: ActStore & PostStore & HeardQuestionStore;
  /** Null: nothing is answered. */
  readonly answerer: QuestionAnswerer | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SlackMetrics;
}

/** What a request of Slack is answered; the body is a text, empty for none. */
export interface SlackReply {
  /** 503: a question could not be kept, Slack is to say it again. */
  readonly status: 200 | 400 | 401 | 503;
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
  /**
   * A request of Slack: of a click before anything is done, of a message when a question is kept; null where signed
   * requests are not what is configured.
   */
  receive(kind: 'interactions' | 'events', headers: IncomingHttpHeaders, body: Buffer): Promise<SlackReply> | null;
}

export function slackActions(options: SlackActionsOptions): SlackActions {
  const { way, botToken, store, clock, log, metrics } = options;
  const api = new SlackApi({ ...options, token: botToken });
  const people = new People({ ...options, api });
  const interactions = new Interactions({ store, api, people, clock, log, metrics });
  const questions = questionsOf(options, { api, people });
  const socket = 'appToken' in way ? socketOf(options, way.appToken, { interactions, questions }) : null;
  const refused = refusals(clock, log);
  return {
    start: () => {
      questions?.start();
      socket?.start();
    },
    stop: async (signal) => {
      await Promise.all([socket?.stop(), interactions.stop(signal), questions?.stop(signal)]);
    },
    isConnected: () => socket?.isConnected ?? null,
    problem: () => socket?.problem() ?? null,
    receive: (kind, headers, body) => {
      if (!('signingSecret' in way)) return null;
      const mistake = signatureMistake({ headers, body }, way.signingSecret, clock.now());
      if (mistake === null) return takeRequest(kind, body.toString(), { interactions, questions });
      refused(mistake);
      return Promise.resolve({ status: 401, body: mistake });
    },
  };
}

/** Null where nothing is answered. */
function questionsOf(
  { questions: from, answerer, processId, store, clock, random, log, metrics }: SlackActionsOptions,
  { api, people }: { readonly api: SlackApi; readonly people: People },
): Questions | null {
  if (from === 'off' || answerer === null) return null;
  const heard = { store, api, people, clock, random, log, metrics };
  return new Questions({ ...heard, from, answers: new HeardAnswers({ ...heard, answerer, processId }) });
}

/** Where what Slack says goes. */
interface Takers {
  readonly interactions: Interactions;
  readonly questions: Questions | null;
}

function socketOf(options: SlackActionsOptions, appToken: string, { interactions, questions }: Takers): SlackSocket {
  return new SlackSocket({
    ...options,
    appToken,
    connected: () => options.metrics.reconnected(),
    heard: (type, body) => {
      if (type === 'events_api') return questions?.hear(body) ?? null;
      if (type === 'interactive') interactions.take(body);
      return null;
    },
  });
}

/** A request that Slack has signed. */
async function takeRequest(
  kind: 'interactions' | 'events',
  body: string,
  { interactions, questions }: Takers,
): Promise<SlackReply> {
  const said = kind === 'events' ? parseJsonObject(body) : formPayload(body);
  if (said === null) return { status: 400, body: 'it is not understood' };
  if (kind === 'interactions') interactions.take(said);
  else if (said['type'] === 'url_verification') return { status: 200, body: challengeOf(said) };
  else if (!(await isKept(questions?.hear(said)))) return { status: 503, body: 'it could not be kept' };
  return { status: 200, body: '' };
}

async function isKept(hearing: Promise<void> = Promise.resolve()): Promise<boolean> {
  try {
    await hearing;
    return true;
  } catch {
    return false;
  }
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
