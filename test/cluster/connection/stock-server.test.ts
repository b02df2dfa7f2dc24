import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sweeper } from '../../../src/cluster/sweep/sweeper.ts';
import { fleetOf, releaseAfterEach } from '../../support/push-fleet.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane.ts';
import { cannotRun } from '../../support/kube-assets.ts';
import { type StockServer, startStockServer } from '../../support/stock-server.ts';
import { waitUntil } from '../../support/wait-until.ts';

releaseAfterEach();

describe.skipIf(cannotRun('connections to the stock server'))('the stock server of a real cluster', () => {
  let plane: ControlPlane;
  const servers: { table?: StockServer; yaml?: StockServer } = {};

  beforeAll(async () => {
    plane = await startControlPlane();
    await plane.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } },
    );
    const conditions = [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'runtime is down' }];
    const patch = JSON.stringify({ status: { conditions } });
    await plane.kubectl(['patch', 'node', 'node-a', '--subresource=status', '--type=strategic', '-p', patch]);
    servers.table = await startStockServer(plane.kubeconfig, 'table');
    servers.yaml = await startStockServer(plane.kubeconfig, 'yaml');
  });

  afterAll(async () => {
    await servers.table?.stop();
    await servers.yaml?.stop();
    await plane?.stop();
  });

  test.each(['table', 'yaml'] as const)(
    'CON-4, CON-5: with --list-output %s it is swept, and a fault is found',
    async (form) => {
      const endpoint = servers[form]?.endpoint ?? '';
      const { becomes, store, status } = fleetOf([{ name: form, mcp: { endpoint } }], {
        sweeper: new Sweeper(),
        sweep: { interval_without_push: '200ms' },
      });
      await becomes(form, 'active', 15_000);
      expect(status(form)).toMatchObject({ source: 'sweep', error: null });
      await waitUntil(() => store.sweeps.length >= 2, 'it is swept again', 15_000);
      expect(store.sweeps[0]?.findings).toMatchObject([
        { cluster: form, source: 'sweep', faultType: 'NodeUnhealthy', resource: { kind: 'Node', name: 'node-a' } },
      ]);
    },
  );

  test('CON-2: the older transport at /sse works as well', async () => {
    const endpoint = (servers.table?.endpoint ?? '').replace(/\/mcp$/, '/sse');
    const { becomes, store } = fleetOf([{ name: 'older', mcp: { endpoint, transport: 'sse' } }], {
      sweeper: new Sweeper(),
    });
    expect(await becomes('older', 'active', 15_000)).toMatchObject({ source: 'sweep' });
    expect(store.sweeps[0]?.findings).toHaveLength(1);
  });

  test('CON-3: a server that is restarted is found again', async () => {
    const port = servers.yaml?.port;
    const { becomes, status } = fleetOf([{ name: 'restarted', mcp: { endpoint: servers.yaml?.endpoint ?? '' } }], {
      connection: { ping_interval: '200ms' },
      sweeper: new Sweeper(),
    });
    await becomes('restarted', 'active', 15_000);
    await servers.yaml?.stop();
    const failed = await becomes('restarted', 'failed', 15_000);
    expect(failed.error?.code).toMatch(/^NC-CLUSTER-00[19]$/);
    servers.yaml = await startStockServer(plane.kubeconfig, 'yaml', port);
    await becomes('restarted', 'active', 15_000);
    expect(status('restarted').reconnects).toBeGreaterThanOrEqual(1);
  });
});
