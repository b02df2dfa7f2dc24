import { entityOf } from '../../model/entities.ts';
import { numberAt, textAt } from '../../model/fields.ts';
import { startedIn } from './probe-words.ts';
import { type Conclusion, conclusion, edit } from '../rule.ts';
import {
  asked,
  base,
  errorLine,
  type FailingProbe,
  isCalm,
  type Line,
  lineRef,
  lineThat,
  title,
  weightBeside,
} from './failing-probe.ts';

/** The times of a probe in seconds, as the API server fills them in. */
function timesOf({ probe }: FailingProbe) {
  const delay = numberAt(probe, 'initialDelaySeconds') ?? 0;
  const period = numberAt(probe, 'periodSeconds') ?? 10;
  const failures = numberAt(probe, 'failureThreshold') ?? 3;
  return {
    delay,
    period,
    failures,
    timeout: numberAt(probe, 'timeoutSeconds') ?? 1,
    allowed: delay + period * failures,
  };
}

/** A longer time is not hasty by itself. */
const hastySeconds = 60;

/** A probe that gives the application too little time: for its start, or for an answer. */
export function tooHasty(failing: FailingProbe, about: 'initialDelaySeconds' | 'timeoutSeconds'): Conclusion {
  const { field, graph, probe, workload } = failing;
  const { allowed, delay, failures, timeout } = timesOf(failing);
  const shown = ['initialDelaySeconds', 'periodSeconds', 'timeoutSeconds', 'failureThreshold']
    .flatMap((name) => (numberAt(probe, name) === null ? [] : [`${name} ${numberAt(probe, name)}`]))
    .join(', ');
  const short = failures < 3 || delay === 0 ? 'failureThreshold' : 'initialDelaySeconds';
  const wrong = about === 'timeoutSeconds' ? about : short;
  const value = numberAt(probe, wrong);
  const start = startLine(failing);
  const slow = about === 'timeoutSeconds' ? slowAnswer(failing, timeout) : null;
  const tooLate = start !== null && start.seconds > allowed;
  const calm = isCalm(failing);
  const isSure = about === 'timeoutSeconds' ? slow !== null : tooLate || (calm && allowed <= hastySeconds);
  const error = errorLine(failing);
  const line = slow ?? (tooLate ? start.line : error);
  return conclusion('probe-hasty', {
    ...base(failing),
    mechanism: 'probe_aggressive',
    wrongValue: wrong,
    statement: `${title(failing)} (${shown}) ${patience(failing, about)}: ${failing.event.message.slice(0, 200)}${line ? `. Its log says: ${line.entry.message}` : ''}`,
    weight: calm || slow || tooLate ? 86 : weightBeside(failing, 64),
    confidence: isSure ? 'high' : 'medium',
    evidence: [
      ...base(failing).evidence,
      value === null ? null : graph.refIn(workload.entity, `"${wrong}": ${value}`),
      lineRef(failing, line),
      killRef(failing),
    ],
    ruledOut: calm ? 'an error of the application: its log ends without one' : [],
    remediation: edit(
      about === 'timeoutSeconds'
        ? `Give the ${field} of container ${failing.container.name} a greater timeoutSeconds than ${timeout}, or make what it asks answer faster`
        : `Give container ${failing.container.name} more time: a startupProbe, or a greater ${wrong}`,
      workload.entity,
    ),
  });
}

function patience(failing: FailingProbe, about: string): string {
  const { allowed, timeout } = timesOf(failing);
  if (about === 'timeoutSeconds') {
    const harm = failing.field === 'readinessProbe' ? 'so the pod is not ready' : 'and gets the container killed';
    return `${asked(failing)} and gets no answer within ${timeout} s, ${harm}`;
  }
  return `gives up after about ${allowed} s and gets the container killed before the application is up`;
}

/** The line in which the program tells how long its start took. */
function startLine(failing: FailingProbe): { readonly line: Line; readonly seconds: number } | null {
  const line = lineThat(failing, startedIn);
  const match = line === null ? null : startedIn.exec(line.entry.message);
  if (!line || !match) return null;
  const unit = match[2]?.toLowerCase() ?? 's';
  const factor = unit.startsWith('ms') || unit.startsWith('milli') ? 0.001 : unit.startsWith('m') ? 60 : 1;
  return { line, seconds: Number(match[1]) * factor };
}

/** A line that tells of an answer to the probe's path which took longer than the probe waits. */
function slowAnswer({ lines, probe }: FailingProbe, timeout: number): Line | null {
  const path = textAt(probe, 'httpGet', 'path');
  if (path.length < 2) return null;
  return lines.findLast(({ entry }) => entry.message.includes(path) && longestSeconds(entry.message) > timeout) ?? null;
}

/** The longest duration with a unit that a line names. */
function longestSeconds(message: string): number {
  const found = [...message.matchAll(/(?<![\w.])(\d+(?:\.\d+)?) ?(ms|milliseconds|s|sec|seconds)\b/gi)];
  return Math.max(0, ...found.map(([, value, unit = '']) => Number(value) * (/^m/i.test(unit) ? 0.001 : 1)));
}

function killRef({ graph, pod }: FailingProbe) {
  return graph.eventRef(graph.eventsOf(entityOf(pod.object)).findLast((it) => it.reason === 'Killing'));
}
