import type { RunUsage } from '../../domain/agent-gateway.ts';
import type { AgentAdmission, AgentBreaker, AgentEnd, AgentRequest, Spent } from '../../domain/agent-limits.ts';
import { askable, askBreaker, freeProbe, noteAgentEnd } from '../../domain/decide/breaker.ts';
import {
  type BudgetFacts,
  dayOf,
  decideBudget,
  decideQuestionBudget,
  hourOf,
  type QuestionBudgetFacts,
} from '../../domain/decide/budget.ts';
import type { AgentQuestion, AgentQuestionDraft, QuestionAdmission, QuestionEnd } from '../../domain/question.ts';
import type { Run } from '../../domain/records.ts';
import { clockTime } from '../../lib/format.ts';
import { newId } from '../../lib/ids.ts';
import {
  agentStarts,
  breakerOf,
  breakersWhere,
  committed,
  endSpend,
  insertSpend,
  saveBreaker,
  spentByRun,
  updateSpend,
} from '../rows/agents.ts';
import { incidentsWhere } from '../rows/incidents.ts';
import { leftQuestions, agentQuestion, saveQuestion } from '../rows/questions.ts';
import { expectRun } from '../rows/runs.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { addNotice } from './deliveries.ts';

/** Whether a running run may start its agent. The budget is asked first: a run over it must not try a failed agent. */
export function admitAgent(tx: Transaction, request: AgentRequest, at: number): AgentAdmission {
  const run = expectRun(tx.db, request.runId);
  if (run.status !== 'running') throw new Error(`run ${run.id} is ${run.status}, not running`);
  const decision = decideBudget(request.budget, budgetFacts(tx, run, request, at), at);
  if (decision.kind === 'over') return { kind: 'refused', reason: 'over_budget', detail: decision.detail };
  const { breaker, answer } = askBreaker(breakerOf(tx.db, request.agent), run.id, request.breaker, at);
  if (answer === 'refuse') {
    return { kind: 'refused', reason: 'breaker_open', detail: whyOpen(breaker, at) };
  }
  if (answer === 'probe') saveBreaker(tx.db, breaker);
  const { id, attempt, cluster } = run;
  const usdLimit = decision.budget.usd;
  insertSpend(tx.db, { run: id, attempt, purpose: 'run', cluster, agent: request.agent, at, usdLimit });
  return { kind: 'admitted', budget: decision.budget, probe: answer === 'probe' };
}

/** Why the breaker of an agent that has failed lets nobody start it, and until when. */
function whyOpen({ failures, probe, retryAt, reason }: AgentBreaker, at: number): string {
  const due =
    retryAt === null || retryAt <= at ? 'the next investigation tries it' : `tried again at ${clockTime(retryAt)}`;
  return `${failures} failures in a row, ${probe === null ? due : 'one run tries it now'}; the last: ${reason}`;
}

export function saveSpend(tx: Transaction, id: string, spent: Spent): void {
  updateSpend(tx.db, id, spent);
}

/** The agent of a run has ended, in the transaction that ends the run: its breaker hears of it, and people of the breaker. */
export function noteEnd(tx: Transaction, run: Run, usage: RunUsage | null, end: AgentEnd | null, at: number): void {
  endSpend(tx.db, run.id, usage, at);
  if (end === null) return;
  const before = breakerOf(tx.db, end.agent);
  const { breaker, notice } = noteAgentEnd(before, run.id, end, at);
  if (breaker !== before) saveBreaker(tx.db, breaker);
  if (notice !== null) addNotice(tx, notice.kind, notice.notice, at);
}

/** The run goes back to the queue: what its agent spent stays, and another run may try the agent that it tried. */
export function noteReturned(tx: Transaction, run: Run, at: number): void {
  endSpend(tx.db, run.id, null, at);
  for (const breaker of breakersWhere(tx.db, `json_extract(body, '$.probe') = ?`, run.id)) {
    saveBreaker(tx.db, freeProbe(breaker, run.id, at));
  }
}

function budgetFacts(tx: Transaction, run: Run, { budget }: AgentRequest, at: number): BudgetFacts {
  const { db } = tx;
  const hour = hourOf(at);
  const day = dayOf(at);
  return {
    earlier: spentByRun(db, run.id),
    starts: agentStarts(db, hour, budget.runsPerHour, { purpose: 'run', cluster: null }),
    clusterStarts: agentStarts(db, hour, budget.runsPerClusterHour, { purpose: 'run', cluster: run.cluster }),
    day: committed(db, day, { purpose: null, cluster: null }),
    clusterDay: committed(db, day, { purpose: null, cluster: run.cluster }),
  };
}

/** Whether an agent may be started for a question; then it is kept, and what it may cost counts as spent until it ends. */
export function admitQuestion(tx: Transaction, draft: AgentQuestionDraft, at: number): QuestionAdmission {
  const { budget, ...asked } = draft;
  if (incidentsWhere(tx.db, 'id = ?', asked.incidentId).length === 0) {
    return { kind: 'refused', reason: 'no_incident', detail: 'nothing is kept of the incident' };
  }
  const decision = decideQuestionBudget(budget, questionFacts(tx, draft, at), at);
  if (decision.kind === 'over') return { kind: 'refused', reason: 'over_budget', detail: decision.detail };
  const breaker = breakerOf(tx.db, asked.agent);
  if (!askable(breaker)) return { kind: 'refused', reason: 'breaker_open', detail: whyOpen(breaker, at) };
  const id = newId('ask', at);
  const question: AgentQuestion = { id, ...asked, askedAt: at, endedAt: null, answer: null, error: null, usage: null };
  saveQuestion(tx, question);
  const { cluster, agent } = asked;
  insertSpend(tx.db, { run: id, attempt: 1, purpose: 'question', cluster, agent, at, usdLimit: decision.budget.usd });
  return { kind: 'admitted', question, budget: decision.budget };
}

/** The agent of a question has ended. Nothing happens when it had. */
export function endQuestion(tx: Transaction, id: string, end: QuestionEnd, at: number): void {
  const question = agentQuestion(tx.db, id);
  if (question === null || question.endedAt !== null) return;
  endSpend(tx.db, id, end.usage, at);
  saveQuestion(tx, { ...question, ...end, endedAt: at });
}

/** Ends what an earlier process left: its agents were ended with it. */
export function endLeftQuestions(tx: Transaction, error: string, at: number): number {
  const left = leftQuestions(tx.db);
  for (const { id } of left) endQuestion(tx, id, { answer: null, error, usage: null, cutOff: true }, at);
  return left.length;
}

function questionFacts({ db }: Transaction, draft: AgentQuestionDraft, at: number): QuestionBudgetFacts {
  const { budget, cluster } = draft;
  const day = dayOf(at);
  return {
    starts: agentStarts(db, hourOf(at), budget.questionsPerHour, { purpose: 'question', cluster: null }),
    day: committed(db, day, { purpose: null, cluster: null }),
    clusterDay: committed(db, day, { purpose: null, cluster }),
    questionsDay: committed(db, day, { purpose: 'question', cluster: null }),
    questionsClusterDay: committed(db, day, { purpose: 'question', cluster }),
  };
}
