import type { ProblemKind } from '../lib/problem.ts';

export const alertsUnreadable: ProblemKind = {
  code: 'NC-INTAKE-001',
  title: 'The alerts are not understood',
  fix: "send Alertmanager's own forms: a JSON array of alerts to POST /api/v2/alerts, or its webhook (version 4) to POST /webhook/alertmanager",
  about:
    'The body of a request with alerts is no JSON of the form that its address takes, or holds more alerts than one request may. Nothing of it was taken.',
};

export const alertsOfUnknownClusters: ProblemKind = {
  code: 'NC-INTAKE-002',
  title: 'Alerts name no configured cluster',
  fix: 'give each Prometheus external_labels with {label}: NAME, where NAME is one of: {clusters}; or set sources.alertmanager.cluster_label to the label that holds it',
  about:
    'Alerts came in whose cluster label is missing or names no cluster of the configuration. They are listed as invalid under the cluster (unknown) and open no incident. With one configured cluster, an alert without the label is its.',
};
