import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/kube/cluster-reader.ts';
import { incidentsBench } from './incidents-bench.ts';

describe('trigger_triage', () => {
  const deployment: KubeObject = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'cart', namespace: 'shop', uid: 'u1' },
    spec: { replicas: 1 },
    status: { replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1 },
  };

  test('INT-7: opens an incident with a run, on the same path as by hand', async () => {
    const bench = await incidentsBench();
    bench.reader.put(deployment);
    const result = await bench.call('trigger_triage', {
      cluster: 'prod',
      kind: 'deploy',
      namespace: 'shop',
      name: 'cart',
    });
    expect(result).toMatchObject({ cluster: 'prod', object: 'Deployment/shop/cart' });
    const detail = await bench.store.incident(String(result['incident_id']));
    expect(detail).toMatchObject({
      incident: { cluster: 'prod', owner: { kind: 'Deployment', name: 'cart' } },
      runs: [{ id: result['run_id'], trigger: 'manual' }],
    });
    expect(bench.reader.calls.filter((one) => !/^(get|list) /.test(one))).toEqual([]);
  });

  test('is not for an agent, and is no reading', async () => {
    const { tools } = await incidentsBench();
    expect(tools.find(({ name }) => name === 'trigger_triage')).toMatchObject({
      audiences: ['assistant', 'operator'],
      changes: 'own',
      rate: 'logs',
    });
  });

  test('is refused with what is wrong, and opens nothing then', async () => {
    const refused = [
      [
        { cluster: 'prod', kind: 'deploy', namespace: 'shop', name: 'none' },
        'not_found',
        'there is no Deployment/shop/none in prod (NC-TRIAGE-005)',
      ],
      [
        { cluster: 'prod', kind: 'deploy', name: 'cart' },
        'invalid_argument',
        'a Deployment is in a namespace, and none is given for cart',
      ],
      [
        { cluster: 'prod', kind: 'dply', namespace: 'shop', name: 'cart' },
        'invalid_argument',
        'there is no kind "dply"',
      ],
      [
        { cluster: 'prd', kind: 'node', name: 'n1' },
        'unknown_cluster',
        'there is no cluster "prd"; the nearest name is "prod"',
      ],
      [{ kind: 'node', name: 'n1' }, 'unknown_cluster', 'there are several clusters and none is named'],
      [{ cluster: 'off', kind: 'node', name: 'n1' }, 'policy_denied', 'triage is turned off for off (NC-TRIAGE-008)'],
      [{ cluster: 'prod', kind: 'secret', namespace: 'shop', name: 'x' }, 'forbidden', 'Secret is forbidden'],
    ] as const;
    const bench = await incidentsBench({ clusters: ['prod', 'off'] });
    bench.reader.forbidden.add('Secret');
    for (const [args, code, message] of refused) {
      await expect(bench.call('trigger_triage', args)).rejects.toMatchObject({ code, message });
    }
    expect((await bench.store.incidents({ limit: 10 })).items).toEqual([]);
  });
});
