import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import type { More } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const image = 'reg.test:5000/shop/app:1.0';

function pulling(reason: string, message: string, spec: Fields = {}, more: More = () => {}): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', {
    spec: { containers: [{ name: 'app', image }], ...spec },
    status: {
      containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state: { waiting: { reason, message } } }],
    },
  });
  more(cluster);
  return cluster;
}
const cause = (cluster: TestCluster) => causeOf(cluster, 'Deployment', 'ns', 'app');
const about = (mechanism: string, value = image) => `Deployment app ${mechanism} [${value}] high`;
const rpc = `failed to pull and unpack image "${image}": `;
const resolve = `${rpc}failed to resolve reference "${image}": `;
const backOff = `Back-off pulling image "${image}"`;
const gone = about('image_not_found');
const away = about('registry_unreachable', 'reg.test:5000');
const limited = about('pull_rate_limit', 'toomanyrequests');
const auth = about('image_auth', 'reg.test:5000');

describe('QUA-1: an image that cannot be pulled', () => {
  test.each<[title: string, reason: string, message: string, wanted: string]>([
    ['containerd: no such tag', 'ErrImagePull', `${resolve}${image}: not found`, gone],
    [
      'docker: no manifest',
      'ErrImagePull',
      `manifest for ${image} not found: manifest unknown: manifest unknown`,
      gone,
    ],
    ['docker: no repository', 'ErrImagePull', 'repository reg.test:5000/shop/app not found: name unknown', gone],
    ['cri-o: no manifest', 'ErrImagePull', `reading manifest 1.0 in reg.test:5000/shop/app: manifest unknown`, gone],
    ['an HTTP status', 'ErrImagePull', `${resolve}unexpected status code 404 Not Found`, gone],
    ['401', 'ErrImagePull', `${resolve}pull access: 401 Unauthorized`, auth],
    [
      '403 of a token server',
      'ErrImagePull',
      `${resolve}failed to fetch anonymous token: unexpected status: 403 Forbidden`,
      auth,
    ],
    [
      'denied, though it may not exist',
      'ErrImagePull',
      "pull access denied for shop/app, repository does not exist or may require 'docker login'",
      auth.replace('high', 'medium'),
    ],
    ['no basic auth', 'ErrImagePull', `${resolve}no basic auth credentials`, auth],
    ['a scope', 'ErrImagePull', `${resolve}insufficient_scope: authorization failed`, auth.replace('high', 'medium')],
    [
      'the name of the registry',
      'ErrImagePull',
      `${resolve}dial tcp: lookup reg.test on 10.96.0.10:53: no such host`,
      away,
    ],
    ['no answer', 'ErrImagePull', `${resolve}dial tcp 10.1.1.1:5000: i/o timeout`, away],
    ['a closed port', 'ErrImagePull', `${resolve}dial tcp 10.1.1.1:5000: connect: connection refused`, away],
    [
      'a certificate',
      'ErrImagePull',
      `${resolve}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
      away,
    ],
    ['too many requests', 'ErrImagePull', 'toomanyrequests: You have reached your pull rate limit', limited],
    ['RegistryUnavailable', 'RegistryUnavailable', 'dial tcp 10.1.1.1:5000: connection refused', away],
    ['another CPU', 'ErrImagePull', `${rpc}no match for platform in manifest: not found`, about('wrong_arch')],
    [
      'another CPU, docker',
      'ErrImagePull',
      'no matching manifest for linux/arm64/v8 in the manifest list entries',
      about('wrong_arch'),
    ],
    [
      'Never',
      'ErrImageNeverPull',
      `Container image "${image}" is not present with pull policy of Never`,
      about('image_pull_policy'),
    ],
    [
      'a name that is none',
      'InvalidImageName',
      `Failed to apply default image tag "${image}": couldn't parse image name: invalid reference format`,
      about('image_name_invalid'),
    ],
    ['nothing is said: a lead', 'ImagePullBackOff', backOff, `Deployment app image_not_found [${image}] low`],
  ])('%s', async (_title, reason, message, wanted) => {
    expect(await cause(pulling(reason, message))).toBe(wanted);
  });

  const event =
    (message: string, pod = 'app-5d8f-abcde', namespace = 'ns'): More =>
    (cluster) => {
      cluster.event('Pod', namespace, pod, 'Failed', message);
    };
  const lead = `Deployment app image_not_found [${image}] low`;
  test.each<[string, More, string]>([
    ['of the pod', event(`Failed to pull image "${image}": ${resolve}not found`), gone],
    ['of the pod, a refusal', event(`Failed to pull image "${image}": 401 Unauthorized`), auth],
    ['of another image', event('Failed to pull image "other:2": 401 Unauthorized'), lead],
    ['of another pod', event(`Failed to pull image "${image}": 401 Unauthorized`, 'other-1'), lead],
    [
      'of the same name in another namespace',
      event(`Failed to pull image "${image}": 401 Unauthorized`, 'app-5d8f-abcde', 'other'),
      lead,
    ],
  ])('a back-off is explained by the event %s', async (_title, more, wanted) => {
    expect(await cause(pulling('ImagePullBackOff', backOff, {}, more))).toBe(wanted);
  });

  const named = { imagePullSecrets: [{ name: 'regcred' }] };
  const secret =
    (namespace = 'ns'): More =>
    (cluster) => {
      cluster.add('Secret', namespace, 'regcred', { type: 'kubernetes.io/dockerconfigjson' });
    };
  const denied = `${resolve}401 Unauthorized`;
  test.each<[string, Fields, string, string, More?]>([
    ['it does not exist', named, denied, 'Secret regcred image_auth [regcred] high'],
    ['it is in another namespace', named, denied, 'Secret regcred image_auth [regcred] high', secret('other')],
    ['it is there and is refused', named, denied, 'Secret regcred image_auth [regcred] high', secret()],
    [
      'the kubelet names it',
      named,
      `${denied}. Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.`,
      'Secret regcred image_auth [regcred] high',
    ],
    ['it is there, and the image is not', named, `${resolve}not found`, gone, secret()],
    ['it is there, and the registry is not', named, `${resolve}i/o timeout`, away, secret()],
    ['none is named', {}, denied, auth],
  ])('a pull secret: %s', async (_title, spec, message, wanted, more) => {
    expect(await cause(pulling('ErrImagePull', message, spec, more))).toBe(wanted);
  });

  test.each([
    ['app', 'docker.io'],
    ['shop/app:1', 'docker.io'],
    ['localhost/app', 'localhost'],
    ['ghcr.io/shop/app@sha256:0000000000000000000000000000000000000000000000000000000000000000', 'ghcr.io'],
  ])('the registry of %s is %s', async (name, registry) => {
    const cluster = pulling('ErrImagePull', 'dial tcp: i/o timeout', { containers: [{ name: 'app', image: name }] });
    const { verdict } = await answerAbout(cluster, 'Deployment', 'ns', 'app');
    expect(verdict.causes[0]?.statement).toContain(`the registry ${registry} cannot be reached`);
  });

  test.each(['ContainerCreating', 'PodInitializing'])('a container that waits with %s is none', async (reason) => {
    expect(await cause(pulling(reason, ''))).toBe('no cause');
  });

  test('a pod that is being deleted is none', async () => {
    const cluster = pulling('ErrImagePull', `${resolve}not found`);
    for (const it of cluster.objects.filter((object) => object.kind === 'Pod'))
      Object.assign(it.metadata, { deletionTimestamp: '2026-01-01T10:04:00Z' });
    expect(await cause(cluster)).toBe('no cause');
  });

  test('the image of an init container, not that of the application', async () => {
    const init = 'reg.test:5000/shop/init:9';
    const cluster = new TestCluster();
    const wait = (reason: string, message = '') => ({ waiting: { reason, message } });
    cluster.deployment('ns', 'app', {
      spec: { initContainers: [{ name: 'i', image: init }], containers: [{ name: 'app', image }] },
      status: {
        initContainerStatuses: [
          { name: 'i', ready: false, restartCount: 0, state: wait('ErrImagePull', `${init}: not found`) },
        ],
        containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state: wait('PodInitializing') }],
      },
    });
    expect(await cause(cluster)).toBe(about('image_not_found', init));
  });

  test('pulled since: the events are over', async () => {
    const cluster = new TestCluster();
    cluster.deployment('ns', 'app', { ready: true, spec: { containers: [{ name: 'app', image }] } });
    event(`Failed to pull image "${image}": 401 Unauthorized`)(cluster);
    expect(await cause(cluster)).toBe('no fault');
  });
});
