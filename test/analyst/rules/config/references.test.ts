import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { holding, type More } from '../crash-cause.ts';

type Fields = Record<string, unknown>;
const pod = 'app-5d8f-abcde';

/** The cause of a Deployment whose pod the kubelet cannot set up, with its words. */
async function waiting(spec: Fields, reason: string, message: string, more: More = () => {}): Promise<string> {
  const cluster = new TestCluster();
  const state = { waiting: { reason, ...(message === '' ? {} : { message }) } };
  const container = { name: 'app', image: 'a:1', ...(spec['container'] as Fields | undefined) };
  cluster.deployment('ns', 'app', {
    spec: { containers: [container], ...spec },
    status: { containerStatuses: [{ name: 'app', ready: false, restartCount: 0, state }] },
  });
  more(cluster);
  return causeOf(cluster, 'Deployment', 'ns', 'app');
}

const failed = 'CreateContainerConfigError';
const ref = (from: string, name: string, key: string, optional?: boolean) => ({
  container: {
    env: [{ name: 'V', valueFrom: { [from]: { name, key, ...(optional === undefined ? {} : { optional }) } } }],
  },
});
const map = (optional?: boolean) => ref('configMapKeyRef', 'conf', 'a', optional);
const secret = (optional?: boolean) => ref('secretKeyRef', 'creds', 'p', optional);
const volume = (source: Fields) => ({
  container: { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
  volumes: [{ name: 'v', ...source }],
});
const mount =
  (message: string): More =>
  (cluster) => {
    cluster.event('Pod', 'ns', pod, 'FailedMount', message);
  };
const noMap = 'ConfigMap conf missing_configmap [conf] high';
const noSecret = 'Secret creds missing_secret [creds] high';
const setUp = 'MountVolume.SetUp failed for volume "v" : ';

type Case = [title: string, spec: Fields, reason: string, message: string, wanted: string, more?: More];

describe('QUA-1: what a pod refers to and is not there', () => {
  test.each<Case>([
    ['a variable of a ConfigMap', map(), failed, 'configmap "conf" not found', noMap],
    ['a variable of a Secret', secret(), failed, 'secret "creds" not found', noSecret],
    [
      'envFrom',
      { container: { envFrom: [{ configMapRef: { name: 'conf' } }] } },
      failed,
      'configmap "conf" not found',
      noMap,
    ],
    [
      'envFrom of a Secret',
      { container: { envFrom: [{ secretRef: { name: 'creds' } }] } },
      failed,
      'secret "creds" not found',
      noSecret,
    ],
    [
      'a volume',
      volume({ configMap: { name: 'conf' } }),
      'ContainerCreating',
      '',
      noMap,
      mount(`${setUp}configmap "conf" not found`),
    ],
    [
      'a volume of a Secret',
      volume({ secret: { secretName: 'creds' } }),
      'ContainerCreating',
      '',
      noSecret,
      mount(`${setUp}secret "creds" not found`),
    ],
    [
      'a projected volume',
      volume({ projected: { sources: [{ secret: { name: 'creds' } }] } }),
      'ContainerCreating',
      '',
      noSecret,
      mount(`${setUp}secret "creds" not found`),
    ],
    [
      'of another namespace',
      map(),
      failed,
      'configmap "conf" not found',
      noMap,
      holding('ConfigMap', 'conf', { a: '1' }, 'other'),
    ],
    [
      'a words that time out, and the absence',
      volume({ secret: { secretName: 'creds' } }),
      'ContainerCreating',
      '',
      noSecret,
      mount('Unable to attach or mount volumes: unmounted volumes=[v]: timed out waiting for the condition'),
    ],
    [
      'an init container',
      { initContainers: [{ name: 'i', image: 'i:1', ...map().container }] },
      'PodInitializing',
      '',
      noMap,
      (cluster) => {
        cluster.event('Pod', 'ns', pod, 'Failed', 'Error: configmap "conf" not found');
      },
    ],
    [
      'a key of a ConfigMap',
      map(),
      failed,
      `couldn't find key a in ConfigMap ns/conf`,
      'ConfigMap conf missing_key [a] high',
      holding('ConfigMap', 'conf', { b: '1' }),
    ],
    [
      'a key of a Secret',
      secret(),
      failed,
      `couldn't find key p in Secret ns/creds`,
      'Secret creds missing_key [p] high',
      holding('Secret', 'creds', { q: 'MQ==' }),
    ],
    [
      'an item of a volume',
      volume({ configMap: { name: 'conf', items: [{ key: 'a', path: 'a' }] } }),
      'ContainerCreating',
      '',
      'ConfigMap conf missing_key [a] high',
      (cluster) => {
        holding('ConfigMap', 'conf', { b: '1' })(cluster);
        mount(`${setUp}configmap references non-existent config key: a`)(cluster);
      },
    ],
  ])('%s', async (...[, spec, reason, message, wanted, more]) => {
    expect(await waiting(spec, reason, message, more)).toBe(wanted);
  });

  test.each<Case>([
    ['optional', map(true), 'ContainerCreating', '', 'no cause', mount(`${setUp}timed out`)],
    ['an optional Secret', secret(true), failed, 'another thing', 'no cause'],
    [
      'it is there now',
      map(),
      failed,
      'configmap "conf" not found',
      'no cause',
      holding('ConfigMap', 'conf', { a: '1' }),
    ],
    ['nobody says that it fails', map(), 'ContainerCreating', '', 'no cause'],
    [
      'the key is there',
      map(),
      failed,
      'context deadline exceeded',
      'no cause',
      holding('ConfigMap', 'conf', { a: '1' }),
    ],
    [
      'the key is one of binaryData',
      map(),
      failed,
      'context deadline exceeded',
      'no cause',
      (cluster) => {
        cluster.add('ConfigMap', 'ns', 'conf', { binaryData: { a: 'MQ==' } });
      },
    ],
    [
      'the words are about another pod',
      map(),
      'ContainerCreating',
      '',
      'no cause',
      (cluster) => {
        cluster.event('Pod', 'ns', 'other-1', 'Failed', 'Error: configmap "conf" not found');
      },
    ],
    [
      'a pull secret alone keeps no container',
      { imagePullSecrets: [{ name: 'creds' }] },
      failed,
      'context deadline exceeded',
      'no cause',
    ],
  ])('not when %s', async (...[, spec, reason, message, wanted, more]) => {
    expect(await waiting(spec, reason, message, more)).toBe(wanted);
  });

  test('a pod that has started is well without it', async () => {
    const cluster = new TestCluster();
    cluster.running('ns', 'app', 'ok', map().container);
    cluster.event('Pod', 'ns', pod, 'Failed', 'Error: configmap "conf" not found');
    expect(await causeOf(cluster, 'Deployment', 'ns', 'app')).toBe('no fault');
  });
});
