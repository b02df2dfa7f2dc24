import { expect, test } from 'vitest';
import { Replay, type ReplayedFault } from '../support/storm-replay.ts';
import { nodeSignal, owner, signal } from '../support/signals.ts';

const sum = (outcomes: Readonly<Record<string, number>>): number =>
  Object.values(outcomes).reduce((total, count) => total + count, 0);

interface Kind {
  readonly cluster?: string;
  readonly type: string;
  readonly context: string;
  readonly node?: string;
  readonly object?: 'Pod' | 'Deployment' | 'Service';
}

/** A fault of one workload of its own. */
function broken(index: number, { cluster = 'prod', type, context, node, object = 'Pod' }: Kind): ReplayedFault {
  const namespace = `team-${index % 20}`;
  const name = `app${index}`;
  const own = object === 'Pod' ? `${name}-7d9c-x1` : name;
  const resource = { apiVersion: 'v1', kind: object, namespace, name: own, uid: `uid-${cluster}-${type}-${index}` };
  const fault = signal({
    cluster,
    faultType: type,
    faultId: `${cluster}:${type}:${index}`,
    container: object === 'Pod' ? 'app' : '',
    context,
    resource,
  });
  const root = owner(name, { namespace, ...(object === 'Service' && { kind: 'Service' }) });
  return { fault, owner: root, ...(node !== undefined && { node }) };
}

const many = (count: number, kind: Kind, from = 0) =>
  Array.from({ length: count }, (_, index) => broken(from + index, kind));

test("INT-4, UX-16: 500 faults of one node's loss are at most two posts, and each has its outcome", async () => {
  const replay = await Replay.start();
  const lost = { type: 'PodFailed', context: 'Pod failed: NodeLost', node: 'node-7' };
  await replay.receiveOver(many(249, lost), 10);
  const node = {
    fault: nodeSignal('node-7'),
    owner: owner('node-7', { kind: 'Node', namespace: null }),
    node: 'node-7',
  };
  await replay.receive([node]);
  const empty = {
    type: 'ServiceWithoutEndpoints',
    context: 'Service has no ready endpoint',
    object: 'Service' as const,
  };
  await replay.receiveOver(many(250, empty, 500), 20);
  await replay.pass(600);
  const result = await replay.result();
  console.log('one node lost', JSON.stringify(result));
  expect(result.channelPosts).toBeLessThanOrEqual(2);
  expect(sum(result.outcomes)).toBe(500);
  const said = JSON.stringify(replay.slack.channelPosts);
  expect(said).toContain('nothing is dropped');
}, 120_000);

test('INT-8: a registry outage over 12 clusters is one post that lists them', async () => {
  const replay = await Replay.start();
  const clusters = Array.from({ length: 12 }, (_, index) => `cluster-${String(index + 1).padStart(2, '0')}`);
  const faults = clusters.flatMap((cluster) =>
    Array.from({ length: 8 }, (_, index) => {
      const image = `registry.example/team/app${index}:1.4`;
      const context = `Container image cannot be pulled: ImagePullBackOff, message: Back-off pulling image "${image}": ErrImagePull: failed to resolve reference "${image}": dial tcp 10.9.0.4:443: i/o timeout`;
      return broken(index, { cluster, type: 'ImagePull', context });
    }),
  );
  // Every cluster meets it at its own time, within the time in which faults are gathered.
  await replay.receiveOver(
    faults.sort((a, b) => a.fault.faultId.slice(-1).localeCompare(b.fault.faultId.slice(-1))),
    2,
  );
  await replay.pass(600);
  const result = await replay.result();
  console.log('registry outage', JSON.stringify(result));
  expect(result.channelPosts).toBe(1);
  expect(sum(result.outcomes)).toBe(96);
  const [post] = replay.slack.channelPosts;
  for (const cluster of clusters) expect(JSON.stringify(post?.blocks)).toContain(cluster);
}, 120_000);

test('INT-8: an outage that meets one cluster after the other is a post for each until it is known as the same', async () => {
  const replay = await Replay.start();
  const context = 'Back-off pulling image "registry.example/team/app:1.4"';
  for (let index = 1; index <= 12; index += 1) {
    await replay.receive(many(8, { cluster: `cluster-${index}`, type: 'ImagePull', context }));
    await replay.pass(30);
  }
  await replay.pass(60);
  const result = await replay.result();
  console.log('registry outage, 30 s apart', JSON.stringify(result));
  // Eight workloads of each of the first two clusters; from the third on all are told by the first one's.
  expect(result.channelPosts).toBe(16);
  expect(replay.slack.threadPosts.some(({ text }) => text.includes('Now in 12 clusters'))).toBe(true);
}, 120_000);

test('INT-4, UX-16: a bad admission webhook is at most two posts, named as what its victims share', async () => {
  const replay = await Replay.start();
  const refused =
    'Pods cannot be created: FailedCreate, message: Internal error occurred: failed calling webhook "validate.policy.example": failed to call webhook: Post "https://policy.policy-system.svc:443/validate": context deadline exceeded';
  await replay.receiveOver(many(200, { type: 'CreateFailed', context: refused, object: 'Deployment' }), 30);
  const stalled = 'Deployment rollout failed: ProgressDeadlineExceeded';
  await replay.pass(300);
  await replay.receiveOver(many(200, { type: 'DeploymentFailure', context: stalled, object: 'Deployment' }), 30);
  await replay.pass(600);
  const result = await replay.result();
  console.log('bad webhook', JSON.stringify(result));
  expect(result.channelPosts).toBeLessThanOrEqual(2);
  expect(sum(result.outcomes)).toBe(400);
  expect(JSON.stringify(replay.slack.channelPosts)).toContain('met admission webhook validate.policy.example');
}, 120_000);
