import { describe, expect, test } from 'vitest';
import { sampleStatus } from '../../support/health-fixture.ts';
import { startOfTime } from '../../support/signals.ts';
import { incidentsBench } from './incidents-bench.ts';

describe('get_clusters_health', () => {
  const failed = sampleStatus({
    cluster: 'east',
    state: 'failed',
    error: { code: 'NC-CLUSTER-001', message: 'connection refused', fix: 'Look at its server.' },
  });
  const problem = { code: 'NC-X-001', message: 'm', fix: 'f', severity: 'warning', since: startOfTime } as const;
  const problems = [
    { ...problem, cluster: 'west', message: 'the token ends soon' },
    { ...problem, cluster: null, message: 'the disk is full' },
  ];
  const fleet = {
    clusters: ['prod', 'east', 'west'],
    statuses: [sampleStatus({ cluster: 'prod' }), failed, sampleStatus({ cluster: 'west' })],
    problems,
  };

  test('OPS-1: says what GET /health/clusters says, what is unwell first', async () => {
    const bench = await incidentsBench(fleet);
    await bench.open('api');
    const result = await bench.call('get_clusters_health');
    expect(result).toMatchObject({
      summary: { total: 3, active: 2, unhealthy: 1, triage_enabled: 3 },
      problems: [{ message: 'the disk is full' }],
      as_of: '2026-11-20T10:00:00.000Z',
    });
    expect(result['clusters']).toMatchObject([
      { name: 'east', status: 'failed', error: { code: 'NC-CLUSTER-001', fix: 'Look at its server.' } },
      { name: 'west', problems: [{ message: 'the token ends soon' }] },
      { name: 'prod', incidents: { open: 1, reported: 0 } },
    ]);
  });

  test('of one cluster, or of those that are unwell', async () => {
    const bench = await incidentsBench(fleet);
    const names = async (args: Record<string, unknown>): Promise<string[]> =>
      ((await bench.call('get_clusters_health', args))['clusters'] as { name: string }[]).map(({ name }) => name);
    expect(await names({ unhealthy: true })).toEqual(['east', 'west']);
    expect(await names({ cluster: 'prod' })).toEqual(['prod']);
    expect(await names({ cluster: 'prod', unhealthy: true })).toEqual([]);
    await expect(names({ cluster: 'wst' })).rejects.toMatchObject({ code: 'unknown_cluster' });
  });

  test('who may see one cluster is told of that one alone', async () => {
    const bench = await incidentsBench(fleet);
    await bench.open('api', { cluster: 'east' });
    const result = await bench.call('get_clusters_health', {}, { onlyCluster: 'prod' });
    expect(result).toMatchObject({ summary: { total: 1 }, clusters: [{ name: 'prod' }], agents: [], problems: [] });
    expect(JSON.stringify(result)).not.toMatch(/east|west|disk/);
    await expect(bench.call('get_clusters_health', { cluster: 'east' }, { onlyCluster: 'prod' })).rejects.toMatchObject(
      {
        code: 'unknown_cluster',
      },
    );
  });
});
