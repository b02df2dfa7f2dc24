import { expect, test } from 'vitest';
import { startOfTime as now } from '../../support/signals.ts';
import { alertOf, faultOf, readOne } from './alert-sample.ts';

const pod = { pod: 'cart-0' };

test('INT-7: a firing alert is a fault of the cluster that its label names', () => {
  expect(readOne(alertOf({ labels: { ...pod, container: 'app' } }))).toEqual({
    kind: 'firing',
    alert: {
      endsAt: now + 240_000,
      signal: {
        cluster: 'prod',
        source: 'webhook',
        faultId: expect.stringMatching(/^[0-9a-f]{16}$/),
        faultType: 'CrashLoop',
        severity: 'warning',
        resource: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'cart-0', uid: null },
        container: 'app',
        context: 'KubePodCrashLooping: Pod is crash looping. Pod shop/cart is in waiting state.',
        at: now,
        since: now - 60_000,
        family: null,
      },
    },
  });
});

test.each([
  ['KubePodNotReady', pod, 'PodNotReady'],
  ['KubeDeploymentReplicasMismatch', { deployment: 'cart' }, 'DeploymentFailure'],
  ['KubeStatefulSetReplicasMismatch', { statefulset: 'db' }, 'StatefulSetStalled'],
  ['KubeDaemonSetRolloutStuck', { daemonset: 'agent' }, 'DaemonSetIncomplete'],
  ['KubeJobFailed', { job_name: 'nightly-1' }, 'JobFailure'],
  ['KubeNodeNotReady', { node: 'n1' }, 'NodeUnhealthy'],
  ['KubeNodePressure', { node: 'n1' }, 'NodePressure'],
  ['CheckoutTooSlow', pod, 'CheckoutTooSlow'],
  ['constructor', pod, 'constructor'],
  ['__proto__', pod, '__proto__'],
])('INT-7: %s %j is %s', (alertname, labels, faultType) => {
  expect(faultOf(alertOf({ labels: { alertname, ...labels } })).faultType).toBe(faultType);
});

test.each([
  ['critical', 'critical'],
  ['page', 'critical'],
  ['Warning', 'warning'],
  ['info', 'info'],
  ['ticket', 'warning'],
  ['purple', 'warning'],
  ['constructor', 'warning'],
])('INT-7: severity %s is %s', (severity, expected) => {
  expect(faultOf(alertOf({ labels: { alertname: 'X', severity } })).severity).toBe(expected);
});

test('INT-7: the same labels are the same fault, whatever else changes and whichever Prometheus of a pair sends', () => {
  const { faultId } = faultOf(alertOf({ labels: { a: '1', b: '2' } }));
  const later = alertOf({ startsAt: new Date(now - 1000).toISOString(), annotations: { summary: 'other words' } });
  const reordered = { b: '2', a: '1', ...(later['labels'] as object), prometheus_replica: 'prometheus-1' };
  expect(faultOf({ ...later, labels: reordered }).faultId).toBe(faultId);
  expect(faultOf(alertOf({ labels: { a: '1', b: '3' } })).faultId).not.toBe(faultId);
  // No way to write two sets of labels as one text.
  expect(faultOf(alertOf({ labels: { a: '1","b":"2' } })).faultId).not.toBe(faultId);
});

test('INT-7: an alert without words is told by its labels', () => {
  const { context } = faultOf({ labels: { alertname: 'X', cluster: 'prod', le: '5' } });
  expect(context).toBe('alertname=X, cluster=prod, le=5');
});

test.each([
  ['Watchdog', {}],
  ['InfoInhibitor', { severity: 'none' }],
  ['Anything', { severity: 'none' }],
])('INT-7: %s %j says nothing of a cluster', (alertname, labels) => {
  expect(readOne(alertOf({ labels: { alertname, severity: 'info', ...labels } }))).toEqual({
    kind: 'ignored',
    cluster: 'prod',
  });
});

test('INT-7: an end that has passed is a resolved alert, in the webhook its status', () => {
  const past = new Date(now - 1000).toISOString();
  const { faultId } = faultOf(alertOf());
  const resolved = { kind: 'resolved', alert: { cluster: 'prod', faultId } };
  expect(readOne(alertOf({ endsAt: past }))).toEqual(resolved);
  expect(readOne(alertOf({ status: 'resolved', endsAt: past }), {}, 'webhook')).toEqual(resolved);
  expect(readOne(alertOf({ status: 'resolved', endsAt: '0001-01-01T00:00:00Z' }), {}, 'webhook')).toEqual(resolved);
});

test('INT-7: an alert without an end has the one of Alertmanager; a firing one of the webhook stands for days', () => {
  const none = alertOf({ endsAt: '0001-01-01T00:00:00Z' });
  expect(readOne(none)).toMatchObject({ alert: { endsAt: now + 5 * 60_000 } });
  expect(readOne({ ...none, status: 'firing' }, {}, 'webhook')).toMatchObject({
    alert: { endsAt: now + 6 * 24 * 3_600_000 },
  });
  expect(readOne(alertOf({ endsAt: '9999-01-01T00:00:00Z' }))).toMatchObject({
    alert: { endsAt: now + 6 * 24 * 3_600_000 },
  });
});

test('INT-7: a start that lies ahead is now, one that is missing is not known', () => {
  expect(faultOf(alertOf({ startsAt: new Date(now + 60_000).toISOString() })).since).toBe(now);
  expect(faultOf(alertOf({ startsAt: undefined })).since).toBe(null);
});

test('INT-7: the label of the cluster is configurable, and the only cluster needs none', () => {
  const labels = { alertname: 'X', k8s: 'staging' };
  expect(faultOf({ labels }, { clusterLabel: 'k8s' }).cluster).toBe('staging');
  expect(faultOf({ labels }, { clusters: new Set(['only']) }).cluster).toBe('only');
});

test.each([
  [
    'an unknown cluster',
    { labels: { alertname: 'X', cluster: 'prod-eu' } },
    '(unknown)',
    'no cluster "prod-eu" is configured (label cluster)',
    true,
  ],
  [
    'no cluster',
    { labels: { alertname: 'X' } },
    '(unknown)',
    'it has no label cluster, and more than one cluster is configured',
    true,
  ],
  [
    'a name of every object',
    { labels: { alertname: 'X', cluster: '__proto__' } },
    '(unknown)',
    'no cluster "__proto__" is configured (label cluster)',
    true,
  ],
  ['no alertname', { labels: { cluster: 'prod', pod: 'x' } }, 'prod', 'it has no alertname', false],
  [
    'controls as alertname',
    { labels: { alertname: '\u0007\u202e', cluster: 'prod' } },
    'prod',
    'it has no alertname',
    false,
  ],
  ['no labels', { labels: {} }, '(unknown)', 'it has no labels', false],
  [
    'labels that are no texts',
    { labels: { alertname: 7 } },
    '(unknown)',
    'labels is missing or holds something else than texts',
    false,
  ],
  ['no object', 'alert', '(unknown)', 'the alert is no object', false],
  [
    'a long value',
    { labels: { alertname: 'X', a: 'x'.repeat(1025) } },
    '(unknown)',
    'the value of a label is over 1024 characters',
    false,
  ],
  [
    'a long name',
    { labels: { alertname: 'X', ['a'.repeat(129)]: 'x' } },
    '(unknown)',
    'the name of a label is empty or over 128 characters',
    false,
  ],
  [
    'many labels',
    { labels: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`l${at}`, 'x'])) },
    '(unknown)',
    'it has 65 labels, at most 64 are taken',
    false,
  ],
])('INT-7: %s is invalid, with the reason', (_what, alert, cluster, reason, unknownCluster) => {
  expect(readOne(alert)).toMatchObject({
    kind: 'invalid',
    unknownCluster,
    invalid: { cluster, source: 'webhook', reason },
  });
});
