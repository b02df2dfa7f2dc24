import { describe, expect, test } from 'vitest';
import { answerAbout, causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';
import { remove } from '../amend.ts';

type Fields = Record<string, unknown>;
type Build = (cluster: TestCluster) => void;
const none: Build = () => {};
const range =
  (limit: Fields, name = 'bounds'): Build =>
  (cluster) =>
    cluster.add('LimitRange', 'ns', name, { spec: { limits: [{ type: 'Container', ...limit }] } });
const all =
  (...builds: Build[]): Build =>
  (cluster) => {
    for (const build of builds) build(cluster);
  };

/** A Deployment of so many replicas without pods, whose ReplicaSet was refused. */
function refused(message: string, resources: Fields, build: Build, replicas = 3): TestCluster {
  const cluster = new TestCluster();
  cluster.deployment('ns', 'app', { replicas, spec: { containers: [{ name: 'app', image: 'a:1', resources }] } });
  remove(cluster, 'Pod', 'app');
  cluster.add('ResourceQuota', 'ns', 'team', { spec: { hard: { 'limits.memory': '4Gi', 'requests.cpu': '2' } } });
  cluster.event('ReplicaSet', 'ns', 'app-5d8f', 'FailedCreate', message);
  build(cluster);
  return cluster;
}
const about = (...given: Parameters<typeof refused>): Promise<string> =>
  causeOf(refused(...given), 'Deployment', 'ns', 'app');

describe('QUA-1: defaults of a LimitRange against a quota', () => {
  const over =
    'Error creating: pods "app-5d8f-x1y2z" is forbidden: exceeded quota: team, requested: limits.memory=2Gi, used: limits.memory=4Gi, limited: limits.memory=4Gi';
  const ofQuota = 'ResourceQuota team quota_exceeded [limits.memory] high';
  test.each<[string, Fields, Build, number, string]>([
    [
      'the default times the replicas is more than the quota',
      {},
      range({ default: { memory: '2Gi' } }),
      3,
      'LimitRange bounds limitrange [2Gi] high',
    ],
    ['it sets the limit itself', { limits: { memory: '2Gi' } }, range({ default: { memory: '2Gi' } }), 3, ofQuota],
    ['it would fit, others use the quota up', {}, range({ default: { memory: '2Gi' } }), 1, ofQuota],
    ['the default is of another resource', {}, range({ default: { cpu: '2' } }), 3, ofQuota],
    ['there is none', {}, none, 3, ofQuota],
  ])('%s', async (_title, resources, build, replicas, wanted) => {
    expect(await about(over, resources, build, replicas)).toBe(wanted);
  });
  test('the default of the request', async () => {
    const cpu =
      'Error creating: pods "app-5d8f-x1y2z" is forbidden: exceeded quota: team, requested: requests.cpu=1, used: requests.cpu=2, limited: requests.cpu=2';
    expect(await about(cpu, {}, range({ defaultRequest: { cpu: '1' } }))).toBe('LimitRange bounds limitrange [1] high');
  });
  test('what it says', async () => {
    const { verdict } = await answerAbout(
      refused(over, {}, range({ default: { memory: '2Gi' } })),
      'Deployment',
      'ns',
      'app',
    );
    expect(verdict.causes[0]?.statement).toBe(
      'LimitRange bounds gives each container of Deployment ns/app, which sets no limits.memory itself, 2Gi memory: 3 of them are more than the 4Gi of ResourceQuota team, so its pods are refused.',
    );
  });
});

describe('QUA-1: a request above the limit', () => {
  const invalid =
    'Error creating: Pod "app-5d8f-x1y2z" is invalid: spec.containers[0].resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 500m';
  test.each<[string, Fields, Build, string]>([
    [
      'that only a LimitRange sets',
      { requests: { cpu: '1' } },
      range({ default: { cpu: '500m' } }),
      'LimitRange bounds limitrange [500m] high',
    ],
    ['of its own', { requests: { cpu: '1' }, limits: { cpu: '500m' } }, none, 'Deployment app limitrange [500m] high'],
    ['that nothing shows', { requests: { cpu: '1' } }, none, 'Deployment app other [null] medium'],
  ])('%s', async (_title, resources, build, wanted) => {
    expect(await about(invalid, resources, build)).toBe(wanted);
  });
});

describe('QUA-1: the bound of a LimitRange', () => {
  const most = 'maximum memory usage per Container is 256Mi, but limit is 1Gi';
  test('of several the one that holds it', async () => {
    const build = all(range({ max: { memory: '2Gi' } }, 'a-wide'), range({ max: { memory: '256Mi' } }, 'b-narrow'));
    expect(await about(`Error creating: pods "app-5d8f-x" is forbidden: ${most}`, {}, build)).toBe(
      `LimitRange b-narrow limitrange [${most}] high`,
    );
  });
  test('of a claim', async () => {
    const cluster = new TestCluster();
    const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db', image: 'd:1' }] } };
    cluster.add('StatefulSet', 'ns', 'db', {
      spec: { replicas: 1, selector: { matchLabels: { app: 'db' } }, template },
      status: { replicas: 0 },
    });
    cluster.add('LimitRange', 'ns', 'disks', {
      spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '5Gi' } }] },
    });
    range({ max: { memory: '2Gi' } }, 'bounds')(cluster);
    const detail = 'maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi';
    cluster.event(
      'StatefulSet',
      'ns',
      'db',
      'FailedCreate',
      `create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: persistentvolumeclaims "data-db-0" is forbidden: ${detail}`,
    );
    expect(await causeOf(cluster, 'StatefulSet', 'ns', 'db')).toBe(`LimitRange disks limitrange [${detail}] high`);
  });
});
