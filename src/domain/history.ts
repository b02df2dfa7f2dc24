import type { AgentBreaker } from './agent-limits.ts';
import type { ConnectionSpan } from './cluster-status.ts';
import type { FaultSourceName, NotToldOutcome, Outcome, Severity, Silence } from './fault.ts';
import type { AgentQuestion, QuestionAnswer } from './question.ts';
import type { Delivery, DeliveryTarget, Incident, IncidentStatus, Run } from './records.ts';
import type { ListedFault, Page } from './state-store.ts';

/*
 * What pages, threads and the terminal look back at: reading only, each call bounded. Times are ms since the epoch.
 */

/** An incident that has not ended, as a line of a list. */
export interface StandingIncident {
  readonly incident: Incident;
  /** Its active faults. */
  readonly faults: number;
  /** When the first of its faults began. */
  readonly since: number;
  /** Until when nobody is told of it, infinite without an end; null when people are told. */
  readonly mutedUntil: number | null;
}

export interface StandingQuery {
  readonly cluster?: string;
  readonly severity?: Severity;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
  /** When it is asked, which says whether a silence holds. */
  readonly at: number;
}

/** Incidents of a cluster that have not ended, by the severity that they have now. */
export interface StandingCount {
  readonly cluster: string;
  readonly severity: Severity;
  readonly count: number;
}

export interface NotToldQuery {
  readonly cluster?: string;
  /** `pending`: it waits for its outcome, for a moment or because it may pass by itself. */
  readonly outcome?: NotToldOutcome | 'pending';
  readonly limit: number;
  readonly before?: string;
}

/** What somebody says of an answer changed. */
export interface FeedbackChange {
  readonly type: 'feedback';
  readonly cluster: string;
  readonly feedback: Feedback;
}

/** What somebody says of an answer. */
export const feedbackRatings = ['right', 'wrong'] as const;
export type FeedbackRating = (typeof feedbackRatings)[number];

export interface Feedback {
  readonly id: string;
  readonly incidentId: string;
  /** The run whose answer is meant, null when it had none. */
  readonly runId: string | null;
  readonly rating: FeedbackRating;
  readonly by: string;
  readonly at: number;
  /** What was the cause instead, in the person's words; may be empty. */
  readonly comment: string;
}

/**
 * What somebody says of an answer, a sentence: `ana says that this is wrong: it was the proxy.` What was said before the
 * newest answer of `runs` was there is said of another one.
 */
export function saidOf(
  { by, rating, comment, at }: Pick<Feedback, 'by' | 'rating' | 'comment' | 'at'>,
  runs: readonly Run[],
): string {
  const instead = comment === '' ? '' : `: ${comment.replace(/[.\s]+$/, '')}`;
  const answers = runs.filter(({ result }) => result !== null && result.outcome !== 'failed');
  const isEarlier = answers.some(({ endedAt }) => endedAt !== null && endedAt > at);
  return `${by} says that ${isEarlier ? 'an answer before this one was' : 'this is'} ${rating}${instead}.`;
}

export type NewFeedback = Pick<Feedback, 'rating' | 'by' | 'comment'>;

export interface FeedbackStore {
  /** One for each person and incident: the last one counts. Null when there is no such incident. */
  giveFeedback(incidentId: string, feedback: NewFeedback, at: number): Promise<Feedback | null>;
}

/** Everything beside incident, faults and runs that is kept of one incident. */
export interface IncidentHistory {
  /** Messages about it, oldest first, at most 500. */
  readonly deliveries: readonly Delivery[];
  /** What was received about it, oldest first, at most 500. */
  readonly receptions: readonly ListedFault[];
  readonly feedback: readonly Feedback[];
  /** Silences that hold a fault of it back, did while it stood, or will; the oldest first, the latest 50. */
  readonly silences: readonly Silence[];
  /** When its cluster was not heard, from 30 minutes before it was opened until its end; newest first, at most 20. */
  readonly unheard: readonly ConnectionSpan[];
  /** Earlier and later incidents of the same object, newest first, at most 20. */
  readonly sameObject: readonly Incident[];
  /** Others of its cluster that were opened within 30 minutes of it, nearest first, at most 20. */
  readonly around: readonly Incident[];
}

/** Where one stored file of an incident is: `path` as `ArtifactStore.get` takes it. */
export interface StoredFileName {
  readonly cluster: string;
  readonly incidentId: string;
  readonly path: string;
}

/** Something that was kept and fits the words of a search. */
export interface Found {
  readonly kind: 'incident' | 'fault';
  readonly cluster: string;
  readonly incidentId: string | null;
  readonly title: string;
  /** The text around the words, one line. */
  readonly excerpt: string;
  readonly at: number;
}

export interface SearchQuery {
  /** Each word must be in it, in any order, without regard to case; `"two words"` together. */
  readonly text: string;
  /** At most 500. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly before?: string;
}

/** Letters of a search that are looked at, its words, and letters of one. */
const maxSearch = 500;
const maxWords = 10;
const maxWord = 100;

/** The words of a search, in lower case, each once: `"two words"` are one. At most ten, of 100 characters each. */
export function searchWords(text: string): readonly string[] {
  const found = text
    .slice(0, maxSearch)
    .toLowerCase()
    .matchAll(/"([^"]*)"?|([^\s"]+)/g)
    .map(([, together, word]) => (together ?? word ?? '').trim().replaceAll(/\s+/g, ' ').slice(0, maxWord))
    .filter((word) => word !== '');
  return [...new Set(found)].slice(0, maxWords);
}

/** Faults received in one stretch of time. */
export interface FaultRate {
  /** Empty for those that are not told apart. */
  readonly cluster: string;
  /** Where the stretch begins. */
  readonly from: number;
  readonly source: FaultSourceName;
  readonly count: number;
}

export interface FaultRateQuery {
  readonly since: number;
  /** Longer ones are given when there would be more than 400. */
  readonly stretchMs: number;
  readonly cluster?: string;
  /** So many clusters are told apart, those with the most faults; at most 100. */
  readonly clusters?: number;
}

/** A question that was answered. */
export interface EarlierQuestion {
  readonly id: string;
  /** When the person asked, ms since the epoch. */
  readonly at: number;
  /** The person, as they call themselves. */
  readonly by: string;
  /** As in `Talk`; null: not known. */
  readonly person: string | null;
  readonly thread: string | null;
  readonly text: string;
  /** The beginning of the answer, and who gave it. */
  readonly answer: Pick<QuestionAnswer, 'text' | 'by'>;
  /** Whether it has a page of its own: an agent answered. */
  readonly hasPage: boolean;
}

/** A question that rules have answered. */
export interface AnsweredQuestion extends Omit<EarlierQuestion, 'hasPage'> {
  readonly incidentId: string;
}

/** What was asked before, for what is asked after it: the newest of an incident, as long as it is kept. */
export interface AskedStore {
  /** One of the same id is replaced. */
  keepAnswered(asked: AnsweredQuestion): Promise<void>;
}

/** A question to an agent as one that was answered; null when it has not been. */
export function earlierOf(question: AgentQuestion): EarlierQuestion | null {
  const { id, askedAt, writtenAt: at = askedAt, by, text, answer, agent, person = null, thread = null } = question;
  if (answer === null) return null;
  return { id, at, by, person, thread, text, answer: { text: answer.text, by: agent }, hasPage: true };
}

/**
 * Whether one was asked before a question, which is none of itself. Chats give the time of a message in whole seconds and a
 * count (api.slack.com/events/message, `ts`): of one moment the ids tell, which are made of it.
 */
export function isAskedBefore(
  { at, id }: Pick<EarlierQuestion, 'at' | 'id'>,
  { askedAt, id: own }: { readonly askedAt: number; readonly id?: string | undefined },
): boolean {
  return id !== own && (at < askedAt || (at === askedAt && own !== undefined && id < own));
}

export interface HistoryReader {
  /** The worst first: severity, then what nobody has in hand, then the newest. */
  standing(query: StandingQuery): Promise<Page<StandingIncident>>;
  /** How many incidents have not ended, of each cluster or of one. */
  standingCounts(cluster?: string): Promise<readonly StandingCount[]>;
  incidentHistory(id: string): Promise<IncidentHistory | null>;
  /** What agents were asked about an incident, newest first; at most 100. */
  agentQuestions(incidentId: string): Promise<readonly AgentQuestion[]>;
  agentQuestion(id: string): Promise<AgentQuestion | null>;
  /** What was asked about an incident and answered, by rules and by agents, newest first; at most 20. */
  earlierQuestions(incidentId: string): Promise<readonly EarlierQuestion[]>;
  /** Faults of which nobody was told, newest first: muted, below the threshold, self-resolved and so on, each with its rule. */
  notTold(query: NotToldQuery): Promise<Page<ListedFault>>;
  /**
   * Newest first. A page may have fewer than were asked for, or none, and there are more all the same: so many rows are
   * compared for one.
   */
  search(query: SearchQuery): Promise<Page<Found>>;
  faultRates(query: FaultRateQuery): Promise<readonly FaultRate[]>;
  /** When a cluster was heard and when not, by earlier processes too; newest first, at most 200 spans. */
  connectionSpans(cluster: string): Promise<readonly ConnectionSpan[]>;
  /** Newest first. */
  feedback(query: { readonly limit: number; readonly before?: string }): Promise<Page<Feedback>>;
}

/** Of what was received. */
interface ReceivedCount {
  readonly cluster: string;
  readonly source: FaultSourceName;
  readonly count: number;
  /** When the last of them came, ms since the epoch; null when an older version counted it. */
  readonly lastAt: number | null;
}

/** What the state store counts for metrics, pages and the API. Times are ms since the epoch. */
export interface Counters {
  /** Receptions by (cluster, source), since the state file was made. */
  readonly received: readonly ReceivedCount[];
  /** Final outcomes by (cluster, outcome), since the state file was made. */
  readonly outcomes: readonly { cluster: string; outcome: Outcome; count: number }[];
  readonly incidents: readonly { cluster: string; status: IncidentStatus; count: number }[];
  readonly liveIncidents: readonly StandingCount[];
  readonly openFaults: readonly { cluster: string; count: number }[];
  /** Clusters with a storm that gathers, and how many incidents it stands for. */
  readonly storms: readonly { cluster: string; members: number }[];
  readonly queuedRuns: number;
  readonly oldestQueuedAt: number | null;
  readonly runningRuns: number;
  readonly outbox: readonly { target: DeliveryTarget; count: number; oldestAt: number }[];
  /** Of the agents that have failed. */
  readonly breakers: readonly AgentBreaker[];
}
