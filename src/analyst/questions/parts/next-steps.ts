import { command, say } from '../../../report/answer-lines.ts';
import { forCluster } from '../../../domain/decide/kubectl-access.ts';
import type { NextStep } from '../../../domain/records.ts';
import { asksRollBack } from '../view/intents.ts';
import type { PartOf, QuestionView } from '../view/view.ts';
import { type AnswerPart } from '../view/words.ts';
import { describe, inQuestion, rolloutHistory, wouldShow } from '../view/would-show.ts';
import { lastAnswered } from './cause.ts';

const maxSteps = 5;

interface Step extends NextStep {
  /** As the report counts. */
  readonly number: number;
  readonly risk: string | null;
}

/** What to do, with the commands, what they risk and how they are undone; what rolls back comes first where that is asked. */
export const nextSteps: PartOf = (view) => {
  const steps = stepsOf(view);
  const back = asksRollBack(view.question);
  const history = back ? rolloutHistory(view) : [];
  if (steps.length === 0) return noSteps(view, history);
  const first = back ? steps.filter(isRollBack) : [];
  const none = back && first.length === 0;
  return {
    lines: [
      ...(none ? ['No step of the report goes back to a version before. Its steps:'] : []),
      ...[...new Set([...first, ...steps])]
        .slice(0, maxSteps)
        .flatMap((step) => [...stepLines(step), ...undoLines(step)]),
      ...(none ? wouldShow(view, history, 'What shows the versions before:') : []),
    ],
    sources: [sourceOf(view)],
  };
};

/** How each step is taken back, below the step itself: a way back alone would be run for the step. */
export const undo: PartOf = (view) => {
  const steps = stepsOf(view).filter(({ command: text }) => text !== null);
  if (steps.length === 0) return noSteps(view);
  return {
    lines: steps
      .slice(0, maxSteps)
      .flatMap((step) => [...stepLines(step), ...(step.undo ? undoLines(step) : [noUndo(step)])]),
    sources: [sourceOf(view)],
  };
};

const isRollBack = ({ text, command: run }: Step): boolean =>
  /\brollout undo\b|\bhelm\b.* rollback\b|\bgit revert\b/.test(run ?? '') ||
  /\broll\b.*\bback\b|\brevert\b/i.test(text);

function stepLines({ number, text, risk, command: run }: Step): readonly string[] {
  const head = say(`${number}. ${text}${risk === null ? '' : ` (risk: ${risk})`}`);
  return run === null ? [head] : [head, command(run)];
}

function undoLines({ number, undo: text }: Step): readonly string[] {
  if (!text) return [];
  return text.startsWith('kubectl ')
    ? [`If you ran step ${number}, this takes it back:`, command(text)]
    : [say(`If you run step ${number}: ${text}`)];
}

function noUndo({ number, reversible }: Step): string {
  return reversible
    ? `Step ${number} can be taken back; the report gives no command for that.`
    : `Step ${number} cannot be taken back.`;
}

function stepsOf({ kept }: QuestionView): readonly Step[] {
  const inCluster = (text: string | null): string | null => (text === null ? null : forCluster(text, kept.kubectl));
  if (kept.verdict !== null) {
    return kept.verdict.remediation.map(({ action, command: text, reversible, undo: back, risk }, at) => ({
      number: at + 1,
      text: action,
      command: inCluster(text),
      reversible,
      undo: inCluster(back),
      risk,
    }));
  }
  const summary = lastAnswered(kept.detail.runs)?.result?.summary;
  return (summary?.nextSteps ?? []).map((step, at) => ({
    ...step,
    number: at + 1,
    command: inCluster(step.command),
    undo: inCluster(step.undo ?? null),
    risk: null,
  }));
}

const sourceOf = ({ kept }: QuestionView): string => (kept.verdict === null ? 'incident' : 'verdict.json');

function noSteps(view: QuestionView, more: readonly string[] = []): AnswerPart {
  const { kept } = view;
  const missing = kept.verdict?.missing.slice(0, 3) ?? [];
  return {
    lines: [
      'The report names no step for this.',
      ...missing.map((text) => say(`Open: ${text}`)),
      ...wouldShow(view, [...more, ...inQuestion(view).map(describe)], 'What would show more:'),
    ],
    sources: kept.verdict === null ? ['incident'] : ['verdict.json'],
  };
}
