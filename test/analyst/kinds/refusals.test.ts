import { describe, test } from 'vitest';
import { TestCluster } from '../cluster.ts';
import { remove } from '../rules/amend.ts';
import { expectCause } from './expected.ts';

const refused = (cluster: TestCluster, name: string, message: string): void => {
  cluster.deployment('mint', name, {});
  remove(cluster, 'Pod', name);
  cluster.event('ReplicaSet', 'mint', `${name}-5d8f`, 'FailedCreate', `Error creating: ${message}`);
};

describe('QUA-1: refusals of which each has a class of its own', () => {
  test('an image exists, and not for the platform of the node', async () => {
    const cluster = new TestCluster();
    const image = 'registry.test/mint/press:4';
    const message = `failed to pull and unpack image "${image}": no match for platform in manifest: not found`;
    cluster.node('n1', { labels: { 'kubernetes.io/arch': 'arm64' } });
    cluster.deployment('mint', 'press', {
      spec: { containers: [{ name: 'press', image }] },
      status: {
        phase: 'Pending',
        containerStatuses: [
          {
            name: 'press',
            image,
            ready: false,
            restartCount: 0,
            state: { waiting: { reason: 'ErrImagePull', message } },
          },
        ],
      },
    });
    cluster.event('Pod', 'mint', 'press-5d8f-abcde', 'Failed', `Failed to pull image "${image}": ${message}`);
    await expectCause(cluster, ['Deployment', 'mint', 'press'], {
      cause: 'Deployment press wrong_arch',
      says: [/arm64/, /platform/],
      never: [/does not exist/, /log ?in/i],
    });
  });

  test('a webhook takes longer than it may', async () => {
    const cluster = new TestCluster();
    cluster.add('MutatingWebhookConfiguration', null, 'stamps', {
      webhooks: [
        {
          name: 'stamps.mint.test',
          failurePolicy: 'Fail',
          timeoutSeconds: 10,
          clientConfig: {
            service: {
              namespace: 'mint-system',
              name: 'stamper',
              path: '/mutate',
              port: 443,
            },
          },
          rules: [
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['CREATE'],
              resources: ['pods'],
            },
          ],
        },
      ],
    });
    cluster.service('mint-system', 'stamper', { port: 443, targetPort: 9443 });
    cluster.running('mint-system', 'stamper', 'serving webhooks on :9443\n');
    refused(
      cluster,
      'dies',
      'Internal error occurred: failed calling webhook "stamps.mint.test": failed to call webhook: Post "https://stamper.mint-system.svc:443/mutate?timeout=10s": context deadline exceeded',
    );
    await expectCause(cluster, ['Deployment', 'mint', 'dies'], {
      cause: ['MutatingWebhookConfiguration stamps webhook_timeout', 'Deployment stamper webhook_timeout'],
      says: [/10 ?s/, /stamps/],
      never: [/certificate/i, /no endpoints/, /does not exist/],
    });
  });

  test('a directory in memory grows over the size that it may have', async () => {
    const cluster = new TestCluster();
    cluster.node('n1');
    const message = 'Usage of EmptyDir volume "spool" exceeds the limit "512Mi". ';
    cluster.deployment('mint', 'engraver', {
      spec: {
        containers: [
          {
            name: 'engraver',
            image: 'registry.test/engraver:1',
            volumeMounts: [{ name: 'spool', mountPath: '/spool' }],
          },
        ],
        volumes: [{ name: 'spool', emptyDir: { sizeLimit: '512Mi' } }],
      },
      status: {
        phase: 'Failed',
        reason: 'Evicted',
        message,
        startTime: '2026-01-01T09:30:00Z',
      },
    });
    cluster.event('Pod', 'mint', 'engraver-5d8f-abcde', 'Evicted', message);
    await expectCause(cluster, ['Deployment', 'mint', 'engraver'], {
      cause: 'Deployment engraver ephemeral_eviction',
      value: '512Mi',
      says: [/spool/, /512Mi/],
      never: [/node .{0,30}(?:ran out|pressure|low on)/i, /memory limit/],
    });
  });

  test('a bound of the namespace is below what the pod asks for', async () => {
    const cluster = new TestCluster();
    cluster.add('LimitRange', 'mint', 'small-only', {
      spec: { limits: [{ type: 'Container', max: { memory: '512Mi' } }] },
    });
    refused(
      cluster,
      'coins',
      'pods "coins-5d8f-x9k2m" is forbidden: maximum memory usage per Container is 512Mi, but limit is 1Gi',
    );
    await expectCause(cluster, ['Deployment', 'mint', 'coins'], {
      cause: ['LimitRange small-only limitrange', 'Deployment coins limitrange'],
      says: [/512Mi/, /1Gi/, /small-only/],
      never: [/ResourceQuota/, /quota/i],
    });
  });
});
