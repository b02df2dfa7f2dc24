import { expect, test } from 'vitest';
import { fitsFilter, listIncidents } from '../../src/cli/incident-list.ts';
import { localTime } from '../../src/lib/display/local-time.ts';
import { answeredIncident } from '../support/incident-samples.ts';
import { MemoryReader } from '../support/memory-reader.ts';
import { cli } from '../support/cli-run.ts';
import { answeredIn, now as later, stateDir } from '../support/state-dir.ts';

const now = Date.UTC(2026, 10, 20, 12);
const hour = 3_600_000;
const incidentOf = (over: Parameters<typeof answeredIncident>[0]) => ({
  incident: answeredIncident(over),
  faults: [],
  runs: [],
});

test('OPS-4: a severity means this one or a worse one, a time what was opened since', () => {
  const fits = (severity: 'info' | 'warning' | 'critical', asked: typeof severity) =>
    fitsFilter(incidentOf({ severity }), { severity: asked }, now);
  expect([fits('info', 'warning'), fits('warning', 'warning'), fits('critical', 'warning')]).toEqual([
    false,
    true,
    true,
  ]);
  const since = (at: number) => at - 2 * hour;
  expect(fitsFilter(incidentOf({ openedAt: now - hour }), { since }, now)).toBe(true);
  expect(fitsFilter(incidentOf({ openedAt: now - 3 * hour }), { since }, now)).toBe(false);
});

test('OPS-4: what ended is left out unless it is asked for', () => {
  const resolved = incidentOf({ status: 'resolved' });
  expect(fitsFilter(resolved, {}, now)).toBe(false);
  expect(fitsFilter(resolved, { all: true }, now)).toBe(true);
  expect(fitsFilter(resolved, { status: 'resolved' }, now)).toBe(true);
  expect(fitsFilter(incidentOf({ status: 'failed' }), {}, now)).toBe(true);
});

test('OPS-4: pages before the time that is asked for are not read', async () => {
  const reader = new MemoryReader();
  reader.details = Array.from({ length: 500 }, (_, at) =>
    incidentOf({
      id: `inc_${String(999 - at)}`,
      openedAt: now - at * hour,
      severity: at % 2 === 0 ? 'info' : 'critical',
    }),
  );
  let pages = 0;
  const counting = {
    incidents: (query: Parameters<MemoryReader['incidents']>[0]) => {
      pages += 1;
      return reader.incidents(query);
    },
  };
  const filter = { severity: 'critical' as const, since: (at: number) => at - 9 * hour };
  const { items, more } = await listIncidents(counting, filter, { limit: 10, now });
  expect(items.map(({ incident }) => incident.id)).toEqual(['inc_998', 'inc_996', 'inc_994', 'inc_992', 'inc_990']);
  expect({ more, pages }).toEqual({ more: null, pages: 2 });
});

test('OPS-4: --open, --severity and --since on the command line', async () => {
  const { cwd, store } = await stateDir();
  const incident = await answeredIn(store);
  const ids = async (...argv: string[]) => {
    const { code, out, err } = await cli(['incidents', ...argv, '-o', 'json'], { cwd, now: later });
    if (code !== 0) return `${code}: ${err.split('\n')[0]}`;
    return (JSON.parse(out) as { incidents: { id: string }[] }).incidents.map(({ id }) => id);
  };
  expect(await ids('--open', '--severity', incident.severity, '--since', '1h')).toEqual([incident.id]);
  expect(await ids('--since', new Date(incident.openedAt).toISOString())).toEqual([incident.id]);
  expect(await ids('--since', '1m')).toEqual([]);
  expect(await ids('--since', 'yesterday')).toMatch(/^2: .*It is a duration such as 30m, 2h or 7d, or a time/);
  expect(await ids('--severity', 'high')).toMatch(/^2: .*Allowed choices are info, warning, critical/);
  expect(await ids('--open', '--all')).toMatch(/^2: .*'--open' cannot be used with option '--all'/);
});

test('OPS-4 UX-20: --since reads a day and a time in the zone of the person', async () => {
  const { cwd, store } = await stateDir();
  const { id, openedAt } = await answeredIn(store);
  const found = async (timeZone: string, since: string): Promise<boolean> => {
    const { code, out } = await cli(['incidents', '--since', since, '-o', 'json'], { cwd, now: later, timeZone });
    expect(code).toBe(0);
    return out.includes(id);
  };
  for (const zone of ['UTC', 'Asia/Tokyo', 'America/New_York']) {
    const shown = localTime(openedAt, zone);
    const after = localTime(openedAt + 60_000, zone);
    expect([await found(zone, shown.slice(0, 10)), await found(zone, shown.slice(0, 16))]).toEqual([true, true]);
    expect([await found(zone, after.slice(0, 16)), await found(zone, after)]).toEqual([false, false]);
  }
  const tomorrow = localTime(openedAt + 24 * hour, 'Asia/Tokyo').slice(0, 10);
  expect(await found('Asia/Tokyo', tomorrow)).toBe(false);
  expect((await cli(['incidents', '--help'], { cwd })).out).toMatch(/day or\s+time of your zone/);
});
