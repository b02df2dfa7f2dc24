import { isLive } from '../../domain/incident.ts';
import type { Incident } from '../../domain/records.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { incidentDetailJson } from '../../domain/wire/incident.ts';
import {
  type IncidentEvent,
  type IncidentEventType,
  incidentEventTypes,
  noticeEvent,
  type NoticeEvent,
} from '../../domain/wire/webhook.ts';
import { truncate } from '../../lib/text.ts';
import { answerIsNews } from '../answer-is-news.ts';
import { pageUrl } from '../links.ts';
import { latestResult, messageFacts } from '../message-facts.ts';
import { noticeText } from '../notice-text.ts';

/** One event: `id` is its identity, the same however often and by whatever row of the outbox it is sent. */
export interface WebhookCall {
  readonly id: string;
  readonly body: string;
}

/** No body is larger, bytes. */
export const maxBodyBytes = 64 * 1024;

/**
 * What the receiver has to be told, in order. The outbox holds only the newest state of an incident, so one delivery can
 * be several events: what happened since the newest that arrived. Empty when there is nothing to tell.
 */
export function webhookCalls(claim: DeliveryClaim, publicUrl: string | null): readonly WebhookCall[] {
  const { delivery, incident } = claim;
  if (delivery.kind !== 'incident') {
    if (delivery.notice === null || delivery.kind === 'refresh') return [];
    const said = noticeText(delivery.kind, delivery.notice);
    const text = [said.effect, delivery.notice.detail].filter((part) => part !== '').join(' ');
    const event = noticeEvent(delivery.kind, delivery.notice, { title: said.title, text }, delivery.createdAt);
    return [{ id: delivery.id, body: JSON.stringify(shortened(event, 4000)) }];
  }
  if (incident === null) return [];
  return incidentEventTypes
    .filter((type) => isOwed(type, claim, incident))
    .map((type) => ({
      id: eventId(type, claim, incident),
      body: bodyOf(incidentEvent(type, claim, incident, publicUrl)),
    }));
}

function isOwed(type: IncidentEventType, claim: DeliveryClaim, incident: Incident): boolean {
  const { previous } = claim;
  if (type === 'incident.opened') {
    if (previous === null) return true;
    const hadEnded = previous.state === 'resolved' || previous.state === 'skipped';
    const opensNow = incident.status === 'open' && previous.state !== 'open' && previous.state !== 'queued';
    return (isLive(incident.status) && (hadEnded || opensNow)) || endedAgain(claim, incident);
  }
  if (type === 'incident.answered') {
    return answerIsNews(claim) || (incident.status === 'failed' && previous?.state !== 'failed');
  }
  return !isLive(incident.status) && (previous?.state !== incident.status || endedAgain(claim, incident));
}

/** It was reopened and has ended once more while nobody could be told. */
function endedAgain({ previous }: DeliveryClaim, incident: Incident): boolean {
  const told = previous !== null && (previous.state === 'resolved' || previous.state === 'skipped');
  return told && !isLive(incident.status) && (incident.resolvedAt ?? 0) > previous.createdAt;
}

function eventId(type: IncidentEventType, claim: DeliveryClaim, incident: Incident): string {
  const word = type.slice('incident.'.length);
  const which =
    type === 'incident.answered' ? (latestResult(claim.runs)?.id ?? incident.reportedAt) : incident.reopened;
  return `${incident.id}_${word}_${which}`;
}

function timeOf(type: IncidentEventType, incident: Incident): number {
  if (type === 'incident.resolved') return incident.resolvedAt ?? incident.updatedAt;
  if (type === 'incident.answered') return incident.reportedAt ?? incident.updatedAt;
  return incident.reopened > 0 && incident.status === 'open' ? incident.updatedAt : incident.openedAt;
}

function incidentEvent(
  type: IncidentEventType,
  claim: DeliveryClaim,
  incident: Incident,
  publicUrl: string | null,
): IncidentEvent {
  const { answeredBy: by } = messageFacts(claim);
  const result = latestResult(claim.runs)?.result ?? null;
  const summary = result?.summary ?? null;
  return {
    type,
    timestamp: new Date(timeOf(type, incident)).toISOString(),
    data: {
      incident: incidentDetailJson({ ...claim, incident }),
      omitted: { faults: 0, runs: 0, acts: 0, members: 0 },
      answer:
        result === null || by === null
          ? null
          : {
              by: by.name,
              model: by.model,
              fallback: by.remark,
              evidence: summary?.evidence ?? [],
              next_steps: summary?.nextSteps ?? [],
              missing: summary?.missing ?? [],
              claims: summary?.claims ?? 0,
              claims_backed: summary?.claimsBacked ?? 0,
              duration_ms: Math.round(result.durationMs),
              usd: result.usage?.usd ?? null,
            },
      link: pageUrl(publicUrl, incident),
    },
  };
}

/** What is left out until a body fits: how many faults, runs and acts stay, and how many characters of a text. */
const steps = [
  { items: 50, text: 4000 },
  { items: 10, text: 1000 },
  { items: 2, text: 200 },
  { items: 0, text: 100 },
] as const;

/** @throws Error when not even the shortest form fits; its keys are bounded, so only labels without number could do that */
function bodyOf(event: IncidentEvent): string {
  for (const step of steps) {
    const body = JSON.stringify(reduced(event, step));
    if (Buffer.byteLength(body) <= maxBodyBytes) return body;
  }
  const bare = { ...event, data: { ...event.data, incident: { ...event.data.incident, labels: {} }, answer: null } };
  return JSON.stringify(reduced(bare, steps[3]));
}

function reduced(event: IncidentEvent, { items, text }: { items: number; text: number }): IncidentEvent {
  const { faults, runs, acts, reopenings, storm } = event.data.incident;
  const members = storm?.members ?? [];
  const incident = {
    ...event.data.incident,
    faults: faults.slice(0, items),
    runs: latest(runs, items),
    acts: latest(acts, items),
    reopenings: latest(reopenings, items),
    ...(storm !== undefined && { storm: { ...storm, members: members.slice(0, items) } }),
  };
  const omitted = {
    faults: faults.length - incident.faults.length,
    runs: runs.length - incident.runs.length,
    acts: acts.length - incident.acts.length,
    members: Math.max(0, members.length - items),
  };
  return shortened({ ...event, data: { ...event.data, incident, omitted } }, text);
}

function latest<T>(items: readonly T[], max: number): T[] {
  return items.slice(Math.max(0, items.length - max));
}

/** The same with every text cut to `max` characters. */
function shortened<T extends IncidentEvent | NoticeEvent>(event: T, max: number): T {
  const cut = (value: unknown): unknown => {
    if (typeof value === 'string') return truncate(value, max);
    if (Array.isArray(value)) return value.map(cut);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cut(inner)]));
  };
  return cut(event) as T;
}
