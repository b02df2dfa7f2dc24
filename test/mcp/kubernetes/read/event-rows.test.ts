import { expect, test } from 'vitest';
import { eventRows, normalised } from '../../../../src/mcp/kubernetes/read/event-rows.ts';
import type { KubeEvent } from '../../../../src/kube/objects.ts';
import { ago, now, object, warning } from '../../../support/kube-objects.ts';

const set = object('ReplicaSet', 'cart-1');
const at = (seconds: number) => ({ firstTimestamp: ago(seconds), lastTimestamp: ago(seconds) });

test('events that differ by what is random are one, newest first', () => {
  const refused = (name: string, seconds: number): KubeEvent => ({
    ...warning('FailedCreate', set, `Error creating: pods "cart-1-${name}" is forbidden: exceeded quota`, {
      count: 1,
      ...at(seconds),
    }),
    metadata: { name: `e-${name}`, namespace: 'shop' },
  });
  const rows = eventRows([
    refused('x7k2p', 300),
    warning('Killing', set, 'Stopping container app', { type: 'Normal', count: 2, ...at(200) }),
    refused('qq4zm', 100),
  ]);
  expect(rows).toEqual([
    {
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'Error creating: pods "cart-1-qq4zm" is forbidden: exceeded quota',
      count: 2,
      first: ago(300),
      last: ago(100),
      object: 'ReplicaSet/shop/cart-1',
      namespace: 'shop',
    },
    expect.objectContaining({ reason: 'Killing', count: 2, type: 'Normal' }),
  ]);
});

test('an event of the scheduler has its times and counts elsewhere, and says who it is from', () => {
  const event = warning('FailedScheduling', object('Pod', 'p'), '0/3 nodes are available', {
    count: null,
    firstTimestamp: null,
    lastTimestamp: null,
    eventTime: ago(500),
    series: { count: 7, lastObservedTime: ago(20) },
    metadata: { creationTimestamp: ago(500) },
    reportingComponent: 'default-scheduler',
  });
  expect(eventRows([event])).toMatchObject([
    { count: 7, first: ago(500), last: ago(20), component: 'default-scheduler' },
  ]);
});

test('only those since then', () => {
  const events = [100, 1000].map((seconds) => warning('BackOff', set, `after ${seconds}`, at(seconds)));
  expect(eventRows(events, now - 500_000).map(({ message }) => message)).toEqual(['after 100']);
});

test.each([
  [
    'kustomize build failed: stat /tmp/kustomization-311948/x: no such file',
    'kustomize build failed: stat */x: no such file',
  ],
  [
    'Back-off 1m20s restarting failed container app in pod cart-5d4f8-x7k2p_shop',
    'Back-off * restarting failed container app in pod cart-5d4f8*_shop',
  ],
  ['exec id 1f0e9c2b7a6d5e4f3c2b1a0f failed', 'exec id * failed'],
  ['uid 0b5c2b1e-7a6d-4e4f-8c2b-1a0f9e8d7c6b', 'uid *'],
  [
    'Readiness probe failed: HTTP probe failed with statuscode: 503',
    'Readiness probe failed: HTTP probe failed with statuscode: 503',
  ],
])('%s', (message, expected) => {
  expect(normalised(message)).toBe(expected);
});
