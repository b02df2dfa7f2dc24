import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend, remove } from '../amend.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;

const failed = (rest: string, host = 'checker.sec.svc:443'): string =>
  `Error creating: Internal error occurred: failed calling webhook "check.acme.test": failed to call webhook: Post "https://${host}/v?timeout=5s": ${rest}`;
const x509 = (rest: string): string => failed(`tls: failed to verify certificate: x509: ${rest}`);
const config = (change: Fields = {}): Build => {
  return (cluster) =>
    cluster.add('ValidatingWebhookConfiguration', null, 'checks', {
      webhooks: [
        {
          name: 'check.acme.test',
          failurePolicy: 'Fail',
          timeoutSeconds: 5,
          clientConfig: { caBundle: 'eA==', service: { name: 'checker', namespace: 'sec', port: 443 } },
          ...change,
        },
      ],
    });
};
/** What stands behind the webhook: a Deployment with its Service. */
const backend =
  (options: Fields = {}, targetPort: number | string = 8443): Build =>
  (cluster) => {
    cluster.deployment('sec', 'checker', {
      ready: true,
      spec: { containers: [{ name: 'checker', image: 'r.test/c:1', ports: [{ containerPort: 8443 }] }] },
      ...options,
    });
    cluster.service('sec', 'checker', { port: 443, targetPort });
    cluster.add('EndpointSlice', 'sec', 'checker-1', {
      metadata: { labels: { 'kubernetes.io/service-name': 'checker' } },
      endpoints: [{ addresses: ['10.1.0.9'], conditions: { ready: options['ready'] !== false } }],
    });
  };

function refused(message: string, ...builds: Build[]): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app');
  remove(cluster, 'Pod', 'app');
  cluster.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedCreate', message);
  for (const build of builds) build(cluster);
  return cluster;
}
const cause = (cluster: TestCluster) => causeOf(cluster, 'Deployment', 'ns', 'app');
const about = async (cluster: TestCluster) => (await answerAbout(cluster, 'Deployment', 'ns', 'app')).verdict;

describe('QUA-1: each class of a failed webhook call', () => {
  const own = 'ValidatingWebhookConfiguration checks';
  test.each<[string, string, Build[], string]>([
    ['no Service', failed('service "checker" not found'), [], `${own} webhook_backend_missing [checker] high`],
    [
      'nobody behind it',
      failed('no endpoints available for service "checker"'),
      [(cluster) => cluster.service('sec', 'checker', { port: 443 })],
      `${own} webhook_backend_missing [checker] high`,
    ],
    [
      'scaled to zero',
      failed('no endpoints available for service "checker"'),
      [backend({ replicas: 0 })],
      'Deployment checker scaled_to_zero [0] high',
    ],
    [
      'pods that are not ready',
      failed('no endpoints available for service "checker"'),
      [backend({ ready: false })],
      'Deployment checker webhook_backend_missing [checker] high',
    ],
    [
      'a port that the Service lacks',
      failed('no service port 8443 found for service "checker"'),
      [backend()],
      `${own} wrong_endpoint [8443] high`,
    ],
    [
      'a targetPort that no container has',
      failed('dial tcp 10.0.0.9:443: connect: connection refused'),
      [backend({}, 9443)],
      'Service checker wrong_target_port [9443] high',
    ],
    [
      'a closed port of the right number',
      failed('dial tcp 10.0.0.9:443: connect: connection refused'),
      [backend()],
      `${own} webhook_backend_missing [checker] medium`,
    ],
    [
      'a name that does not resolve',
      failed('dial tcp: lookup hooks.acme.test on 10.0.0.2:53: no such host', 'hooks.acme.test'),
      [],
      `${own} webhook_backend_missing [hooks.acme.test] high`,
    ],
    [
      'an expired certificate',
      x509(
        'certificate has expired or is not yet valid: current time 2026-01-01T10:05:00Z is after 2025-12-31T00:00:00Z',
      ),
      [backend()],
      `${own} cert_expired [2025-12-31T00:00:00Z] high`,
    ],
    [
      'a certificate that is not valid yet',
      x509(
        'certificate has expired or is not yet valid: current time 2026-01-01T10:05:00Z is before 2026-01-02T00:00:00Z',
      ),
      [],
      `${own} other [2026-01-02T00:00:00Z] high`,
    ],
    ['an unknown issuer', x509('certificate signed by unknown authority'), [], `${own} webhook_ca [caBundle] high`],
    [
      'another name',
      x509('certificate is valid for checker, checker.old.svc, not checker.sec.svc'),
      [],
      `${own} webhook_ca [checker.sec.svc] high`,
    ],
    [
      'no certificate in the bundle',
      failed('unable to load root certificates: unable to parse bytes as PEM block'),
      [],
      `${own} webhook_ca [caBundle] high`,
    ],
    [
      'too slow',
      failed('context deadline exceeded (Client.Timeout exceeded while awaiting headers)'),
      [backend()],
      `${own} webhook_timeout [5s] high`,
    ],
    ['no way to it', failed('dial tcp 10.1.0.9:8443: i/o timeout'), [backend()], `${own} webhook_timeout [5s] high`],
    [
      'plain text',
      failed('tls: first record does not look like a TLS handshake'),
      [],
      `${own} wrong_endpoint [443] high`,
    ],
    [
      'a path that is not there',
      failed('the server could not find the requested resource'),
      [],
      `${own} wrong_endpoint [/v] high`,
    ],
    [
      'an error of its own',
      failed('an error on the server ("internal error") has prevented the request from succeeding'),
      [backend()],
      'Deployment checker other [checker] medium',
    ],
    [
      'an answer that is none',
      failed('expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind='),
      [backend()],
      'Deployment checker other [checker] medium',
    ],
  ])('%s', async (_title, message, builds, wanted) => {
    expect(await cause(refused(message, config(), ...builds))).toBe(wanted);
  });

  test('the statement of an expired certificate has its date and the Secret that holds it', async () => {
    const mounted = {
      containers: [{ name: 'checker', image: 'r.test/c:1', volumeMounts: [{ name: 'tls', mountPath: '/tls' }] }],
      volumes: [{ name: 'tls', secret: { secretName: 'checker-tls' } }],
    };
    const message = x509(
      'certificate has expired or is not yet valid: current time 2026-01-01T10:05:00Z is after 2025-12-31T00:00:00Z',
    );
    const cluster = refused(message, config(), backend({ spec: mounted }), (it) =>
      it.add('Secret', 'sec', 'checker-tls', { data: { 'ca.crt': 'eA==', 'tls.crt': 'eA==', 'tls.key': 'eA==' } }),
    );
    const { causes, remediation } = await about(cluster);
    expect(causes[0]?.statement).toContain(
      'its serving certificate (held in Secret sec/checker-tls) has expired (on 2025-12-31T00:00:00Z)',
    );
    expect(remediation[0]?.command).toContain('-n sec rollout restart deployment/checker');
    expect(causes[0]?.statement).not.toContain('caBundle');
  });

  test('why the pods behind end is told, and a timeout with ready addresses rules a missing backend out', async () => {
    const crash = refused(failed('no endpoints available for service "checker"'), config(), (cluster) => {
      cluster.crash('sec', 'checker', { log: 'ERROR config: key "mode" is missing\n' });
      cluster.service('sec', 'checker', { port: 443 });
    });
    expect((await about(crash)).causes[0]?.statement).toContain('key "mode" is missing');
    const slow = await answerAbout(
      refused(failed('context deadline exceeded'), config(), backend()),
      'Deployment',
      'ns',
      'app',
    );
    expect(slow.markdown).toContain('a webhook without a backend: Service sec/checker has 1 ready addresses');
  });

  test.each<[string, Fields, string]>([
    [
      'an image that does not exist',
      {
        containerStatuses: [
          {
            name: 'checker',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ErrImagePull', message: 'r.test/c:1: not found' } },
          },
        ],
      },
      'Deployment checker image_not_found [r.test/c:1] high',
    ],
    [
      'a Secret that does not exist',
      {
        containerStatuses: [
          {
            name: 'checker',
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'CreateContainerConfigError', message: 'secret "checker-tls" not found' } },
          },
        ],
      },
      'Secret checker-tls missing_secret [checker-tls] high',
    ],
  ])('what is wrong with the pods behind is the cause: %s', async (_title, status, wanted) => {
    const spec = {
      containers: [{ name: 'checker', image: 'r.test/c:1', envFrom: [{ secretRef: { name: 'checker-tls' } }] }],
    };
    const build = backend({ ready: false, status, spec });
    expect(await cause(refused(failed('no endpoints available for service "checker"'), config(), build))).toBe(wanted);
  });

  test('an empty caBundle is called empty', async () => {
    const empty = config({ clientConfig: { service: { name: 'checker', namespace: 'sec' } } });
    const { causes } = await about(refused(x509('certificate signed by unknown authority'), empty));
    expect(causes[0]?.statement).toContain('its caBundle is empty');
  });

  test('the condition of the Deployment stands in for events that are gone', async () => {
    const cluster = refused('', config());
    remove(cluster, 'Event', 'app');
    const message = failed('service "checker" not found').replace('Error creating: ', '');
    amend(cluster, 'Deployment', 'app', {
      status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
    });
    expect(await cause(cluster)).toBe('ValidatingWebhookConfiguration checks webhook_backend_missing [checker] high');
  });
});

describe('QUA-1: a policy that refuses is no webhook that fails', () => {
  test.each<[string, string, string]>([
    [
      'a policy of the API server',
      `Error creating: pods "app-x" is forbidden: ValidatingAdmissionPolicy 'need-owner' with binding 'b' denied request: label owner is missing`,
      'Deployment app other [need-owner] high',
    ],
    [
      'an engine that names its constraint in brackets',
      'Error creating: admission webhook "check.acme.test" denied the request: [need-owner] you must provide labels: {"owner"}',
      'Deployment app other [need-owner] high',
    ],
    [
      'an engine that lists policies and rules',
      'Error creating: admission webhook "check.acme.test" denied the request: \n\nresource Pod/ns/app-x was blocked due to the following policies \n\nneed-owner:\n  check-owner: \'validation error: label owner is required.\'\n',
      'Deployment app other [need-owner] high',
    ],
    [
      'a webhook with a message of its own',
      'Error creating: admission webhook "check.acme.test" denied the request: certificate of the image is missing',
      'Deployment app other [check.acme.test] medium',
    ],
  ])('%s', async (_title, message, wanted) => {
    expect(await cause(refused(message, config()))).toBe(wanted);
  });
});
