/* What people did with an incident, each a row that is kept with it. Times are ms since the epoch. */

/** A person has it in hand, says that it is over, or wants it investigated again. */
export const actKinds = ['ack', 'resolve', 'rerun'] as const;
export type ActKind = (typeof actKinds)[number];

/** A person has an incident in hand. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: number;
  readonly comment: string;
  /** The person's id in Slack, where it was said there. */
  readonly slackUser?: string;
}

/** What a person did, or said that they do. */
export interface IncidentAct {
  readonly id: string;
  readonly incidentId: string;
  readonly kind: ActKind;
  readonly by: string;
  readonly at: number;
  /** Why, in the person's words; may be empty. */
  readonly comment: string;
  /** False: it was so already, and only what was said is kept. */
  readonly done: boolean;
  /** The run that was asked for, null for the others. */
  readonly runId: string | null;
}

/** Characters of a comment that are kept. */
export const maxActComment = 500;
/** Acts of an incident that are kept and shown; over it the oldest go. */
export const maxActs = 500;

interface Opening {
  readonly resolvedAt: number | null;
  readonly reopenings?: readonly { readonly at: number }[];
}

/**
 * Whether an act is kept: it changed something, or it says something that the same person has not said with it before. An
 * order that is repeated because its answer was lost is one act; the same words after the incident was opened again or has
 * ended, or of another run, are another one.
 */
export function isKept(
  act: Omit<IncidentAct, 'id'>,
  { resolvedAt, reopenings }: Opening,
  earlier: readonly IncidentAct[],
): boolean {
  if (act.done) return true;
  if (act.comment === '') return false;
  const since = resolvedAt ?? reopenings?.at(-1)?.at ?? -Infinity;
  return !earlier.some((one) => one.at >= since && isSame(one, act));
}

function isSame(one: Omit<IncidentAct, 'id'>, other: Omit<IncidentAct, 'id'>): boolean {
  const { kind, by, comment, runId } = other;
  return one.kind === kind && one.by === by && one.comment === comment && one.runId === runId;
}

/** What a person said with something, behind it; nothing where they said nothing. */
export function withComment(comment: string): string {
  return comment === '' ? '' : `: ${comment}`;
}

/** The act with which a person called an incident over that ended at that time, null where it ended otherwise. */
export function endingAct(acts: readonly IncidentAct[] | undefined, endedAt: number | null): IncidentAct | null {
  return acts?.findLast(({ kind, done, at }) => kind === 'resolve' && done && at === endedAt) ?? null;
}

interface HowItEnded {
  readonly statusReason: string | null;
  readonly resolvedAt: number | null;
}

/** The reason that is kept of an end or a failure, with what a person said who called it over; null where there is none. */
export function reasonWithComment(
  { statusReason, resolvedAt }: HowItEnded,
  acts: readonly IncidentAct[] | undefined,
): string | null {
  if (statusReason === null) return null;
  return `${statusReason}${withComment(endingAct(acts, resolvedAt)?.comment ?? '')}`;
}

/** Who called an incident over, by the reason of its end; null where it ended otherwise. */
export function calledOverBy(reason: string | null): string | null {
  return /^by (.+)$/s.exec(reason ?? '')?.[1] ?? null;
}
