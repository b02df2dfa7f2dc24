import type { HeardDraft, HeardQuestion, HeardQuestionStore, PostStore } from '../../../domain/question.ts';
import { questionText } from '../../../domain/question.ts';
import { delay } from '../../../lib/clock.ts';
import { errorText } from '../../../lib/problem.ts';
import { withTimeLimit } from '../../../lib/time-limit.ts';
import { type Looked, WorkLoop } from '../../../lib/work-loop.ts';
import { Background } from '../../../lib/work/background.ts';
import { BoundedMap } from '../../../lib/work/bounded-map.ts';
import type { HeardAnswers, HeardAnswersOptions } from './heard-answers.ts';
import { readMessage, type Said } from './payload.ts';

export interface QuestionsOptions extends Pick<HeardAnswersOptions, 'people' | 'clock' | 'log' | 'metrics'> {
  readonly store: Pick<PostStore, 'incidentOfPost'> & HeardQuestionStore;
  readonly answers: Pick<HeardAnswers, 'carryOn'>;
  /** `mentions`: what mentions the app; `thread`: also what ends with a question mark in the thread of an incident. */
  readonly from: 'mentions' | 'thread';
}

/** Slack waits three seconds for the word that a message was heard: by then it is a row, or Slack says it again, ms. */
const hearMs = 2500;
/** So many messages are looked at, and so many questions answered, at the same time. */
const atOnce = { heard: 50, answered: 10 };
/** After something that went wrong here, a question waits for so long, ms. */
const failedMs = 5000;
/** Who is told to wait is told once in that time, ms. */
const refusedMs = 60_000;
const keptRefusals = 500;

/**
 * What people ask in the thread of an incident. A question is a row before Slack hears that it has arrived, and until its
 * answer is there; so a crash delays it. Each is answered once, however often Slack tells of it: first in, first answered,
 * and one after the other those of a person about an incident.
 */
export class Questions {
  readonly #options: QuestionsOptions;
  readonly #background = new Background();
  readonly #loop: WorkLoop;
  /** Ids of those that are worked on. */
  readonly #going = new Set<string>();
  #hearing = 0;
  /** By person, when they were told last that too much is asked. */
  readonly #refused = new BoundedMap<string, number>(keptRefusals);

  constructor(options: QuestionsOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#loop = new WorkLoop({
      clock,
      look: () => this.#look(),
      retry: { initialMs: 1000, maxMs: 60_000 },
      failed: (error) => log.error({ err: errorText(error) }, 'questions of Slack that wait cannot be read'),
    });
  }

  /** Takes up what an earlier process left. */
  start(): void {
    this.#loop.start();
  }

  /** Resolves when a question, if it is one, is kept. @throws when it is not: then Slack must not hear that it has arrived */
  async hear(body: unknown): Promise<void> {
    const { clock, log, metrics } = this.#options;
    this.#hearing += 1;
    try {
      if (this.#hearing > atOnce.heard) throw new Error('too many messages at once');
      await withTimeLimit(clock, hearMs, this.#background.signal, () => this.#hear(body));
    } catch (error) {
      metrics.asked('unkept');
      log.warn({ err: errorText(error) }, 'a message of Slack could not be kept; Slack says it again');
      throw error;
    } finally {
      this.#hearing -= 1;
    }
  }

  /** Ends what is under way when it has been waited for until `signal` is aborted; what is left stays a row. */
  async stop(signal: AbortSignal): Promise<void> {
    await this.#loop.drain();
    await this.#background.stop(signal);
  }

  async #hear(body: unknown): Promise<void> {
    const { store, people, from, clock, metrics } = this.#options;
    const said = readMessage(body, (await people.self()).userId);
    if (said === null || !(said.addressed || (from === 'thread' && isQuestion(said)))) return;
    if (!(await people.isOurs(said))) return;
    const incidentId = await this.#incidentOf(said);
    if (incidentId === null && !said.addressed) return;
    const now = clock.now();
    const hearing = await store.hearQuestion(draftOf(said, incidentId, now), now);
    if (hearing.kind === 'heard') this.#loop.wake();
    if (hearing.kind !== 'refused') return;
    metrics.asked('refused');
    this.#tellToWait(said, hearing.againMs);
  }

  /** The incident whose thread it is in, else the one that is named. */
  async #incidentOf({ addressed, text, channel, threadTs }: Said): Promise<string | null> {
    const named = addressed ? /\binc_[0-9A-Za-z]{1,60}\b/.exec(text)?.[0] : undefined;
    if (named !== undefined || threadTs === null) return named ?? null;
    return this.#options.store.incidentOfPost('slack', { channel, ts: threadTs });
  }

  #tellToWait({ userId, channel, ts }: Said, againMs: number): void {
    const { people, clock } = this.#options;
    const now = clock.now();
    if ((this.#refused.get(userId) ?? -Infinity) > now - refusedMs) return;
    this.#refused.set(userId, now);
    const text = `Too much is asked at once, this is not answered. Ask again in ${Math.ceil(againMs / 60_000)} min.`;
    this.#background.run(
      (signal) => people.whisper({ userId, responseUrl: null, post: { channel, ts } }, text, signal),
      () => {},
    );
  }

  /** Begins those whose turn it is. */
  async #look(): Promise<Looked> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const turns = new Map<string, HeardQuestion>();
    for (const question of await store.openQuestions()) {
      const turn = `${question.incidentId ?? ''} ${question.userId}`;
      if (!turns.has(turn)) turns.set(turn, question);
    }
    const idle = [...turns.values()].filter(({ id }) => !this.#going.has(id));
    for (const question of idle.filter(({ notBefore }) => notBefore <= now)) {
      if (this.#going.size < atOnce.answered) this.#begin(question);
    }
    const later = idle.map(({ notBefore }) => notBefore - now).filter((ms) => ms > 0);
    return { againMs: later.length === 0 ? null : Math.min(...later) };
  }

  #begin(question: HeardQuestion): void {
    const { answers, clock, log } = this.#options;
    const { id } = question;
    this.#going.add(id);
    const work = async (signal: AbortSignal): Promise<void> => {
      try {
        await answers.carryOn(question, signal);
      } catch (error) {
        log.warn({ err: errorText(error), question: id }, 'a question in Slack waits: it could not be worked on');
        await delay(clock, failedMs, signal);
      } finally {
        this.#going.delete(id);
        this.#loop.wake();
      }
    };
    this.#background.run(work, () => {});
  }
}

/** One that is for nobody else. */
function isQuestion({ text, threadTs, toOthers }: Said): boolean {
  return threadTs !== null && !toOthers && /\?\s*$/.test(text);
}

/** `ts` of a message is when it was written, in seconds, by the clock of Slack. */
function draftOf(
  { key, channel, ts, threadTs, userId, text }: Said,
  incidentId: string | null,
  now: number,
): HeardDraft {
  const writtenAt = Math.floor(Number(ts) * 1000);
  const askedAt = writtenAt > 0 && writtenAt < now ? writtenAt : now;
  return { id: key, place: { channel, ts, threadTs }, incidentId, userId, text: questionText(text), askedAt };
}
