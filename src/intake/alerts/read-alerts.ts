import { ProblemError } from '../../lib/problem.ts';
import { alertsUnreadable } from '../errors.ts';

/** `api`: `POST /api/v2/alerts`, as Prometheus sends; `webhook`: Alertmanager's webhook, version 4. */
export const alertForms = ['api', 'webhook'] as const;
export type AlertForm = (typeof alertForms)[number];

/** One alert as it was sent. Names and values are foreign text. */
export interface SentAlert {
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  /** Ms since the epoch, null when it is not said. */
  readonly startsAt: number | null;
  readonly endsAt: number | null;
  /** What the webhook says of it; null in the other form, where `endsAt` tells. */
  readonly status: 'firing' | 'resolved' | null;
}

/** One that cannot be used, with the reason. */
export interface UnusableAlert {
  readonly reason: string;
  readonly sent: unknown;
}

/** Alerts of one request: Prometheus sends 64 at a time, Alertmanager a whole group. */
export const maxAlerts = 10_000;
const maxLabels = 64;
const maxNameLength = 128;
const maxValueLength = 1024;
const maxAnnotations = 64;

/** The alerts of a request, in the order in which they were sent. @throws ProblemError NC-INTAKE-001 */
export function readAlerts(form: AlertForm, body: unknown): readonly (SentAlert | UnusableAlert)[] {
  const alerts = form === 'api' ? body : webhookAlerts(body);
  if (!Array.isArray(alerts)) {
    const expected = form === 'api' ? 'a JSON array of alerts' : 'a JSON object with a list "alerts"';
    throw new ProblemError(alertsUnreadable, `the body is not ${expected}`);
  }
  if (alerts.length > maxAlerts) {
    throw new ProblemError(
      alertsUnreadable,
      `the request holds ${alerts.length} alerts, at most ${maxAlerts} are taken`,
    );
  }
  return alerts.map((alert) => readAlert(form, alert));
}

function webhookAlerts(body: unknown): unknown {
  const message = mapping(body);
  const version = message?.['version'];
  if (version !== undefined && version !== '4') {
    throw new ProblemError(alertsUnreadable, 'the webhook has another version than "4"');
  }
  return message?.['alerts'];
}

function readAlert(form: AlertForm, sent: unknown): SentAlert | UnusableAlert {
  const alert = mapping(sent);
  if (alert === null) return { reason: 'the alert is no object', sent };
  const labels = texts(alert['labels']);
  if (labels === null) return { reason: 'labels is missing or holds something else than texts', sent };
  const excess = overBounds(labels);
  if (excess !== null) return { reason: excess, sent };
  const status = form === 'webhook' ? statusOf(alert['status']) : null;
  if (status === 'unknown') return { reason: 'status is neither firing nor resolved', sent };
  return {
    labels,
    // What is wrong with words for people makes an alert no less true.
    annotations: texts(alert['annotations'], maxAnnotations) ?? new Map(),
    startsAt: time(alert['startsAt']),
    endsAt: time(alert['endsAt']),
    status,
  };
}

function overBounds(labels: ReadonlyMap<string, string>): string | null {
  if (labels.size === 0) return 'it has no labels';
  if (labels.size > maxLabels) return `it has ${labels.size} labels, at most ${maxLabels} are taken`;
  for (const [name, value] of labels) {
    if (name === '' || name.length > maxNameLength)
      return `the name of a label is empty or over ${maxNameLength} characters`;
    if (value.length > maxValueLength) return `the value of a label is over ${maxValueLength} characters`;
  }
  return null;
}

/** Names with texts, empty ones left out as Prometheus does; null when something else stands there. */
function texts(value: unknown, max = Infinity): Map<string, string> | null {
  const entries = mapping(value);
  if (entries === null) return null;
  const found = new Map<string, string>();
  for (const [name, text] of Object.entries(entries)) {
    if (typeof text !== 'string') return null;
    if (text !== '' && found.size < max) found.set(name, text);
  }
  return found;
}

function statusOf(value: unknown): 'firing' | 'resolved' | 'unknown' {
  return value === 'firing' || value === 'resolved' ? value : 'unknown';
}

/** Go writes a time that is not set as the year 1. */
function time(value: unknown): number | null {
  const at = typeof value === 'string' && value.length < 64 ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) || at <= 0 ? null : at;
}

function mapping(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}
