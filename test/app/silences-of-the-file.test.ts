import { expect, test } from 'vitest';
import { configuredSilences } from '../../src/app/settings.ts';
import { parseConfig } from '../../src/config/load.ts';
import { openTestStore, receive } from '../storage/store-fixture.ts';
import { kubeconfigText } from '../support/config-dir.ts';
import { minute, signal, startOfTime as start } from '../support/signals.ts';
import { tempDir } from '../support/temp-dir.ts';

function configOf(silences: object[], own: object[] = []) {
  const dir = tempDir({ 'k.yaml': kubeconfigText() });
  const cluster = (name: string, overrides: object) => ({
    name,
    mcp: { endpoint: `http://127.0.0.1:1/${name}` },
    triage: { kubeconfig: 'k.yaml' },
    overrides,
  });
  const clusters = [cluster('prod', { silences: own }), cluster('east', {})];
  return parseConfig({ clusters, silences }, dir).config;
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
