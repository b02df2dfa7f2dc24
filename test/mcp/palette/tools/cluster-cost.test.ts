import { expect, test } from 'vitest';
import { callTool } from '../../../support/call-tool.ts';
import { clusterName, clusterUid } from '../../../support/palette-fleet.ts';
import { PaletteServer } from '../../../support/palette-server.ts';
import { paletteTools } from '../../../support/palette-tools.ts';

test('what a cluster cost, costs, and could cost less', async () => {
  const { tools } = paletteTools(await PaletteServer.start());
  const result = await callTool(tools, 'get_cluster_cost', {
    cluster_name: clusterName(4),
    start: '2026-11-19T02:00:00+02:00',
    end: '2026-11-20T00:00:00Z',
    period: 480,
  });
  expect(result).toEqual({
    cluster_uid: clusterUid(4),
    start: '2026-11-19T00:00:00.000Z',
    end: '2026-11-20T00:00:00.000Z',
    period_minutes: 480,
    currency: 'USD',
    total: { compute: 12, storage: 3, total: 15 },
    points: [0, 8, 16].map((hour) => ({
      time: new Date(Date.UTC(2026, 10, 19, hour)).toISOString(),
      compute: 4,
      storage: 1,
      total: 5,
    })),
    rate_period: 'monthly',
    rate: { compute: 300, storage: 60, total: 360 },
    pools: [
      { name: 'cp-pool', nodes: 3, instance_type: 't3.large', compute: 90, storage: 15, total: 105 },
      { name: 'worker-pool', nodes: 5, instance_type: 'm5.xlarge', compute: 210, storage: 45, total: 255 },
    ],
    hints: [
      expect.objectContaining({ rule: 'spot-workers', pool: 'worker-pool', monthly_saving_usd: 445.3 }),
      expect.objectContaining({ rule: 'gp2-volumes', pool: 'worker-pool', monthly_saving_usd: 9 }),
    ],
    demo: false,
  });
});

test.each([
  [{ start: '2026-11-21T00:00:00Z' }, 'start is not before end'],
  [{ start: '2026-11-19T00:00:00Z', end: '2026-11-19T00:00:00Z' }, 'start is not before end'],
  [{ start: '2026-01-01T00:00:00Z' }, 'too many points'],
  [{ start: '2020-01-01T00:00:00Z', period: 44_640 }, 'too many points'],
])('%j asks for no time that there is', async (args, words) => {
  const server = await PaletteServer.start();
  const asked = callTool(paletteTools(server).tools, 'get_cluster_cost', { cluster_uid: clusterUid(4), ...args });
  await expect(asked).rejects.toMatchObject({ code: 'invalid_argument' });
  await expect(asked).rejects.toThrow(words);
  expect(server.calls).toEqual([]);
});

test('times in milliseconds, and points without a total, are read as well', async () => {
  const server = await PaletteServer.start();
  const at = Date.UTC(2026, 10, 19);
  const data = [{ timestamp: at, compute: 1, storage: 2 }, { timestamp: 'no time' }, { timestamp: 1e300 }];
  server.answerWith(`/v1/dashboard/spectroclusters/${clusterUid(4)}/cost`, { cluster: { cloud: { data } } });
  const result = await callTool(paletteTools(server).tools, 'get_cluster_cost', { cluster_uid: clusterUid(4) });
  expect(result).toMatchObject({
    points: [{ time: '2026-11-19T00:00:00.000Z', compute: 1, storage: 2, total: 3 }],
    total: {},
    start: '2026-11-13T09:00:00.000Z',
  });
});
