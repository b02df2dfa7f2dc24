import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

interface Members {
  readonly policy?: 'OrderedReady' | 'Parallel';
  /** What each pod that there is says. */
  readonly logs: readonly string[];
  readonly ready?: readonly number[];
  readonly publish?: boolean;
}

/** The cause of a StatefulSet `ring` of three, of which as many pods are there as logs are given. */
function causeOfRing({ policy, logs, ready = [], publish }: Members): Promise<string> {
  const cluster = new TestCluster();
  cluster.node('n1');
  const labels = { app: 'ring' };
  const containers = [{ name: 'ring', image: 'registry.test/ring:1' }];
  const controller = {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    name: 'ring',
    uid: 'uid-StatefulSet-ring',
    controller: true,
  };
  cluster.add('StatefulSet', 'ns', 'ring', {
    spec: {
      replicas: 3,
      serviceName: 'ring-peers',
      ...(policy === undefined ? {} : { podManagementPolicy: policy }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
    status: { replicas: logs.length, readyReplicas: ready.length },
  });
  cluster.add('Service', 'ns', 'ring-peers', {
    spec: {
      clusterIP: 'None',
      selector: labels,
      ports: [{ port: 7000 }],
      ...(publish ? { publishNotReadyAddresses: true } : {}),
    },
  });
  for (const [at, log] of logs.entries()) {
    const isReady = ready.includes(at);
    cluster.add('Pod', 'ns', `ring-${at}`, {
      metadata: { labels, ownerReferences: [controller] },
      spec: { nodeName: 'n1', containers },
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
        containerStatuses: [
          { name: 'ring', ready: isReady, restartCount: 0, state: { running: { startedAt: '2026-01-01T09:30:05Z' } } },
        ],
      },
    });
    cluster.log('ns', `ring-${at}`, 'ring', log.repeat(4));
    if (!isReady) cluster.event('Pod', 'ns', `ring-${at}`, 'Unhealthy', 'Readiness probe failed: no quorum');
  }
  return causeOf(cluster, 'StatefulSet', 'ns', 'ring');
}

const misses = (at: number): string => `WARN cannot join: lookup ring-${at}.ring-peers.ns.svc: no such host\n`;
const java = (at: number): string => `ERROR join failed java.net.UnknownHostException: ring-${at}.ring-peers\n`;
const ordered = 'StatefulSet ring rollout_deadlock [OrderedReady] high';
const unpublished = 'Service ring-peers rollout_deadlock [ring-1] high';

describe('QUA-1: members of a StatefulSet that wait for each other', () => {
  test.each<[string, Members, string]>([
    ['the first waits for the second, which is not made yet', { policy: 'OrderedReady', logs: [misses(1)] }, ordered],
    ['the same by default, in other words', { logs: [java(1)] }, 'StatefulSet ring rollout_deadlock [ring-1] high'],
    [
      'all are there, and their names are not',
      { policy: 'Parallel', logs: [misses(1), misses(0), misses(0)] },
      unpublished,
    ],
  ])('%s', async (_what, members, cause) => {
    expect(await causeOfRing(members)).toBe(cause);
  });

  test.each<[string, Members]>([
    ['the names are published', { policy: 'Parallel', publish: true, logs: [misses(1), misses(0)] }],
    ['the other fails for a reason of its own', { policy: 'Parallel', logs: [misses(1), 'ERROR disk: bad block\n'] }],
    ['a member that the set never has', { logs: [misses(7)] }],
  ])('not where %s', async (_what, members) => {
    expect(await causeOfRing(members)).not.toMatch(/rollout_deadlock/);
  });
});
