import {
  type AgentQuestion,
  AskAnewError,
  type HeardEnd,
  type HeardQuestion,
  type HeardQuestionStore,
  type HeardReply,
  type Question,
  type QuestionAnswerer,
  type Talk,
  TooManyQuestionsError,
} from '../../../domain/question.ts';
import { backoffDelay, type BackoffPolicy } from '../../../lib/backoff.ts';
import type { Clock } from '../../../lib/clock.ts';
import { spokenDuration } from '../../../lib/format.ts';
import type { Logger } from '../../../lib/log.ts';
import { errorText, ProblemError } from '../../../lib/problem.ts';
import { withTimeLimit } from '../../../lib/time-limit.ts';
import type { SlackMetrics } from '../../metrics.ts';
import { classifySlackError } from '../calls/classify.ts';
import { simplified, type SlackMessage } from '../message.ts';
import { prose } from '../mrkdwn.ts';
import { type SlackApi, UnreadableHistoryError } from '../slack-api.ts';
import { replyMessage } from './answer-message.ts';
import type { MayAsk, People } from './people.ts';

export interface HeardAnswersOptions {
  readonly store: Pick<HeardQuestionStore, 'stepQuestion'>;
  readonly answerer: QuestionAnswerer;
  readonly api: Pick<SlackApi, 'post' | 'isInThread'>;
  readonly people: People;
  /** The same as long as this process lives: what another has begun was cut off by its end. */
  readonly processId: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Pick<SlackMetrics, 'asked'>;
}

/** An agent may be at it: `agent.questions.timeout` is four minutes at most. */
const answerMs = 5 * 60_000;
/** A question that is older is not answered any more, which is said: by then people have gone on, or asked again, ms. */
const tooLateMs = 60 * 60_000;
/** What is to be said to one that is older is not brought to Slack any more, ms. */
const giveUpMs = 24 * 60 * 60_000;
/** An answer that was cut off so often by the end of the process is given up; no agent is started for the last, which costs money. */
const mostCutOffs = 3;
/** The answerer takes no more for now, or stops: then the next process asks, ms. */
const busyMs = 3000;
const backoff: BackoffPolicy = { initialMs: 2000, maxMs: 5 * 60_000 };

type Replied = HeardQuestion & { readonly reply: HeardReply };
type Arrived = 'yes' | 'no' | 'unknown';

/**
 * Takes one question that was heard on its way: works out what is said to it, keeps that, and brings it into the thread.
 * Each step is written down before the next begins. What may have arrived is looked for in the thread before it is sent
 * again; where that cannot be read it is marked as a possible repeat, as messages of the outbox are (docs/slack.md).
 */
export class HeardAnswers {
  readonly #options: HeardAnswersOptions;

  constructor(options: HeardAnswersOptions) {
    this.#options = options;
  }

  /** @throws StoreUnavailableError; the reason of `signal` */
  async carryOn(question: HeardQuestion, signal: AbortSignal): Promise<void> {
    const { reply } = question;
    const replied = reply === null ? await this.#workOut(question, signal) : { ...question, reply };
    if (replied !== null) await this.#bring(replied, signal);
  }

  /** Null: it has to wait. */
  async #workOut(question: HeardQuestion, signal: AbortSignal): Promise<Replied | null> {
    const { store, processId, clock } = this.#options;
    const { id } = question;
    const begun = await store.stepQuestion(id, { kind: 'begin', processId }, clock.now());
    const reply = this.#withoutAsking(begun) ?? (await this.#ask(begun, signal));
    if (reply === 'busy') {
      const now = clock.now();
      await store.stepQuestion(id, { kind: 'wait', until: now + busyMs, uncertain: false }, now);
      return null;
    }
    return { ...(await store.stepQuestion(id, { kind: 'reply', reply }, clock.now())), reply };
  }

  #withoutAsking({ incidentId, askedAt, cutOffs }: HeardQuestion): HeardReply | null {
    if (this.#options.clock.now() - askedAt > tooLateMs) return { kind: 'late', why: '' };
    if (incidentId === null) return { kind: 'elsewhere', why: '' };
    if (cutOffs < mostCutOffs) return null;
    return { kind: 'failed', why: `nightcrier ended ${cutOffs} times while it was at it.` };
  }

  async #ask(question: HeardQuestion, signal: AbortSignal): Promise<HeardReply | 'busy'> {
    const { people, answerer, clock, log } = this.#options;
    const { userId, text, cutOffs, askedAt } = question;
    const incidentId = question.incidentId ?? '';
    const { name } = await people.named({ id: userId, name: userId }, signal);
    const may = cutOffs < mostCutOffs - 1 ? rights(await people.mayAsk(userId, signal)) : cutOff(cutOffs);
    const asked: Question = { incidentId, text, by: name, ...may, talk: talkOf(question), askedAt };
    const onAgent = (at: Pick<AgentQuestion, 'agent' | 'until'>): void => this.#whisper(question, at, signal);
    try {
      const answer = await withTimeLimit(clock, answerMs, signal, (limit) => answerer.answer(asked, limit, onAgent));
      log.info({ incident: incidentId, by: name }, 'asked in Slack');
      return { kind: 'answer', answer };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TooManyQuestionsError || error instanceof AskAnewError) return 'busy';
      log.warn({ err: errorText(error), incident: incidentId }, 'a question in Slack could not be answered');
      return { kind: 'failed', why: error instanceof ProblemError ? `${error.message}. ${error.fix}` : '' };
    }
  }

  /** Tells who asked, and nobody else, that it takes a while. */
  #whisper(
    { userId, place: { channel, ts } }: HeardQuestion,
    { agent, until }: Pick<AgentQuestion, 'agent' | 'until'>,
    signal: AbortSignal,
  ): void {
    const { people, clock } = this.#options;
    const atMost = spokenDuration(Math.max(0, until - clock.now()));
    const text = `${prose(agent, 60).text} reads what is kept of the incident: ${atMost} at most.`;
    // It never rejects.
    void people.whisper({ userId, responseUrl: null, post: { channel, ts } }, text, signal);
  }

  async #bring(question: Replied, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const now = clock.now();
    if (now - question.askedAt > giveUpMs) {
      log.warn({ question: question.id }, 'an answer could not be brought to Slack for a day, and was dropped');
      return this.#end(question, 'expired');
    }
    let arrived: Arrived = 'no';
    try {
      if (question.uncertain) arrived = await this.#isThere(question);
    } catch (error) {
      return await this.#notBrought(question, error, true, signal);
    }
    if (arrived !== 'yes') {
      signal.throwIfAborted();
      await this.#options.store.stepQuestion(question.id, { kind: 'send' }, now);
      try {
        await this.#post(question, replyMessage(question.reply, { question, now, repeat: arrived === 'unknown' }));
      } catch (error) {
        return await this.#notBrought(question, error, classifySlackError(error).uncertain, signal);
      }
    }
    return this.#end(question, endOf(question.reply));
  }

  /** Whether an earlier attempt has arrived; unknown where the thread cannot be read: no scope, or too long. */
  async #isThere({ id, place }: Replied): Promise<Arrived> {
    const post = { channel: place.channel, ts: place.threadTs ?? place.ts };
    try {
      const found = await this.#options.api.isInThread(post, ({ event_type: type, event_payload: ids }) => {
        return type === answerEvent && ids['key'] === id;
      });
      return found ? 'yes' : 'no';
    } catch (error) {
      if (isPassing(error) && !(error instanceof UnreadableHistoryError)) throw error;
      return 'unknown';
    }
  }

  /** @throws the client's errors */
  async #post({ id, place }: Replied, words: Omit<SlackMessage, 'metadata'>): Promise<void> {
    const message = { ...words, metadata: { event_type: answerEvent, event_payload: { key: id } } };
    const thread = place.threadTs ?? place.ts;
    await simplified(message, (form) => this.#options.api.post(place.channel, form, thread));
  }

  /** `uncertain`: it may have arrived all the same. */
  async #notBrought(question: Replied, error: unknown, uncertain: boolean, signal: AbortSignal): Promise<void> {
    const { store, clock, random, log } = this.#options;
    const { waitMs, message } = classifySlackError(error);
    signal.throwIfAborted();
    log.warn({ err: message, question: question.id }, 'an answer was not brought to Slack');
    // The thread is gone, or the app was put out of the channel: there is nobody to tell.
    if (!isPassing(error)) return this.#end(question, 'failed');
    const now = clock.now();
    const until = now + Math.max(waitMs, backoffDelay(backoff, question.waits, random));
    await store.stepQuestion(question.id, { kind: 'wait', until, uncertain }, now);
  }

  async #end(question: Replied, end: HeardEnd): Promise<void> {
    const { store, clock, metrics } = this.#options;
    await store.stepQuestion(question.id, { kind: 'end', end }, clock.now());
    metrics.asked(end);
  }
}

const answerEvent = 'nightcrier_answer';

/** Whether the same call may work later. */
function isPassing(error: unknown): boolean {
  const { reaction, message } = classifySlackError(error);
  if (reaction === 'stop_all') return message !== 'missing_scope';
  return reaction === 'wait' || reaction === 'back_off';
}

function endOf({ kind }: HeardReply): HeardEnd {
  if (kind === 'answer') return 'answered';
  return kind === 'late' ? 'expired' : kind;
}

type Rights = Pick<Question, 'mayAct' | 'whyNot'>;

/** A thread is where people ask among each other; outside of one each question begins its own. */
function talkOf({ id, userId, place: { channel, ts, threadTs } }: HeardQuestion): Talk {
  return { id, person: `slack:${userId}`, thread: `slack:${channel}:${threadTs ?? ts}` };
}

/** What the person may, and what they are told when it is not all. */
function rights(may: MayAsk): Rights {
  return may === 'yes' ? { mayAct: true } : { mayAct: false, whyNot: `notify.slack.act does not name you${byId[may]}` };
}

const byId: Readonly<Record<Exclude<MayAsk, 'yes'>, string>> = {
  no: '',
  unnamed: ' by your id, and Slack says no handle of yours',
  nameless: ' by your id, and Slack says handles only with the scope users:read',
  silent: ' by your id, and Slack did not say your handle now: ask again',
};

const cutOff = (times: number): Rights => ({ mayAct: false, whyNot: `nightcrier ended ${times} times meanwhile` });
