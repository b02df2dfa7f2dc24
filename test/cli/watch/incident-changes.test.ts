import { expect, test } from 'vitest';
import type { IncidentFilter } from '../../../src/cli/incident-list.ts';
import { IncidentChanges } from '../../../src/cli/watch/incident-changes.ts';
import type { IncidentDetail } from '../../../src/domain/state-store.ts';
import { answeredIncident, sampleTime } from '../../support/incident-samples.ts';

const detail = (id: string, over: Parameters<typeof answeredIncident>[0] = {}): IncidentDetail => ({
  incident: answeredIncident({ id, ...over }),
  faults: [],
  runs: [],
});

/** The changes of a list over a state, and the ids that were read beside the list. */
function world(filter: IncidentFilter) {
  const state = new Map<string, IncidentDetail>();
  const read: string[] = [];
  const incident = async (id: string): Promise<IncidentDetail | null> => {
    read.push(id);
    return state.get(id) ?? null;
  };
  const changes = new IncidentChanges({ incident }, filter);
  const look = async (listed: readonly string[], named: readonly string[] | null = []): Promise<string[]> => {
    const items = listed.map((id) => state.get(id) ?? detail(id));
    for (const item of items) state.set(item.incident.id, item);
    const list = { items, more: null };
    const changed = await changes.since({ list, named: named && new Set(named), now: sampleTime });
    return changed.map(({ incident }) => `${incident.id} ${incident.status}`);
  };
  return { state, read, look };
}

test('OPS-4: a look costs what changed, not what was ever seen, also with --all', async () => {
  const { state, read, look } = world({ all: true });
  for (let at = 0; at < 1000; at += 1) expect(await look([`inc_${at}`], [`inc_${at}`])).toHaveLength(1);
  expect(read).toEqual([]);
  expect(await look(['inc_999'])).toEqual([]);
  expect(read).toEqual([]);
  state.set('inc_3', detail('inc_3', { status: 'resolved' }));
  expect(await look(['inc_999'], ['inc_3', 'inc_never_seen'])).toEqual(['inc_3 resolved']);
  expect(read).toEqual(['inc_3']);
});

test('OPS-4: what ended leaves the list and is told once', async () => {
  const { state, read, look } = world({});
  expect(await look(['inc_1', 'inc_2'])).toEqual(['inc_1 reported', 'inc_2 reported']);
  state.set('inc_1', detail('inc_1', { status: 'resolved' }));
  expect(await look(['inc_2'], ['inc_1'])).toEqual(['inc_1 resolved']);
  expect(await look(['inc_2'], ['inc_1'])).toEqual([]);
  expect(read).toEqual(['inc_1']);
});

test('OPS-4: what ended while the connection was lost is told when it is back', async () => {
  const { state, look } = world({});
  await look(['inc_1', 'inc_2']);
  state.set('inc_1', detail('inc_1', { status: 'resolved' }));
  state.delete('inc_2');
  expect(await look([])).toEqual([]);
  expect(await look([], null)).toEqual(['inc_1 resolved']);
});

test('OPS-4: what was printed is remembered within a bound', async () => {
  const { state, look, read } = world({ all: true });
  for (let at = 0; at < 20_000; at += 1000) {
    await look(Array.from({ length: 1000 }, (_, more) => `inc_${at + more}`));
  }
  state.set('inc_0', detail('inc_0', { status: 'resolved' }));
  expect(await look([], ['inc_0'])).toEqual([]);
  await look([], null);
  expect(read).toHaveLength(10_000);
});
