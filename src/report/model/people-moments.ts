import type { Silence } from '../../domain/fault.ts';
import type { Feedback, IncidentHistory } from '../../domain/history.ts';
import { type ActKind, type IncidentAct, withComment } from '../../domain/people/incident-act.ts';
import { reopenedWords } from '../../domain/people/reopening.ts';
import type { Incident } from '../../domain/records.ts';
import { endsWith, endedByIncident } from '../../domain/silence/silences.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { utcTime } from '../../lib/format.ts';

/** Something that happened to an incident. */
export interface Moment {
  /** ms since the epoch. */
  readonly at: number;
  readonly kind: 'fault' | 'incident' | 'cluster' | 'run' | 'message' | 'person' | 'end';
  readonly words: string;
}

type Kept = Pick<IncidentDetail, 'incident' | 'acts'>;

/**
 * What people did with an incident and what came of it, the oldest first: who has it in hand, who called it over and how it
 * came back, silences, opinions of its answer. Texts are not yet made safe for any output; `now` in ms since the epoch.
 */
export function peopleMoments(
  { incident, acts = [] }: Kept,
  history: Pick<IncidentHistory, 'feedback' | 'silences'> | null,
  now: number,
): readonly Moment[] {
  return [
    ...acts.map((act) => actMoment(act, incident)),
    ...olderAcknowledgement(incident, acts),
    ...(incident.reopenings ?? []).map((reopening): Moment => {
      return { at: reopening.at, kind: 'incident', words: `Opened again: ${reopenedWords(reopening, acts)}` };
    }),
    ...(history?.silences ?? []).flatMap((silence) => silenceMoments(silence, incident, now)),
    ...(history?.feedback ?? []).map(feedbackMoment),
  ].sort((a, b) => a.at - b.at);
}

function actMoment(act: IncidentAct, { resolvedAt }: Incident): Moment {
  const isEnd = act.kind === 'resolve' && act.done && act.at === resolvedAt;
  return { at: act.at, kind: isEnd ? 'end' : 'person', words: actWords(act) };
}

/** What was done and by whom, a sentence without its full stop: `Resolved by ana: the database is back`. */
function actWords(act: Pick<IncidentAct, 'kind' | 'by' | 'comment' | 'done'>): string {
  const words = act.done ? doneWords : saidWords;
  return `${words[act.kind](act.by)}${withComment(act.comment)}`;
}

const doneWords: Readonly<Record<ActKind, (by: string) => string>> = {
  ack: (by) => `Acknowledged by ${by}`,
  resolve: (by) => `Resolved by ${by}`,
  rerun: (by) => `An investigation was asked for by ${by}`,
};

const saidWords: Readonly<Record<ActKind, (by: string) => string>> = {
  ack: (by) => `${by} has it in hand too`,
  resolve: (by) => `${by} says too that it is over`,
  rerun: (by) => `${by} asked for the same investigation`,
};

/** Of an older version only who has it in hand is known. */
function olderAcknowledgement({ acknowledged }: Incident, acts: readonly IncidentAct[]): Moment[] {
  if (!acknowledged || acts.some(({ kind, at }) => kind === 'ack' && at === acknowledged.at)) return [];
  return [{ at: acknowledged.at, kind: 'person', words: actWords({ kind: 'ack', done: true, ...acknowledged }) }];
}

function feedbackMoment({ at, by, rating, comment }: Feedback): Moment {
  return { at, kind: 'person', words: `${by} says that the cause is ${rating}${withComment(comment)}` };
}

/** A silence that starts so much later than it was made says when, ms. */
const laterMs = 60_000;

/** When it was made, by whom, through what, until when and why; and how it ended, once it has. */
function silenceMoments(silence: Silence, { id }: Incident, now: number): Moment[] {
  const { createdAt, startsAt, endsAt, comment, wasToEndAt = endsAt } = silence;
  const isBound = endsWith(silence) === id;
  const from = startsAt - createdAt > laterMs ? ` from ${utcTime(startsAt)}` : '';
  const until = isBound ? ' until it is resolved' : untilWords(wasToEndAt);
  const words = `Silenced by ${whose(silence)}${from}${until}${wayWords(silence)}${withComment(isBound ? '' : comment)}`;
  const made: Moment = { at: createdAt, kind: 'person', words };
  if (endsAt === null || endsAt > now) return [made];
  return [made, { at: endsAt, kind: 'person', words: `The silence of ${whose(silence)} ${endWords(silence)}` }];
}

function untilWords(end: number | null): string {
  return end === null ? ' without an end' : ` until ${utcTime(end)}`;
}

function whose({ source, author }: Silence): string {
  if (source !== 'file') return author;
  return author === 'configuration' ? 'the configuration' : `the configuration (${author})`;
}

const ways = {
  cli: ' on the command line',
  api: ' over the API',
  page: ' on the dashboard',
  slack: ' in Slack',
} as const;

function wayWords({ way }: Silence): string {
  return way === undefined ? '' : ways[way];
}

function endWords({ source, endedBy }: Silence): string {
  if (endedBy === null) return 'ended: its time was over';
  if (endedBy === endedByIncident) return 'ended with the incident';
  return source === 'file' ? 'was taken out of it' : `was ended early by ${endedBy}`;
}
