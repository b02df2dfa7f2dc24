import { expect, test } from 'vitest';
import { checkManifests, configurationRules } from '../../../../src/mcp/palette/rules/configuration-rules.ts';
import { manifestsOf } from '../../../../src/mcp/palette/rules/pod-specs.ts';

const goodContainer = {
  name: 'app',
  image: 'registry.example.com:5000/shop/app:1.2.3',
  resources: { limits: { memory: '64Mi' } },
  securityContext: { runAsNonRoot: true },
  readinessProbe: { httpGet: { port: 80 } },
  livenessProbe: { httpGet: { port: 80 } },
};
interface Workload {
  readonly kind?: string;
  readonly container?: object;
  readonly pod?: object;
  readonly spec?: object;
  readonly metadata?: object;
}
const workload = ({ kind = 'Deployment', container = {}, pod = {}, spec = {}, metadata = {} }: Workload = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', namespace: 'shop', ...metadata },
  spec: { replicas: 1, ...spec, template: { spec: { containers: [{ ...goodContainer, ...container }], ...pod } } },
});

function found(objects: readonly unknown[], environment: string | null = null): string[] {
  const all = objects.flatMap((object, at) => manifestsOf(object, at));
  return checkManifests(all, environment).map(({ rule, path }) => `${rule} ${path}`);
}

const at = 'spec.template.spec';
const first = `${at}.containers[0]`;

test('a manifest that is in order has no finding', () => {
  expect(found([workload()])).toEqual([]);
});

test.each<[string, Workload, string[]]>([
  [
    'privileged',
    { container: { securityContext: { privileged: true, runAsNonRoot: true } } },
    [`no-privileged ${first}.securityContext.privileged`],
  ],
  ['not privileged', { container: { securityContext: { privileged: false, runAsNonRoot: true } } }, []],
  ['network of the node', { pod: { hostNetwork: true } }, [`no-host-namespaces ${at}.hostNetwork`]],
  [
    'processes and memory of the node',
    { pod: { hostPID: true, hostIPC: true } },
    [`no-host-namespaces ${at}.hostPID`, `no-host-namespaces ${at}.hostIPC`],
  ],
  ['users of its own', { pod: { hostUsers: false, hostNetwork: false } }, []],
  [
    'user not said',
    { container: { securityContext: null } },
    [`run-as-non-root ${first}.securityContext.runAsNonRoot`],
  ],
  ['user of the pod', { container: { securityContext: {} }, pod: { securityContext: { runAsNonRoot: true } } }, []],
  ['another user of the container', { container: { securityContext: { runAsUser: 1001 } } }, []],
  [
    'root',
    { container: { securityContext: { runAsUser: 0 } } },
    [`run-as-non-root ${first}.securityContext.runAsUser`],
  ],
  [
    'root of the container, against its pod',
    { container: { securityContext: { runAsNonRoot: false } }, pod: { securityContext: { runAsNonRoot: true } } },
    [`run-as-non-root ${first}.securityContext.runAsNonRoot`],
  ],
  [
    'no limits',
    { container: { resources: { requests: { memory: '1Mi' } } } },
    [`require-resource-limits ${first}.resources.limits`],
  ],
  [
    'a limit of CPU alone',
    { container: { resources: { limits: { cpu: 1 } } } },
    [`require-resource-limits ${first}.resources.limits`],
  ],
  ['no tag', { container: { image: 'registry.example.com:5000/app' } }, [`no-latest-tag ${first}.image`]],
  ['the tag latest', { container: { image: 'nginx:latest' } }, [`no-latest-tag ${first}.image`]],
  ['a tag', { container: { image: 'nginx:latest-alpine' } }, []],
  ['a digest', { container: { image: 'nginx@sha256:abc' } }, []],
  ['a digest beside latest', { container: { image: 'nginx:latest@sha256:abc' } }, []],
  ['no image', { container: { image: undefined } }, []],
  [
    'no probe',
    { container: { readinessProbe: undefined, livenessProbe: undefined } },
    [`require-probes ${first}.readinessProbe`],
  ],
  ['one probe', { container: { livenessProbe: undefined } }, [`require-probes ${first}.livenessProbe`]],
  ['a Job needs none', { kind: 'Job', container: { livenessProbe: undefined } }, []],
  ['a kind of an operator', { kind: 'Rollout', container: { image: 'a' } }, [`no-latest-tag ${first}.image`]],
])('%s', (_case, given, expected) => {
  expect(found([workload(given)])).toEqual(expected);
});

test('each kind has its pod at its place', () => {
  const spec = { containers: [{ ...goodContainer, image: 'a' }] };
  const objects = [
    { kind: 'Pod', spec },
    { kind: 'PodTemplate', template: { spec } },
    { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { spec } } } } },
    { kind: 'DaemonSet', spec: { template: { spec } } },
    { kind: 'ConfigMap', data: { spec: 'x' } },
    { kind: 'List', items: [{ kind: 'ConfigMap' }, { kind: 'PodList', items: [{ kind: 'Pod', spec }] }, 'x', null] },
    'text',
    null,
    { spec },
  ];
  expect(found(objects)).toEqual([
    'no-latest-tag spec.containers[0].image',
    'no-latest-tag template.spec.containers[0].image',
    'no-latest-tag spec.jobTemplate.spec.template.spec.containers[0].image',
    'no-latest-tag spec.template.spec.containers[0].image',
    'no-latest-tag items[1].items[0].spec.containers[0].image',
  ]);
});

test('init containers are judged, but for probes; sidecars as the others', () => {
  const bare = { name: 'x', image: 'a:1', securityContext: { runAsNonRoot: true } };
  const initContainers = [bare, { ...bare, restartPolicy: 'Always' }, null];
  expect(found([workload({ pod: { initContainers } })])).toEqual([
    `require-resource-limits ${at}.initContainers[0].resources.limits`,
    `require-resource-limits ${at}.initContainers[1].resources.limits`,
    `require-probes ${at}.initContainers[1].readinessProbe`,
  ]);
});

test('replicas count where it is production: by the argument, the namespace or a label', () => {
  const few = ['min-two-replicas-in-production spec.replicas'];
  expect(found([workload()], 'production')).toEqual(few);
  expect(found([workload({ metadata: { namespace: 'shop-prod' } })])).toEqual(few);
  expect(found([workload({ metadata: { labels: { 'example.com/env': 'Production' } } })])).toEqual(few);
  expect(found([workload({ spec: { replicas: undefined } })], 'prod')).toEqual(few);
  expect(found([workload({ metadata: { namespace: 'shop-prod' } })], 'staging')).toEqual([]);
  expect(found([workload({ metadata: { namespace: 'product-search' } })])).toEqual([]);
  expect(found([workload({ spec: { replicas: 2 } })], 'production')).toEqual([]);
  expect(found([workload({ kind: 'DaemonSet' })], 'production')).toEqual([]);
});

test('an autoscaler that is given with it says how many there are', () => {
  const scaler = (minReplicas: number | undefined, namespace = 'shop') => ({
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace },
    spec: { minReplicas, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
  });
  expect(found([workload(), scaler(2)], 'production')).toEqual([]);
  const few = ['min-two-replicas-in-production spec.replicas'];
  expect(found([workload(), scaler(undefined)], 'production')).toEqual(few);
  expect(found([workload(), scaler(2, 'other')], 'production')).toEqual(few);
});

test('each finding has rule, path, severity, object and document (PAL-6)', () => {
  const all = manifestsOf(workload({ container: { securityContext: { privileged: true, runAsNonRoot: true } } }), 3);
  expect(checkManifests(all, null)).toEqual([
    {
      rule: 'no-privileged',
      severity: 'critical',
      resource: 'Deployment/shop/web',
      document: 3,
      path: `${first}.securityContext.privileged`,
      message: 'The container app is privileged: it can do all that the node can.',
    },
  ]);
  expect(configurationRules.map(({ id, severity }) => `${id} ${severity}`)).toEqual([
    'no-privileged critical',
    'no-host-namespaces high',
    'run-as-non-root high',
    'no-inline-secrets high',
    'require-resource-limits medium',
    'no-latest-tag medium',
    'min-two-replicas-in-production medium',
    'require-probes low',
  ]);
});

test('nothing that somebody writes in place of what is expected breaks a rule', () => {
  for (const odd of [null, 1, 'x', [], {}, [[]], [null], true]) {
    const objects = [
      workload({
        container: { securityContext: odd, resources: odd, image: odd, readinessProbe: odd, env: odd, name: odd },
      }),
      workload({ pod: { containers: odd, initContainers: odd, securityContext: odd } }),
      { kind: 'Deployment', metadata: odd, spec: odd },
      { kind: 'Secret', data: odd, stringData: odd },
      { kind: 'PodList', items: odd },
    ];
    expect(Array.isArray(found(objects, 'production'))).toBe(true);
  }
});
