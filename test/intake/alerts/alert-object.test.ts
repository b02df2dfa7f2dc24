import { expect, test } from 'vitest';
import { alertOf, faultOf } from './alert-sample.ts';

/** Kind/namespace/name of the object that labels name. */
function objectOf(labels: Record<string, string>, objects: Parameters<typeof faultOf>[1] = {}): string {
  const { kind, namespace, name } = faultOf(alertOf({ labels: { alertname: 'Unknown', ...labels } }), objects).resource;
  return `${kind}/${namespace ?? ''}/${name}`;
}

/** What a scrape of kube-state-metrics adds to every series, where the series has no such label of its own. */
const scrape = {
  container: 'kube-state-metrics',
  endpoint: 'http',
  instance: '10.244.0.5:8080',
  job: 'kube-state-metrics',
  pod: 'prometheus-kube-state-metrics-6d9c8f7b5-x2x2x',
  service: 'prometheus-kube-state-metrics',
};

test.each([
  ['a pod', { pod: 'cart-6d9c-x2x2x' }, 'Pod/shop/cart-6d9c-x2x2x'],
  ['a Deployment before its pod', { deployment: 'cart', pod: 'cart-6d9c-x2x2x' }, 'Deployment/shop/cart'],
  ['a StatefulSet', { statefulset: 'db' }, 'StatefulSet/shop/db'],
  ['a DaemonSet', { daemonset: 'agent' }, 'DaemonSet/shop/agent'],
  ['a Job, which is not the job of the scrape', { job: 'cart-metrics', job_name: 'nightly-1' }, 'Job/shop/nightly-1'],
  ['a CronJob', { cronjob: 'nightly' }, 'CronJob/shop/nightly'],
  ['a claim', { persistentvolumeclaim: 'data-db-0', node: 'n1' }, 'PersistentVolumeClaim/shop/data-db-0'],
  ['an autoscaler', { horizontalpodautoscaler: 'cart' }, 'HorizontalPodAutoscaler/shop/cart'],
  ['an autoscaler by its short name', { hpa: 'cart' }, 'HorizontalPodAutoscaler/shop/cart'],
  ['a budget', { poddisruptionbudget: 'cart' }, 'PodDisruptionBudget/shop/cart'],
  ['a pod before the node that it runs on', { pod: 'cart-0', node: 'n1' }, 'Pod/shop/cart-0'],
  ['a node', { node: 'n1' }, 'Node//n1'],
  ['a Service', { service: 'cart' }, 'Service/shop/cart'],
  ['nothing but a namespace', {}, 'Namespace//shop'],
  ['what the exporter says of others', { ...scrape, deployment: 'cart' }, 'Deployment/shop/cart'],
  ['a namespace, not the exporter that counts it', scrape, 'Namespace//shop'],
  [
    'exported names',
    { namespace: 'monitoring', pod: 'ksm-1', exported_namespace: 'shop', exported_pod: 'cart-0' },
    'Pod/shop/cart-0',
  ],
  ['no node by the address of a target', { instance: 'cart.shop:8080', job: 'cart' }, 'Namespace//shop'],
])('INT-7: an unknown alert names %s', (_what, labels, expected) => {
  expect(objectOf(labels)).toBe(expected);
});

test.each([
  ['KubePodCrashLooping', { ...scrape, container: 'cart', pod: 'cart-0' }, 'Pod/shop/cart-0'],
  [
    'KubePodCrashLooping',
    { ...scrape, namespace: 'monitoring', pod: 'kube-state-metrics-1' },
    'Pod/monitoring/kube-state-metrics-1',
  ],
  ['KubeNodeNotReady', { ...scrape, namespace: 'monitoring', node: 'n1', condition: 'Ready' }, 'Node//n1'],
  ['KubeDeploymentReplicasMismatch', { ...scrape, deployment: 'cart' }, 'Deployment/shop/cart'],
  ['KubeJobFailed', { ...scrape, job_name: 'nightly-28' }, 'Job/shop/nightly-28'],
  ['KubePersistentVolumeErrors', { ...scrape, persistentvolume: 'pv-1', phase: 'Failed' }, 'PersistentVolume//pv-1'],
  [
    'KubeAggregatedAPIDown',
    { name: 'v1beta1.metrics.k8s.io', namespace: 'default' },
    'APIService//v1beta1.metrics.k8s.io',
  ],
  ['TargetDown', { job: 'cart', service: 'cart' }, 'Service/shop/cart'],
  [
    'NodeFilesystemAlmostOutOfSpace',
    { namespace: 'monitoring', job: 'node-exporter', instance: 'worker-1:9100', pod: 'node-exporter-x' },
    'Node//worker-1',
  ],
  [
    'NodeFilesystemAlmostOutOfSpace',
    { namespace: 'monitoring', job: 'node-exporter', instance: '10.0.0.3:9100', nodename: 'worker-1' },
    'Node//worker-1',
  ],
  [
    'NodeFilesystemAlmostOutOfSpace',
    { namespace: 'monitoring', job: 'node-exporter', instance: '10.0.0.3:9100', pod: 'node-exporter-x' },
    'Namespace//monitoring',
  ],
])('INT-7: %s with %j is about %s', (alertname, labels, expected) => {
  expect(objectOf({ alertname, ...labels })).toBe(expected);
});

test('INT-7: an alert that names nothing is about the cluster, by the namespace kube-system', () => {
  const alert = { labels: { alertname: 'KubeAPIDown', cluster: 'prod', severity: 'critical' } };
  expect(faultOf(alert).resource).toEqual({
    apiVersion: 'v1',
    kind: 'Namespace',
    namespace: null,
    name: 'kube-system',
    uid: null,
  });
});

test('INT-7: rules of the configuration come first, in their order', () => {
  const objects = [
    { alertname: 'Other', kind: 'Node', nameLabel: 'app', namespaceLabel: 'namespace' },
    { alertname: null, kind: 'deploy', nameLabel: 'app', namespaceLabel: 'team' },
    { alertname: null, kind: 'Rollout', nameLabel: 'rollout', namespaceLabel: 'namespace' },
  ];
  expect(objectOf({ app: 'cart', team: 'shop-team', pod: 'x' }, { objects })).toBe('Deployment/shop-team/cart');
  // A namespaced object that is nowhere is none.
  expect(objectOf({ app: 'cart', pod: 'x' }, { objects })).toBe('Pod/shop/x');
  expect(objectOf({ rollout: 'cart' }, { objects })).toBe('Rollout/shop/cart');
  expect(objectOf({ alertname: 'Other', app: 'n1:9100' }, { objects })).toBe('Node//n1');
});

test('INT-7: a container is told of a pod alone', () => {
  expect(faultOf(alertOf({ labels: { pod: 'cart-0', container: 'app' } })).container).toBe('app');
  expect(faultOf(alertOf({ labels: { alertname: 'X', deployment: 'cart', container: 'app' } })).container).toBe('');
});
