import { describe, expect, test } from 'vitest';
import { controllerOf } from '../../../src/kube/objects.ts';
import { addBackground, addHealthy } from '../../../src/sim/objects/background.ts';
import {
  available,
  type DeploymentFacts,
  makeDeployment,
  makeHealthyDeployment,
  makeReplica,
  makeReplicaSet,
  makeService,
  progressed,
} from '../../../src/sim/objects/workloads.ts';
import { clusterFindings } from '../../support/cluster-findings.ts';
import { emptyWorld } from '../../support/simulated-world.ts';

const hour = 3_600_000;
const facts: DeploymentFacts = {
  namespace: 'shop',
  name: 'cart',
  replicas: 3,
  age: hour,
  hash: '5d8f9c7b6d',
  template: { containers: [{ name: 'cart', image: 'registry.example/shop/cart:1', port: 8080 }] },
};

function counts(object: { [key: string]: unknown }): Record<string, number> {
  const { replicas, readyReplicas, unavailableReplicas } = object['status'] as Record<string, number>;
  return { replicas: replicas ?? 0, ready: readyReplicas ?? 0, missing: unavailableReplicas ?? 0 };
}

describe('a Deployment', () => {
  test('that is rolled out owns its ReplicaSet, which owns its pods, spread over the nodes', () => {
    const { world, state, clock } = emptyWorld();
    const pods = makeHealthyDeployment(world, facts, ['n1', 'n2']);
    expect(pods.map((pod) => (pod['spec'] as { nodeName: string }).nodeName)).toEqual(['n1', 'n2', 'n1']);
    const set = controllerOf(pods[0]!);
    expect(set).toMatchObject({ kind: 'ReplicaSet', name: 'cart-5d8f9c7b6d' });
    const owner = controllerOf(world.current('apps/v1', 'ReplicaSet', 'shop', set?.name ?? ''));
    expect(owner).toMatchObject({ kind: 'Deployment', name: 'cart' });
    expect(counts(world.current('apps/v1', 'Deployment', 'shop', 'cart'))).toEqual({
      replicas: 3,
      ready: 3,
      missing: 0,
    });
    expect(clusterFindings(state, clock.now())).toEqual([]);
  });

  test('of which a part is missing says how many, and no fault before its deadline', () => {
    const { world, state, clock } = emptyWorld();
    const deployment = makeDeployment(world, facts, { current: 3, updated: 3, ready: 1 }, [
      available(world, hour, false),
      progressed(world, facts),
    ]);
    expect(counts(deployment)).toEqual({ replicas: 3, ready: 1, missing: 2 });
    expect(clusterFindings(state, clock.now()).map(({ type }) => type)).toEqual([]);
  });

  test('keeps its uid and counts its revisions when it is put again', () => {
    const { world } = emptyWorld();
    const first = makeDeployment(world, facts);
    const second = makeDeployment(world, { ...facts, revision: 2 });
    expect(second.metadata.uid).toBe(first.metadata.uid);
    expect(second.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '2' });
    expect([first.metadata['generation'], second.metadata['generation']]).toEqual([1, 2]);
  });
});

describe('a pod of a ReplicaSet', () => {
  test('carries the hash of its revision, a name of its own, and the age of the workload', () => {
    const { world } = emptyWorld();
    const set = makeReplicaSet(world, makeDeployment(world, facts), facts, { desired: 2, ready: 2 });
    const life = { kind: 'running', started: 1000 } as const;
    const [one, two] = [0, 1].map(() => makeReplica(world, set, facts, { node: 'n1', life }));
    expect(one?.metadata.name).toMatch(/^cart-5d8f9c7b6d-[a-z0-9]{5}$/);
    expect(one?.metadata.name).not.toBe(two?.metadata.name);
    expect(one?.metadata.labels).toEqual({ app: 'cart', 'pod-template-hash': '5d8f9c7b6d' });
    expect(one?.metadata.creationTimestamp).toBe(world.ago(hour));
  });

  test('may be given another name or age', () => {
    const { world } = emptyWorld();
    const set = makeReplicaSet(world, makeDeployment(world, facts), facts, { desired: 1, ready: 1 });
    const life = { kind: 'running', started: 1000 } as const;
    const pod = makeReplica(world, set, facts, { node: 'n1', life, name: 'cart-known', age: 5000 });
    expect([pod.metadata.name, pod.metadata.creationTimestamp]).toEqual(['cart-known', world.ago(5000)]);
  });
});

describe('a Service', () => {
  test('has an endpoint for each of its pods, by their uid', () => {
    const { world, state } = emptyWorld();
    const pods = makeHealthyDeployment(world, facts, ['n1']);
    const service = makeService(world, 'cart', 8080, pods);
    const [slice] = state.select('discovery.k8s.io/v1', 'EndpointSlice', {});
    const endpoints = slice?.['endpoints'] as { targetRef: { uid: string }; conditions: { ready: boolean } }[];
    expect(endpoints.map(({ targetRef }) => targetRef.uid)).toEqual(pods.map(({ metadata }) => metadata.uid));
    expect(endpoints.every(({ conditions }) => conditions.ready)).toBe(true);
    expect(slice?.metadata.labels).toEqual({ 'kubernetes.io/service-name': 'cart' });
    expect(controllerOf(slice!)?.uid).toBe(service.metadata.uid);
  });
});

describe('a cluster in which all is well', () => {
  test('CON-5: has nothing that a detector finds, and logs of every pod', () => {
    const { world, state, clock } = emptyWorld();
    addBackground(world, {
      nodes: ['n1', 'n2'],
      workloads: [
        ['shop/cart:1.0', 3],
        ['ml/trainer:2.0', 1],
      ],
    });
    expect(clusterFindings(state, clock.now())).toEqual([]);
    const pods = state.select('v1', 'Pod', {});
    expect(pods).toHaveLength(2 + 3 + 1);
    for (const { metadata } of pods) {
      const container = metadata.labels?.['app'] ?? '';
      expect(state.log(metadata.namespace ?? '', metadata.name, container, {})).toContain('listening on');
    }
  });

  test('has its namespaces once each, with what every namespace has', () => {
    const { world, state } = emptyWorld();
    addBackground(world, {
      nodes: ['n1'],
      workloads: [
        ['shop/a:1', 1],
        ['shop/b:1', 1],
      ],
    });
    const names = state.select('v1', 'Namespace', {}).map(({ metadata }) => metadata.name);
    expect(names).toEqual(['default', 'kube-system', 'shop']);
    for (const namespace of names) {
      expect(state.find('v1', 'ServiceAccount', namespace, 'default')).not.toBeNull();
      expect(state.find('v1', 'ConfigMap', namespace, 'kube-root-ca.crt')).not.toBeNull();
    }
  });

  test('a workload listens on the port that it is given', () => {
    const { world, state } = emptyWorld();
    const [pod] = addHealthy(world, 'billing/ledger-db:16.4', 1, ['n1'], 5432);
    expect(state.log('billing', pod!.metadata.name, 'ledger-db', {})).toContain('listening on 0.0.0.0:5432');
    expect(world.current('v1', 'Service', 'billing', 'ledger-db')['spec']).toMatchObject({ ports: [{ port: 5432 }] });
  });
});
