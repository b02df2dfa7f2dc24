import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { amend } from '../amend.ts';
import { type PullClass, readPull } from '../../../../src/analyst/rules/image/pull-classes.ts';

type Fields = Record<string, unknown>;
const image = 'reg.test:5000/shop/app:1.0';
const resolve = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": `;
const head = `${resolve}failed to do request: Head "https://reg.test:5000/v2/shop/app/manifests/1.0": `;

describe('QUA-1: each class of a refused pull', () => {
  test.each<[string, PullClass]>([
    ['toomanyrequests: You have reached your pull rate limit', 'rate_limit'],
    [
      `${resolve}unexpected status from HEAD request to https://reg.test/v2/a/manifests/1: 429 Too Many Requests`,
      'rate_limit',
    ],
    ['Error response from daemon: Rate exceeded', 'rate_limit'],
    ['pull QPS exceeded', 'kubelet_rate'],
    [`failed to extract layer sha256:429aa: write /var/lib/a: no space left on device`, 'node_disk'],
    ['no image found in manifest list for architecture "arm64", variant "v8", OS "linux"', 'platform'],
    [
      '[DEPRECATION NOTICE] Docker Image Format v1 and Docker Image manifest version 2, schema 1 support is disabled',
      'old_format',
    ],
    [
      'media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.1',
      'old_format',
    ],
    ['SignatureValidationFailed: A signature was required, but no signature exists', 'signature'],
    ['denied: Your authorization token has expired. Reauthenticate and try again.', 'expired_login'],
    [`${resolve}unexpected status from GET: 401 Unauthorized: token is expired`, 'expired_login'],
    ['unauthorized: incorrect username or password', 'wrong_login'],
    [
      `${resolve}failed to authorize: failed to fetch oauth token: unexpected status from GET request: 401 Unauthorized`,
      'wrong_login',
    ],
    [`${resolve}failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden`, 'wrong_login'],
    [
      `${resolve}failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`,
      'login_needed',
    ],
    ['denied: requested access to the resource is denied', 'hidden_or_missing'],
    ['denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource', 'no_right'],
    [
      `${head}tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time`,
      'certificate_expired',
    ],
    [`${head}x509: certificate is valid for a.test, not reg.test`, 'certificate_name'],
    [
      `${head}x509: cannot validate certificate for 10.0.0.5 because it doesn't contain any IP SANs`,
      'certificate_name',
    ],
    [`${head}x509: certificate signed by unknown authority`, 'certificate_unknown'],
    [`${head}http: server gave HTTP response to HTTPS client`, 'plain_http'],
    [`${head}proxyconnect tcp: dial tcp: lookup proxy.test: no such host`, 'proxy'],
    [`${head}dial tcp: lookup reg.test on 127.0.0.53:53: server misbehaving`, 'dns'],
    [`${head}dial tcp: lookup reg.test: i/o timeout`, 'dns'],
    [`${head}dial tcp 10.0.0.5:5000: connect: connection refused`, 'refused'],
    [
      `${resolve}unexpected status from HEAD request to https://reg.test:5000/v2/404/manifests/1.0: 503 Service Unavailable`,
      'server_error',
    ],
    ['failed to copy: httpReadSeeker: failed open: unexpected status code: 500 Internal Server Error', 'server_error'],
    ['failed to copy: read tcp 10.0.0.2:1->10.0.0.5:5000: read: connection reset by peer', 'broken_off'],
    [`${head}dial tcp 10.0.0.5:5000: i/o timeout`, 'no_answer'],
    [`${head}net/http: TLS handshake timeout`, 'no_answer'],
    [`${resolve}${image}: not found`, 'not_found'],
    ['manifest unknown: manifest tagged by "1.0" is not found', 'not_found'],
  ])('%s', (message, wanted) => {
    expect(readPull(message, image)?.class).toBe(wanted);
  });

  test.each(['reg.test/429/denied:not-found-503', 'reg.test/proxy/rate-limit:timeout'])(
    'the words of an image name (%s) are no reason',
    (name) => {
      expect(readPull(`Back-off pulling image "${name}"`, name)).toBeNull();
    },
  );
});

function pulling(message: string, spec: Fields = {}): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', {
    spec: { containers: [{ name: 'app', image }], ...spec },
    status: {
      containerStatuses: [
        { name: 'app', ready: false, restartCount: 0, state: { waiting: { reason: 'ErrImagePull', message } } },
      ],
    },
  });
  return cluster;
}
const cause = (cluster: TestCluster) => causeOf(cluster, 'Deployment', 'ns', 'app');

describe('QUA-1: what is to be changed so that an image is pulled', () => {
  test('a full disk is the fault of the node', async () => {
    const cluster = pulling('write /var/lib/containerd/a: no space left on device');
    cluster.node('n1');
    expect(await cause(cluster)).toBe('Node n1 disk_full [no space left on device] high');
  });

  test('an expired certificate of the registry is neither a wrong name nor a missing CA', async () => {
    const said = `${head}x509: certificate has expired or is not yet valid: current time 2026-01-01T10:00:00Z is after 2025-12-01T00:00:00Z`;
    expect(await cause(pulling(said))).toBe('Deployment app cert_expired [2025-12-01T00:00:00Z] high');
  });

  test('the newest message counts: of the state, not of an older event', async () => {
    const cluster = pulling(`${resolve}not found`);
    cluster.event('Pod', 'ns', 'app-5d8f-abcde', 'Failed', `Failed to pull image "${image}": ${head}i/o timeout`);
    expect(await cause(cluster)).toBe(`Deployment app image_not_found [${image}] high`);
  });

  test('a limit for pulls without a login, where the pull secret does not exist', async () => {
    const cluster = pulling('toomanyrequests: You have reached your unauthenticated pull rate limit', {
      imagePullSecrets: [{ name: 'hub' }],
    });
    expect(await cause(cluster)).toBe('Secret hub image_auth [hub] high');
  });

  test('a refusal that hides whether the repository exists: the revision before pulled another one', async () => {
    const cluster = pulling("pull access denied for shop/app, repository does not exist or may require 'docker login'");
    amend(cluster, 'ReplicaSet', 'app', { metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } } });
    const [owner] = cluster.objects.find((it) => it.kind === 'ReplicaSet')?.metadata.ownerReferences ?? [];
    cluster.add('ReplicaSet', 'ns', 'app-old', {
      metadata: { ownerReferences: [owner], annotations: { 'deployment.kubernetes.io/revision': '1' } },
      spec: { template: { spec: { containers: [{ name: 'app', image: 'reg.test:5000/shop/application:1.0' }] } } },
    });
    expect(await cause(cluster)).toBe(`Deployment app image_not_found [${image}] medium`);
  });

  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  test.each<[string, Fields, string]>([
    [
      'of another registry',
      { data: { '.dockerconfigjson': base64('{"auths":{"other.test":{"auth":"c2VjcmV0"}}}') } },
      'holds logins for other.test, not for reg.test:5000',
    ],
    ['without a login', { data: { '.dockerconfigjson': base64('{"auths":{}}') } }, 'holds logins for no registry'],
    ['that is broken', { data: { '.dockerconfigjson': base64('{auths') } }, 'holds no valid JSON'],
    [
      'of another type',
      { type: 'Opaque', data: { password: base64('a') } },
      'is of type Opaque, which is no pull secret',
    ],
    [
      'for it',
      { data: { '.dockerconfigjson': base64('{"auths":{"https://reg.test:5000/v1/":{}}}') } },
      'the pod brings the imagePullSecret cred',
    ],
  ])('a pull secret %s', async (_title, secret, wanted) => {
    const cluster = pulling(`${resolve}401 Unauthorized`, { imagePullSecrets: [{ name: 'cred' }] });
    cluster.add('Secret', 'ns', 'cred', { type: 'kubernetes.io/dockerconfigjson', ...secret });
    const { verdict, markdown } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]).toMatchObject({ mechanism: 'image_auth', entity: { kind: 'Secret', name: 'cred' } });
    expect(verdict.causes[0]?.statement).toContain(wanted);
    expect(markdown).not.toContain('c2VjcmV0');
  });

  test('a pod that runs the same image on another node is told', async () => {
    const cluster = pulling(`${head}dial tcp: lookup reg.test: no such host`);
    const [pod] = cluster.objects.filter((it) => it.kind === 'Pod');
    cluster.add('Pod', 'ns', 'app-5d8f-other', {
      metadata: { ownerReferences: pod?.metadata.ownerReferences },
      spec: { nodeName: 'n2', containers: [{ name: 'app', image }] },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain('Pod app-5d8f-other on node n2 runs the same image.');
  });
});
