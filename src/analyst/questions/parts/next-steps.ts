import { command, say } from '../../../report/answer-lines.ts';
import { forCluster } from '../../../domain/decide/kubectl-access.ts';
import type { NextStep } from '../../../domain/records.ts';
import type { PartOf, QuestionView } from '../view/view.ts';
import { type AnswerPart } from '../view/words.ts';
import { describe, inQuestion, wouldShow } from '../view/would-show.ts';
import { lastAnswered } from './cause.ts';

const maxSteps = 5;

type Step = NextStep & { readonly risk: string | null };

/** What to do, with the commands, what they risk and how they are undone. */
export const nextSteps: PartOf = (view) => {
  const steps = stepsOf(view);
  if (steps.length === 0) return noSteps(view);
  return {
    lines: steps
      .slice(0, maxSteps)
      .flatMap((step, at) => [
        say(`${at + 1}. ${step.text}${step.risk === null ? '' : ` (risk: ${step.risk})`}`),
        ...(step.command === null ? [] : [command(step.command)]),
        ...undoLines(step),
      ]),
    sources: [sourceOf(view)],
  };
};

/** How each step is taken back. */
export const undo: PartOf = (view) => {
  const steps = stepsOf(view).filter(({ command: text }) => text !== null);
  if (steps.length === 0) return noSteps(view);
  return {
    lines: steps
      .slice(0, maxSteps)
      .flatMap((step, at) => [
        say(`${at + 1}. ${step.text}`),
        ...(step.undo
          ? undoLines(step)
          : [
              step.reversible
                ? 'It can be taken back; the report gives no command for that.'
                : 'It cannot be taken back.',
            ]),
      ]),
    sources: [sourceOf(view)],
  };
};

function undoLines({ undo: text }: Step): readonly string[] {
  if (!text) return [];
  return text.startsWith('kubectl ') ? ['To undo it:', command(text)] : [say(`To undo it: ${text}`)];
}

function stepsOf({ kept }: QuestionView): readonly Step[] {
  const inCluster = (text: string | null): string | null => (text === null ? null : forCluster(text, kept.kubectl));
  if (kept.verdict !== null) {
    return kept.verdict.remediation.map(({ action, command: text, reversible, undo: back, risk }) => ({
      text: action,
      command: inCluster(text),
      reversible,
      undo: inCluster(back),
      risk,
    }));
  }
  const summary = lastAnswered(kept.detail.runs)?.result?.summary;
  return (summary?.nextSteps ?? []).map((step) => ({
    ...step,
    command: inCluster(step.command),
    undo: inCluster(step.undo ?? null),
    risk: null,
  }));
}

const sourceOf = ({ kept }: QuestionView): string => (kept.verdict === null ? 'incident' : 'verdict.json');

function noSteps(view: QuestionView): AnswerPart {
  const { kept } = view;
  const missing = kept.verdict?.missing.slice(0, 3) ?? [];
  return {
    lines: [
      'The report names no step for this.',
      ...missing.map((text) => say(`Open: ${text}`)),
      ...wouldShow(view, inQuestion(view).map(describe), 'What would show more:'),
    ],
    sources: kept.verdict === null ? ['incident'] : ['verdict.json'],
  };
}
