import { Counter, type Registry } from 'prom-client';
import { alertForms, type AlertForm } from './read-alerts.ts';

/** `ignored`: says nothing of a cluster, such as Watchdog. */
const alertResults = ['firing', 'resolved', 'invalid', 'ignored'] as const;
type AlertResult = (typeof alertResults)[number];

export interface AlertMetrics {
  /** The alerts of one request, by what became of them. */
  taken(form: AlertForm, counts: Readonly<Record<AlertResult, number>>): void;
}

/** Metrics of alerts that Prometheus and Alertmanager send. */
export function createAlertMetrics(registry: Registry): AlertMetrics {
  const alerts = new Counter({
    name: 'nightcrier_alerts_total',
    help: 'Alerts that were sent to us, each time that they were, by form and what they say.',
    labelNames: ['form', 'result'] as const,
    registers: [registry],
  });
  for (const form of alertForms) for (const result of alertResults) alerts.inc({ form, result }, 0);
  return {
    taken: (form, counts) => {
      for (const result of alertResults) alerts.inc({ form, result }, counts[result]);
    },
  };
}
