import { describe, expect, test } from 'vitest';
import { longestWaitMs } from '../../src/domain/decide/delivery.ts';
import type { FaultSignal, OwnerRef } from '../../src/domain/fault.ts';
import type { StateStore, StorePolicy } from '../../src/domain/state-store.ts';
import {
  clusterPolicy,
  minute,
  nodeSignal,
  owner,
  signal,
  startOfTime as start,
  stormPolicy,
} from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';
import { messageFacts } from '../../src/notify/message-facts.ts';
import { stands } from '../../src/notify/content/news.ts';
import { limits, openTestStore, runResult, unaccounted } from './store-fixture.ts';
import { StoreModel } from './store-model.ts';

interface Received {
  readonly fault: FaultSignal;
  readonly owner: OwnerRef;
  readonly node?: string;
}

/** The fault of one workload of its own. */
function broken(index: number, change: Partial<FaultSignal> & { node?: string } = {}): Received {
  const { node, ...rest } = change;
  const cluster = rest.cluster ?? 'prod';
  const name = `app${index}`;
  const fault = signal({ pod: `${name}-0`, faultId: `${cluster}:${name}:${rest.faultType ?? ''}`, ...rest });
  return { fault, owner: owner(name), ...(node !== undefined && { node }) };
}

const many = (count: number, change: Parameters<typeof broken>[1] = {}, from = 0) =>
  Array.from({ length: count }, (_, index) => broken(from + index, change));

/** Accepts and settles, each fault with its own owner. */
async function take(store: StateStore, received: readonly Received[], at = start) {
  await store.accept(
    received.map(({ fault }) => fault),
    at,
  );
  const waiting = await store.unsettled(1000);
  const of = new Map(received.map((one) => [one.fault.faultId, one]));
  const inputs = waiting.map(({ seq, signal: fault }) => {
    const { owner: root = owner(), node = null } = of.get(fault?.faultId ?? '') ?? {};
    return { seq, owner: root, node, cluster: clusterPolicy() };
  });
  return [...(await store.settle(inputs, at))].sort((a, b) => a.seq - b.seq);
}

const open = (change: Partial<StorePolicy['storm']> = {}) =>
  openTestStore({ storm: stormPolicy({ perCluster: 5, ...change }) });

const incidents = async (store: StateStore) => (await store.incidents({ limit: 1000 })).items;
const storms = async (store: StateStore) => (await incidents(store)).filter(({ incident }) => incident.storm);
const messages = async (store: StateStore, at: number) => {
  const claims = await store.claimDeliveries('slack', 100, at);
  for (const { delivery, incident } of claims) {
    const post = { channel: 'C', ts: incident?.id ?? '' };
    await store.finishDelivery(delivery.id, { kind: 'sent', post }, at);
  }
  return claims;
};
const outcomes = async (store: StateStore) =>
  Object.fromEntries((await store.counters()).outcomes.map(({ outcome, count }) => [outcome, count]));

async function clear(store: StateStore, which: (name: string) => boolean, at: number, cluster = 'prod') {
  for (const when of [at, at + 2 * minute]) {
    const gone = (await store.activeFaults(cluster)).filter(({ owner: root }) => which(root.name));
    const observations = gone.map(({ id }) => ({ episodeId: id, observation: 'absent' as const }));
    await store.acceptSweep({ cluster, at: when, findings: [], observations });
  }
}

describe('INT-4: a storm', () => {
  test('takes in what would go over the limit, and what was opened just before: one run, one message', async () => {
    const { store } = await open();
    const settled = await take(store, many(40));
    expect(settled.slice(0, 5).map(({ outcome }) => outcome)).toEqual(Array.from({ length: 5 }, () => 'opened'));
    expect(settled.slice(5).map(({ outcome, rule }) => `${outcome} ${rule}`)).toEqual(
      Array.from({ length: 35 }, () => 'storm intake.storm.per_cluster: 5'),
    );
    const [storm, ...more] = await storms(store);
    expect(more).toEqual([]);
    expect(storm?.incident).toMatchObject({
      title: 'Fault storm · 40 incidents',
      severity: 'critical',
      status: 'open',
    });
    expect(storm?.storm?.members.map(({ owner: root }) => root.name).sort()).toEqual(
      many(40)
        .map(({ owner: root }) => root.name)
        .sort(),
    );
    expect(storm?.faults).toHaveLength(40);
    const told = await messages(store, start + 3000);
    expect(told.map(({ incident }) => incident?.id)).toEqual([storm?.incident.id]);
    const claim = await store.claimRun(limits, start + 3000);
    expect(claim?.incident.id).toBe(storm?.incident.id);
    expect(await store.claimRun({ ...limits, defaultPerCluster: 9 }, start + 3000)).toBeNull();
    expect(await unaccounted(store)).toBe(0);
    expect(await outcomes(store)).toEqual({ storm: 40 });
  });

  test('says of each fault where it went, and why', async () => {
    const { store } = await open();
    await take(store, many(8));
    const [storm] = await storms(store);
    for (const name of ['app0', 'app7']) {
      const [found] = await store.why('prod', { kind: 'Deployment', namespace: 'payments', name });
      expect(found?.reception).toMatchObject({ outcome: 'storm', incidentId: storm?.incident.id });
    }
  });

  test('counts only within the window, per cluster, and over all clusters', async () => {
    const { store } = await open({ fleet: 8 });
    await take(store, many(5));
    expect((await take(store, many(1, {}, 10), start + minute)).map(({ outcome }) => outcome)).toEqual(['opened']);
    const east = await take(store, many(4, { cluster: 'east' }), start + 10 * minute);
    expect(east.every(({ outcome }) => outcome === 'opened')).toBe(true);
    const west = await take(store, many(5, { cluster: 'west' }), start + 10 * minute);
    expect(west.map(({ outcome, rule }) => (outcome === 'storm' ? rule : outcome))).toEqual([
      'opened',
      'opened',
      'opened',
      'opened',
      'intake.storm.fleet: 8',
    ]);
    expect((await storms(store)).map(({ incident }) => [incident.cluster, incident.storm?.members])).toEqual([
      ['west', 5],
    ]);
  });

  test('has limits of its own where a cluster sets them, and none at 0', async () => {
    const own = { calm: { perCluster: 0, windowMs: minute, endAfterMs: minute } };
    const { store } = await open({ own });
    await take(store, many(20, { cluster: 'calm' }));
    expect(await storms(store)).toEqual([]);
    expect(await incidents(store)).toHaveLength(20);
  });

  test('a new fault of a live incident still merges, and one of a member joins it in the storm', async () => {
    const { store } = await open();
    await take(store, many(1));
    await store.claimRun(limits, start + 3000);
    await take(store, many(10, {}, 1), start + 4000);
    const [storm] = await storms(store);
    expect(storm?.incident.storm?.members).toBe(10);
    const [own, member] = await take(
      store,
      [
        { ...broken(0), fault: signal({ pod: 'app0-1' }) },
        { ...broken(7), fault: signal({ pod: 'app7-1' }) },
      ],
      start + 5000,
    );
    expect(own).toMatchObject({ outcome: 'merged', rule: 'same owner and family' });
    expect(own?.incidentId).not.toBe(storm?.incident.id);
    expect(member).toMatchObject({ outcome: 'merged', rule: 'same owner, in a storm', incidentId: storm?.incident.id });
    expect((await storms(store))[0]?.incident.storm?.members).toBe(10);
  });

  test('leaves alone what somebody looked at, what a person asked for, and what stood before the first contact', async () => {
    const { store } = await open();
    await take(store, many(2));
    for (const cluster of [1, 2]) await store.claimRun({ ...limits, defaultPerCluster: 9 }, start + 3000 + cluster);
    const byHand = { signal: signal({ source: 'manual', faultId: 'm', pod: 'm-0' }), owner: owner('m'), node: null };
    await take(store, many(4, {}, 2), start + 4000);
    await store.triageByHand({ ...byHand, cluster: clusterPolicy() }, start + 5000);
    const live = (await incidents(store)).filter(({ incident }) => incident.status !== 'skipped');
    expect(new Set(live.map(({ incident }) => incident.storm?.members ?? incident.owner.name))).toEqual(
      new Set([4, 'app0', 'app1', 'm']),
    );
    const old = many(9, { source: 'sweep', since: start - 60 * minute, cluster: 'new' }).map(({ fault }) => fault);
    await store.acceptSweep({ cluster: 'new', at: start + 6000, findings: old, observations: [] });
    const inputs = (await store.unsettled(100)).map(({ seq }) => ({
      seq,
      owner: owner(`q${seq}`),
      node: null,
      cluster: clusterPolicy(),
    }));
    await store.settle(inputs, start + 6000);
    expect(await storms(store)).toHaveLength(1);
  });

  test("leaves a node's incident alone that has taken in its pods", async () => {
    const { store } = await open();
    const node = { fault: nodeSignal('n1'), owner: owner('n1', { kind: 'Node', namespace: null }), node: 'n1' };
    await take(store, [node, ...many(3, { node: 'n1' })]);
    await take(store, many(9, {}, 10), start + 1000);
    const live = (await incidents(store)).filter(({ incident }) => incident.status !== 'skipped');
    expect(live.map(({ incident, faults }) => [incident.storm?.members ?? incident.owner.kind, faults.length])).toEqual(
      [
        [9, 9],
        ['Node', 4],
      ],
    );
  });

  test('is told again when it has doubled, not for each member', async () => {
    const { store } = await open();
    await take(store, many(6));
    expect(await messages(store, start + 3000)).toHaveLength(1);
    await take(store, many(5, {}, 6), start + 4000);
    expect(await messages(store, start + 8000)).toEqual([]);
    await take(store, many(1, {}, 11), start + 9000);
    expect(await messages(store, start + 12_000)).toMatchObject([{ incident: { storm: { members: 12 } } }]);
  });

  test('investigates the node that its members share, else the most severe of them', async () => {
    const { store } = await open();
    await take(store, many(9, { node: 'n1', faultType: 'PodCrash' }));
    await take(store, [{ fault: nodeSignal('n1'), owner: owner('n1', { kind: 'Node', namespace: null }), node: 'n1' }]);
    const claim = await store.claimRun(limits, start + 3000);
    expect(claim).toMatchObject({
      incident: { owner: { kind: 'Node', name: 'n1' }, resource: { kind: 'Node', name: 'n1' }, severity: 'critical' },
      storm: { common: { sign: 'node', value: 'n1', count: 10, of: 10 } },
    });
    const mixed = (await open()).store;
    await take(mixed, many(9, { faultType: 'PodCrash' }));
    await take(mixed, many(1, { faultType: 'CrashLoop' }, 20));
    expect((await mixed.claimRun(limits, start + 3000))?.incident.owner.name).toBe('app20');
  });
});

test('INT-4: what a burst delays is looked at once a call, however long group_wait is', async () => {
  const { store } = await openTestStore({ groupWaitMs: 60 * minute, storm: stormPolicy({ perCluster: 5 }) });
  await take(store, many(2));
  const at = start + minute;
  expect(await messages(store, at)).toEqual([]);
  expect(await store.nextDeliveryDue('slack')).toBe(at + longestWaitMs);
});

test('INT-4: a burst delays nothing when the clock was set back', async () => {
  const { store } = await openTestStore({ groupWaitMs: 0, storm: stormPolicy({ perCluster: 5 }) });
  await take(store, many(2));
  expect(await messages(store, start - 90 * minute)).toHaveLength(2);
});

describe('INT-4: the end of a storm', () => {
  const image = { faultType: 'ImagePull', context: 'Failed to pull image "r.example/app:1"' };

  async function afterStorm() {
    const { store, file } = await open();
    await take(store, [...many(10, image), ...many(2, {}, 50)]);
    await messages(store, start + 3000);
    const claim = await store.claimRun(limits, start + 3000);
    await store.finishRun(claim?.run.id ?? '', runResult(), start + 4000);
    return { store, file, id: claim?.incident.id ?? '' };
  }

  test('what still stands and is not explained gets its own incident, quietly; the rest stays', async () => {
    const { store, id } = await afterStorm();
    await messages(store, start + 5000);
    expect(await store.endStorms(start + 5 * minute - 1)).toBe(0);
    expect(await store.endStorms(start + 5 * minute)).toBe(1);
    expect(await store.endStorms(start + 6 * minute)).toBe(0);
    const own = (await incidents(store)).filter(({ incident }) => incident.previousId === id);
    expect(
      own.map(({ incident, runs, faults }) => [incident.owner.name, incident.quiet, runs.length, faults.length]),
    ).toEqual([
      ['app51', true, 1, 1],
      ['app50', true, 1, 1],
    ]);
    const storm = (await store.incident(id))!;
    expect(storm.incident).toMatchObject({
      status: 'reported',
      storm: { endedAt: start + 5 * minute, members: 12, cause: { sign: 'image', count: 10, of: 12 } },
    });
    expect(storm.faults).toHaveLength(10);
    expect(storm.storm?.members.filter(({ incidentId }) => incidentId !== null)).toHaveLength(2);
    const told = await messages(store, start + 7 * minute);
    expect(told.map(({ incident }) => incident?.id)).toEqual([id]);
    await clear(store, (name) => name.length === 4, start + 10 * minute);
    expect((await store.incident(id))?.incident.status).toBe('resolved');
    expect(await unaccounted(store)).toBe(0);
  });

  test('what meets the same broken thing afterwards joins it; what does not is an incident again', async () => {
    const { store, id } = await afterStorm();
    await store.endStorms(start + 6 * minute);
    const [same, other] = await take(store, [broken(70, image), broken(71)], start + 7 * minute);
    expect(same).toMatchObject({
      outcome: 'storm',
      rule: 'image r.example/app:1, as in the storm before',
      incidentId: id,
    });
    expect(other).toMatchObject({ outcome: 'opened' });
    expect((await store.incident(id))?.incident.storm).toMatchObject({ members: 13, endedAt: start + 6 * minute });
  });

  test('a storm that is long over swallows nothing: what comes then is an incident with a run and a message', async () => {
    const { store, id } = await afterStorm();
    await store.endStorms(start + 6 * minute);
    const window = 30 * minute;
    const [within] = await take(store, [broken(70, image)], start + 6 * minute + window);
    expect(within).toMatchObject({ outcome: 'storm', incidentId: id });
    const at = start + 7 * minute + window;
    const [later] = await take(store, [broken(71, image)], at);
    expect(later).toMatchObject({ outcome: 'opened' });
    expect((await messages(store, at + 3000)).map(({ incident }) => incident?.id)).toContain(later?.incidentId);
    expect((await store.incident(later?.incidentId ?? ''))?.runs).toHaveLength(1);
  });

  test('what merely runs on the node of a storm belongs to it only while the node itself is at fault', async () => {
    const { store } = await open();
    const node = { fault: nodeSignal('n1'), owner: owner('n1', { kind: 'Node', namespace: null }), node: 'n1' };
    await take(store, many(9, { node: 'n1' }));
    await take(store, [node], start + 1000);
    const [storm] = await storms(store);
    await store.endStorms(start + 6 * minute);
    expect((await store.incident(storm?.incident.id ?? ''))?.incident.storm?.cause).toMatchObject({ sign: 'node' });
    const [during] = await take(store, [broken(70, { node: 'n1' })], start + 7 * minute);
    expect(during).toMatchObject({ outcome: 'storm', incidentId: storm?.incident.id });
    await clear(store, (name) => name === 'n1', start + 8 * minute);
    const [after] = await take(store, [broken(71, { node: 'n1' })], start + 12 * minute);
    expect(after).toMatchObject({ outcome: 'opened' });
  });

  test('a fault of the cluster ends it as well, and a new storm is another incident', async () => {
    const { store, id } = await afterStorm();
    const later = await take(store, many(9, {}, 100), start + 20 * minute);
    expect(later.filter(({ outcome }) => outcome === 'storm')).toHaveLength(4);
    const all = await storms(store);
    expect(all.map(({ incident }) => incident.storm?.endedAt === null)).toEqual([true, false]);
    expect(all[1]?.incident.id).toBe(id);
  });

  test('without anything shared all that stands leaves, and the storm is over', async () => {
    const { store } = await open();
    const types = ['CrashLoop', 'PodCrash', 'ConfigError', 'Unschedulable'];
    const mixed = Array.from({ length: 8 }, (_, index) =>
      broken(index, { faultType: types[index % 4]!, node: `n${index}` }),
    );
    await take(
      store,
      mixed.map((one, index) => ({
        ...one,
        owner: owner(one.owner.name, { namespace: `ns${index}` }),
        fault: { ...one.fault, resource: { ...one.fault.resource, namespace: `ns${index}` } },
      })),
    );
    await store.endStorms(start + 10 * minute);
    const [storm] = await storms(store);
    expect(storm?.incident).toMatchObject({ status: 'resolved', statusReason: 'storm_over' });
    const live = (await incidents(store)).filter(({ incident }) => incident.status === 'open');
    expect(live).toHaveLength(8);
    // Nobody was told before, and something stands.
    const [over, ...more] = await messages(store, start + 10 * minute);
    expect(more).toEqual([]);
    expect(over).toMatchObject({ incident: { id: storm?.incident.id }, storm: { left: { length: 8 } } });
    for (let index = 0; index < 8; index += 1) {
      expect(await messages(store, start + (12 + index) * minute)).toEqual([]);
      const claim = await store.claimRun(limits, start + (12 + index) * minute);
      await store.finishRun(claim?.run.id ?? '', runResult({ cause: 'it' }), start + (12 + index) * minute);
    }
    // What was found is told by the message of the storm, once all of it is known.
    const [found, ...others] = await messages(store, start + 30 * minute);
    expect(others).toEqual([]);
    expect(found?.incident?.id).toBe(storm?.incident.id);
    expect(found?.storm?.left?.every(({ cause, state }) => cause === 'it' && state === 'answered')).toBe(true);
    expect(await messages(store, start + 40 * minute)).toEqual([]);
    expect(await unaccounted(store)).toBe(0);
    expect(await outcomes(store)).toEqual({ storm: 8 });
  });

  test('NOT-4: an alert of PagerDuty is announced once more when the last of what it left has ended', async () => {
    const { store } = await openTestStore({ storm: stormPolicy({ perCluster: 5 }), targets: ['slack', 'pagerduty'] });
    const alerts = async (at: number) => {
      const claims = await store.claimDeliveries('pagerduty', 100, at);
      for (const { delivery } of claims) await store.finishDelivery(delivery.id, { kind: 'sent', post: null }, at);
      return claims.map((claim) => [claim.incident?.id, stands(messageFacts(claim))]);
    };
    await take(store, [...many(10, image), ...many(2, {}, 50)]);
    const claim = await store.claimRun(limits, start + 3000);
    await store.finishRun(claim?.run.id ?? '', runResult(), start + 4000);
    const id = claim?.incident.id;
    expect(await alerts(start + 5000)).toEqual([[id, true]]);
    await store.endStorms(start + 5 * minute);
    for (let left = 0; left < 2; left += 1) {
      const run = await store.claimRun({ ...limits, defaultPerCluster: 9 }, start + 6 * minute);
      await store.finishRun(run?.run.id ?? '', runResult(), start + 6 * minute);
    }
    await alerts(start + 7 * minute);
    // Its own faults are gone, and two incidents that nobody else tells of stand.
    await clear(store, (name) => name.length === 4, start + 10 * minute);
    expect(await alerts(start + 13 * minute)).toEqual([[id, true]]);
    await messages(store, start + 13 * minute);
    await clear(store, (name) => name === 'app50', start + 20 * minute);
    expect(await alerts(start + 23 * minute)).toEqual([]);
    await clear(store, (name) => name === 'app51', start + 30 * minute);
    expect(await alerts(start + 33 * minute)).toEqual([[id, false]]);
    expect(await messages(store, start + 33 * minute)).toEqual([]);
  });

  test('while its run works on it, it is not resolved as cleared although all that stands has left', async () => {
    const { store } = await open();
    await take(store, many(8, { faultType: 'PodCrash' }));
    const claim = await store.claimRun(limits, start + 3000);
    await store.endStorms(start + 10 * minute);
    await store.finishRun(claim?.run.id ?? '', runResult(), start + 11 * minute);
    const [storm] = await storms(store);
    expect(storm?.incident).toMatchObject({ status: 'resolved', statusReason: 'storm_over' });
  });

  test('faults that clear before its run are counted as such, and the storm is over with the last', async () => {
    const { store } = await open();
    await take(store, many(7));
    await clear(store, () => true, start + 1000);
    const [storm] = await storms(store);
    expect(storm?.incident).toMatchObject({ status: 'resolved', storm: { endedAt: start + 1000 + 2 * minute } });
    expect(await outcomes(store)).toEqual({ self_resolved: 2, storm: 5 });
    expect(await unaccounted(store)).toBe(0);
  });
});

test('INT-4, INT-1: a disk that fails at any write of a storm leaves nothing half done', () => {
  const model = new StoreModel(tempDir(), {
    storm: stormPolicy({ perCluster: 3 }),
    maxOpenFaultsPerCluster: 100,
  });
  try {
    const inputsOf = () =>
      model.waiting().map(({ seq, signal: fault }) => {
        const name = fault?.resource.name.split('-')[0] ?? '';
        return { seq, owner: owner(name), node: null, cluster: clusterPolicy() };
      });
    const retried = (name: 'settle' | 'endStorms', args: () => readonly unknown[]): number => {
      for (let writes = 1; ; writes += 1) {
        const done = model.callOnFailingDisk(writes, name, args());
        expect(model.wrongs()).toEqual([]);
        model.restart();
        expect(model.wrongs()).toEqual([]);
        if (done) return writes;
      }
    };
    model.accept(many(2).map(({ fault }) => fault));
    retried('settle', () => [inputsOf(), model.now]);
    model.accept(many(4, {}, 2).map(({ fault }) => fault));
    expect(retried('settle', () => [inputsOf(), model.now])).toBeGreaterThan(30);
    expect(model.number('SELECT count(*) FROM storm_members')).toBe(6);
    model.now += 10 * minute;
    expect(retried('endStorms', () => [model.now])).toBeGreaterThan(10);
    expect(model.number('SELECT count(*) FROM incidents WHERE live = 1 AND storm IS NULL')).toBe(6);
  } finally {
    model.close();
  }
});
