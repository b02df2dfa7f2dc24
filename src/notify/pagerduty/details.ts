import { undoOrStake } from '../../domain/decide/kubectl-access.ts';
import type { NextStep, Notice } from '../../domain/records.ts';
import { oneLine } from '../../lib/text.ts';
import { wholePlace } from '../links.ts';
import { datedImpact, type MessageFacts } from '../message-facts.ts';
import type { NoticeText } from '../notice-text.ts';

/*
 * What an alert shows besides its summary (`custom_details`): a person reads it on a phone, and rules of PagerDuty read it
 * to route. Bounded by what each part may have, so that an event stays far below 512 KB.
 */

type Details = Readonly<Record<string, unknown>>;

const maxText = 1000;
const maxItem = 300;
const maxItems = 10;
const maxMembers = 50;
const maxLabels = 50;

/** Of an incident; what is not known is left out. */
export function incidentDetails(facts: MessageFacts): Details {
  const { incident, summary, acknowledged } = facts;
  return present({
    incident: incident.id,
    cluster: text(facts.cluster),
    status: incident.status,
    severity: incident.severity,
    resource: text(`${facts.resourceKind} ${facts.resourceName}`),
    faults: text(facts.faults),
    since: new Date(facts.since).toISOString(),
    reopened: incident.reopened === 0 ? null : incident.reopened,
    impact: known(datedImpact(facts)),
    opened_again: known(facts.reopened?.words ?? null),
    cause: known(facts.cause),
    confidence: [facts.confidence, facts.backing].filter((part) => part !== null).join(', '),
    answered_by: facts.answeredBy === null ? null : text(facts.answeredBy.name),
    remark: known(facts.answeredBy?.remark ?? null),
    evidence: list(summary?.evidence ?? [], maxItems),
    next_steps: list((summary?.nextSteps ?? []).map(stepText), maxItems),
    not_seen: list(summary?.missing ?? [], maxItems),
    acknowledged_by: acknowledged === null ? null : text(acknowledged.by),
    failure: incident.status === 'failed' ? known(facts.reason) : null,
    report: text(wholePlace(incident)),
    run: facts.runDuration,
    cost: facts.cost,
    labels: labels(incident.labels),
    ...storm(facts),
    ...fleet(facts),
  });
}

/** Of a notice about clusters or an agent. */
export function noticeDetails(said: NoticeText, notice: Notice): Details {
  return present({
    effect: text(said.effect),
    detail: text(notice.detail),
    clusters: list(notice.clusters, 2 * maxMembers),
  });
}

function storm({ storm }: MessageFacts): Details {
  if (storm === null) return {};
  return {
    storm: text(storm.size),
    in_common: known(storm.common),
    also: list(storm.shared, maxItems),
    families: text(storm.families),
    members: list(storm.members, maxMembers),
    on_their_own: list(storm.left, maxMembers),
  };
}

function fleet({ fleet }: MessageFacts): Details {
  if (fleet === null) return {};
  return {
    same_in: text(`${fleet.size}: ${fleet.what}`),
    clusters: list(fleet.clusters, maxMembers),
    ended: fleet.ended,
  };
}

function stepText(step: NextStep): string {
  const how = step.command === null ? '' : `: ${step.command}`;
  return `${step.text}${how} (${undoOrStake(step)})`;
}

function labels(all: Readonly<Record<string, string>>): Details | null {
  const shown = Object.entries(all).slice(0, maxLabels);
  if (shown.length === 0) return null;
  return Object.fromEntries(shown.map(([key, value]) => [text(key, maxItem), text(value, maxItem)]));
}

/** The first of them, and how many there are when some are left out. */
function list(items: readonly string[], max: number): readonly string[] {
  const shown = items.slice(0, max).map((item) => text(item, maxItem));
  return items.length > max ? [...shown, `(${max} of ${items.length} shown)`] : shown;
}

function known(value: string | null): string | null {
  return value === null ? null : text(value);
}

/** Foreign text as one line of whole characters. */
function text(value: string, max = maxText): string {
  return oneLine(value.slice(0, max * 4), max).toWellFormed();
}

function present(details: Details): Details {
  const isThere = (value: unknown): boolean =>
    value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(details).filter(([, value]) => isThere(value)));
}
