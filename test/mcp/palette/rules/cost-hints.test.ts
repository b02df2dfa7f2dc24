import { expect, test } from 'vitest';
import { clusterRate } from '../../../../src/mcp/palette/api/shapes.ts';
import { type CostPoint, costHints } from '../../../../src/mcp/palette/rules/cost-hints.ts';

interface Pool {
  readonly name?: string;
  readonly nodes?: number;
  readonly total?: number;
  readonly type?: string;
  readonly storage?: readonly object[];
}

const types = {
  spotty: {
    gpu: 0,
    cost: {
      price: [
        { os: 'windows', onDemand: 9, spot: 1 },
        { os: 'linux', onDemand: 1, spot: 0.4 },
      ],
    },
  },
  fixed: { gpu: 0, cost: { price: [{ os: 'linux', onDemand: 1, spot: 0.8 }] } },
  gpu: { gpu: 8, cost: { price: [] } },
};

function hints(
  pools: readonly Pool[],
  more: { rate?: object; points?: readonly CostPoint[]; perMonth?: number } = {},
): string[] {
  const machinePools = pools.map(({ name = 'worker-pool', nodes = 2, total = 10, type = 'fixed', storage = [] }) => ({
    name,
    nodesCount: nodes,
    rate: { total, compute: { type, rate: total }, storage },
  }));
  const rate = clusterRate.parse({ machinePools, rate: more.rate, resourceMetadata: { instanceTypes: types } });
  return costHints(rate, more.points ?? [], more.perMonth ?? 1).map(
    ({ rule, pool, monthly_saving_usd: saving }) => `${rule} ${pool ?? '-'} ${saving ?? '-'}`,
  );
}

const points = (...totals: readonly number[]): CostPoint[] =>
  totals.map((total, at) => ({ time: new Date(Date.UTC(2026, 0, 1 + at)).toISOString(), total }));

test.each([
  ['a spot price far below, for workers', [{ type: 'spotty', nodes: 3 }], ['spot-workers worker-pool 1314']],
  [
    'not for a control plane',
    [
      { type: 'spotty', name: 'cp-pool' },
      { type: 'spotty', name: 'control-plane-pool' },
      { type: 'spotty', name: 'master-pool' },
    ],
    [],
  ],
  ['not for a pool that is empty', [{ type: 'spotty', nodes: 0 }], []],
  ['not for a spot price near by', [{ type: 'fixed' }], []],
  ['GPUs that are most of the rate', [{ type: 'gpu', total: 60 }, { total: 40 }], ['gpu-share worker-pool -']],
  ['GPUs that are a small part', [{ type: 'gpu', total: 30 }, { total: 70 }], []],
  ['gp2', [{ storage: [{ type: 'gp2', rate: 50, sizeGB: 500 }] }], ['gp2-volumes worker-pool 10']],
  ['io2', [{ storage: [{ type: 'io2', rate: 50 }] }], ['provisioned-volumes worker-pool -']],
  ['gp3', [{ storage: [{ type: 'gp3', rate: 50 }] }], []],
] as const)('%s', (_case, pools, expected) => {
  expect(hints(pools)).toEqual(expected);
});

test('rates of an hour or a year are made a month', () => {
  const pools = [{ storage: [{ type: 'gp2', rate: 1 }] }];
  expect(hints(pools, { perMonth: 730 })).toEqual(['gp2-volumes worker-pool 146']);
});

test('storage or a control plane that are most of the rate', () => {
  expect(hints([], { rate: { total: 100, storage: 41, compute: 59 } })).toEqual(['storage-share - -']);
  expect(hints([{ name: 'cp', total: 55 }, { total: 45 }], { rate: { total: 100, storage: 1 } })).toEqual([
    'control-plane-share - -',
  ]);
  expect(hints([], { rate: { total: 0, storage: 0 } })).toEqual([]);
});

test('a cost that has risen, by the first and the last quarter', () => {
  expect(hints([], { points: points(1, 1, 1, 1, 1, 1, 2, 2) })).toEqual(['rising-cost - -']);
  expect(hints([], { points: points(1, 1, 9, 1, 1, 1, 1.2, 1.2) })).toEqual([]);
  expect(hints([], { points: points(0, 0, 0, 0, 5, 5, 5, 5) })).toEqual([]);
  expect(hints([], { points: points(1, 5) })).toEqual([]);
  expect(hints([], { points: points(2, 2, 1, 1, 1, 1, 1, 1).toReversed() })).toEqual([]);
});

test('what saves most comes first', () => {
  const pools = [
    { storage: [{ type: 'gp2', rate: 50 }] },
    { name: 'b', type: 'spotty' },
    { name: 'a', type: 'spotty' },
  ];
  expect(hints(pools)).toEqual(['spot-workers a 876', 'spot-workers b 876', 'gp2-volumes worker-pool 10']);
});
