import type { Incident, IncidentStatus, Run, RunResult } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { endingAct, withComment } from '../../domain/people/incident-act.ts';
import { plural, sentence } from '../../lib/text.ts';

export const incidentStates = [
  'waiting',
  'investigating',
  'answered',
  'inconclusive',
  'no_fault',
  'failed',
  'resolved',
  'skipped',
] as const;
export type IncidentState = (typeof incidentStates)[number];

/** Where an incident is, for people. */
export interface Status {
  readonly state: IncidentState;
  /** `Investigating`, `Cause found`, `Resolved`. */
  readonly word: string;
  /** What that means, or why it is so; a sentence. */
  readonly words: string;
  readonly hasEnded: boolean;
}

const wordOf: Readonly<Record<IncidentState, string>> = {
  waiting: 'Waiting',
  investigating: 'Investigating',
  answered: 'Cause found',
  inconclusive: 'No cause found',
  no_fault: 'No fault found',
  failed: 'Investigation failed',
  resolved: 'Resolved',
  skipped: 'Part of another incident',
};

/** The status of an incident in words; texts of clusters in it are not yet made safe for any output. */
export function statusOf(detail: Pick<IncidentDetail, 'incident' | 'runs' | 'faults' | 'acts'>): Status {
  const { incident, runs, faults, acts } = detail;
  const result = latestResult(runs);
  const state = stateOf(incident, result);
  const hasEnded = state === 'resolved' || state === 'skipped';
  const standing = faults.filter(({ clearedAt }) => clearedAt === null).length;
  const still = state === 'resolved' && standing > 0 ? ` ${stillWords(standing)}` : '';
  const words = wordsOf(state, incident, result, endComment(incident, acts));
  return { state, word: wordFor(state, incident), words: `${words}${still}`, hasEnded };
}

/** A person can call over what is not. */
function stillWords(standing: number): string {
  return `${plural(standing, 'fault')} of it still ${standing === 1 ? 'stands' : 'stand'}, and nobody is told until that is over.`;
}

/** A cause that is likely is called that, and one that is not to be relied on is none that was found. */
function wordFor(state: IncidentState, { confidence, statusReason }: Incident): string {
  if (state === 'resolved' && statusReason === 'no_fault') return wordOf.no_fault;
  if (state !== 'answered' || confidence === null || confidence === 'high') return wordOf[state];
  return confidence === 'medium' ? 'Likely cause' : 'Only a lead';
}

/** The result of the run that ended last, null before one has. */
export function latestResult(runs: readonly Run[]): RunResult | null {
  const ended = runs.filter((run) => run.result !== null).sort((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
  return ended.at(-1)?.result ?? null;
}

const byStatus: Readonly<Record<Exclude<IncidentStatus, 'reported'>, IncidentState>> = {
  open: 'waiting',
  queued: 'waiting',
  investigating: 'investigating',
  resolved: 'resolved',
  failed: 'failed',
  skipped: 'skipped',
};

function stateOf({ status, cause }: Incident, result: RunResult | null): IncidentState {
  if (status !== 'reported') return byStatus[status];
  if (result?.isFault === false) return 'no_fault';
  return cause === null ? 'inconclusive' : 'answered';
}

function wordsOf(state: IncidentState, incident: Incident, result: RunResult | null, comment: string): string {
  if (state === 'waiting') {
    return incident.status === 'open' ? 'More of the same is gathered first.' : 'An investigation waits for its turn.';
  }
  if (state === 'investigating') return 'An investigation is going on.';
  if (state === 'answered') return 'The fault still stands.';
  if (state === 'inconclusive') return 'The fault still stands, and what was read does not explain it.';
  if (state === 'no_fault') return 'What was read shows that nothing is wrong.';
  if (state === 'failed') return `No answer could be given: ${incident.statusReason ?? result?.error ?? 'unknown'}.`;
  return endWords(incident.statusReason, comment);
}

/** What a person said when they called an incident over; empty where nobody did, or nothing was said. */
export function endComment({ resolvedAt }: Pick<Incident, 'resolvedAt'>, acts: IncidentDetail['acts']): string {
  return endingAct(acts, resolvedAt)?.comment ?? '';
}

/** How an incident came to its end, a sentence; `comment`: of who called it over. */
export function endWords(reason: string | null, comment = ''): string {
  if (reason === null) return 'It has ended.';
  if (reason === 'cleared') return 'The fault is gone: nothing of it was found any more.';
  if (reason === 'self_resolved') return 'It cleared by itself before it was investigated.';
  if (reason === 'no_fault') return 'A person asked, and what was read shows that nothing is wrong.';
  if (reason === 'storm_over') return 'The storm is over; what still stood of it has an incident of its own.';
  if (reason === 'cluster_removed') return 'The cluster was removed from the configuration.';
  if (reason.startsWith('absorbed_by ')) return `It is part of incident ${reason.slice('absorbed_by '.length)}.`;
  if (reason.startsWith('by ')) return sentence(`Resolved by ${reason.slice('by '.length)}${withComment(comment)}`);
  return `${reason}.`;
}
