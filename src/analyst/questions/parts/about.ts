import { command, say } from '../../../report/answer-lines.ts';
import { clusterText } from '../../../domain/incident.ts';
import type { Run } from '../../../domain/records.ts';
import { spokenDuration, spokenUsd } from '../../../lib/format.ts';
import { plural } from '../../../lib/text.ts';
import { entityText } from '../../model/entities.ts';
import { incidentMatchers } from '../../../domain/silence/incident-silence.ts';
import { shellWord } from '../../../lib/process/command-line.ts';
import type { PartOf, QuestionView } from '../view/view.ts';
import { joined, when } from '../view/words.ts';
import { cause } from './cause.ts';
import { impact } from './impact.ts';
import { nextSteps } from './next-steps.ts';

const maxRuns = 5;

/** Which incident it is: where, how severe, since when, and where its report is. */
export const about: PartOf = ({ kept }) => {
  const { incident, faults } = kept.detail;
  const { owner, report } = incident;
  const place = clusterText(incident);
  return {
    lines: [
      say(`${incident.id}: ${incident.title}`),
      say(
        `Severity ${incident.severity}; cluster ${place}; ${entityText({ ...owner, namespace: owner.namespace ?? null })}; ${incident.status}; opened ${when(incident.openedAt, kept.now)}; ${plural(faults.length, 'fault')}.`,
      ),
      ...(report === null ? [] : [say(`Report: ${report}`)]),
    ],
    sources: ['incident', 'faults'],
  };
};

/** All of it in short. */
export const summary: PartOf = (view) => {
  const { acknowledged = null } = view.kept.detail.incident;
  const hand = acknowledged === null ? 'Nobody has acknowledged it.' : `${acknowledged.by} has it in hand.`;
  return joined(about(view), impact(view), cause(view), { lines: [say(hand)], sources: [] }, nextSteps(view));
};

/** The investigations: who answered, how long it took, and what it cost. */
export const investigations: PartOf = ({ kept }) => {
  const { runs } = kept.detail;
  if (runs.length === 0) return { lines: ['It has not been investigated.'], sources: ['runs'] };
  return {
    lines: [
      say(`${plural(runs.length, 'investigation')}${runs.length > maxRuns ? `, the newest ${maxRuns}` : ''}:`),
      ...runs.slice(-maxRuns).map((run) => say(runLine(run, kept.now))),
    ],
    sources: ['runs'],
  };
};

function runLine({ status, trigger, startedAt, result, requestedBy = null }: Run, now: number): string {
  const began = startedAt === null ? 'not begun' : `begun ${when(startedAt, now)}`;
  const by = requestedBy === null ? '' : ` by ${requestedBy}`;
  const head = `${status}, asked for by ${trigger === 'manual' ? `hand${by}` : trigger}, ${began}`;
  if (result === null) return `${head}.`;
  const { agent, model, outcome, durationMs, usage, error } = result;
  const who = agent === 'builtin' ? 'the built-in analyst' : `${agent}${model === null ? '' : ` with ${model}`}`;
  const instead = outcome === 'fallback' ? ', and the built-in analyst answered in its place' : '';
  const cost = usage === null ? 'no model was paid' : usageText(usage);
  return `${head}; ${who}${instead}: ${outcome} after ${spokenDuration(durationMs)}; ${cost}${error === null ? '' : `; error: ${error}`}.`;
}

function usageText({ turns, tokens, usd }: NonNullable<NonNullable<Run['result']>['usage']>): string {
  const spent = tokens === null ? '' : `, ${tokens.input + tokens.output} tokens`;
  return `${plural(turns ?? 0, 'turn')}${spent}${usd === null ? '' : `, ${spokenUsd(usd)} at list prices`}`;
}

/** Nobody is told of what it is about; none where that is too many objects. */
function silenceCommand({ kept }: QuestionView): readonly string[] {
  const matchers = incidentMatchers(kept.detail) ?? [];
  const words = matchers.map(({ name, operator, value }) => shellWord(`${name}${operator}${value}`));
  return words.length === 0 ? [] : [command(`nightcrier silence add ${words.join(' ')} --for 2h`)];
}

/** Somebody wants something done: asking does nothing, and who can do it is told. */
export const acts: PartOf = (view) => {
  const { id } = view.kept.detail.incident;
  const head = {
    lines: [
      'Asking changes nothing, and nightcrier changes nothing in a cluster. The incident itself is taken in hand, ended, investigated again, or silenced by:',
      ...['ack', 'resolve', 'rerun'].map((order) => command(`nightcrier ${order} ${id}`)),
      ...silenceCommand(view),
      'The steps of the report, for you to run:',
    ],
    sources: [],
  };
  return joined(head, nextSteps(view));
};
