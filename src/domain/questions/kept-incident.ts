import type { EarlierQuestion, IncidentHistory } from '../history.ts';
import type { EvidenceFile } from '../ports.ts';
import type { AgentAnswerer, AskedAgent, Question, QuestionAnswer } from '../question.ts';
import type { IncidentDetail } from '../state-store.ts';
import type { Verdict } from '../verdict/verdict.ts';

/** What is kept of an incident and read for a question: plain data, which can cross to a thread. */
export interface KeptOfIncident {
  readonly detail: IncidentDetail;
  /** Null where it is not known. */
  readonly history: IncidentHistory | null;
  /** Of the latest run; null when there is none, or none that can be read. */
  readonly verdict: Verdict | null;
  /** Files below `evidence/`. */
  readonly files: readonly EvidenceFile[];
  /** Files of evidence that are stored and were not read: too many, or too large. */
  readonly leftOut: number;
  /** What was asked about it and answered, newest first. */
  readonly earlier: readonly EarlierQuestion[];
}

/** What is kept of the incident of one question, for all who answer it: each part is read when it is wanted, and once. */
export interface KeptReading {
  /** Its rows; null when nothing is kept of it. */
  detail(): Promise<IncidentDetail | null>;
  /** All of it; null as above. What fails is read again by the next who asks. */
  all(signal: AbortSignal): Promise<KeptOfIncident | null>;
  /** For who answers later: the rows are read anew, the files only where an investigation has begun or ended since. */
  anew(): KeptReading;
}

/** Answers by rules alone. */
export interface RulesAnswerer {
  /**
   * From what `kept` reads, else from what it reads itself. Says so itself where nothing is kept of the incident.
   * @throws TooManyQuestionsError; ProblemError when what is kept cannot be read now
   */
  answer(question: Question, signal: AbortSignal, kept?: KeptReading): Promise<QuestionAnswer>;
}

/** Agents that answer from what was read for the question. */
export interface AgentsOverKept extends AgentAnswerer {
  ask(question: Question, kept?: KeptReading): Promise<AskedAgent>;
}
