import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import type { Pod } from '../../../src/kube/objects.ts';
import { podReady, podRestarts, podStatus } from '../../../src/sim/api/pod-columns.ts';
import { type ContainerLife, makePod, type PodFacts, type PodTemplateSpec } from '../../../src/sim/objects/pods.ts';
import { clusterFindings } from '../../support/cluster-findings.ts';
import { emptyWorld } from '../../support/simulated-world.ts';

const minute = 60_000;
const template: PodTemplateSpec = { containers: [{ name: 'app', image: 'registry.example/shop/app:1', port: 8080 }] };
const withInit: PodTemplateSpec = { ...template, initContainers: [{ name: 'migrate', image: 'registry.example/m:1' }] };

/** A pod of a ReplicaSet, and what the detectors and kubectl say of it. */
function podOf(facts: Partial<PodFacts> & Pick<PodFacts, 'life'>) {
  const { world, state, clock } = emptyWorld();
  const owner = world.put({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: world.meta('shop', 'app-5d8f', 0) });
  const pod = makePod(world, {
    owner,
    template,
    labels: { app: 'app' },
    name: 'app-5d8f-x2x1z',
    age: 30 * minute,
    node: 'worker-01',
    ...facts,
  });
  return { pod, world, findings: clusterFindings(state, clock.now()).map(({ type }) => type), now: clock.now() };
}

const running: ContainerLife = { kind: 'running', started: 20 * minute };
const exited = (exitCode: number, reason = 'Error'): ContainerLife => ({
  kind: 'exited',
  exitCode,
  reason,
  ended: minute,
});
const looping: ContainerLife = { kind: 'crashloop', exitCode: 1, reason: 'Error', restarts: 4, ended: minute };

describe('what a container does is seen alike by kubectl and by the detectors', () => {
  test.each<[string, Partial<PodFacts> & Pick<PodFacts, 'life'>, string, string, string[]]>([
    ['runs', { life: running }, 'Running', '1/1', []],
    ['restarts again and again', { life: looping }, 'CrashLoopBackOff', '0/1', ['CrashLoop']],
    ['died for want of memory', { life: exited(137, 'OOMKilled') }, 'OOMKilled', '0/1', ['PodCrash']],
    [
      'waits for its image',
      { life: { kind: 'waiting', reason: 'ImagePullBackOff', message: 'not found' } },
      'ImagePullBackOff',
      '0/1',
      ['ImagePull'],
    ],
    [
      'waits for a key',
      { life: { kind: 'waiting', reason: 'CreateContainerConfigError', message: "couldn't find key A" } },
      'CreateContainerConfigError',
      '0/1',
      ['ConfigError'],
    ],
    [
      'is being made',
      { life: { kind: 'waiting', reason: 'ContainerCreating' }, age: 1000 },
      'ContainerCreating',
      '0/1',
      [],
    ],
    [
      'never starts because of its init container',
      { template: withInit, life: { kind: 'waiting', reason: 'PodInitializing' }, initLife: looping },
      'Init:CrashLoopBackOff',
      '0/1',
      ['InitCrash'],
    ],
    ['runs after its init container', { template: withInit, life: running }, 'Running', '1/1', []],
  ])('%s', (_what, facts, status, ready, findings) => {
    const made = podOf(facts);
    expect(podStatus(made.pod)).toBe(status);
    expect(podReady(made.pod)).toBe(ready);
    expect(made.findings).toEqual(findings);
  });

  test('a pod that no node takes is pending with the words of the scheduler, and has no addresses', () => {
    const { world, state, clock } = emptyWorld();
    const owner = world.put({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: world.meta('shop', 'app', 0) });
    const life: ContainerLife = { kind: 'waiting', reason: 'ContainerCreating' };
    const facts = { owner, template, labels: {}, name: 'app-x', age: 30 * minute, life };
    const pod: Pod = makePod(world, { ...facts, unschedulable: '0/3 nodes are available' });
    expect(podStatus(pod)).toBe('Pending');
    expect(pod.status?.podIP).toBeUndefined();
    expect(clusterFindings(state, clock.now()).map(({ type }) => type)).toEqual(['Unschedulable']);
  });
});

describe('what is kept and what changes when a pod is put again', () => {
  test('its uid stays, its containers get other ids', () => {
    const { pod, world } = podOf({ life: running });
    const owner = world.current('apps/v1', 'ReplicaSet', 'shop', 'app-5d8f');
    const facts = { owner, template, labels: {}, name: pod.metadata.name, age: minute, node: 'worker-01' };
    const again = makePod(world, { ...facts, life: looping });
    expect(again.metadata.uid).toBe(pod.metadata.uid);
    expect(containerId(again)).not.toBe(containerId(pod));
  });

  test('kubectl shows the restarts with the age of the last', () => {
    const { pod, now } = podOf({ life: looping });
    expect(podRestarts(pod, now)).toBe('4 (60s ago)');
  });

  test.each([
    [1, '10s'],
    [2, '20s'],
    [4, '1m20s'],
    [6, '5m0s'],
    [40, '5m0s'],
  ])('after %i restarts the kubelet waits %s', (restarts, delay) => {
    const { pod } = podOf({ life: { kind: 'crashloop', exitCode: 1, reason: 'Error', restarts, ended: 1000 } });
    expect(JSON.stringify(pod)).toContain(`back-off ${delay} restarting failed container=app`);
  });
});

function containerId(object: KubeObject): string {
  const pod: Pod = object;
  return pod.status?.containerStatuses?.[0]?.containerID ?? '';
}
