import { expect, test } from 'vitest';
import { clusterPlaces, configuredFleet, configuredSilences } from '../../src/app/settings.ts';
import { parseConfig } from '../../src/config/load.ts';
import { openTestStore, receive } from '../storage/store-fixture.ts';
import { kubeconfigText } from '../support/config-dir.ts';
import { minute, signal, startOfTime as start } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';

function configOf(silences: object[], own: object[] = [], environments: object = {}) {
  const dir = tempDir({ 'k.yaml': kubeconfigText() });
  const cluster = (name: string, overrides: object, place: object = {}) => ({
    name,
    ...place,
    mcp: { endpoint: `http://127.0.0.1:1/${name}` },
    triage: { kubeconfig: 'k.yaml' },
    overrides,
  });
  const clusters = [
    cluster('prod', { silences: own }, { environment: 'production' }),
    cluster('east', {}, { environment: 'production' }),
    cluster('bare', {}),
  ];
  return parseConfig({ clusters, silences, environments }, dir).config;
}

test('INT-3, CFG-5: the silences of the file hold, those of a cluster for that cluster alone, until they are taken out', async () => {
  const { store } = await openTestStore();
  const say = (config: ReturnType<typeof configOf>, at: number) => store.keepSilences(configuredSilences(config), at);
  await say(
    configOf(
      [{ matchers: ['kind=Node', 'name=~"spot-.*"'], ends_at: '2026-11-20T10:30:00+01:00', comment: 'spot' }],
      [{ matchers: ['namespace=payments'], author: 'ana' }],
    ),
    start,
  );
  expect(await store.silences()).toMatchObject([
    { source: 'file', startsAt: start, author: expect.any(String) },
    { source: 'file', startsAt: start },
  ]);
  const ends = (await store.silences()).map(({ endsAt, author, comment }) => [endsAt, author, comment]);
  expect(ends).toContainEqual([start + 30 * minute, 'configuration', 'spot']);
  expect(ends).toContainEqual([null, 'ana', '']);
  const outcomes = async (pod: string, at: number) =>
    (await receive(store, [signal({ pod }), signal({ pod, cluster: 'east' })], {}, at)).map(({ outcome }) => outcome);
  expect(await outcomes('a', start)).toEqual(['muted', 'opened']);
  await say(configOf([]), start + minute);
  expect(await outcomes('b', start + minute)).toEqual(['opened', 'merged']);
  expect((await store.silences()).map(({ endedBy }) => endedBy)).toEqual(['configuration', 'configuration']);
});

test('INT-3, CFG-5: silences of the fleet, of an environment and of a cluster add up; those of an environment hold for its clusters', async () => {
  const { store } = await openTestStore();
  const environments = {
    production: { silences: [{ matchers: ['namespace=batch'], comment: 'env' }] },
    // A cluster without an environment is not one of this: its silences hold for nobody.
    '': { silences: [{ matchers: ['namespace=shop'] }] },
  };
  const config = configOf([{ matchers: ['namespace=all'] }], [{ matchers: ['namespace=own'] }], environments);
  await store.keepSilences(configuredSilences(config), start);
  const places = clusterPlaces(configuredFleet(config));
  const mutedIn = async (namespace: string) => {
    const muted: string[] = [];
    for (const [cluster, place] of Object.entries(places)) {
      const { resource, ...fault } = signal({ cluster, faultId: `${cluster}/${namespace}` });
      const [settled] = await receive(store, [{ ...fault, resource: { ...resource, namespace } }], { cluster: place });
      if (settled?.outcome === 'muted') muted.push(cluster);
    }
    return muted;
  };
  expect(await mutedIn('all')).toEqual(['prod', 'east', 'bare']);
  expect(await mutedIn('batch')).toEqual(['prod', 'east']);
  expect(await mutedIn('own')).toEqual(['prod']);
  expect(await mutedIn('shop')).toEqual([]);
});
