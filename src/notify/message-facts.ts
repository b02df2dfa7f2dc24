import { clusterText, isLive } from '../domain/incident.ts';
import type { Severity } from '../domain/fault.ts';
import {
  type Acknowledgement,
  calledOverBy,
  type IncidentAct,
  reasonWithComment,
} from '../domain/people/incident-act.ts';
import { previousWords, type Reopening, reopenedWords } from '../domain/people/reopening.ts';
import type { AnswerSummary, FaultEpisode, Incident, Run, RunResult } from '../domain/records.ts';
import { fallbackWords } from '../domain/decide/fallback-words.ts';
import type { DeliveryClaim } from '../domain/state-store.ts';
import { impactWords } from '../domain/verdict/impact-words.ts';
import { confidenceWords } from '../domain/verdict/confidence.ts';
import { oneLine, plural } from '../lib/text.ts';
import { spokenDuration, spokenUsd, utcTime } from '../lib/format.ts';
import { type FleetFacts, fleetFacts } from './fleet-facts.ts';
import { type StormFacts, stormFacts } from './storm-facts.ts';

export type MessageState =
  | 'opened'
  | 'investigating'
  | 'answered'
  | 'inconclusive'
  | 'no_fault'
  | 'resolved'
  /** A storm took nothing in any more, and what was in it stands on its own. */
  | 'over'
  | 'failed'
  | 'skipped';

/**
 * What a message says of an incident, in plain words and not yet made safe for any output: names and texts come from
 * clusters. Confidence is a word, never a number.
 */
export interface MessageFacts {
  readonly state: MessageState;
  readonly incident: Incident;
  readonly severityWord: string;
  /** `CrashLoop`: the type that the message is named after. */
  readonly faultType: string;
  /** `payments/api` or `node-3`. */
  readonly resourceName: string;
  readonly resourceKind: string;
  /** `CrashLoop ×12 (3 pods), ImagePull`. */
  readonly faults: string;
  /** `prod-eu (production)`. */
  readonly cluster: string;
  readonly cause: string | null;
  readonly confidence: string | null;
  /** What it means for users and when that was read, ms since the epoch; null where it is not known. */
  readonly impact: { readonly words: string; readonly at: number | null } | null;
  /** `1 of 3 claims not found in the evidence`, null when all were found and without a cause. */
  readonly backing: string | null;
  /** Who answered, null before an answer. */
  readonly answeredBy: AnsweredBy | null;
  readonly summary: AnswerSummary | null;
  readonly queuedAhead: number;
  /** When the first of the faults was seen, ms since the epoch. */
  readonly since: number;
  readonly runDuration: string | null;
  /** What the agent of the run cost, null when nobody counted. */
  readonly cost: string | null;
  /** From opening to resolution, null while it stands. */
  readonly openFor: string | null;
  /** Who has it in hand, null when nobody said so. */
  readonly acknowledged: Acknowledgement | null;
  /** How it came to be resolved, skipped or failed. */
  readonly reason: string | null;
  /**
   * How it came to be open again, or to be opened after one that a person had called over; null for others and for one that
   * has ended since.
   */
  readonly reopened: ReopenedFacts | null;
  /** What a storm took in, null for an incident that is none. */
  readonly storm: StormFacts | null;
  /** The same in other clusters, null when there is none. */
  readonly fleet: FleetFacts | null;
}

export interface ReopenedFacts extends Pick<Reopening, 'at' | 'goesOn' | 'endedAt'> {
  /** Who had called it over; null where it ended otherwise. */
  readonly calledOverBy: string | null;
  /** What opened it, and who had called it over with which words: a phrase. */
  readonly words: string;
}

interface AnsweredBy {
  readonly name: string;
  /** False for the built-in rules: no language model had a part in it. */
  readonly model: boolean;
  /** Why another answered than the configured agent, null when it did. */
  readonly remark: string | null;
}

/** The facts of an incident's message, from its newest state. @throws Error for a delivery without an incident */
export function messageFacts(claim: DeliveryClaim): MessageFacts {
  const { incident, faults, runs } = claim;
  if (incident === null) throw new Error('an incident message without an incident');
  const run = latestResult(runs);
  const result = run?.result ?? null;
  const fleet = fleetFacts(claim);
  const state = fleetState(stateOf(incident, result), incident, fleet);
  const answered = state === 'answered' || state === 'resolved';
  return {
    state,
    incident,
    severityWord: incident.severity.toUpperCase(),
    faultType: incident.titleFault.faultType,
    resourceName: nameOf(incident.owner.namespace, incident.owner.name),
    resourceKind: incident.owner.kind,
    faults: faultLine(faults, incident.family),
    cluster: clusterText(incident),
    cause: incident.cause,
    confidence: answered && incident.cause !== null ? confidenceOf(incident) : null,
    impact: impactOf(incident, fleet),
    backing: incident.cause === null ? null : backingOf(result?.summary ?? null),
    answeredBy: result === null ? null : answeredBy(result),
    summary: result?.summary ?? null,
    queuedAhead: claim.queuedAhead,
    since: Math.min(incident.openedAt, ...faults.map((fault) => fault.since ?? fault.firstSeen)),
    runDuration: result === null ? null : spokenDuration(result.durationMs),
    cost: costOf(result),
    openFor: incident.resolvedAt === null ? null : spokenDuration(incident.resolvedAt - incident.openedAt),
    acknowledged: incident.acknowledged ?? null,
    reason: reasonOf(claim, incident, result),
    reopened: reopenedFacts(incident, claim.acts),
    storm: stormFacts(incident, claim.storm),
    fleet,
  };
}

const stateByStatus = {
  open: 'opened',
  queued: 'opened',
  investigating: 'investigating',
  resolved: 'resolved',
  failed: 'failed',
  skipped: 'skipped',
} as const;

function stateOf(incident: Incident, result: RunResult | null): MessageState {
  if (incident.status === 'resolved' && incident.statusReason === 'storm_over') return 'over';
  if (incident.status === 'resolved' && incident.statusReason === 'no_fault') return 'no_fault';
  if (incident.status !== 'reported') return stateByStatus[incident.status];
  if (incident.cause !== null && result?.isFault !== false) return 'answered';
  return result?.isFault === false ? 'no_fault' : 'inconclusive';
}

/** What stands in other clusters is not told as resolved by the message that tells of all of them. */
function fleetState(state: MessageState, { cause }: Incident, fleet: FleetFacts | null): MessageState {
  if (state !== 'resolved' || fleet === null || !fleet.leads || fleet.over) return state;
  return cause === null ? 'inconclusive' : 'answered';
}

/** Of what stands in several clusters, what one of them lacks says nothing. */
function impactOf({ impact, owner }: Incident, fleet: FleetFacts | null): MessageFacts['impact'] {
  if (!impact || impact.of === 'unknown' || fleet?.leads === true) return null;
  return { words: impactWords(impact, `${owner.kind} ${nameOf(owner.namespace, owner.name)}`), at: impact.at };
}

/** What it means for users, with when that was read: it is read later. Null where it is not known. */
export function datedImpact({ impact }: MessageFacts): string | null {
  if (impact === null) return null;
  return impact.at === null ? impact.words : `${impact.words} Read ${utcTime(impact.at)}.`;
}

/** The run that ended last, null before one has. */
export function latestResult(runs: readonly Run[]): Run | null {
  const ended = runs.filter((run) => run.result !== null);
  return ended.reduce<Run | null>((best, run) => ((run.endedAt ?? 0) >= (best?.endedAt ?? -1) ? run : best), null);
}

function nameOf(namespace: string | null, name: string): string {
  return namespace === null || namespace === '' ? name : `${namespace}/${name}`;
}

const maxFaultTypes = 3;

function faultLine(faults: readonly FaultEpisode[], family: string): string {
  const byType = new Map<string, FaultEpisode[]>();
  for (const fault of faults) byType.set(fault.faultType, [...(byType.get(fault.faultType) ?? []), fault]);
  if (byType.size === 0) return family;
  const groups = [...byType].map(([type, group]) => {
    const count = group.reduce((sum, fault) => sum + fault.count, 0);
    const pods = new Set(group.filter((fault) => fault.resource.kind === 'Pod').map((fault) => fault.resource.name));
    const times = count > 1 ? ` ×${count}` : '';
    return { count, text: `${type}${times}${pods.size > 1 ? ` (${plural(pods.size, 'pod')})` : ''}` };
  });
  groups.sort((a, b) => b.count - a.count);
  const shown = groups.slice(0, maxFaultTypes).map((group) => group.text);
  const rest = groups.length - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${plural(rest, 'other type')}` : shown.join(', ');
}

/** How sure an answer is, in words that say what that means. */
function confidenceOf({ confidence }: Incident): string | null {
  return confidence === null ? null : confidenceWords[confidence];
}

/** What of an answer did not stand up to the evidence; null when all of it did. */
function backingOf(summary: AnswerSummary | null): string | null {
  if (summary === null || summary.claims === 0 || summary.claims === summary.claimsBacked) return null;
  const { claims, claimsBacked } = summary;
  return `${claims - claimsBacked} of ${plural(claims, 'claim')} not found in the evidence`;
}

function answeredBy(result: RunResult): AnsweredBy {
  const rules = result.agent === 'builtin' || result.outcome === 'fallback';
  if (!rules) return { name: result.agent, model: true, remark: null };
  const fallback = result.outcome === 'fallback' && result.agent !== 'builtin';
  return {
    name: 'built-in rules',
    model: false,
    remark: fallback ? fallbackRemark(result) : null,
  };
}

/** Why not the agent answered; the first defect is the reason of the others. */
function fallbackRemark({ agent, defects, error }: RunResult): string {
  const [defect, next] = defects;
  const all = error ?? '';
  const end = next === undefined ? -1 : all.indexOf(`; ${next}`);
  const first = end === -1 ? all : all.slice(0, end);
  const detail =
    defect !== undefined && first.startsWith(defect) ? first.slice(defect.length).replace(/^: /, '') : first;
  return `agent ${agent} ${fallbackWords(defect, oneLine(detail, 300))}`;
}

/** Results of an older version have no usage. */
function costOf(result: RunResult | null): string | null {
  const usd = result?.usage?.usd ?? null;
  return usd === null ? null : spokenUsd(usd);
}

function reasonOf({ acts }: Acts, incident: Incident, result: RunResult | null): string | null {
  if (incident.status === 'failed') return result?.error ?? incident.statusReason;
  return endReason(incident, acts);
}

type Acts = { readonly acts?: readonly IncidentAct[] };

/** How it is open again; incidents of older versions only counted. */
function reopenedFacts(incident: Incident, acts: Acts['acts']): ReopenedFacts | null {
  if (!isLive(incident.status)) return null;
  const last = incident.reopenings?.at(-1);
  if (last === undefined) return anewFacts(incident);
  const { at, goesOn, endedAt, endReason: reason } = last;
  return { at, goesOn, endedAt, calledOverBy: calledOverBy(reason), words: reopenedWords(last, acts) };
}

/** After the reopen window it is another incident, and who called the one before over is to hear of it too. */
function anewFacts(incident: Incident): ReopenedFacts | null {
  const { openedAt: at, previousEnd } = incident;
  const words = previousWords(incident);
  if (previousEnd === undefined || words === null) return null;
  const { endReason: reason, endedAt, goesOn } = previousEnd;
  return { at, goesOn, endedAt, calledOverBy: calledOverBy(reason), words };
}

/** Why an incident ended, in words; null where nothing says it. `acts`: what people did with it. */
export function endReason(incident: Pick<Incident, 'statusReason' | 'resolvedAt'>, acts?: Acts['acts']): string | null {
  const { statusReason: reason } = incident;
  if (reason === null) return null;
  if (reason === 'cleared') return 'the fault is gone, two sweeps found it no more';
  if (reason === 'self_resolved') return 'cleared by itself before it was investigated';
  if (reason === 'no_fault') return 'a person asked, and nothing is wrong';
  if (reason === 'storm_over') return 'the storm is over, what still stood of it has an incident of its own';
  if (reason === 'cluster_removed') return 'the cluster was removed from the configuration';
  if (reason.startsWith('absorbed_by ')) return `part of incident ${reason.slice('absorbed_by '.length)}`;
  return reasonWithComment(incident, acts);
}

/** The symbol that repeats what the severity and the state say in words. */
export function stateSymbol(state: MessageState, severity: Severity): string {
  if (state === 'resolved') return '✅';
  if (state === 'skipped') return '⚪';
  if (state === 'no_fault') return '🔵';
  return { critical: '🔴', warning: '🟠', info: '🔵' }[severity];
}
