import { quoted, quoteLine, say } from '../../../report/answer-lines.ts';
import type { EvidenceRef } from '../../../domain/verdict/verdict.ts';
import type { LogFile } from '../../model/evidence-graph.ts';
import { podsOf, type PartOf, type QuestionView } from '../view/view.ts';
import { logsOf, wouldShow } from '../view/would-show.ts';
import { type AnswerPart, joined, nothing } from '../view/words.ts';

/** Of several logs so many are quoted. */
const maxLogs = 2;

/** The lines around the one that the cause rests on, or the last ones; of the pods and containers that the question names. */
export const logLines: PartOf = (view) => {
  const { analysis, kept } = view;
  if (analysis === null || analysis.graph.logs.length === 0) return noLogs(view);
  const fitting = fittingLogs(view);
  if (fitting.length === 0) {
    const of = view.named.entities.map(({ name }) => name);
    const asked = [...view.named.containers, ...of].join(', ');
    return {
      lines: [
        say(`No log of ${asked || 'its pods'} is kept; there are logs of ${logNames(analysis.graph.logs)}.`),
        ...wouldShow(view, logsOf(view)),
      ],
      sources: [],
    };
  }
  const refs = (kept.verdict?.causes ?? []).flatMap(({ evidence }) => evidence);
  const ranked = fitting.toSorted((a, b) => rank(view, b, refs) - rank(view, a, refs));
  const isNamed = view.named.entities.length + view.named.containers.length > 0;
  const shown = ranked.slice(0, isNamed ? maxLogs : 1);
  const lines = Math.floor(quoted.lines / shown.length);
  const others = ranked.slice(shown.length);
  const more = others.length === 0 ? nothing : { lines: [say(`Also kept: ${logNames(others)}.`)], sources: [] };
  return joined(...shown.map((log) => excerpt(log, refs, lines)), more);
};

function noLogs(view: QuestionView): AnswerPart {
  const { kept, analysis } = view;
  const why = (kept.verdict?.missing ?? []).filter((text) => /\blogs?\b/i.test(text)).slice(0, 3);
  const what =
    analysis === null ? 'No evidence is kept of this incident, so no log either.' : 'No log is kept of this incident.';
  return {
    lines: [what, ...why.map((text) => say(`Not read: ${text}`)), ...wouldShow(view, logsOf(view))],
    sources: why.length > 0 ? ['verdict.json'] : [],
  };
}

function fittingLogs(view: QuestionView): readonly LogFile[] {
  const logs = view.analysis?.graph.logs.filter(({ text }) => text.trim() !== '') ?? [];
  const { entities, containers } = view.named;
  const { incident, faults } = view.kept.detail;
  // A pod that is gone has left its log alone.
  const received = [incident.resource, ...faults.map(({ resource }) => resource)].filter(({ kind }) => kind === 'Pod');
  const pods = new Set(
    [...podsOf(view), ...(entities.length > 0 ? [] : received)].map(
      ({ namespace, name }) => `${namespace ?? ''}/${name}`,
    ),
  );
  const ofPods = logs.filter(
    (log) =>
      pods.has(`${log.namespace}/${log.pod}`) || entities.some(({ kind, name }) => kind === 'Pod' && name === log.pod),
  );
  const ofContainers = (some: readonly LogFile[]): readonly LogFile[] =>
    containers.length === 0 ? some : some.filter(({ container }) => containers.includes(container));
  if (entities.length > 0) return ofContainers(ofPods);
  const own = ofContainers(ofPods);
  const quotedOnes = logs.filter(({ path }) => isQuoted(view, path));
  const ofAny = containers.length > 0 && own.length === 0 ? ofContainers(logs) : own;
  return [...new Set([...ofContainers(quotedOnes), ...ofAny])];
}

const isQuoted = ({ kept }: QuestionView, path: string): boolean =>
  kept.verdict?.causes.some(({ evidence }) => evidence.some(({ file }) => file === path)) ?? false;

/** What the cause quotes first, then what is not ready, then the run before, which says why it ended. */
function rank(view: QuestionView, log: LogFile, refs: readonly EvidenceRef[]): number {
  const asksPrevious = /\bprev|\bbefore\b|\blast run\b/i.test(view.question);
  const pods = podsOf(view);
  const at = pods.findIndex(({ name }) => name === log.pod);
  return (
    Number(asksPrevious && log.previous) * 64 +
    Number(refs.some(({ file }) => file === log.path)) * 32 +
    Number(at >= 0 && pods[at]?.ready === false) * 8 +
    Number(log.previous) * 4 +
    Math.max(0, 3 - Math.max(0, at)) * Number(at >= 0)
  );
}

function excerpt(log: LogFile, refs: readonly EvidenceRef[], count: number): AnswerPart {
  const lines = log.text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const ref = refs.find(({ file, quote }) => file === log.path && lineOf(lines, quote) >= 0);
  const at = ref === undefined ? -1 : lineOf(lines, ref.quote);
  const end = at < 0 ? lines.length : Math.min(lines.length, Math.max(count, at + Math.ceil(count / 2)));
  const start = Math.max(0, end - count);
  const run = log.previous ? ', the run before this one' : '';
  const which = excerptWords(end - start, lines.length, at >= 0);
  const head = `Log of container ${log.container} of Pod ${log.namespace}/${log.pod}${run}: ${which}`;
  return { lines: [say(`${head}:`), ...lines.slice(start, end).map(quoteLine)], sources: [log.path] };
}

function excerptWords(shown: number, all: number, isAround: boolean): string {
  if (shown === all) return shown === 1 ? 'its one line' : `all ${shown} lines`;
  return isAround
    ? `${shown} of ${all} lines, around the one that the cause rests on`
    : `the last ${shown} of ${all} lines`;
}

/** The line that holds a quote, or where it begins; -1 when none does. */
function lineOf(lines: readonly string[], quote: string): number {
  const first = quote.split('\n').find((line) => line.trim() !== '') ?? '';
  return first === '' ? -1 : lines.findLastIndex((line) => line.includes(first.trim()));
}

function logNames(logs: readonly LogFile[]): string {
  const names = logs.map(({ pod, container, previous }) => `${pod} ${container}${previous ? ' (run before)' : ''}`);
  return names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
}
