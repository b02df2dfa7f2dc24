import { clusterText } from '../../domain/incident.ts';
import type { Silence } from '../../domain/fault.ts';
import type { Feedback, IncidentHistory } from '../../domain/history.ts';
import type { StoredFile } from '../../domain/ports.ts';
import type { Acknowledgement } from '../../domain/people/incident-act.ts';
import type { Incident, Run } from '../../domain/records.ts';
import type { IncidentDetail } from '../../domain/state-store.ts';
import type { Impact } from '../../domain/verdict/impact.ts';
import type { Findings } from '../../domain/verdict/findings.ts';
import type { Verdict } from '../../domain/verdict/verdict.ts';
import { memberText, sharedWords } from '../../domain/storm/storm-words.ts';
import { spokenDuration } from '../../lib/format.ts';
import { plural } from '../../lib/text.ts';
import { objectName } from '../evidence/objects.ts';
import { type AnswerReport, answerReport, type Subject } from './answer-report.ts';
import { latestResult, type Status, statusOf } from './status.ts';
import type { Moment } from './people-moments.ts';
import { answeredBy, messageMoments, timelineOf } from './timeline.ts';

/** Everything that is kept of one incident, as far as it could be read. */
export interface KeptIncident {
  readonly detail: IncidentDetail;
  readonly history: IncidentHistory | null;
  readonly artifacts: KeptArtifacts;
  /** What keeps it from being told; null when people are told. */
  readonly silence: HoldingSilence | null;
  /** ms since the epoch. */
  readonly now: number;
}

type HoldingSilence = Pick<Silence, 'author' | 'endsAt'>;

export interface KeptArtifacts {
  readonly verdict: Verdict | null;
  readonly findings: Findings | null;
  readonly files: readonly StoredFile[];
  /** What could not be read, a sentence each. */
  readonly problems: readonly string[];
}

/** What is shown of an incident. Texts are not yet made safe for any output; times are ms since the epoch. */
export interface IncidentReport {
  readonly incident: Incident;
  /** `prod-eu (production)`. */
  readonly cluster: string;
  readonly object: string;
  /** `CrashLoop`, or how a storm is called. */
  readonly what: string;
  readonly status: Status;
  readonly since: number;
  /** How long it lasts, or lasted. */
  readonly lastsMs: number;
  /** What it means for users, as it was read; null before an answer, and of answers of older versions. */
  readonly impact: Impact | null;
  /** How often, a phrase each; empty for what happened once. */
  readonly often: readonly string[];
  readonly inHand: Acknowledgement | null;
  readonly silence: HoldingSilence | null;
  readonly answer: AnswerReport | null;
  /** Who answered; null before an answer. */
  readonly answeredBy: string | null;
  readonly timeline: readonly Moment[];
  /** What was sent, what is held back, what could not be delivered; the oldest first. */
  readonly messages: readonly Moment[];
  readonly sameObject: readonly Incident[];
  readonly around: readonly Incident[];
  readonly elsewhere: readonly RelatedLine[];
  readonly members: readonly RelatedLine[];
  /** What the members of a storm have in common and the rest of what is known of it. */
  readonly groupWords: string | null;
  readonly runs: readonly Run[];
  readonly feedback: readonly Feedback[];
  readonly files: readonly StoredFile[];
  readonly problems: readonly string[];
  readonly now: number;
}

/** Something that belongs to it; `incidentId` null for what has no incident of its own. */
export interface RelatedLine {
  readonly incidentId: string | null;
  readonly words: string;
}

export function incidentReport({ detail, history, artifacts, silence, now }: KeptIncident): IncidentReport {
  const { incident, runs } = detail;
  const subject = subjectOf(detail);
  const { verdict, findings } = artifacts;
  const result = latestResult(runs);
  const end = incident.resolvedAt ?? now;
  return {
    incident,
    cluster: clusterText(incident),
    object: subject.object,
    what: incident.storm === undefined ? incident.titleFault.faultType : incident.title,
    status: statusOf(detail),
    since: subject.since,
    lastsMs: Math.max(0, end - subject.since),
    impact: findings?.impact ?? incident.impact ?? null,
    often: oftenWords(detail, history),
    inHand: incident.acknowledged ?? null,
    silence,
    answer: verdict === null || findings === null ? null : answerReport(subject, verdict, findings),
    answeredBy: result === null || result.outcome === 'failed' ? null : answeredBy(result),
    timeline: timelineOf(detail, history, now),
    messages: messageMoments(history?.deliveries ?? []),
    sameObject: history?.sameObject ?? [],
    around: history?.around ?? [],
    elsewhere: elsewhereOf(detail),
    members: membersOf(detail),
    groupWords: groupWords(detail),
    runs: runs.toSorted((a, b) => b.createdAt - a.createdAt),
    feedback: history?.feedback ?? [],
    files: artifacts.files,
    problems: artifacts.problems,
    now,
  };
}

/** What a report is about, from the rows. */
function subjectOf({ incident, faults }: Pick<IncidentDetail, 'incident' | 'faults'>): Subject {
  const { owner } = incident;
  return {
    id: incident.id,
    cluster: incident.cluster,
    title: incident.title,
    object: objectName(owner.kind, owner.namespace, owner.name),
    severity: incident.severity,
    since: Math.min(incident.openedAt, ...faults.map((fault) => fault.since ?? fault.firstSeen)),
    faults: faults.slice(0, 10).map(({ faultType, resource, context }) => {
      return `${faultType} on ${objectName(resource.kind, resource.namespace, resource.name)}: ${context}`;
    }),
  };
}

function oftenWords({ incident, faults }: IncidentDetail, history: IncidentHistory | null): string[] {
  const count = faults.reduce((sum, fault) => sum + fault.count, 0);
  const places = new Set(faults.map(({ resource }) => `${resource.kind} ${resource.namespace ?? ''}/${resource.name}`));
  const before = (history?.sameObject ?? []).filter(({ openedAt }) => openedAt < incident.openedAt);
  const [last] = before.toSorted((a, b) => b.openedAt - a.openedAt);
  return [
    ...(count > 1 ? [`reported ${count} times`] : []),
    ...(places.size > 1 ? [`on ${plural(places.size, 'object')}`] : []),
    ...(incident.reopened > 0 ? [`reopened ${plural(incident.reopened, 'time')}`] : []),
    ...(last === undefined
      ? []
      : [
          `${plural(before.length, 'earlier incident')} of this object, the last ${spokenDuration(incident.openedAt - last.openedAt)} before`,
        ]),
  ];
}

function elsewhereOf({ incident, fleet }: IncidentDetail): RelatedLine[] {
  const others = (fleet?.members ?? []).filter(({ incidentId }) => incidentId !== incident.id);
  return others.map(({ incidentId, cluster, title, status }) => ({
    incidentId,
    words: `${cluster}: ${title} (${status})`,
  }));
}

function membersOf({ storm }: IncidentDetail): RelatedLine[] {
  return (storm?.members ?? []).map((member) => ({ incidentId: member.incidentId, words: memberText(member) }));
}

function groupWords({ incident, storm, fleet }: IncidentDetail): string | null {
  if (incident.storm !== undefined) {
    const common = storm?.common ?? incident.storm.cause;
    const shared = common === null ? '' : ` Common to most: ${sharedWords(common)}.`;
    return `A storm: it stands for ${plural(incident.storm.members, 'incident')}, investigated once; none was dropped.${shared}`;
  }
  if (fleet === undefined || fleet.members.length < 2) return null;
  return `The same is seen in ${plural(fleet.members.length, 'cluster')}.`;
}
