import { describe, expect, test } from 'vitest';
import { parseMatchers } from '../../src/domain/silence/matchers.ts';
import type { StateStore } from '../../src/domain/state-store.ts';
import { minute, owner, signal, startOfTime as start, stormPolicy } from '../support/signals.ts';
import { limits, openTestStore, receive, runResult, unaccounted } from './store-fixture.ts';

const fleet = { minClusters: 3, windowMs: 10 * minute, channels: { own: '#own' } };
const open = () => openTestStore({ fleet, targets: ['slack', 'webhook'] });
const context = 'Back-off pulling image "r.example/app:1"';

/** A workload of a cluster cannot pull its image. */
const pull = (store: StateStore, cluster: string, at = start, name = 'app') =>
  receive(
    store,
    [signal({ cluster, faultType: 'ImagePull', pod: `${name}-0`, context, faultId: `${cluster}:${name}` })],
    { owner: owner(name) },
    at,
  );

async function told(store: StateStore, at: number, target: 'slack' | 'webhook' = 'slack') {
  const claims = await store.claimDeliveries(target, 100, at);
  for (const { delivery, incident } of claims) {
    const post = target === 'slack' ? { channel: 'C', ts: incident?.id ?? '' } : null;
    await store.finishDelivery(delivery.id, { kind: 'sent', post }, at);
  }
  return claims;
}

const clustersOf = (claims: readonly { incident: { cluster: string } | null }[]) =>
  claims.map(({ incident }) => incident?.cluster);

describe('INT-8: the same in several clusters', () => {
  test('within the time in which faults are gathered is one message; incidents and their runs stay', async () => {
    const { store } = await open();
    for (const cluster of ['a', 'b', 'c', 'd']) await pull(store, cluster);
    const [message, ...more] = await told(store, start + 3000);
    expect(more).toEqual([]);
    expect(message?.incident?.cluster).toBe('a');
    expect(message?.fleet).toMatchObject({ signature: 'registry r.example', lead: message?.incident?.id });
    expect(message?.fleet?.members.map(({ cluster }) => cluster)).toEqual(['a', 'b', 'c', 'd']);
    const { items } = await store.incidents({ limit: 10 });
    expect(items.map(({ incident, runs }) => [incident.cluster, runs.length])).toEqual([
      ['d', 1],
      ['c', 1],
      ['b', 1],
      ['a', 1],
    ]);
    // A program hears of each, with what it belongs to.
    expect(new Set(clustersOf(await told(store, start + 3000, 'webhook')))).toEqual(new Set(['a', 'b', 'c', 'd']));
  });

  test('what was told before the third cluster keeps its message; the one told first tells of the others', async () => {
    const { store } = await open();
    await pull(store, 'a');
    expect(clustersOf(await told(store, start + 3000))).toEqual(['a']);
    await pull(store, 'b', start + minute);
    expect(clustersOf(await told(store, start + minute + 3000))).toEqual(['b']);
    await pull(store, 'c', start + 2 * minute);
    const update = await told(store, start + 2 * minute + 3000);
    expect(new Set(update.map(({ incident, post }) => `${incident?.cluster} ${post !== null}`))).toEqual(
      new Set(['a true', 'b true']),
    );
    await pull(store, 'd', start + 11 * minute);
    const later = await told(store, start + 11 * minute + 3000);
    expect(clustersOf(later)).toEqual(['a']);
    expect(later[0]?.fleet?.members).toHaveLength(4);
  });

  test('neither the same in two clusters, nor something else, nor the same after the window', async () => {
    const { store } = await open();
    await pull(store, 'a');
    await pull(store, 'b');
    await receive(store, [signal({ cluster: 'c' })]);
    expect(await told(store, start + 3000)).toHaveLength(3);
    await pull(store, 'd', start + 11 * minute);
    expect(clustersOf(await told(store, start + 12 * minute))).toEqual(['d']);
    expect((await store.incidents({ limit: 10 })).items.every(({ incident }) => incident.fleet === undefined)).toBe(
      true,
    );
  });

  test('one that stands takes in nothing that comes after the window', async () => {
    const { store } = await open();
    for (const cluster of ['a', 'b', 'c']) await pull(store, cluster);
    expect(clustersOf(await told(store, start + 3000))).toEqual(['a']);
    await pull(store, 'a', start + 11 * minute, 'other');
    const [later, ...more] = await told(store, start + 12 * minute);
    expect(more).toEqual([]);
    expect(later?.incident).toMatchObject({ cluster: 'a', owner: { name: 'other' } });
    expect(later?.incident?.fleet).toBeUndefined();
  });

  test.each([
    ['after', ['a', 'b', 'c']],
    ['before', ['c', 'b', 'a']],
  ])('another cause than that of the one that leads is told, when its answer comes %s', async (_, order) => {
    const { store } = await open();
    for (const cluster of ['a', 'b', 'c']) await pull(store, cluster);
    expect(clustersOf(await told(store, start + 3000))).toEqual(['a']);
    const mechanisms: Record<string, string> = {
      a: 'registry_unreachable',
      b: 'registry_unreachable',
      c: 'image_auth',
    };
    const runs = [];
    for (let index = 0; index < 3; index += 1) {
      runs.push(await store.claimRun({ ...limits, maxConcurrent: 9 }, start + 4000));
    }
    for (const cluster of order) {
      const run = runs.find((claim) => claim?.incident.cluster === cluster)?.run.id ?? '';
      const rootCause = { mechanism: mechanisms[cluster] ?? '', wrong_value: 'r.example' };
      await store.finishRun(run, runResult({ isFault: true, rootCause }), start + 5000);
    }
    expect(new Set(clustersOf(await told(store, start + 9000)))).toEqual(new Set(['a', 'c']));
    expect(await told(store, start + 20_000)).toEqual([]);
  });

  test('a cluster with a channel of its own is told there as well', async () => {
    const { store } = await open();
    for (const cluster of ['a', 'b', 'own']) await pull(store, cluster);
    expect(new Set(clustersOf(await told(store, start + 3000)))).toEqual(new Set(['a', 'own']));
  });

  test('an incident that ends before anybody was told gives the message to another', async () => {
    const { store } = await open();
    for (const cluster of ['a', 'b', 'c']) await pull(store, cluster);
    const lead = (await store.incidents({ limit: 10 })).items.find(({ incident }) => incident.cluster === 'a');
    await store.resolveIncident(lead?.incident.id ?? '', 'by anna', start + 1000);
    expect(clustersOf(await told(store, start + 4000))).toEqual(['b']);
  });

  test('a silence of the cluster that tells of all does not keep the others quiet', async () => {
    const { store } = await open();
    for (const cluster of ['a', 'b', 'c']) await pull(store, cluster);
    const silence = { matchers: parseMatchers('cluster=a'), startsAt: start, endsAt: start + 60 * minute };
    await store.addSilence({ ...silence, author: 'ana', comment: 'moved' }, start + 1000);
    // The other one gathers from then on.
    expect(await told(store, start + 4000)).toEqual([]);
    expect(clustersOf(await told(store, start + 8000))).toEqual(['b']);
    expect(await told(store, start + 12_000)).toEqual([]);
  });

  const silenced = (cluster: string, until: number) => ({
    matchers: parseMatchers(`cluster=${cluster}`),
    startsAt: start,
    endsAt: until,
    author: 'ana',
    comment: 'moved',
  });

  test('what was held by a silence is not told by itself when another incident tells of it meanwhile', async () => {
    const { store } = await open();
    await pull(store, 'a');
    await store.addSilence(silenced('a', start + 5 * minute), start + 1000);
    expect(await told(store, start + 4000)).toEqual([]);
    await pull(store, 'b', start + minute);
    expect(clustersOf(await told(store, start + minute + 4000))).toEqual(['b']);
    await pull(store, 'c', start + 2 * minute);
    await told(store, start + 2 * minute + 4000);
    expect(await told(store, start + 6 * minute)).toEqual([]);
    expect(await told(store, start + 60 * minute)).toEqual([]);
  });

  test('when both are silenced, the one whose silence ends first tells of all, once', async () => {
    const { store } = await open();
    for (const cluster of ['a', 'b']) await pull(store, cluster);
    await store.addSilence(silenced('a', start + 20 * minute), start + 1000);
    await store.addSilence(silenced('b', start + 5 * minute), start + 1000);
    expect(await told(store, start + 4000)).toEqual([]);
    await pull(store, 'c', start + 10_000);
    await store.addSilence(silenced('c', start + 20 * minute), start + 11_000);
    expect(await told(store, start + 20_000)).toEqual([]);
    const posts = [];
    for (let at = start + minute; at < start + 90 * minute; at += minute) posts.push(...(await told(store, at)));
    expect(clustersOf(posts)).toEqual(['b']);
  });

  test('storms of several clusters with the same registry are one message', async () => {
    const { store } = await openTestStore({ fleet, storm: stormPolicy({ perCluster: 3 }) });
    for (let round = 0; round < 8; round += 1) {
      for (const cluster of ['a', 'b', 'c', 'd']) await pull(store, cluster, start, `app${round}`);
    }
    const messages = await told(store, start + 3000);
    expect(messages.map(({ incident }) => incident?.storm?.members)).toEqual([8]);
    expect(messages[0]?.fleet?.members.map(({ cluster }) => cluster).sort()).toEqual(['a', 'b', 'c', 'd']);
    await store.claimRun({ ...limits, maxConcurrent: 9 }, start + 3000);
    expect(await store.recoverRuns(start + 4000)).toBe(1);
  });

  test('the same answer in three clusters joins their incidents', async () => {
    const { store } = await open();
    const rootCause = { mechanism: 'missing_key', wrong_value: 'REDIS_URL' };
    for (const cluster of ['a', 'b', 'c']) {
      await receive(store, [signal({ cluster, faultType: 'ConfigError', faultId: cluster })]);
      await told(store, start + 3000);
      const claim = await store.claimRun(limits, start + 3000);
      await store.finishRun(claim?.run.id ?? '', runResult({ rootCause }), start + 4000);
    }
    const update = await told(store, start + 5000);
    expect(update.find(({ incident, fleet: view }) => view?.lead === incident?.id)?.fleet).toMatchObject({
      signature: 'cause config missing_key REDIS_URL',
      members: [{ cluster: 'a' }, { cluster: 'b' }, { cluster: 'c' }],
    });
    expect(update.every(({ post }) => post !== null)).toBe(true);
    expect(await unaccounted(store)).toBe(0);
  });
});
