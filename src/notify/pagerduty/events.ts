import { createHash } from 'node:crypto';
import type { Notice, NoticeKind } from '../../domain/records.ts';
import type { DeliveryClaim } from '../../domain/state-store.ts';
import { oneLine } from '../../lib/text.ts';
import { headline } from '../content/headline.ts';
import { pageUrl, reportLink } from '../links.ts';
import { newsOf, stands } from '../content/news.ts';
import { messageFacts, type MessageFacts } from '../message-facts.ts';
import { noticeText } from '../notice-text.ts';
import { incidentDetails, noticeDetails } from './details.ts';

/*
 * Events of PagerDuty's Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview): a summary of at most
 * 1,024 characters, a `dedup_key` of at most 255, 512 KB in all. An alert is known by its key: the same event twice is one.
 */

export interface PagerDutyOptions {
  readonly routingKey: string;
  readonly publicUrl: string | null;
}

/** One call, and the same in the least that PagerDuty takes, for when its form is refused. */
export interface PagerDutyCall {
  readonly body: string;
  readonly plain: string;
}

/** No body is larger, bytes; the limit is 512 KB. */
export const maxEventBytes = 500_000;
const maxSummary = 1024;
const maxName = 255;
const maxUrl = 2000;

type Severity = 'critical' | 'error' | 'warning' | 'info';

interface AlertEvent {
  readonly routing_key: string;
  readonly event_action: 'trigger' | 'acknowledge' | 'resolve';
  readonly dedup_key: string;
  readonly payload?: Payload;
  readonly client?: string;
  readonly client_url?: string;
  readonly links?: readonly { href: string; text: string }[];
}

interface Payload {
  readonly summary: string;
  readonly source: string;
  readonly severity: Severity;
  readonly timestamp: string;
  readonly component?: string;
  readonly group?: string;
  readonly class?: string;
  readonly custom_details?: Readonly<Record<string, unknown>>;
}

/**
 * What PagerDuty has to be told, in order: an alert while the incident stands, with the answer as soon as there is one, who
 * has it in hand, and its end. Empty when there is nothing to tell.
 */
export function pagerDutyCalls(claim: DeliveryClaim, options: PagerDutyOptions): readonly PagerDutyCall[] {
  const { kind, notice } = claim.delivery;
  const isNotice = kind !== 'incident' && kind !== 'refresh';
  const ofNotice = isNotice && notice !== null ? noticeEvents(kind, notice, claim) : [];
  const events = kind === 'incident' ? incidentEvents(claim, options) : ofNotice;
  return events.map((event) => callOf({ ...event, routing_key: options.routingKey }));
}

type Unkeyed = Omit<AlertEvent, 'routing_key'>;

function incidentEvents(claim: DeliveryClaim, options: PagerDutyOptions): readonly Unkeyed[] {
  const { incident, previous, delivery } = claim;
  if (incident === null) return [];
  const facts = messageFacts(claim);
  const dedup_key = dedupKey(incident.id);
  if (!stands(facts)) {
    const known = previous !== null || delivery.uncertain;
    return known ? [{ event_action: 'resolve', dedup_key }] : [];
  }
  const news = newsOf(claim);
  const events: Unkeyed[] = [];
  const opens = news !== null && news !== 'acknowledged' && news !== 'ended';
  if (opens) events.push({ event_action: 'trigger', dedup_key, ...trigger(facts, options) });
  const acknowledged = incident.acknowledged ?? null;
  const isNew = acknowledged !== null && (previous === null || previous.createdAt < acknowledged.at);
  if (isNew || news === 'acknowledged') events.push({ event_action: 'acknowledge', dedup_key });
  return events;
}

function trigger(facts: MessageFacts, { publicUrl }: PagerDutyOptions): Omit<Unkeyed, 'event_action' | 'dedup_key'> {
  const { incident } = facts;
  const page = usable(pageUrl(publicUrl, incident));
  const report = usable(reportLink(publicUrl, incident));
  const links = [
    ...(report === null ? [] : [{ href: report, text: 'Report' }]),
    ...(page === null ? [] : [{ href: page, text: 'Incident' }]),
  ];
  return {
    payload: {
      summary: text(headline(facts), maxSummary),
      source: text(incident.cluster, maxName),
      severity: incident.severity,
      timestamp: iso(facts.since),
      component: text(`${facts.resourceKind} ${facts.resourceName}`, maxName),
      group: text(incident.environment ?? incident.owner.namespace ?? incident.cluster, maxName),
      class: text(facts.faultType, maxName),
      custom_details: incidentDetails(facts),
    },
    client: 'nightcrier',
    ...(page !== null && { client_url: page }),
    ...(links.length > 0 && { links }),
  };
}

/** That nightcrier is blind is an alert until it sees again; first contact is none. */
function noticeEvents(kind: NoticeKind, notice: Notice, { delivery }: DeliveryClaim): readonly Unkeyed[] {
  const { answers } = notice;
  if (kind === 'first_contact') return [];
  if (kind === 'clusters_back' || kind === 'agent_recovered') {
    const over = answers !== undefined && answers.stillUnreachable === 0;
    return over ? [{ event_action: 'resolve', dedup_key: dedupKey(answers.key) }] : [];
  }
  const said = noticeText(kind, notice);
  return [
    {
      event_action: 'trigger',
      dedup_key: dedupKey(notice.key),
      payload: {
        summary: text(said.title, maxSummary),
        source: text(notice.clusters[0] ?? 'nightcrier', maxName),
        severity: kind === 'clusters_unreachable' ? 'error' : 'warning',
        timestamp: iso(notice.since ?? delivery.createdAt),
        class: kind,
        custom_details: noticeDetails(said, notice),
      },
      client: 'nightcrier',
    },
  ];
}

function callOf(event: AlertEvent): PagerDutyCall {
  const { routing_key, event_action, dedup_key, payload } = event;
  const least = { routing_key, event_action, dedup_key };
  if (payload === undefined) return { body: JSON.stringify(least), plain: JSON.stringify(least) };
  const { summary, source, severity } = payload;
  const plain = JSON.stringify({ ...least, payload: { summary, source, severity } });
  const body = JSON.stringify(event);
  return { body: Buffer.byteLength(body) <= maxEventBytes ? body : plain, plain };
}

/** A key is at most 255 characters. */
function dedupKey(name: string): string {
  return /^[\x21-\x7e]{1,200}$/.test(name) ? name : createHash('sha256').update(name).digest('hex');
}

function usable(url: string | null): string | null {
  return url !== null && /^https?:\/\//.test(url) && url.length <= maxUrl ? url : null;
}

/** Foreign text as one line of whole characters. Never empty, which PagerDuty refuses. */
function text(value: string, max: number): string {
  const line = oneLine(value.slice(0, max * 4), max).toWellFormed();
  return line === '' ? 'unknown' : line;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
