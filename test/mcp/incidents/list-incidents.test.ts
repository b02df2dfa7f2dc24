import { describe, expect, test } from 'vitest';
import { clusterPolicy, minute, owner, signal, startOfTime } from '../../support/signals.ts';
import { incidentsBench } from './incidents-bench.ts';

type Bench = Awaited<ReturnType<typeof incidentsBench>>;

const ids = (result: Record<string, unknown>): string[] => (result['items'] as { id: string }[]).map(({ id }) => id);

/** All pages of a list, by their ids. */
async function pagesOf(bench: Bench, args: Record<string, unknown>): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: unknown;
  do {
    const result = await bench.call('list_incidents', { ...args, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(ids(result));
    expect(result['truncated']).toBe(result['next_cursor'] !== undefined);
    cursor = result['next_cursor'];
  } while (cursor !== undefined);
  return pages;
}

describe('list_incidents', () => {
  test('gives what fails, since when, and the cause when it is known; newest first', async () => {
    const bench = await incidentsBench();
    const first = await bench.open('api');
    await bench.answer();
    const second = await bench.open('web', { cluster: 'east' }, startOfTime + 10 * minute);
    const result = await bench.call('list_incidents');
    expect(result).toMatchObject({ truncated: false, as_of: '2026-11-20T10:00:00.000Z', source: 'nightcrier' });
    expect(result['items']).toMatchObject([
      {
        id: second,
        cluster: 'east',
        status: 'open',
        cause: null,
        title: 'CrashLoop · payments/web (Deployment)',
        opened_at: '2026-11-20T09:10:00.000Z',
      },
      {
        id: first,
        cluster: 'prod',
        status: 'reported',
        cause: 'the process exits with 1',
        confidence: 'high',
        faults: 1,
        fault_types: ['CrashLoop'],
        storm_members: null,
        fleet: null,
      },
    ]);
  });

  test('filters by cluster, status, severity and time', async () => {
    const bench = await incidentsBench();
    const api = await bench.open('api');
    await bench.answer();
    const info = await bench.open('web', { severity: 'warning' }, startOfTime + 10 * minute);
    const east = await bench.open('db', { cluster: 'east' }, startOfTime + 20 * minute);
    const listed = async (args: Record<string, unknown>): Promise<string[]> =>
      ids(await bench.call('list_incidents', args));
    expect(await listed({ cluster: 'prod' })).toEqual([info, api]);
    expect(await listed({ status: 'reported' })).toEqual([api]);
    expect(await listed({ severity: 'warning' })).toEqual([info]);
    expect(await listed({ since: '2026-11-20T10:10:00+01:00' })).toEqual([east, info]);
    expect(await listed({ since: '2026-11-20T09:10:00.001Z', cluster: 'prod' })).toEqual([]);
    await bench.store.orderIncident(api, { kind: 'resolve', by: 'ana', comment: '' }, startOfTime + 30 * minute);
    expect(await listed({ open: true })).toEqual([east, info]);
    expect(await listed({ open: true, status: 'resolved' })).toEqual([]);
    expect(await listed({ open: false })).toEqual([east, info, api]);
    expect((await bench.call('list_incidents', { status: 'resolved' }))['items']).toMatchObject([
      { id: api, status_reason: expect.stringContaining('ana') },
    ]);
  });

  test('pages give each incident once, whatever is filtered out between', async () => {
    const bench = await incidentsBench();
    const signals = Array.from({ length: 230 }, (_, index) =>
      signal({ pod: `p${index}`, severity: index % 40 === 0 ? 'critical' : 'warning', faultType: 'ImagePull' }),
    );
    await bench.store.accept(signals, startOfTime);
    const waiting = await bench.store.unsettled(1000);
    // One owner each: as many incidents.
    const inputs = waiting.map(({ seq }) => ({ seq, owner: owner(`of-${seq}`), node: null, cluster: clusterPolicy() }));
    await bench.store.settle(inputs, startOfTime);
    const all = ids(await bench.call('list_incidents', { limit: 500 }));
    expect(all).toHaveLength(230);
    const pages = await pagesOf(bench, { limit: 100 });
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 30]);
    expect(pages.flat()).toEqual(all);
    const critical = (await pagesOf(bench, { severity: 'critical', limit: 2 })).flat();
    expect(critical).toHaveLength(6);
    expect(all.filter((id) => critical.includes(id))).toEqual(critical);
    // Some in another status: the open ones are read status by status.
    await bench.answer(null);
    await bench.answer(null);
    await bench.store.orderIncident(all[7] ?? '', { kind: 'resolve', by: 'ana', comment: '' }, startOfTime + minute);
    const open = (await pagesOf(bench, { open: true, limit: 50 })).flat();
    expect(open).toEqual(all.filter((_, at) => at !== 7));
  });

  test('a page that was cut to fit goes on after what it gave', async () => {
    const bench = await incidentsBench();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bench.open(name);
    const all = ids(await bench.call('list_incidents'));
    let cursorAfter = (_given: number): string => '';
    const first = await bench.call('list_incidents', { limit: 4 }, { onCut: (after) => (cursorAfter = after) });
    expect(ids(first)).toEqual(all.slice(0, 4));
    const rest = await bench.call('list_incidents', { limit: 4, cursor: cursorAfter(1) });
    expect(ids(rest)).toEqual(all.slice(1, 4));
    expect(ids(await bench.call('list_incidents', { cursor: rest['next_cursor'] }))).toEqual(all.slice(4));
  });

  test('a cluster that is not configured is an error unless something of it is kept', async () => {
    const bench = await incidentsBench({ clusters: ['prod', 'prod-eu'] });
    const gone = await bench.open('api', { cluster: 'gone' });
    expect(ids(await bench.call('list_incidents', { cluster: 'gone' }))).toEqual([gone]);
    expect(ids(await bench.call('list_incidents', { cluster: 'prod' }))).toEqual([]);
    await expect(bench.call('list_incidents', { cluster: 'prd' })).rejects.toMatchObject({
      code: 'unknown_cluster',
      message: 'there is no cluster "prd"; the nearest name is "prod"',
    });
  });

  test('who may see one cluster sees its incidents alone, and no word of others', async () => {
    const bench = await incidentsBench({ policy: { fleet: { minClusters: 2, windowMs: 10 * minute, channels: {} } } });
    const context = 'Back-off pulling image "r.example/app:1"';
    const mine = await bench.open('api', { faultType: 'ImagePull', context });
    const other = await bench.open('api', { faultType: 'ImagePull', context, cluster: 'east' });
    const whole = await bench.call('get_incident', { id: mine });
    expect(whole).toMatchObject({
      fleet: { signature: 'registry r.example', incidents: [{ cluster: 'prod' }, { cluster: 'east' }] },
    });
    const onlyCluster = 'prod';
    expect(ids(await bench.call('list_incidents', {}, { onlyCluster }))).toEqual([mine]);
    expect(ids(await bench.call('list_incidents', { cluster: 'prod' }, { onlyCluster }))).toEqual([mine]);
    await expect(bench.call('list_incidents', { cluster: 'east' }, { onlyCluster })).rejects.toMatchObject({
      code: 'unknown_cluster',
    });
    const seen = await bench.call('get_incident', { id: mine }, { onlyCluster });
    expect(seen).toMatchObject({ id: mine, fleet: { signature: 'registry r.example', lead: null, incidents: [] } });
    expect(JSON.stringify(seen)).not.toContain('east');
    for (const name of ['get_incident', 'get_incident_report', 'get_incident_evidence']) {
      await expect(bench.call(name, { id: other }, { onlyCluster })).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

describe('get_incident', () => {
  test('has faults, runs and who has it in hand', async () => {
    const bench = await incidentsBench();
    const id = await bench.open('api');
    await bench.answer();
    await bench.store.orderIncident(id, { kind: 'ack', by: 'ana', comment: 'on it' }, startOfTime + 5 * minute);
    expect(await bench.call('get_incident', { id })).toMatchObject({
      id,
      as_of: '2026-11-20T10:00:00.000Z',
      faults: [{ fault_type: 'CrashLoop', resource: { kind: 'Pod', name: 'api-0' } }],
      runs: [{ status: 'succeeded', outcome: 'answered', agent: 'builtin' }],
      acknowledged: { by: 'ana', comment: 'on it' },
    });
  });

  test('says that there is none', async () => {
    const bench = await incidentsBench();
    await expect(bench.call('get_incident', { id: 'inc_404' })).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no incident "inc_404"',
    });
  });
});
