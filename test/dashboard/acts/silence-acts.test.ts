import { expect, test } from 'vitest';
import { endSilence, makeSilence } from '../../../src/dashboard/acts/silence-acts.ts';
import type { DashboardOptions } from '../../../src/dashboard/frame/options.ts';
import { openTestStore, receive } from '../../storage/store-fixture.ts';
import { clusterPolicy, signal, startOfTime as now } from '../../support/signals.ts';

async function world() {
  const { store } = await openTestStore();
  const silences: DashboardOptions['silences'] = {
    ...store,
    fitting: (matchers) => store.fittingFaults(matchers, { prod: clusterPolicy() }),
  };
  const options = { silences } as unknown as DashboardOptions;
  const make = (fields: Record<string, string>) =>
    makeSilence({ by: 'ana', fields: new URLSearchParams(fields), params: {}, now }, options);
  const end = (id: string) =>
    endSilence({ by: 'ben', fields: new URLSearchParams(), params: { id }, now: now + 1 }, options);
  return { store, make, end };
}

const good = { matchers: 'namespace=payments\r\n\r\nseverity=~"warning|critical"', duration: '2h', comment: 'moved' };

test('OPS-3, INT-3: a form makes a silence with a name on it, and says what it fits; a button ends it', async () => {
  const { store, make, end } = await world();
  await receive(store, [signal({ pod: 'a' }), signal({ pod: 'b' })]);
  expect(await make(good)).toEqual({ kind: 'done', said: 'Silenced for 2 h. It fits 2 faults that stand now.' });
  const [made] = await store.silences();
  expect(made).toMatchObject({ author: 'ana', comment: 'moved', endsAt: now + 2 * 3_600_000, source: 'api' });
  expect(made?.matchers).toHaveLength(2);
  expect(await end(made!.id)).toMatchObject({ kind: 'done' });
  expect((await store.silences())[0]).toMatchObject({ endsAt: now + 1, endedBy: 'ben' });
  expect(await end('sil_none')).toEqual({ kind: 'unknown' });
});

test.each([
  ['nothing to fit', { matchers: ' \n ' }, 'It says nothing that has to fit'],
  ['no matcher', { matchers: 'payments' }, 'has none of ='],
  ['a pattern that is none', { matchers: 'name=~"("' }, 'missing closing )'],
  ['what fits everything', { matchers: 'cluster=~".*"' }, 'fits everything'],
  ['no duration', { duration: 'soon' }, 'such as 30m'],
  ['no time', { duration: '0s' }, 'would end before it starts'],
  ['a time without end', { duration: '9999d' }, 'over a year'],
  ['no reason', { comment: ' ' }, 'The reason is missing'],
])('OPS-3: %s makes no silence and says why', async (_, change, reason) => {
  const { store, make } = await world();
  const answer = await make({ ...good, ...change });
  expect(answer).toMatchObject({
    kind: 'refused',
    status: 400,
    problem: { code: 'NC-HEALTH-013', message: expect.stringContaining(reason) },
  });
  expect(await store.silences()).toEqual([]);
});

test('OPS-3: a silence of the configuration is ended there alone', async () => {
  const { store, end } = await world();
  const matchers = [{ name: 'namespace', operator: '=', value: 'dev' }] as const;
  await store.keepSilences([{ matchers, startsAt: null, endsAt: null, author: '', comment: '' }], now);
  const [kept] = await store.silences();
  expect(await end(kept!.id)).toMatchObject({ kind: 'refused', status: 409, problem: { code: 'NC-HEALTH-017' } });
});
