import { describe, expect, test } from 'vitest';
import { type ClusterReader, type KubeObject, ReadError } from '../../src/kube/cluster-reader.ts';
import { OwnerLookup, controllerRef, guessOwner, ownerAbove } from '../../src/kube/owner.ts';
import { refOf } from '../../src/kube/detect/finding.ts';
import { object, ownedBy, pod } from '../support/kube-objects.ts';

const signal = AbortSignal.timeout(60_000);

/** A reader of a fixed set of objects that notes what is asked. */
function readerOf(objects: readonly KubeObject[], fail?: () => never) {
  const asked: string[] = [];
  const reader: ClusterReader = {
    get: async (_, kind, namespace, name) => {
      asked.push(`${kind}/${name}`);
      fail?.();
      const found = objects.find(
        (one) => one.kind === kind && one.metadata.name === name && (one.metadata.namespace ?? null) === namespace,
      );
      return Promise.resolve(found ?? null);
    },
    list: () => Promise.reject(new Error('not used')),
    logs: () => Promise.reject(new Error('not used')),
  };
  return { reader, asked };
}

const deployment = object('Deployment', 'api');
const replicaSet = object('ReplicaSet', 'api-7cbbf95f8c', ownedBy('Deployment', 'api'));
const podOf = (name: string) => pod(name, {}, ownedBy('ReplicaSet', 'api-7cbbf95f8c'));
const apiPod = podOf('api-7cbbf95f8c-p4fn2');

describe('INT-2: root owners', () => {
  test('a pod belongs to its Deployment, with the node it is on', async () => {
    const { reader } = readerOf([deployment, replicaSet, apiPod]);
    expect(await new OwnerLookup(reader).find(refOf(apiPod), signal)).toEqual({
      owner: { kind: 'Deployment', namespace: 'shop', name: 'api', certain: true },
      node: 'n1',
    });
  });

  test('a Job of a CronJob, a bare pod, a node', async () => {
    const job = object('Job', 'nightly-28000000', ownedBy('CronJob', 'nightly'));
    const bare = pod('bare', {});
    const node = object('Node', 'n1');
    const lookup = new OwnerLookup(readerOf([job, object('CronJob', 'nightly'), bare, node]).reader);
    expect((await lookup.find(refOf(job), signal)).owner).toMatchObject({
      kind: 'CronJob',
      name: 'nightly',
      certain: true,
    });
    expect((await lookup.find(refOf(bare), signal)).owner).toMatchObject({ kind: 'Pod', name: 'bare', certain: true });
    expect(await lookup.find(refOf(node), signal)).toMatchObject({
      owner: { kind: 'Node', namespace: null },
      node: 'n1',
    });
  });

  test('the same pod is asked once, and the pods of one ReplicaSet ask for it once', async () => {
    const other = podOf('api-7cbbf95f8c-zzzzz');
    const { reader, asked } = readerOf([deployment, replicaSet, apiPod, other]);
    const lookup = new OwnerLookup(reader);
    for (const one of [apiPod, apiPod, other]) await lookup.find(refOf(one), signal);
    expect(asked).toEqual([
      'Pod/api-7cbbf95f8c-p4fn2',
      'ReplicaSet/api-7cbbf95f8c',
      'Deployment/api',
      'Node/n1',
      'Pod/api-7cbbf95f8c-zzzzz',
    ]);
  });

  test('INT-4: the zone of a node is read once, also of one that cannot be read', async () => {
    const node = object('Node', 'n1');
    const zoned = { ...node, metadata: { ...node.metadata, labels: { 'topology.kubernetes.io/zone': 'eu-1a' } } };
    const { reader, asked } = readerOf([deployment, replicaSet, apiPod, podOf('api-7cbbf95f8c-zzzzz'), zoned]);
    const lookup = new OwnerLookup(reader);
    for (const name of ['p4fn2', 'zzzzz']) {
      expect(await lookup.find(refOf(podOf(`api-7cbbf95f8c-${name}`)), signal)).toMatchObject({ zone: 'eu-1a' });
    }
    expect(asked.filter((one) => one === 'Node/n1')).toHaveLength(1);
    expect(await new OwnerLookup(reader).find(refOf(zoned), signal)).toMatchObject({ node: 'n1', zone: 'eu-1a' });
    expect(await new OwnerLookup(readerOf([apiPod]).reader).find(refOf(apiPod), signal)).not.toHaveProperty('zone');
  });

  test('what is cached is bounded', async () => {
    const { reader, asked } = readerOf([deployment, replicaSet, apiPod, podOf('api-7cbbf95f8c-zzzzz')]);
    const lookup = new OwnerLookup(reader, { cacheSize: 1 });
    for (const name of ['p4fn2', 'zzzzz', 'p4fn2']) await lookup.find(refOf(podOf(`api-7cbbf95f8c-${name}`)), signal);
    expect(asked.filter((one) => one === 'Pod/api-7cbbf95f8c-p4fn2')).toHaveLength(2);
  });

  test('another object of the same name, a dead cluster, no reader: the names tell, not certainly', async () => {
    const guess = { kind: 'Deployment', namespace: 'shop', name: 'api', certain: false };
    const recreated = { ...refOf(apiPod), uid: 'before' };
    expect(
      (await new OwnerLookup(readerOf([deployment, replicaSet, apiPod]).reader).find(recreated, signal)).owner,
    ).toEqual(guess);
    const dead = readerOf([], () => {
      throw new ReadError('unreachable', 'down');
    });
    expect((await new OwnerLookup(dead.reader).find(refOf(apiPod), signal)).owner).toEqual(guess);
    expect((await new OwnerLookup(null).find(refOf(apiPod), signal)).owner).toEqual(guess);
  });

  test('a lookup takes no longer than its time limit', async () => {
    const silent: ClusterReader = {
      ...readerOf([]).reader,
      get: (...[, , , , signal]) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    };
    const answer = await new OwnerLookup(silent, { timeoutMs: 20 }).find(refOf(apiPod), signal);
    expect(answer.owner.certain).toBe(false);
  });

  test('a controller that cannot be read is the root as far as we can see', async () => {
    const owned = pod('db-0', {}, ownedBy('Cluster', 'db'));
    const { owner } = await new OwnerLookup(readerOf([owned]).reader).find(refOf(owned), signal);
    expect(owner).toMatchObject({ kind: 'Cluster', name: 'db' });
  });
});

test.each([
  ['Pod', 'api-7cbbf95f8c-p4fn2', 'Deployment', 'api'],
  ['Pod', 'my-long-name-6589498f-9j95p', 'Deployment', 'my-long-name'],
  ['Pod', 'db-0', 'StatefulSet', 'db'],
  ['Pod', 'nightly-28000000-x2zlk', 'CronJob', 'nightly'],
  ['Pod', 'agent-h6679', 'DaemonSet', 'agent'],
  ['Pod', 'ledger-migrate', 'Pod', 'ledger-migrate'],
  ['ReplicaSet', 'api-7cbbf95f8c', 'Deployment', 'api'],
  ['Job', 'nightly-28000000', 'CronJob', 'nightly'],
  ['Job', 'import', 'Job', 'import'],
  ['Deployment', 'api-7cbbf95f8c', 'Deployment', 'api-7cbbf95f8c'],
])('INT-2: by name, %s %s belongs to %s %s', (kind, name, ownerKind, ownerName) => {
  expect(guessOwner({ kind, namespace: 'ns', name }).owner).toMatchObject({ kind: ownerKind, name: ownerName });
});

test.each([
  ['ReplicaSet', 'cart-6d9c', { 'pod-template-hash': '6d9c' }, 'Deployment', 'cart'],
  ['ReplicaSet', 'cart-7f8b9c', {}, 'Deployment', 'cart'],
  ['ReplicaSet', 'cart', { 'pod-template-hash': '6d9c' }, 'ReplicaSet', 'cart'],
  ['Job', 'mail-28301234', {}, 'CronJob', 'mail'],
  ['Gadget', 'g', {}, 'Gadget', 'g'],
])('a %s %s that cannot be read: %j tells of %s %s', (kind, name, labels, ownerKind, ownerName) => {
  const child: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop', labels } };
  const owner = ownerAbove({ kind, namespace: 'shop', name }, child);
  expect(owner).toMatchObject({ kind: ownerKind, namespace: 'shop', name: ownerName });
});

test('the controller of a static pod is a node, which is in no namespace', () => {
  const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u', controller: true };
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'kube-system', ownerReferences: [owner] },
  };
  expect(controllerRef(pod)).toEqual({ apiVersion: 'v1', kind: 'Node', namespace: null, name: 'n1', uid: 'u' });
  expect(controllerRef({ ...pod, metadata: { name: 'p' } })).toBeNull();
});
