import { createHash } from 'node:crypto';
import { type FiringAlert, type ResolvedAlert, unknownClusterName } from '../../domain/ports.ts';
import { defaultSeverity } from '../../domain/fault-types.ts';
import type { InvalidSignal, Severity } from '../../domain/fault.ts';
import { oneLine } from '../../lib/text.ts';
import { alertObject, type ObjectRule } from './alert-object.ts';
import { knownAlert, saysNothing } from './known-alerts.ts';
import type { SentAlert, UnusableAlert } from './read-alerts.ts';

export interface AlertRules {
  /** The label that names the cluster. */
  readonly clusterLabel: string;
  readonly clusters: ReadonlySet<string>;
  readonly objects: readonly ObjectRule[];
}

/** What one alert says; `ignored` says nothing of a cluster. */
export type ReadAlert =
  | { readonly kind: 'firing'; readonly alert: FiringAlert }
  | { readonly kind: 'resolved'; readonly alert: ResolvedAlert }
  | { readonly kind: 'ignored'; readonly cluster: string | null }
  /** `cluster`: whether it is its cluster that is not known. */
  | { readonly kind: 'invalid'; readonly invalid: InvalidSignal; readonly unknownCluster: boolean };

/** Alertmanager's own `resolve_timeout`: an alert without an end is over after so long, ms. */
const resolveTimeoutMs = 5 * 60_000;
/**
 * A firing alert of the webhook has no end, and is told again after `repeat_interval`, which Alertmanager forgets when it
 * is longer than the five days that it keeps: what is not told for longer has lost its Alertmanager. Ms.
 */
const longestMs = 6 * 24 * 3_600_000;

/** Labels by which two Prometheus that watch the same differ. */
const replicaLabels = new Set(['prometheus_replica', '__replica__']);

/** An alert as a fault of the cluster that it names. Its identity are cluster and labels, so a repeat has the same. */
export function alertSignal(sent: SentAlert | UnusableAlert, rules: AlertRules, at: number): ReadAlert {
  if ('reason' in sent) return invalid(unknownClusterName, sent.reason, sent.sent, at);
  const { labels } = sent;
  const alertname = oneLine(labels.get('alertname') ?? '', 100);
  const cluster = clusterOf(labels, rules);
  if (saysNothing(alertname, severityLabel(labels))) return { kind: 'ignored', cluster };
  if (cluster === null) {
    const named = labels.get(rules.clusterLabel);
    const label = rules.clusterLabel;
    const reason =
      named === undefined
        ? `it has no label ${label}, and more than one cluster is configured`
        : `no cluster ${JSON.stringify(oneLine(named, 80))} is configured (label ${label})`;
    return { ...invalid(unknownClusterName, reason, Object.fromEntries(labels), at), unknownCluster: true };
  }
  if (!/[^\ufffd\s]/.test(alertname)) return invalid(cluster, 'it has no alertname', Object.fromEntries(labels), at);
  const faultId = alertId(labels);
  if (isResolved(sent, at)) return { kind: 'resolved', alert: { cluster, faultId } };
  return { kind: 'firing', alert: firing(sent, { cluster, faultId, alertname }, rules, at) };
}

function firing(
  sent: SentAlert,
  { cluster, faultId, alertname }: ResolvedAlert & { readonly alertname: string },
  rules: AlertRules,
  at: number,
): FiringAlert {
  const { labels, startsAt, endsAt } = sent;
  const { faultType = alertname, kind = null, family = null } = knownAlert(alertname);
  const { resource, container } = alertObject(labels, { alertname, expected: kind, rules: rules.objects });
  const fallback = at + (sent.status === null ? resolveTimeoutMs : longestMs);
  return {
    endsAt: Math.min(endsAt ?? fallback, at + longestMs),
    signal: {
      cluster,
      source: 'webhook',
      faultId,
      faultType,
      severity: severityOf(severityLabel(labels), faultType),
      resource,
      container,
      context: contextOf(sent, alertname, faultType),
      at,
      since: startsAt === null ? null : Math.min(startsAt, at),
      family,
    },
  };
}

/** The configured cluster that the label names; the only one when the alert names none. */
function clusterOf(labels: SentAlert['labels'], { clusterLabel, clusters }: AlertRules): string | null {
  const named = labels.get(clusterLabel);
  if (named !== undefined) return clusters.has(named) ? named : null;
  const [only] = clusters;
  return clusters.size === 1 ? (only ?? null) : null;
}

/** The first 8 bytes, in hex, of SHA-256 over the sorted labels. */
function alertId(labels: SentAlert['labels']): string {
  const own = [...labels].filter(([name]) => !replicaLabels.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(`alert:${JSON.stringify(own)}`)
    .digest('hex')
    .slice(0, 16);
}

function isResolved({ status, endsAt }: SentAlert, at: number): boolean {
  return status === null ? endsAt !== null && endsAt <= at : status === 'resolved';
}

/** Words of severity that people use, as ours. */
const severityWords: ReadonlyMap<string, Severity> = new Map(
  Object.entries({
    critical: ['critical', 'page', 'emergency', 'fatal', 'disaster', 'high', 'error', 'p1', 'p0', 'sev1', 'sev0'],
    warning: ['warning', 'warn', 'major', 'minor', 'average', 'medium', 'ticket', 'p2', 'p3', 'sev2', 'sev3'],
    info: ['info', 'information', 'informational', 'notice', 'low', 'debug', 'p4', 'p5', 'sev4', 'sev5'],
  } satisfies Record<Severity, string[]>).flatMap(([severity, words]) =>
    words.map((word) => [word, severity as Severity] as const),
  ),
);

function severityLabel(labels: SentAlert['labels']): string | undefined {
  return labels.get('severity')?.toLowerCase();
}

function severityOf(label: string | undefined, faultType: string): Severity {
  return severityWords.get(label ?? '') ?? defaultSeverity(faultType);
}

/** The alert's own words, after its name where the fault has another; the labels of one without words. */
function contextOf({ annotations, labels }: SentAlert, alertname: string, faultType: string): string {
  const summary = annotations.get('summary') ?? '';
  const description = annotations.get('description') ?? annotations.get('message') ?? '';
  const both = description.includes(summary) ? description : `${summary.replace(/[.\s]+$/, '')}. ${description}`;
  const words = both.trim() === '' ? [...labels].map(([name, value]) => `${name}=${value}`).join(', ') : both;
  return oneLine(faultType === alertname ? words : `${alertname}: ${words}`, 2000);
}

function invalid(cluster: string, reason: string, sent: unknown, at: number): ReadAlert & { kind: 'invalid' } {
  const excerpt = oneLine(jsonText(sent).slice(0, 2000), 500);
  const signal: InvalidSignal = { cluster, source: 'webhook', reason: oneLine(reason, 200), excerpt, at };
  return { kind: 'invalid', invalid: signal, unknownCluster: false };
}

/** JSON, or a word for what is nested too deeply for it. */
function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return '(nested too deeply)';
  }
}
