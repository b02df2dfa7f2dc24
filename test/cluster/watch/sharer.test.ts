import { expect, test } from 'vitest';
import { Sharer } from '../../../src/cluster/watch/sharer.ts';
import { object } from '../../support/kube-objects.ts';

const podOf = (name: string) =>
  object('Pod', name, {
    metadata: {
      labels: { app: 'api', hash: '6d9c' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'api-6d9c', uid: 'u' }],
    },
    spec: { nodeName: `node-${'1'.repeat(20)}` },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: name }] },
  });

test('CON-8: what pods of one owner have in common is there once, and all is as it was', () => {
  const sharer = new Sharer();
  const [one, two] = [sharer.share(podOf('a')), sharer.share(podOf('b'))];
  expect([one, two]).toEqual([podOf('a'), podOf('b')]);
  expect(two.metadata.labels).toBe(one.metadata.labels);
  expect(two.metadata.ownerReferences).toBe(one.metadata.ownerReferences);
});

test('CON-8: a text and a part that is written like it are not mixed up, and what is remembered is bounded', () => {
  const sharer = new Sharer();
  const tricky = (name: string) => object('Pod', name, { reason: '{"a":"b"}', metadata: { labels: { a: 'b' } } });
  expect(sharer.share(tricky('x'))).toEqual(tricky('x'));
  for (let index = 0; index < 25_000; index += 1) sharer.share(object('Pod', 'p', { reason: `r${index}` }));
  expect(sharer.share(tricky('y'))).toEqual(tricky('y'));
});
