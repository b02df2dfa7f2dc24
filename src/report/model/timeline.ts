import type { ConnectionSpan } from '../../domain/cluster-status.ts';
import type { IncidentHistory } from '../../domain/history.ts';
import { endingAct, type IncidentAct } from '../../domain/people/incident-act.ts';
import { previousWords } from '../../domain/people/reopening.ts';
import type { Delivery, DeliveryTarget, FaultEpisode, Incident, Run } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { fallbackWords } from '../../domain/decide/fallback-words.ts';
import { spokenDuration } from '../../lib/format.ts';
import { objectName } from '../evidence/objects.ts';
import { type Moment, peopleMoments } from './people-moments.ts';
import { endWords } from './status.ts';

const maxFaults = 6;

/**
 * What happened to an incident, from the first fault to the end, the oldest first; texts of clusters and people are not yet
 * made safe for any output. `now` in ms since the epoch.
 */
export function timelineOf(detail: IncidentDetail, history: IncidentHistory | null, now: number): Moment[] {
  const { incident, faults, runs, acts = [] } = detail;
  return [
    ...faultMoments(faults),
    ...incidentMoments(incident, acts),
    ...(history?.unheard ?? []).flatMap((span) => unheardMoments(span, incident.cluster)),
    ...runs.flatMap((run) => runMoments(run, incident, acts)),
    ...messageMoments(history?.deliveries ?? []),
    ...peopleMoments(detail, history, now),
  ].sort((a, b) => a.at - b.at);
}

function faultMoments(faults: readonly FaultEpisode[]): Moment[] {
  const sorted = faults.toSorted((a, b) => a.firstSeen - b.firstSeen);
  const shown = sorted.slice(0, maxFaults);
  const rest = sorted.slice(maxFaults);
  const seen = shown.flatMap(({ faultType, resource, since, firstSeen, sources, clearedAt }): Moment[] => {
    const name = `${faultType} on ${objectName(resource.kind, resource.namespace, resource.name)}`;
    const began = since !== null && since < firstSeen - 1000;
    return [
      ...(began ? [{ at: since, kind: 'fault' as const, words: `${name} began` }] : []),
      { at: firstSeen, kind: 'fault', words: `${name} was seen (${sourceWords[sources[0] ?? 'push']})` },
      ...(clearedAt === null ? [] : [{ at: clearedAt, kind: 'fault' as const, words: `${name} cleared` }]),
    ];
  });
  const [next] = rest;
  if (next === undefined) return seen;
  return [...seen, { at: next.firstSeen, kind: 'fault', words: `and ${rest.length} more faults from here on` }];
}

const sourceWords = {
  push: 'pushed by the cluster',
  sweep: 'found by a sweep',
  watch: 'watched',
  webhook: 'told by an alert',
  manual: 'asked for by a person',
} as const;

/** An end that a person called is told with what they said. */
function incidentMoments(incident: Incident, acts: readonly IncidentAct[]): readonly Moment[] {
  const { openedAt, resolvedAt, statusReason } = incident;
  const before = previousWords(incident);
  const words = before === null ? 'Incident opened' : `Incident opened: ${before}`;
  const opened: Moment = { at: openedAt, kind: 'incident', words };
  if (resolvedAt === null || endingAct(acts, resolvedAt) !== null) return [opened];
  return [opened, { at: resolvedAt, kind: 'end', words: endWords(statusReason) }];
}

/** A connection that is made anew at once is no gap that anybody would ask for, ms. */
const minUnheardMs = 10_000;

function unheardMoments({ from, until, error }: ConnectionSpan, cluster: string): readonly Moment[] {
  if (until !== null && until - from < minUnheardMs) return [];
  const why = error === null ? '' : `: ${error.message}`;
  const lost: Moment = { at: from, kind: 'cluster', words: `Cluster ${cluster} was not heard from here on${why}` };
  if (until === null) return [lost];
  return [
    lost,
    { at: until, kind: 'cluster', words: `Cluster ${cluster} was heard again, after ${spokenDuration(until - from)}` },
  ];
}

/** What a person asked for and what a reopening brought is told with who and why, where that is kept. */
function runMoments(run: Run, { reopenings = [] }: Incident, acts: readonly IncidentAct[]): Moment[] {
  const { id, createdAt, startedAt, endedAt, trigger, requestedBy } = run;
  const isTold = acts.some(({ done, runId }) => done && runId === id) || reopenings.some(({ at }) => at === createdAt);
  const asked = requestedBy ? ` by ${requestedBy}` : '';
  const why: Partial<Record<Run['trigger'], Pick<Moment, 'kind' | 'words'>>> = {
    reopened: { kind: 'incident', words: 'Reopened: the fault came back' },
    manual: { kind: 'person', words: `An investigation was asked for${asked}` },
    new_evidence: { kind: 'run', words: 'Investigated again: there is new evidence' },
  };
  const reason = why[trigger];
  return [
    ...(reason === undefined || isTold ? [] : [{ at: createdAt, ...reason }]),
    ...(startedAt === null ? [] : [{ at: startedAt, kind: 'run' as const, words: 'Investigation started' }]),
    ...(endedAt === null ? [] : [{ at: endedAt, kind: 'run' as const, words: endOfRun(run) }]),
  ];
}

function endOfRun({ status, result }: Run): string {
  if (status === 'cancelled' || result === null) return 'Investigation cancelled';
  if (result.outcome === 'failed') return `Investigation failed: ${result.error ?? 'unknown'}`;
  const found = result.isFault === false ? 'no fault found' : result.cause === null ? 'no cause found' : 'cause found';
  return `Answered by ${answeredBy(result)} after ${spokenDuration(result.durationMs)}: ${found}`;
}

/** Whose answer it is, with the reason where it is not the agent's. */
export function answeredBy({ agent, outcome, defects, model }: NonNullable<Run['result']>): string {
  if (agent === 'builtin') return 'the built-in rules';
  if (outcome === 'fallback') return `the built-in rules, because agent ${agent} ${fallbackWords(defects[0], '')}`;
  return model === null ? `agent ${agent}` : `agent ${agent} (${model})`;
}

const targets: Readonly<Record<DeliveryTarget, string>> = {
  slack: 'Slack',
  webhook: 'the webhook',
  pagerduty: 'PagerDuty',
  teams: 'Microsoft Teams',
  console: 'the console',
};

/** What became of messages, the oldest first: sent, held back, given up. Of an edit nobody hears. */
export function messageMoments(deliveries: readonly Delivery[]): Moment[] {
  return deliveries
    .filter(({ kind }) => kind !== 'refresh')
    .flatMap(messageMoment)
    .sort((a, b) => a.at - b.at);
}

function messageMoment({ target, status, state, sentAt, createdAt, error }: Delivery): Moment[] {
  const name = targets[target];
  if (status === 'sent' && sentAt !== null) {
    return [{ at: sentAt, kind: 'message', words: `Message to ${name}: ${stateWords[state] ?? state}` }];
  }
  if (status === 'held') return [{ at: createdAt, kind: 'message', words: `Message to ${name} is held: silenced` }];
  if (status !== 'dead') return [];
  return [
    { at: createdAt, kind: 'message', words: `Message to ${name} could not be delivered: ${error ?? 'unknown'}` },
  ];
}

const stateWords: Readonly<Record<string, string>> = {
  open: 'opened',
  queued: 'opened',
  investigating: 'under investigation',
  reported: 'the answer',
  resolved: 'resolved',
  failed: 'the investigation failed',
  skipped: 'part of another incident',
};
