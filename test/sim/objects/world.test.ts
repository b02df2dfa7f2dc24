import { describe, expect, test } from 'vitest';
import { controlledBy } from '../../../src/sim/objects/world.ts';
import { emptyWorld } from '../../support/simulated-world.ts';

describe('times and names', () => {
  test('times are in whole seconds, as the API writes them', () => {
    const { world, clock } = emptyWorld();
    expect(world.ago(90_000)).toBe(new Date(clock.now() - 90_000).toISOString().replace('.000Z', 'Z'));
    expect(world.ago(1)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('uids are those of version 4, and differ', () => {
    const { world } = emptyWorld();
    const uids = Array.from({ length: 50 }, () => world.uid());
    expect(new Set(uids).size).toBe(50);
    for (const uid of uids) expect(uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('suffixes have the letters of generated names: none that could make a word', () => {
    const { world } = emptyWorld();
    expect(world.suffix(200)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{200}$/);
  });
});

describe('objects', () => {
  test('what is not there is a mistake of the script', () => {
    const { world } = emptyWorld();
    expect(() => world.current('v1', 'Node', null, 'n9')).toThrow('Node n9 is not in the simulated cluster');
  });

  test('an owner is the controller, and holds its deletion up', () => {
    const { world } = emptyWorld();
    const owner = world.put({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: world.meta('shop', 'cart', 0) });
    const { uid } = owner.metadata;
    const reference = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'cart', uid };
    expect(controlledBy(owner)).toEqual([{ ...reference, controller: true, blockOwnerDeletion: true }]);
  });
});

describe('events', () => {
  function eventBy(component: string) {
    const { world } = emptyWorld();
    const about = world.put({ apiVersion: 'v1', kind: 'Pod', metadata: world.meta('shop', 'cart-1', 0) });
    const facts = { about, type: 'Warning', reason: 'Failed', message: 'words', component } as const;
    return { world, about, event: world.event({ ...facts, host: 'n1', count: 3, first: 60_000, last: 5000 }) };
  }

  test('of a component say where, how often, first and last', () => {
    const { event, world, about } = eventBy('kubelet');
    expect(event).toMatchObject({
      source: { component: 'kubelet', host: 'n1' },
      count: 3,
      firstTimestamp: world.ago(60_000),
      lastTimestamp: world.ago(5000),
      eventTime: null,
      involvedObject: { kind: 'Pod', namespace: 'shop', name: 'cart-1', uid: about.metadata.uid },
    });
  });

  test('of the scheduler have the newer form: times in eventTime alone', () => {
    const { event } = eventBy('default-scheduler');
    expect(event).toMatchObject({ firstTimestamp: null, lastTimestamp: null, reportingComponent: 'default-scheduler' });
    expect(event['eventTime']).toMatch(/\.\d{6}Z$/);
    expect(event['count']).toBeUndefined();
  });

  test('about something without a namespace stand in default', () => {
    const { world } = emptyWorld();
    const about = world.put({ apiVersion: 'v1', kind: 'Node', metadata: world.meta(null, 'n1', 0) });
    const facts = { about, type: 'Normal', reason: 'NodeNotReady', message: '', component: 'node-controller' } as const;
    expect(world.event({ ...facts, first: 0 }).metadata.namespace).toBe('default');
  });
});
