import type { AskedStore } from './history.ts';
import { ProblemError } from '../lib/problem.ts';
import type { RunBudget, RunUsage } from './agent-gateway.ts';
import type { AgentBudget, AgentStore } from './agent-limits.ts';
import type { DeliveryTarget, RemotePost } from './records.ts';

/** Longer questions are cut, characters. */
export const longestQuestion = 2000;

/** What was written into a field or a message, as the text of a question: it stands in addresses, so it is well-formed. */
export function questionText(written: string): string {
  return written.trim().slice(0, longestQuestion).toWellFormed();
}

/** What a person asks about an incident. */
export interface Question {
  readonly incidentId: string;
  readonly text: string;
  /** The person, as they call themselves. */
  readonly by: string;
  /** Whether the person may act, and so have an agent answer: it costs money. */
  readonly mayAct: boolean;
  /** Why not, where the person is to hear of it. */
  readonly whyNot?: string;
  /** Where it belongs: without it nothing that was asked before is meant, and it is not kept for what is asked after it. */
  readonly talk?: Talk;
  /** What was asked before it, newest first, where who asks says so. */
  readonly after?: readonly string[];
  /** When it was asked, where it has waited for its answer; ms since the epoch. Its times count from then. */
  readonly askedAt?: number;
}

/** Among which questions one was asked: what people leave out is said there. */
export interface Talk {
  /** The same for the same person. */
  readonly person: string;
  /** Where people ask among each other; null: nowhere. */
  readonly thread: string | null;
  /** Of the question, where it is the same for one that is asked anew after a crash. */
  readonly id?: string;
}

/** The person of a talk who names themselves, over HTTP and in the terminal: nobody checks it, so it is nobody of another way. */
export const selfNamed = (by: string): string => `http:${by}`;

/** What was answered. */
export interface AnswerText {
  /**
   * Plain text, one or more lines; not yet escaped for any output. Lines quoted from a cluster begin with `> `, commands
   * with `$ `.
   */
  readonly text: string;
  /** Evidence files and parts that it was answered from. */
  readonly sources: readonly string[];
}

export interface QuestionAnswer extends AnswerText {
  /** `rules`, or the name of the agent. */
  readonly by: string;
  /** What an agent's answer took: nothing where rules answered. */
  readonly took?: AnswerCost;
  /** False: the rules did not understand the question, and said what they know. */
  readonly understood?: boolean;
  /** True: nothing is kept of the incident, which the text says. */
  readonly noIncident?: boolean;
  /** Why the agent that is configured did not answer, one sentence; nothing where it did, and where none was to. */
  readonly note?: string;
}

export interface AnswerCost {
  readonly model: string | null;
  readonly durationMs: number;
  /** US dollars at list prices; null when not known. */
  readonly usd: number | null;
}

/** A question was not taken, because too many are asked; the next may be. */
export class TooManyQuestionsError extends ProblemError {}

/** Nightcrier stops, or has not started: who keeps the question (`Talk.id`) asks it anew. */
export class AskAnewError extends Error {
  override readonly name = 'AskAnewError';
}

/** Answers what people ask about an incident, from what is kept of it. */
export interface QuestionAnswerer {
  /**
   * Says so itself where nothing is kept of the incident. `onAgent` is told when an agent is at it, which takes a while.
   * @throws TooManyQuestionsError; AskAnewError; ProblemError when what is kept cannot be read now
   */
  answer(
    question: Question,
    signal: AbortSignal,
    onAgent?: (asked: Pick<AgentQuestion, 'agent' | 'until'>) => void,
  ): Promise<QuestionAnswer>;
}

/** A question that an agent answers or has answered: a row. Times are ms since the epoch. */
export interface AgentQuestion {
  /** `ask_…` */
  readonly id: string;
  readonly incidentId: string;
  readonly cluster: string;
  readonly text: string;
  /** The person, as they call themselves. */
  readonly by: string;
  /** As in `Talk`; missing where it is not known. */
  readonly person?: string;
  readonly thread?: string | null;
  /** `Talk.id`, so that a question that is asked anew finds it; missing where it has none. */
  readonly heard?: string;
  readonly agent: string;
  readonly model: string | null;
  readonly askedAt: number;
  /** When the person asked, where that was before. */
  readonly writtenAt?: number;
  /** When the agent is ended at the latest. */
  readonly until: number;
  /** Null while the agent is at it. */
  readonly endedAt: number | null;
  readonly answer: AnswerText | null;
  /** Why it has ended without an answer, one sentence. */
  readonly error: string | null;
  /** True: the agent was ended with nightcrier, and had not its turn. */
  readonly cutOff?: boolean;
  /** What the agent used; null when nobody counted. */
  readonly usage: RunUsage | null;
}

/** What people are told of a question that an agent has answered; null when it has not. */
export function agentAnswer(question: AgentQuestion): QuestionAnswer | null {
  const { answer, agent, model, askedAt, endedAt, usage } = question;
  if (answer === null || endedAt === null) return null;
  return { ...answer, by: agent, took: { model, durationMs: endedAt - askedAt, usd: usage?.usd ?? null } };
}

/** A question to an agent was asked, or has ended. */
export interface QuestionChange {
  readonly type: 'question';
  readonly cluster: string;
  readonly question: AgentQuestion;
}

/** What becomes of a question that agents could answer. */
export type AskedAgent =
  /** No agent is configured for the cluster, or the person may not have one answer. */
  | { readonly kind: 'rules' }
  /** One sentence. `askAnew`: by a process that is starting or stopping. */
  | { readonly kind: 'refused'; readonly why: string; readonly askAnew?: boolean }
  /** `ended` resolves when it is answered, or ended without an answer; it never rejects. */
  | { readonly kind: 'asked'; readonly question: AgentQuestion; readonly ended: Promise<AgentQuestion> };

/** Has agents answer questions, from what is kept of the incident and nothing else. */
export interface AgentAnswerer {
  /** Who answers about a cluster; null: the rules alone. */
  agentOf(cluster: string): string | null;
  /** Never rejects: what cannot be is refused. */
  ask(question: Question): Promise<AskedAgent>;
}

/** A question whose agent is about to be started. */
export interface AgentQuestionDraft extends Pick<
  AgentQuestion,
  'incidentId' | 'cluster' | 'text' | 'by' | 'person' | 'thread' | 'heard' | 'writtenAt' | 'agent' | 'model' | 'until'
> {
  readonly budget: AgentBudget;
}

export type QuestionAdmission =
  /** `budget`: what this question may cost. */
  | { readonly kind: 'admitted'; readonly question: AgentQuestion; readonly budget: RunBudget }
  | {
      readonly kind: 'refused';
      readonly reason: 'over_budget' | 'breaker_open' | 'no_incident';
      readonly detail: string;
    };

/** How the agent of a question ended. */
export type QuestionEnd = Pick<AgentQuestion, 'answer' | 'error' | 'usage' | 'cutOff'>;

/** Questions that agents answer, kept for as long as their incident. */
export interface AgentQuestionStore extends Pick<AgentStore, 'saveSpend'> {
  /**
   * Decides whether an agent may be started for a question, and keeps it. A question asks the breaker of its agent and
   * tells it nothing: what people ask must not hold up investigations, nor hide that they fail.
   */
  admitQuestion(draft: AgentQuestionDraft, at: number): Promise<QuestionAdmission>;
  /** Nothing happens when it has ended. */
  endQuestion(id: string, end: QuestionEnd, at: number): Promise<void>;
  /** Ends what an earlier process left and so cut off, with this reason; resolves to how many. */
  endLeftQuestions(error: string, at: number): Promise<number>;
  /** What an agent was asked last for a question that was heard, by its `Talk.id`; null: none was asked. */
  questionOfHeard(incidentId: string, heard: string): Promise<AgentQuestion | null>;
}

/**
 * A question that was heard where people talk to each other: a row before the other side is told that it was heard, and
 * until what is said to it has arrived. Times are ms since the epoch.
 */
export interface HeardQuestion {
  /** The same for the same message, however often the other side tells of it. */
  readonly id: string;
  /** The message, by the other side's ids. */
  readonly place: RemotePost & { readonly threadTs: string | null };
  /** Null: it is about none. */
  readonly incidentId: string | null;
  /** The person, by the other side's id. */
  readonly userId: string;
  readonly text: string;
  /** When the person wrote it. */
  readonly askedAt: number;
  readonly heardAt: number;
  /** The process that works its answer out, or has died over it; null: none. */
  readonly workedBy: string | null;
  /** How many processes have died over it. */
  readonly cutOffs: number;
  /** What is said to it; null until that is known. */
  readonly reply: HeardReply | null;
  /** Nothing is done before. */
  readonly notBefore: number;
  /** How often in a row it had to wait: since it was heard, then since its reply is known. */
  readonly waits: number;
  /** Whether the reply may have arrived. */
  readonly uncertain: boolean;
  /** How it ended, null as long as it has not. */
  readonly end: HeardEnd | null;
}

export type HeardReply =
  | { readonly kind: 'answer'; readonly answer: QuestionAnswer }
  /** Asked where no incident is; could not be answered, with the reason (may be empty); or not in time. */
  | { readonly kind: 'elsewhere' | 'failed' | 'late'; readonly why: string };

/** How a question ended that was heard. `expired`: it was not answered in time, or its answer could not be brought there. */
export const heardEnds = ['answered', 'elsewhere', 'failed', 'expired'] as const;
export type HeardEnd = (typeof heardEnds)[number];

/** What is known of a question when it is heard. */
export type HeardDraft = Pick<HeardQuestion, 'id' | 'place' | 'incidentId' | 'userId' | 'text' | 'askedAt'>;

export type Hearing =
  | { readonly kind: 'heard' | 'repeated' }
  /** Too much is asked; the next is taken after so many ms. */
  | { readonly kind: 'refused'; readonly againMs: number };

/** What happens to a question that was heard; `domain/questions/heard-question.ts` says what may follow what. */
export type HeardStep =
  | { readonly kind: 'begin'; readonly processId: string }
  | { readonly kind: 'send' }
  | { readonly kind: 'reply'; readonly reply: HeardReply }
  | { readonly kind: 'wait'; readonly until: number; readonly uncertain: boolean }
  | { readonly kind: 'end'; readonly end: HeardEnd };

/** Questions that were heard: kept until they have ended, and a day longer, so that none is taken twice. */
export interface HeardQuestionStore {
  /** Keeps it, unless it was heard before or too much is asked: in one transaction, so the same message is taken once. */
  hearQuestion(draft: HeardDraft, at: number): Promise<Hearing>;
  /** Those that have not ended, the one that was heard first first. */
  openQuestions(): Promise<readonly HeardQuestion[]>;
  /** The row after the step. @throws Error when there is none, or the step may not follow */
  stepQuestion(id: string, step: HeardStep, at: number): Promise<HeardQuestion>;
}

/** What Slack says back: which incident a post is of, and what was heard before. */
export interface PostStore {
  /** The incident whose post it is; null when it is of none, and when it was posted anew elsewhere. */
  incidentOfPost(target: DeliveryTarget, post: RemotePost): Promise<string | null>;
  /** Where the post of an incident is now, null when there is none. */
  postOfIncident(target: DeliveryTarget, incidentId: string): Promise<RemotePost | null>;
  /**
   * Whether it is heard for the first time: what the other side may send several times, by its own id for it. Kept for a
   * day at least.
   */
  hearOnce(id: string, at: number): Promise<boolean>;
  /**
   * The post of an incident is edited to what is so by then, not before `notBefore`, also while the incident is silenced:
   * nobody hears an edit. Not where a message that shows it was put into the outbox since `since`, and not without a post;
   * `post` is taken for it where the one that made it has not told yet, or died.
   */
  showAgain(target: DeliveryTarget, incidentId: string, when: ShowAgain, at: number): Promise<void>;
}

export interface ShowAgain {
  readonly notBefore: number;
  readonly since?: number;
  readonly post?: RemotePost | null;
}

/** All that is kept of questions. */
export type QuestionStore = AgentQuestionStore & HeardQuestionStore & AskedStore;
