import {
  type AgentQuestion,
  type Question,
  type QuestionAnswer,
  type QuestionAnswerer,
  questionText,
} from '../../../domain/question.ts';
import type { PostStore } from '../../../domain/question.ts';
import { type Clock, delay } from '../../../lib/clock.ts';
import type { Logger } from '../../../lib/log.ts';
import { errorText, ProblemError } from '../../../lib/problem.ts';
import { withTimeLimit } from '../../../lib/time-limit.ts';
import { Background } from '../../../lib/work/background.ts';
import { TokenBucket } from '../../../lib/work/token-bucket.ts';
import { Turns } from '../../../lib/work/turns.ts';
import type { SlackMetrics } from '../../metrics.ts';
import { classifySlackError } from '../calls/classify.ts';
import type { SlackMessage } from '../message.ts';
import type { SlackApi } from '../slack-api.ts';
import { prose } from '../mrkdwn.ts';
import { spokenDuration } from '../../../lib/format.ts';
import { answerMessage, sorryMessage } from './answer-message.ts';
import { readMessage, type Said } from './payload.ts';
import type { People } from './people.ts';

export interface QuestionsOptions {
  readonly store: Pick<PostStore, 'hearOnce' | 'incidentOfPost'>;
  readonly answerer: QuestionAnswerer;
  readonly api: Pick<SlackApi, 'post'>;
  readonly people: People;
  /** `mentions`: what mentions the app; `thread`: also what ends with a question mark in the thread of an incident. */
  readonly from: 'mentions' | 'thread';
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<SlackMetrics, 'asked'>;
}

const maxWaiting = 50;
/** An agent may be at it: `agent.questions.timeout` is four minutes at most. */
const answerMs = 5 * 60_000;
const windowMs = 10 * 60_000;
/** Answers within that time: of one incident, and of all. */
const perIncident = { count: 10, perMs: windowMs };
const overall = { count: 60, perMs: windowMs };
const keptBuckets = 500;
const maxTries = 4;
const retryMs = 2000;

/**
 * What people ask in the thread of an incident. Answered once a message, however often Slack tells of it; what waits when
 * the process ends is not answered, and looks it.
 */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #background = new Background();
  /** Answers come in the order of the questions of a person: an agent that is at one holds up nobody else. */
  readonly #turns = new Turns();
  readonly #overall: TokenBucket;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: QuestionsOptions) {
    this.#options = options;
    this.#overall = new TokenBucket(overall, options.clock);
  }

  /** Takes what Slack sent, and gives back before anything is done. */
  take(body: unknown): void {
    const { log } = this.#options;
    if (this.#background.size >= maxWaiting) {
      log.warn({}, 'too many questions at once in Slack: one was dropped');
      return;
    }
    this.#background.run(
      () => this.#work(body),
      (error) => log.warn({ err: errorText(error) }, 'a question in Slack was not answered'),
    );
  }

  /** Ends what is under way when it has been waited for until `signal` is aborted. */
  stop(signal: AbortSignal): Promise<void> {
    return this.#background.stop(signal);
  }

  async #work(body: unknown): Promise<void> {
    const { store, people, from, clock } = this.#options;
    const said = readMessage(body, (await people.self()).userId);
    if (said === null || !(said.addressed || (from === 'thread' && isQuestion(said)))) return;
    if (!(await people.isOurs(said))) return;
    const incidentId = await this.#incidentOf(said);
    if (incidentId === null && !said.addressed) return;
    if (!(await store.hearOnce(said.key, clock.now()))) return;
    if (incidentId === null) await this.#say(said, sorryMessage('elsewhere'));
    else await this.#turns.take(`${incidentId} ${said.userId}`, () => this.#answer(said, incidentId));
  }

  /** The incident whose thread it is in, else the one that is named. */
  async #incidentOf({ addressed, text, channel, threadTs }: Said): Promise<string | null> {
    const named = addressed ? /\binc_[0-9A-Za-z]{1,60}\b/.exec(text)?.[0] : undefined;
    if (named !== undefined || threadTs === null) return named ?? null;
    return this.#options.store.incidentOfPost('slack', { channel, ts: threadTs });
  }

  async #answer(said: Said, incidentId: string): Promise<void> {
    const { people, metrics, log } = this.#options;
    const waitMs = this.#bucket(incidentId).take() || this.#overall.take();
    if (waitMs > 0) {
      metrics.asked('refused');
      const post = { channel: said.channel, ts: said.ts };
      const text = `Too much is asked at once; the next answer is there in ${Math.ceil(waitMs / 60_000)} min.`;
      await people.whisper({ userId: said.userId, responseUrl: null, post }, text, this.#background.signal);
      return;
    }
    const { signal } = this.#background;
    const { name } = await people.named({ id: said.userId, name: said.userId }, signal);
    const may = await people.mayAsk(said.userId, signal);
    const text = questionText(said.text);
    const answer = await this.#ask({ incidentId, text, by: name, ...rights(may) }, said);
    await this.#say(said, 'why' in answer ? sorryMessage('failed', answer.why) : answerMessage(answer));
    metrics.asked('why' in answer ? 'failed' : 'answered');
    log.info({ incident: incidentId, by: name }, 'asked in Slack');
  }

  async #ask(question: Question, said: Said): Promise<QuestionAnswer | { readonly why: string }> {
    const { answerer, clock, log } = this.#options;
    try {
      const { signal } = this.#background;
      const onAgent = ({ agent, until }: Pick<AgentQuestion, 'agent' | 'until'>): void => {
        const atMost = spokenDuration(Math.max(0, until - clock.now()));
        this.#whisper(said, `${prose(agent, 60).text} reads what is kept of the incident: ${atMost} at most.`);
      };
      return await withTimeLimit(clock, answerMs, signal, (limit) => answerer.answer(question, limit, onAgent));
    } catch (error) {
      log.warn({ err: errorText(error), incident: question.incidentId }, 'a question in Slack could not be answered');
      return { why: error instanceof ProblemError ? `${error.message}. ${error.fix}` : '' };
    }
  }

  /** Tells who asked, and nobody else, that it takes a while. */
  #whisper({ userId, channel, ts }: Said, text: string): void {
    const { people } = this.#options;
    const to = { userId, responseUrl: null, post: { channel, ts } };
    this.#background.run(
      (signal) => people.whisper(to, text, signal),
      () => {},
    );
  }

  /** Into the thread. What may have arrived is not sent again. @throws the client's errors */
  async #say({ channel, ts, threadTs, key }: Said, message: Omit<SlackMessage, 'metadata'>): Promise<void> {
    const { api, clock } = this.#options;
    const metadata = { event_type: 'nightcrier_answer', event_payload: { key } };
    for (let tries = 1; ; tries++) {
      try {
        await api.post(channel, { ...message, metadata }, threadTs ?? ts);
        return;
      } catch (error) {
        const { reaction, uncertain, waitMs } = classifySlackError(error);
        if (tries >= maxTries || uncertain || (reaction !== 'wait' && reaction !== 'back_off')) throw error;
        await delay(clock, Math.max(waitMs, retryMs * tries), this.#background.signal);
      }
    }
  }

  #bucket(incidentId: string): TokenBucket {
    const known = this.#buckets.get(incidentId);
    if (known !== undefined) return known;
    if (this.#buckets.size >= keptBuckets) this.#buckets.clear();
    const made = new TokenBucket(perIncident, this.#options.clock);
    this.#buckets.set(incidentId, made);
    return made;
  }
}

/** What the person may, and what they are told when it is not all. */
function rights(may: 'yes' | 'no' | 'unknown'): Pick<Question, 'mayAct' | 'whyNot'> {
  if (may === 'yes') return { mayAct: true };
  const named = 'notify.slack.act does not name you';
  return {
    mayAct: false,
    whyNot: may === 'no' ? named : `${named} by your id, and Slack says handles only with the scope users:read`,
  };
}

/** One that is for nobody else. */
function isQuestion({ text, threadTs, toOthers }: Said): boolean {
  return threadTs !== null && !toOthers && /\?\s*$/.test(text);
}
