import { describe, expect, test } from 'vitest';
import { parseMatchers } from '../../../src/domain/silence/matchers.ts';
import { receive } from '../../storage/store-fixture.ts';
import { minute, owner, signal, startOfTime } from '../../support/signals.ts';
import { incidentsBench } from './incidents-bench.ts';

const items = (result: Record<string, unknown>) =>
  result['items'] as { fault_id: string; outcome: string | null; meaning: string }[];

describe('why', () => {
  test('UX-17: what became of every fault of an object, with its rule, what it means, and the silence behind it', async () => {
    const bench = await incidentsBench();
    const id = await bench.open('api');
    await bench.store.addSilence(
      {
        matchers: parseMatchers('fault_type=ImagePull'),
        startsAt: startOfTime,
        endsAt: startOfTime + 120 * minute,
        author: 'ana',
        comment: 'registry is moved',
      },
      startOfTime,
    );
    await receive(
      bench.store,
      [signal({ pod: 'api-1', faultType: 'ImagePull' })],
      { owner: owner('api') },
      startOfTime + minute,
    );
    for (const kind of ['Deployment', 'deploy', 'deployments.apps']) {
      const result = await bench.call('why', { cluster: 'prod', kind, namespace: 'payments', name: 'api' });
      expect(result).toMatchObject({ object: 'Deployment/payments/api', total: 2, truncated: false });
      expect(result['items']).toMatchObject([
        {
          outcome: 'muted',
          rule: expect.stringMatching(/^silence: sil_/),
          meaning: 'silenced, no message; told when the silence ends and it still stands',
          incident_id: null,
        },
        { outcome: 'opened', meaning: 'opened an incident', incident_id: id },
      ]);
      expect(result['silences']).toMatchObject([{ author: 'ana', state: 'active', comment: 'registry is moved' }]);
    }
    const muted = { cluster: 'prod', kind: 'deploy', namespace: 'payments', name: 'api', outcome: 'muted' };
    expect(items(await bench.call('why', muted))).toHaveLength(1);
  });

  test('without an object: the newest faults of a cluster or of all, by outcome, page by page', async () => {
    const bench = await incidentsBench();
    for (const name of ['a', 'b', 'c']) await bench.open(name);
    await bench.open('d', { cluster: 'east' });
    expect(items(await bench.call('why'))).toHaveLength(4);
    expect(items(await bench.call('why', { cluster: 'prod' })).map(({ fault_id }) => fault_id)).toEqual([
      'prod:CrashLoop:c-0',
      'prod:CrashLoop:b-0',
      'prod:CrashLoop:a-0',
    ]);
    expect(items(await bench.call('why', { outcome: 'muted' }))).toEqual([]);
    const first = await bench.call('why', { limit: 3 });
    const next = await bench.call('why', { limit: 3, cursor: first['next_cursor'] });
    expect([...items(first), ...items(next)].map(({ fault_id }) => fault_id)).toEqual([
      'east:CrashLoop:d-0',
      'prod:CrashLoop:c-0',
      'prod:CrashLoop:b-0',
      'prod:CrashLoop:a-0',
    ]);
    expect(next['truncated']).toBe(false);
  });

  test('one fault among many is found, over as many calls as it takes', async () => {
    const bench = await incidentsBench();
    await bench.open('rare');
    const many = Array.from({ length: 700 }, (_, index) => signal({ pod: `p${index}` }));
    await receive(bench.store, many, { owner: owner('many') });
    const result = await bench.call('why', { fault_id: 'prod:CrashLoop:rare-0', limit: 10 });
    expect(items(result)).toMatchObject([{ fault_id: 'prod:CrashLoop:rare-0', outcome: 'opened' }]);
    expect(result['truncated']).toBe(false);
  });

  test('says that nothing was received, and refuses names that cannot be', async () => {
    const bench = await incidentsBench();
    expect(await bench.call('why', { cluster: 'prod', kind: 'node', name: 'n1' })).toMatchObject({
      items: [],
      object: 'Node//n1',
      reason: 'nothing was received about Node//n1; get_clusters_health says whether the cluster is watched',
    });
    const refused = async (args: Record<string, unknown>): Promise<unknown> =>
      bench.call('why', args).catch(({ code, message }: { code: string; message: string }) => `${code}: ${message}`);
    expect(await refused({ cluster: 'prod', kind: 'deploymnt', namespace: 'a', name: 'b' })).toBe(
      'invalid_argument: there is no kind "deploymnt"',
    );
    expect(await refused({ cluster: 'prod', kind: 'deploy', name: 'b' })).toContain('a Deployment is in a namespace');
    expect(await refused({ cluster: 'prod', kind: 'deploy' })).toContain('an object is named by kind and name');
    expect(await refused({ cluster: 'prod', namespace: 'shop' })).toContain('an object is named by kind and name');
    expect(await refused({ kind: 'node', name: 'n1' })).toBe(
      'unknown_cluster: there are several clusters and none is named',
    );
    expect(await refused({ cluster: 'prd', kind: 'node', name: 'n1' })).toContain(
      'unknown_cluster: there is no cluster "prd"',
    );
    expect(await refused({ cluster: 'prd' })).toContain('unknown_cluster: there is no cluster "prd"');
  });

  test('who may see one cluster is told of its faults alone', async () => {
    const bench = await incidentsBench();
    await bench.open('a');
    await bench.open('b', { cluster: 'east' });
    const onlyCluster = 'prod';
    expect(items(await bench.call('why', {}, { onlyCluster }))).toHaveLength(1);
    await expect(bench.call('why', { cluster: 'east' }, { onlyCluster })).rejects.toMatchObject({
      code: 'unknown_cluster',
    });
    const named = { kind: 'deploy', namespace: 'payments', name: 'b' };
    expect(items(await bench.call('why', named, { onlyCluster }))).toEqual([]);
  });
});
