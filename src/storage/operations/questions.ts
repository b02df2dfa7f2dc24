import { askable } from '../../domain/decide/breaker.ts';
import { dayOf, decideQuestionBudget, hourOf, type QuestionBudgetFacts } from '../../domain/decide/budget.ts';
import type { AgentQuestion, AgentQuestionDraft, QuestionAdmission, QuestionEnd } from '../../domain/question.ts';
import { newId } from '../../lib/ids.ts';
import { agentStarts, breakerOf, committed, endSpend, insertSpend } from '../rows/agents.ts';
import { incidentsWhere } from '../rows/incidents.ts';
import { leftQuestions, questionById, saveQuestion } from '../rows/questions.ts';
import type { Transaction } from '../sqlite/transaction.ts';
import { whyOpen } from './agents.ts';

/** Whether an agent may be started for a question; then it is kept, and what it may cost counts as spent until it ends. */
export function admitQuestion(tx: Transaction, draft: AgentQuestionDraft, at: number): QuestionAdmission {
  const { budget, ...asked } = draft;
  if (incidentsWhere(tx.db, 'id = ?', asked.incidentId).length === 0) {
    return { kind: 'refused', reason: 'no_incident', detail: 'nothing is kept of the incident' };
  }
  const decision = decideQuestionBudget(budget, budgetFacts(tx, draft, at), at);
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
  const question = questionById(tx.db, id);
  if (question === null || question.endedAt !== null) return;
  endSpend(tx.db, id, end.usage, at);
  saveQuestion(tx, { ...question, ...end, endedAt: at });
}

/** Ends what an earlier process left: its agents were ended with it. */
export function endLeftQuestions(tx: Transaction, error: string, at: number): number {
  const left = leftQuestions(tx.db);
  for (const { id } of left) endQuestion(tx, id, { answer: null, error, usage: null }, at);
  return left.length;
}

function budgetFacts({ db }: Transaction, draft: AgentQuestionDraft, at: number): QuestionBudgetFacts {
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
