import { describe, expect, test } from 'vitest';
import { causeOf } from '../../answer-about.ts';
import { TestCluster } from '../../cluster.ts';

type Fields = Record<string, unknown>;
const made = '2026-01-01T09:00:00Z';
const fromMap = { envFrom: [{ configMapRef: { name: 'conf' } }] };
const oldHost = 'ERROR GET http://stock-v1/items: could not resolve host: stock-v1\n'.repeat(5);

function cluster(log: string, container: Fields, data: Record<string, string>, changed: string): TestCluster {
  const built = new TestCluster();
  built.running('ns', 'app', log, container);
  const managedFields = [
    { manager: 'kubectl', operation: 'Update', time: made },
    { manager: 'kubectl-edit', operation: 'Update', time: changed },
  ];
  built.add('ConfigMap', 'ns', 'conf', { data, metadata: { creationTimestamp: made, managedFields } });
  built.running('ns', 'stock', 'ok');
  built.service('ns', 'stock');
  return built;
}

describe('QUA-1: a running pod that holds a value from before a change', () => {
  const later = '2026-01-01T10:03:00Z';
  const wanted = 'Deployment app stale_secret_env [stock-v1] high';
  const one = { env: [{ name: 'STOCK', valueFrom: { configMapKeyRef: { name: 'conf', key: 'STOCK' } } }] };
  test.each<[string, Fields]>([
    ['envFrom', fromMap],
    ['one variable', one],
  ])('%s', async (_title, container) => {
    expect(
      await causeOf(cluster(oldHost, container, { STOCK: 'http://stock' }, later), 'Deployment', 'ns', 'app'),
    ).toBe(wanted);
  });

  test.each<[string, string, Record<string, string>, string]>([
    ['the ConfigMap holds it still', oldHost, { STOCK: 'http://stock-v1' }, later],
    ['the ConfigMap was changed before the pod started', oldHost, { STOCK: 'http://stock' }, '2026-01-01T09:30:00Z'],
    ['the log speaks of no value', 'ERROR giving up\n'.repeat(5), { STOCK: 'http://stock' }, later],
  ])('not: %s', async (_title, log, data, changed) => {
    expect(await causeOf(cluster(log, fromMap, data, changed), 'Deployment', 'ns', 'app')).not.toContain(
      'stale_secret_env',
    );
  });
});
