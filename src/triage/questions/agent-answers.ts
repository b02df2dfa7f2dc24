import type { AgentBudget, Spent } from '../../domain/agent-limits.ts';
import type { ConfiguredCluster } from '../../domain/cluster-policy.ts';
import type { AgentChoice } from '../../domain/ports.ts';
import {
  type AgentQuestion,
  type AgentQuestionStore,
  type AskedAgent,
  longestQuestion,
  type Question,
  type QuestionEnd,
} from '../../domain/question.ts';
import type { AgentsOverKept, KeptReading } from '../../domain/questions/kept-incident.ts';
import { neverAborted } from '../../lib/abort.ts';
import { timeLimit, withTimeLimit } from '../../lib/time-limit.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { keptOnce } from '../../report/evidence/kept-once.ts';
import { Background } from '../../lib/work/background.ts';
import { SpendMeter } from '../workspace/spend-meter.ts';
import { agentRedactor } from '../workspace/run-secrets.ts';
import { untilStored } from '../workspace/until-stored.ts';
import type { AdmittedQuestion, AskAgentOptions } from './ask-agent.ts';

/** How questions are answered by agents: `agent.questions` of the configuration. */
export interface QuestionLimits {
  readonly enabled: boolean;
  readonly timeoutMs: number;
  readonly maxConcurrent: number;
}

/** What questions need of the configuration, asked for anew at each. */
export interface AnswerSettings {
  readonly questions: QuestionLimits;
  readonly clusters: ReadonlyMap<string, Pick<ConfiguredCluster, 'agent' | 'budget' | 'kubectl'>>;
  /** For a cluster that is not configured any more, as the budget. */
  readonly agent: AgentChoice;
  readonly budget: AgentBudget;
  readonly redact: { readonly patterns: readonly string[]; readonly secrets: readonly string[] };
  /** Folder of the workspaces of all runs. */
  readonly workspaces: string;
}

export interface AnswerMetrics {
  /** A question that an agent could answer has ended, or was not given to it. */
  asked(agent: string, result: 'answered' | 'failed' | 'refused'): void;
  /** One answer of a model has ended. */
  spent(agent: string, spent: Spent): void;
}

export interface AgentAnswersOptions extends AskAgentOptions {
  readonly store: AgentQuestionStore;
  readonly settings: () => AnswerSettings;
  /** Whether there is room on the disk for a workspace. */
  readonly hasRoom: () => Promise<boolean>;
  readonly metrics: AnswerMetrics;
  readonly logger: Logger;
}

/** Beside the time limit of the agent: reading what is kept, making and removing its container, ms. */
const aroundMs = 30_000;
/** A question that comes during the start waits for it so long, ms: what is left of an earlier process is ended first. */
const startMs = 15_000;
/** Ending an agent and writing that down, ms. */
const cutOffMs = 3000;
const left = 'nightcrier was stopped while the agent was at it';

/**
 * Agents that answer questions. Each question is a row before its agent starts, and what it may cost counts as spent; a
 * process that ends in between leaves a row that the next one ends.
 */
export class AgentAnswers implements AgentsOverKept {
  readonly #options: AgentAnswersOptions;
  readonly #background = new Background();
  /** Admitted or about to be. */
  #busy = 0;
  /** Ids of questions whose agents may be at work. */
  readonly #running = new Set<string>();
  /** By `Talk.id`, what became of questions that were heard: until it is written down. */
  readonly #heard = new Map<string, Promise<AskedAgent>>();
  /** Whether questions are taken: not before what an earlier process left was ended, and not any more during a stop. */
  #state: 'starting' | 'open' | 'stopping' = 'starting';
  readonly #started = Promise.withResolvers<void>();

  constructor(options: AgentAnswersOptions) {
    this.#options = options;
  }

  /** Ends what an earlier process left. */
  async start(): Promise<void> {
    const { store, clock, logger } = this.#options;
    const ended = await store.endLeftQuestions(left, clock.now());
    if (ended > 0) logger.warn({ questions: ended }, 'questions of an earlier process were ended without an answer');
    this.#state = 'open';
    this.#started.resolve();
  }

  /** Questions whose workspaces are needed. */
  runningIds(): ReadonlySet<string> {
    return new Set(this.#running);
  }

  /** What is under way is cut off in time to be written down within `withinMs` milliseconds. Never rejects. */
  async stop(withinMs: number): Promise<void> {
    this.#state = 'stopping';
    const { clock } = this.#options;
    const reserveMs = Math.min(cutOffMs, withinMs / 2);
    const limit = timeLimit(clock, withinMs - reserveMs, neverAborted);
    await this.#background.stop(limit.signal);
    limit.letGo();
    await withTimeLimit(clock, reserveMs, neverAborted, () => this.#background.idle()).catch(() => {});
  }

  agentOf(cluster: string): string | null {
    const { questions, clusters, agent } = this.#options.settings();
    const { cli } = clusters.get(cluster)?.agent ?? agent;
    return questions.enabled && cli !== 'builtin' ? cli : null;
  }

  /** A question that was heard and is asked anew joins its agent, or is given what became of it: each agent has one turn. */
  async ask(question: Question, kept = keptOnce(this.#options, question.incidentId)): Promise<AskedAgent> {
    const heard = question.talk?.id;
    if (heard === undefined) return await this.#ask(question, kept);
    const known = this.#heard.get(heard);
    if (known !== undefined) return await known;
    const asking = this.#ask(question, kept);
    this.#heard.set(heard, asking);
    const asked = await asking;
    if (asked.kind !== 'asked' || asked.question.endedAt !== null) this.#heard.delete(heard);
    return asked;
  }

  /** Never rejects. */
  async #ask(question: Question, kept: KeptReading): Promise<AskedAgent> {
    const { mayAct, whyNot, talk } = question;
    if (!mayAct && whyNot === undefined) return { kind: 'rules' };
    try {
      const before =
        talk?.id === undefined ? null : await this.#options.store.questionOfHeard(question.incidentId, talk.id);
      if (before !== null && before.endedAt !== null && before.cutOff !== true) return hasEnded(before);
      const detail = await kept.detail();
      const agent = detail === null ? null : this.agentOf(detail.incident.cluster);
      if (detail === null || agent === null) return { kind: 'rules' };
      const asked = mayAct ? await this.#admitted(question, kept, detail.incident.cluster) : { why: whyNot ?? '' };
      if (!('why' in asked)) return { kind: 'asked', ...asked };
      this.#options.metrics.asked(agent, 'refused');
      return { kind: 'refused', ...asked, why: `${agent} was not asked: ${asked.why}` };
    } catch (error) {
      return { kind: 'refused', why: `no agent was asked: ${errorText(error)}` };
    }
  }

  /** Has its agent begin, where it may. */
  async #admitted(question: Question, kept: KeptReading, cluster: string): Promise<Begun | Refused> {
    const { settings, hasRoom, clock } = this.#options;
    // A start that takes longer is told; what was heard in a chat before a crash is the first that asks.
    await withTimeLimit(clock, startMs, neverAborted, () => this.#started.promise).catch(() => {});
    if (this.#state !== 'open') return { why: `nightcrier is ${this.#state}`, askAnew: true };
    if (this.#busy >= settings().questions.maxConcurrent)
      return { why: `it is at ${plural(this.#busy, 'other question')}` };
    this.#busy += 1;
    let begun = false;
    try {
      if (!(await hasRoom())) return { why: 'the disk has no room for its workspace' };
      const admitted = await this.#admit(question, cluster);
      if ('why' in admitted) return admitted;
      const ended = this.#begin({ ...admitted, kept });
      begun = true;
      return { question: admitted.question, ended };
    } finally {
      if (!begun) this.#busy -= 1;
    }
  }

  async #admit(
    { incidentId, text, by, talk, askedAt }: Question,
    cluster: string,
  ): Promise<Omit<AdmittedQuestion, 'kept'> | Refused> {
    const { store, clock, settings, metrics, logger } = this.#options;
    const { clusters, questions, redact: secrets, workspaces, ...fleet } = settings();
    const { agent: configured, budget, kubectl } = clusters.get(cluster) ?? { ...fleet, kubectl: [] };
    const agent = { ...configured, timeoutMs: questions.timeoutMs };
    const redact = agentRedactor(secrets, agent.env);
    const now = clock.now();
    const draft = {
      incidentId,
      cluster,
      text: redact.text(text.slice(0, longestQuestion)),
      by: oneLine(by, 100),
      ...(talk === undefined ? {} : { person: talk.person, thread: talk.thread }),
      ...(talk?.id === undefined ? {} : { heard: talk.id }),
      ...(askedAt === undefined ? {} : { writtenAt: askedAt }),
      agent: agent.cli,
      model: agent.model,
      until: now + questions.timeoutMs,
    };
    const admission = await store.admitQuestion({ ...draft, budget }, now);
    if (admission.kind === 'refused') return { why: redact.text(admission.detail) };
    const { question } = admission;
    if (this.#background.signal.aborted) {
      await store.endQuestion(question.id, { answer: null, error: left, usage: null, cutOff: true }, now);
      return { why: 'nightcrier is stopping', askAnew: true };
    }
    const meter = new SpendMeter({
      save: (spent) => store.saveSpend(question.id, spent),
      onSpend: (spent) => metrics.spent(agent.cli, spent),
      failed: (error) => logger.warn({ question: question.id, error: errorText(error) }, 'spend was not written'),
    });
    return { question, agent, budget: admission.budget, meter, redact, kubectl, workspaces };
  }

  #begin(admitted: AdmittedQuestion): Promise<AgentQuestion> {
    const ended = Promise.withResolvers<AgentQuestion>();
    this.#background.run(
      async (signal) => {
        const question = await this.#answer(admitted, signal);
        this.#busy -= 1;
        const { heard } = question;
        if (heard !== undefined) this.#heard.set(heard, Promise.resolve(hasEnded(question)));
        ended.resolve(question);
        await this.#keep(question, signal);
        if (heard !== undefined) this.#heard.delete(heard);
      },
      (error) => this.#options.logger.warn({ error: errorText(error) }, 'the answer to a question could not be kept'),
    );
    return ended.promise;
  }

  /** Never rejects. */
  async #answer(admitted: AdmittedQuestion, signal: AbortSignal): Promise<AgentQuestion> {
    const { clock, metrics, logger } = this.#options;
    const { question, meter, redact } = admitted;
    const work = async (inner: AbortSignal): Promise<QuestionEnd> => {
      this.#running.add(question.id);
      // Loaded with the first question: most daemons have no agent.
      const { askAgent } = await import('./ask-agent.ts');
      const ending = AbortSignal.any([inner, signal]);
      return await askAgent(admitted, this.#options, ending).finally(() => this.#running.delete(question.id));
    };
    // A stop waits for the agent to be ended; a store that hangs is waited for no longer than an answer is.
    const end = await withTimeLimit(clock, agentMs(question) + aroundMs, neverAborted, work).catch(
      (error: unknown) => ({
        answer: null,
        error: whyNot(error, signal, redact),
        usage: null,
        ...(signal.aborted && { cutOff: true }),
      }),
    );
    await meter.flush();
    const result = end.answer === null ? 'failed' : 'answered';
    metrics.asked(question.agent, result);
    const { id, incidentId: incident, agent } = question;
    logger.info({ question: id, incident, agent, result, error: end.error }, 'a question to an agent ended');
    return { ...question, ...end, endedAt: clock.now() };
  }

  /** Tried until it is written or nightcrier is stopped: the next process ends what is left. */
  async #keep(
    { id, answer, error, usage, cutOff = false, endedAt }: AgentQuestion,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, clock } = this.#options;
    const at = endedAt ?? clock.now();
    await untilStored(
      () => store.endQuestion(id, { answer, error, usage, ...(cutOff && { cutOff }) }, at),
      clock,
      signal,
    );
  }
}

/** What the agent may take, ms. */
const agentMs = ({ askedAt, until }: AgentQuestion): number => until - askedAt;

const hasEnded = (question: AgentQuestion): AskedAgent => ({
  kind: 'asked',
  question,
  ended: Promise.resolve(question),
});

type Refused = Omit<Extract<AskedAgent, { kind: 'refused' }>, 'kind'>;
type Begun = Omit<Extract<AskedAgent, { kind: 'asked' }>, 'kind'>;

function whyNot(error: unknown, stopped: AbortSignal, redact: Redactor): string {
  return stopped.aborted ? left : redact.text(`the agent could not be asked: ${errorText(error)}`);
}
