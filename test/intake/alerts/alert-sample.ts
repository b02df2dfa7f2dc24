import type { AlertRules } from '../../../src/intake/alerts/alert-signal.ts';
import { alertSignal, type ReadAlert } from '../../../src/intake/alerts/alert-signal.ts';
import { type AlertForm, readAlerts } from '../../../src/intake/alerts/read-alerts.ts';
import { startOfTime } from '../../support/signals.ts';

export const rules: AlertRules = { clusterLabel: 'cluster', clusters: new Set(['prod', 'staging']), objects: [] };

export interface AlertChange {
  readonly labels?: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

/** An alert as Prometheus sends it, of kube-state-metrics with honoured labels. */
export function alertOf({ labels = {}, ...change }: AlertChange = {}): Record<string, unknown> {
  return {
    labels: { alertname: 'KubePodCrashLooping', cluster: 'prod', namespace: 'shop', severity: 'warning', ...labels },
    annotations: { summary: 'Pod is crash looping.', description: 'Pod shop/cart is in waiting state.' },
    startsAt: new Date(startOfTime - 60_000).toISOString(),
    endsAt: new Date(startOfTime + 240_000).toISOString(),
    generatorURL: 'http://prometheus:9090/graph',
    ...change,
  };
}

/** What one alert says. */
export function readOne(alert: unknown, change: Partial<AlertRules> = {}, form: AlertForm = 'api'): ReadAlert {
  const body = form === 'api' ? [alert] : { version: '4', alerts: [alert] };
  const [sent] = readAlerts(form, body);
  return alertSignal(sent!, { ...rules, ...change }, startOfTime);
}

/** The fault of an alert that fires. */
export function faultOf(alert: unknown, change: Partial<AlertRules> = {}) {
  const read = readOne(alert, change);
  if (read.kind !== 'firing') throw new Error(`not firing: ${JSON.stringify(read)}`);
  return read.alert.signal;
}
