import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend, remove } from '../amend.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;

const none: Build = () => {};
const failed = (rest: string): string =>
  `Error creating: Internal error occurred: failed calling webhook "check.acme.test": failed to call webhook: Post "https://checker.sec.svc:443/v?timeout=5s": ${rest}`;
const unknown = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';

const configuration =
  (kind: string, webhook: Fields = {}, name = 'checks'): Build =>
  (cluster) =>
    cluster.add(kind, null, name, {
      webhooks: [
        {
          name: 'check.acme.test',
          failurePolicy: 'Fail',
          clientConfig: { caBundle: 'eA==', service: { name: 'checker', namespace: 'sec' } },
          rules: [{ resources: ['pods'] }],
          ...webhook,
        },
      ],
    });
const validating = configuration('ValidatingWebhookConfiguration');

function refused(message: string, build: Build): Promise<string> {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app');
  remove(cluster, 'Pod', 'app');
  cluster.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedCreate', message);
  build(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

describe('QUA-1: a webhook that keeps pods out', () => {
  test.each<[string, string, Build, string]>([
    [
      'an authority that is not known',
      failed(unknown),
      validating,
      'ValidatingWebhookConfiguration checks webhook_ca [caBundle] high',
    ],
    [
      'a mutating one',
      failed(unknown),
      configuration('MutatingWebhookConfiguration'),
      'MutatingWebhookConfiguration checks webhook_ca [caBundle] high',
    ],
    [
      'a Service that does not exist',
      failed('service "checker" not found'),
      validating,
      'ValidatingWebhookConfiguration checks webhook_backend_missing [checker] high',
    ],
    [
      'a Service that does not answer',
      failed('dial tcp 10.0.0.9:443: connect: connection refused'),
      validating,
      'ValidatingWebhookConfiguration checks webhook_backend_missing [checker] high',
    ],
    [
      'it says no',
      'Error creating: admission webhook "check.acme.test" denied the request: no owner label',
      validating,
      'Deployment app other [check.acme.test] medium',
    ],
    [
      'it says no in words of certificates',
      'Error creating: admission webhook "check.acme.test" denied the request: certificate is missing',
      validating,
      'Deployment app other [check.acme.test] medium',
    ],
  ])('%s', async (_title, message, build, wanted) => {
    expect(await refused(message, build)).toBe(wanted);
  });

  test('a configuration that was not found is told with less confidence', async () => {
    expect(await refused(failed('service "checker" not found'), none)).toMatch(/webhook_backend_missing .* medium$/);
  });

  test.each<[string, string]>([
    ['no webhook is named', 'Error creating: Internal error occurred: context deadline exceeded'],
    ['a certificate of something else', 'Error creating: Internal error occurred: x509: certificate has expired'],
  ])('not: %s', async (_title, message) => {
    expect(await refused(message, validating)).not.toContain('webhook');
  });
});

describe('QUA-1: a pod that differs from its template', () => {
  interface Case {
    readonly template: Fields;
    readonly pod: Fields;
    readonly added?: Fields;
    readonly build?: Build;
  }
  const memory = (value: string): Fields => ({ resources: { limits: { memory: value } } });

  /** A container that was killed for its memory, in a pod that was made from another template. */
  function rewritten({ template, pod, added, build = none }: Case): Promise<string> {
    const cluster = new TestCluster();
    const containers = [{ name: 'app', image: 'registry.test/app:1.0', ...pod }, ...(added ? [added] : [])];
    cluster.crash('ns', 'app', { exitCode: 137, reason: 'OOMKilled', spec: { containers } });
    const spec = { containers: [{ name: 'app', image: 'registry.test/app:1.0', ...template }] };
    amend(cluster, 'Deployment', 'app', {
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'app' } },
        template: { metadata: { labels: { app: 'app' } }, spec },
      },
    });
    cluster.node('n1');
    build(cluster);
    return causeOf(cluster, 'Deployment', 'ns', 'app');
  }
  const mutating = (webhook: Fields = {}): Build => configuration('MutatingWebhookConfiguration', webhook, 'shrink');
  const range =
    (limit: Fields): Build =>
    (cluster) =>
      cluster.add('LimitRange', 'ns', 'defaults', { spec: { limits: [{ type: 'Container', ...limit }] } });
  const small = { template: memory('1Gi'), pod: memory('32Mi') };
  const unset = { template: {}, pod: memory('32Mi') };

  test.each<[string, Case, string]>([
    [
      'a default of the namespace',
      { ...unset, build: range({ default: { memory: '32Mi' } }) },
      'LimitRange defaults limitrange [32Mi] high',
    ],
    [
      'a webhook that lowers the limit',
      { ...small, build: mutating() },
      'MutatingWebhookConfiguration shrink webhook_mutation [32Mi] high',
    ],
    [
      'a webhook for all resources',
      { ...small, build: mutating({ rules: [{ resources: ['*/*'] }] }) },
      'MutatingWebhookConfiguration shrink webhook_mutation [32Mi] high',
    ],
    [
      'a webhook that adds a variable beside a container of its own',
      {
        template: {},
        pod: { env: [{ name: 'HEAP', value: '9g' }] },
        added: { name: 'mesh', image: 'm:1' },
        build: mutating(),
      },
      'MutatingWebhookConfiguration shrink webhook_mutation [HEAP] high',
    ],
    [
      'a webhook that changes the image',
      { template: {}, pod: { image: 'mirror.test/app:1.0' }, build: mutating() },
      'MutatingWebhookConfiguration shrink webhook_mutation [mirror.test/app:1.0] high',
    ],
    [
      'a default comes before a webhook',
      { ...unset, build: (c) => (range({ default: { memory: '32Mi' } })(c), mutating()(c)) },
      'LimitRange defaults limitrange [32Mi] high',
    ],
    [
      'a webhook whose selectors take the pod',
      {
        ...small,
        build: mutating({
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ns' } },
          objectSelector: { matchLabels: { app: 'app' } },
        }),
      },
      'MutatingWebhookConfiguration shrink webhook_mutation [32Mi] high',
    ],
  ])('%s', async (_title, options, wanted) => {
    expect(await rewritten(options)).toBe(wanted);
  });

  test.each<[string, Case]>([
    ['the pod is as its template says', { template: memory('32Mi'), pod: memory('32Mi'), build: mutating() }],
    ['nothing is there that could have done it', small],
    ['the default is another value', { ...unset, build: range({ default: { memory: '64Mi' } }) }],
    ['the default is of another resource', { ...unset, build: range({ default: { cpu: '32Mi' } }) }],
    ['a default cannot change a value that is set', { ...small, build: range({ default: { memory: '32Mi' } }) }],
    ['the webhook is for other resources', { ...small, build: mutating({ rules: [{ resources: ['services'] }] }) }],
    [
      'the webhook is for other namespaces',
      { ...small, build: mutating({ namespaceSelector: { matchLabels: { team: 'x' } } }) },
    ],
    [
      'the webhook is for other pods',
      { ...small, build: mutating({ objectSelector: { matchLabels: { app: 'web' } } }) },
    ],
    ['the webhook only looks', { ...small, build: validating }],
  ])('not: %s', async (_title, options) => {
    expect(await rewritten(options)).not.toMatch(/webhook_mutation|limitrange/);
  });
});
