import { describe, expect, test } from 'vitest';
import { imageIn, mergeSigns, registryOf, signsOf } from '../../../src/domain/storm/signs.ts';
import { nodeSignal, signal } from '../../support/signals.ts';

describe('INT-4: what a fault can share with others', () => {
  test('its node, zone, namespace and type', () => {
    expect(signsOf(signal(), { node: 'n1', zone: 'eu-1a' })).toMatchObject({
      node: 'n1',
      zone: 'eu-1a',
      namespace: 'payments',
      fault_type: 'CrashLoop',
      image: null,
      registry: null,
      webhook: null,
      dns: null,
    });
    expect(signsOf(nodeSignal('n2'), { node: null })).toMatchObject({ node: 'n2', namespace: null });
  });

  test.each([
    [
      'Container image cannot be pulled: ImagePullBackOff, message: Back-off pulling image "registry.example:5000/shop/cart:1.2"',
      'registry.example:5000/shop/cart:1.2',
      'registry.example:5000',
    ],
    ['Failed to pull image "nginx:1.99": rpc error: code = NotFound', 'nginx:1.99', 'docker.io'],
    [
      'failed to resolve reference "Quay.io/app/web@sha256:ab": unexpected status',
      'Quay.io/app/web@sha256:ab',
      'quay.io',
    ],
    [
      'initializing source docker://localhost/app:2: pinging container registry localhost: EOF',
      'localhost/app:2',
      'localhost',
    ],
    ['pulling image \\"team/app:3\\" failed', 'team/app:3', 'docker.io'],
  ])('the image and registry of %s', (context, image, registry) => {
    expect(signsOf(signal({ context }), { node: null })).toMatchObject({ image, registry });
  });

  test.each([
    ['admission webhook "policy.example.com" denied the request: no', 'policy.example.com'],
    [
      'Internal error occurred: failed calling webhook "mutate.example.com": failed to call webhook: Post',
      'mutate.example.com',
    ],
  ])('the webhook of %s', (context, webhook) => {
    expect(signsOf(signal({ context }), { node: null }).webhook).toBe(webhook);
  });

  test.each([
    ['dial tcp: lookup registry.example on 10.0.0.10:53: no such host', 'registry.example'],
    ['dial tcp: lookup db.shop.svc: i/o timeout', 'db.shop.svc'],
    ['Error: getaddrinfo ENOTFOUND cache.shop', 'cache.shop'],
    ['curl: (6) Could not resolve host: api.example', 'api.example'],
  ])('the name without an address of %s', (context, dns) => {
    expect(signsOf(signal({ context }), { node: null }).dns).toBe(dns);
  });

  test('a text of a cluster is bounded', () => {
    const long = 'x'.repeat(5000);
    expect(imageIn(`image "${long}"`)).toHaveLength(253);
    expect(imageIn(`image ${'" "'.repeat(5000)}`)).toBeNull();
  });

  test('a later fault adds what was not known and changes nothing else', () => {
    const stalled = signsOf(signal({ faultType: 'DeploymentFailure' }), { node: null });
    const pull = signsOf(signal({ faultType: 'ImagePull', context: 'image "a.example/b:1"' }), { node: 'n1' });
    expect(mergeSigns(stalled, pull)).toMatchObject({
      fault_type: 'DeploymentFailure',
      node: 'n1',
      registry: 'a.example',
    });
  });

  test('registries as Docker names them', () => {
    expect(['app', 'library/app', 'ghcr.io/a/b', 'localhost:5000/b'].map(registryOf)).toEqual([
      'docker.io',
      'docker.io',
      'ghcr.io',
      'localhost:5000',
    ]);
  });
});
