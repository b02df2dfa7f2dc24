import { expect, test } from 'vitest';
import { changesBefore } from '../../../src/report/evidence/changes.ts';

const since = Date.UTC(2026, 10, 28, 15, 0, 0);
const ago = (minutes: number): string => new Date(since - minutes * 60_000).toISOString();
const file = (kind: string, name: string, content: object) => ({
  path: `evidence/objects/shop/${kind}/${name}.json`,
  text: JSON.stringify({ kind, ...content }),
});

function replicaSet(revision: number, image: string, minutes: number) {
  return file('ReplicaSet', `web-${revision}`, {
    metadata: {
      name: `web-${revision}`,
      namespace: 'shop',
      creationTimestamp: ago(minutes),
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [{ kind: 'Deployment', name: 'web' }],
    },
    spec: { template: { spec: { containers: [{ name: 'web', image }] } } },
  });
}

test('UX-21: what changed before the first fault: rollouts with their image, releases, objects, replicas; the newest first', () => {
  const changes = changesBefore(
    [
      replicaSet(2, 'web:1', 600),
      replicaSet(3, 'web:2', 5),
      file('ConfigMap', 'settings', {
        metadata: {
          name: 'settings',
          namespace: 'shop',
          creationTimestamp: ago(10_000),
          managedFields: [
            { manager: 'kubectl-edit', time: ago(7) },
            { manager: 'kube-controller-manager', time: ago(6) },
            { manager: 'kubectl', subresource: 'status', time: ago(6) },
          ],
        },
      }),
      file('Secret', 'sh.helm.release.v1.shop.v4', {
        type: 'helm.sh/release.v1',
        metadata: {
          name: 'sh.helm.release.v1.shop.v4',
          namespace: 'shop',
          creationTimestamp: ago(6),
          labels: { name: 'shop', version: '4', status: 'deployed' },
        },
      }),
      file('Secret', 'db', { metadata: { name: 'db', namespace: 'shop', creationTimestamp: ago(20) } }),
      {
        path: 'evidence/events/_cluster.json',
        text: JSON.stringify([
          {
            involvedObject: { kind: 'Node', name: 'n1' },
            reason: 'NodeNotReady',
            message: 'Node n1 status is now: NodeNotReady',
            lastTimestamp: ago(2),
          },
        ]),
      },
    ],
    since,
  );
  expect(changes.map(({ at, object, words }) => `${(since - at) / 60_000} ${object}: ${words}`)).toEqual([
    '2 Node n1: NodeNotReady: Node n1 status is now: NodeNotReady',
    '5 Deployment shop/web: revision 3 rolled out: image web:1 became web:2',
    '6 Helm release shop/shop: revision 4 (deployed)',
    '7 ConfigMap shop/settings: was changed by kubectl-edit',
    '20 Secret shop/db: was created',
    '600 Deployment shop/web: revision 2 rolled out',
  ]);
});

test('UX-21: what is older than a day, or came after the fault, is no change before it; their number is bounded', () => {
  const many = Array.from({ length: 40 }, (_, at) =>
    file('ConfigMap', `c${at}`, { metadata: { name: `c${at}`, namespace: 'shop', creationTimestamp: ago(at + 1) } }),
  );
  expect(changesBefore([replicaSet(1, 'a', 25 * 60), replicaSet(2, 'b', -10)], since)).toEqual([]);
  expect(changesBefore(many, since)).toHaveLength(10);
});

test('UX-21: objects that are not as they should be change nothing, and break nothing', () => {
  const odd = ['null', '[]', '7', '{', '{"kind":7}', '{"metadata":{"creationTimestamp":"never","managedFields":7}}'];
  const files = odd.flatMap((text, at) => [
    { path: `evidence/objects/shop/ReplicaSet/${at}.json`, text },
    { path: `evidence/events/${at}.json`, text },
  ]);
  expect(changesBefore(files, since)).toEqual([]);
});
