import { expect, test } from 'vitest';
import { EventFilter } from '../../../src/cli/watch/event-filter.ts';
import type { Severity } from '../../../src/domain/fault.ts';

/** A filter over a daemon that knows some severities, and the ids that it was asked for. */
function world(choice: ConstructorParameters<typeof EventFilter>[0], known: Record<string, Severity> = {}) {
  const asked: string[] = [];
  const filter = new EventFilter(choice, async (id) => {
    asked.push(id);
    return known[id] ?? null;
  });
  return { asked, wants: (event: string, data: unknown) => filter.wants(event, data) };
}

const belonging = ['run', 'delivery', 'feedback', 'question'];

test.each(belonging)(
  'OPS-4: a %s has the severity of its incident, also of one of which no event came yet',
  async (event) => {
    const { asked, wants } = world({ severity: 'critical' }, { inc_w: 'warning', inc_c: 'critical' });
    expect(await wants(event, { incident_id: 'inc_w' })).toBe(false);
    expect(await wants(event, { incident_id: 'inc_c' })).toBe(true);
    expect(await wants(event, { incident_id: 'inc_w' })).toBe(false);
    // Nobody can say it: it is not hidden.
    expect(await wants(event, { incident_id: 'inc_gone' })).toBe(true);
    expect(await wants(event, { incident_id: 'inc_gone' })).toBe(true);
    expect(asked).toEqual(['inc_w', 'inc_c', 'inc_gone']);
  },
);

test.each(belonging)(
  'OPS-4: a %s of an incident that got worse is shown, of one that got better is not',
  async (event) => {
    const { asked, wants } = world({ severity: 'critical' });
    expect(await wants('incident', { id: 'inc_1', severity: 'warning' })).toBe(false);
    expect(await wants(event, { incident_id: 'inc_1' })).toBe(false);
    expect(await wants('incident', { id: 'inc_1', severity: 'critical' })).toBe(true);
    expect(await wants(event, { incident_id: 'inc_1' })).toBe(true);
    expect(await wants('incident', { id: 'inc_1', severity: 'info' })).toBe(false);
    expect(await wants(event, { incident_id: 'inc_1' })).toBe(false);
    expect(asked).toEqual([]);
  },
);

test('OPS-4: a fault has a severity of its own; what is about no incident has none and is shown', async () => {
  const { asked, wants } = world({ severity: 'warning' }, { inc_1: 'critical' });
  expect(await wants('fault', { severity: 'info', incident_id: 'inc_1' })).toBe(false);
  expect(await wants('fault', { severity: 'warning', incident_id: null })).toBe(true);
  expect(await wants('fault', { severity: null, incident_id: null })).toBe(true);
  expect(await wants('connection', { cluster: 'a', status: 'active' })).toBe(true);
  expect(await wants('delivery', { incident_id: null, kind: 'clusters_unreachable' })).toBe(true);
  expect(await wants('message', 'plain')).toBe(true);
  expect(asked).toEqual([]);
});

test('OPS-4: a cluster and an incident leave out all that is of others or of none', async () => {
  const { wants } = world({ cluster: 'a', incident: 'inc_1' });
  expect(await wants('incident', { cluster: 'a', id: 'inc_1' })).toBe(true);
  expect(await wants('delivery', { cluster: 'a', incident_id: 'inc_1' })).toBe(true);
  expect(await wants('delivery', { cluster: 'a', incident_id: 'inc_11' })).toBe(false);
  expect(await wants('incident', { cluster: 'b', id: 'inc_1' })).toBe(false);
  expect(await wants('connection', { cluster: 'a' })).toBe(false);
  expect(await wants('message', 'plain')).toBe(false);
});

test('OPS-4: severities are remembered within a bound', async () => {
  const { asked, wants } = world({ severity: 'critical' }, { inc_0: 'warning' });
  for (let at = 0; at < 10_001; at += 1) await wants('incident', { id: `inc_${at}`, severity: 'critical' });
  expect(await wants('delivery', { incident_id: 'inc_10000' })).toBe(true);
  expect(await wants('delivery', { incident_id: 'inc_0' })).toBe(false);
  expect(asked).toEqual(['inc_0']);
});
