import type { KubeObject } from '../../kube/cluster-reader.ts';
import { addNamespace } from '../../sim/objects/background.ts';
import type { PodTemplateSpec } from '../../sim/objects/pods.ts';
import type { FaultScript } from './fault-script.ts';
import {
  available,
  type DeploymentFacts,
  makeConfigMap,
  makeDeployment,
  makeReplica,
  makeReplicaSet,
  progressed,
} from '../../sim/objects/workloads.ts';
import type { World } from '../../sim/objects/world.ts';

/** What waits and never starts: a key that is not there, a node that no pod fits, a volume class that does not exist. */
export const waitingScripts: readonly FaultScript[] = [missingKey(), unschedulable(), claimPending()];

function missingKey(): FaultScript {
  const keyRef = { configMapKeyRef: { name: 'contact-settings', key: 'CRM_REGION' } };
  const facts: DeploymentFacts = {
    namespace: 'crm',
    name: 'contact-sync',
    replicas: 1,
    age: 150_000,
    hash: '786f5b6f7b',
    template: {
      containers: [
        {
          name: 'contact-sync',
          image: 'registry.example/crm/contact-sync:1.4.2',
          env: [{ name: 'CRM_REGION', valueFrom: keyRef }],
        },
      ],
    },
  };
  return {
    cluster: 'staging',
    faultType: 'ConfigError',
    owner: { kind: 'Deployment', namespace: 'crm', name: 'contact-sync' },
    causeWords: ['CRM_REGION'],
    setUp: (world) => {
      makeConfigMap(world, 'crm', 'contact-settings', { CRM_URL: 'https://crm.example', CRM_REGION_NAME: 'eu-1' });
    },
    steps: () => [{ at: 100, run: ({ world }) => waitForKey(world, facts) }],
  };
}

function waitForKey(world: World, facts: DeploymentFacts): void {
  const message = "couldn't find key CRM_REGION in ConfigMap crm/contact-settings";
  const replicaSet = waitingReplicaSet(world, facts);
  const life = { kind: 'waiting', reason: 'CreateContainerConfigError', message } as const;
  const pod = makeReplica(world, replicaSet, facts, { node: 'worker-01', life });
  world.event({
    about: pod,
    type: 'Warning',
    reason: 'Failed',
    message: `Error: ${message}`,
    component: 'kubelet',
    host: 'worker-01',
    fieldPath: 'spec.containers{contact-sync}',
    count: 11,
    first: 148_000,
    last: 6000,
  });
}

function unschedulable(): FaultScript {
  const template: PodTemplateSpec = {
    nodeSelector: { accelerator: 'a100' },
    containers: [{ name: 'trainer', image: 'registry.example/ml/trainer:0.9.3', memory: '4Gi' }],
  };
  const facts: DeploymentFacts = {
    namespace: 'ml',
    name: 'trainer',
    replicas: 1,
    age: 120_000,
    hash: '5857cdf7c9',
    template,
  };
  return {
    cluster: 'staging',
    faultType: 'Unschedulable',
    owner: { kind: 'Deployment', namespace: 'ml', name: 'trainer' },
    causeWords: ['a100'],
    setUp: (world) => addNamespace(world, 'ml'),
    steps: () => [{ at: 200, run: ({ world }) => waitForNode(world, facts) }],
  };
}

function waitForNode(world: World, facts: DeploymentFacts): void {
  const message =
    "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
  const replicaSet = waitingReplicaSet(world, facts);
  const life = { kind: 'waiting', reason: 'ContainerCreating' } as const;
  const pod = makeReplica(world, replicaSet, facts, { life, unschedulable: message });
  const component = 'default-scheduler';
  world.event({ about: pod, type: 'Warning', reason: 'FailedScheduling', message, component, first: 119_000 });
}

function claimPending(): FaultScript {
  return {
    cluster: 'staging',
    faultType: 'ClaimPending',
    owner: { kind: 'PersistentVolumeClaim', namespace: 'media', name: 'assets-cache' },
    causeWords: ['fast-ssd'],
    setUp: (world) => {
      addNamespace(world, 'media');
      world.put({
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: world.meta(null, 'standard', 5_000_000_000, {
          annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
        }),
        provisioner: 'ebs.csi.aws.com',
        reclaimPolicy: 'Delete',
        volumeBindingMode: 'WaitForFirstConsumer',
      });
    },
    steps: () => [{ at: 300, run: ({ world }) => waitForVolume(world) }],
  };
}

function waitForVolume(world: World): void {
  const claim = world.put({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: world.meta('media', 'assets-cache', 170_000, {
      labels: { app: 'assets' },
      finalizers: ['kubernetes.io/pvc-protection'],
    }),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '20Gi' } },
      storageClassName: 'fast-ssd',
      volumeMode: 'Filesystem',
    },
    status: { phase: 'Pending' },
  });
  world.event({
    about: claim,
    type: 'Warning',
    reason: 'ProvisioningFailed',
    message: 'storageclass.storage.k8s.io "fast-ssd" not found',
    component: 'persistentvolume-controller',
    count: 12,
    first: 170_000,
    last: 5000,
  });
}

function waitingReplicaSet(world: World, facts: DeploymentFacts): KubeObject {
  const none = { current: 1, updated: 1, ready: 0 };
  const deployment = makeDeployment(world, facts, none, [available(world, facts.age, false), progressed(world, facts)]);
  return makeReplicaSet(world, deployment, facts, { desired: 1, ready: 0 });
}
