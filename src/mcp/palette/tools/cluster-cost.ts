import { z } from 'zod';
import type { Tool } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import { present } from '../../present.ts';
import { type ClusterCost, clusterCost, type ClusterRate, clusterRate } from '../api/shapes.ts';
import { costHints } from '../rules/cost-hints.ts';
import { costOf, costOutput } from './cluster-facts.ts';
import { clusterIdArgs, clusterUidOf } from './named.ts';
import { definePalette, type PaletteTools } from './palette-tool.ts';

const dayMs = 24 * 60 * 60_000;
/** Without a start so much before the end. */
const usualMs = 7 * dayMs;
const longestMs = 400 * dayMs;
const maxPoints = 1500;

/** How often a rate is counted in a month. */
const perMonth = { hourly: 730, monthly: 1, yearly: 1 / 12 } as const;

const input = z.strictObject({
  ...clusterIdArgs,
  start: z.iso.datetime({ offset: true }).optional().describe('ISO 8601; a week before the end without it.'),
  end: z.iso.datetime({ offset: true }).optional().describe('ISO 8601; now without it.'),
  period: z.int().min(60).max(44_640).default(60).describe('Minutes that one point of the series sums.'),
  rate: z.enum(['hourly', 'monthly', 'yearly']).default('monthly').describe('Time that the rates are for.'),
});
type Args = z.output<typeof input>;

const output = z.object({
  cluster_uid: z.string(),
  start: z.string(),
  end: z.string(),
  period_minutes: z.int(),
  currency: z.string(),
  total: costOutput.describe('What was spent from start to end.'),
  points: z.array(costOutput.extend({ time: z.string() })),
  rate_period: z.enum(['hourly', 'monthly', 'yearly']),
  rate: costOutput.describe('What the cluster costs as it is now.'),
  pools: z.array(
    z.object({
      name: z.string(),
      nodes: z.int(),
      instance_type: z.string().optional(),
      compute: z.number().optional(),
      storage: z.number(),
      total: z.number().optional(),
    }),
  ),
  hints: z
    .array(
      z.object({
        rule: z.string(),
        message: z.string(),
        pool: z.string().optional(),
        monthly_saving_usd: z.number().optional(),
      }),
    )
    .describe('What could cost less, by rules of nightcrier; estimates by list prices.'),
});

/** `get_cluster_cost` of Palette. */
export function clusterCosts(tools: PaletteTools): Tool {
  return definePalette(
    {
      name: 'get_cluster_cost',
      title: 'Show what a Palette cluster costs',
      description:
        'What a cluster has cost over a time, what it costs an hour, month or year as it is now, by machine pool, and hints how it could cost less. Palette computes from list prices of the cloud: discounts and traffic are not in it.',
      input,
      output,
      cut: 'points',
      run: async (args, asking) => {
        const { start, end } = timesOf(args, asking.now);
        const uid = await clusterUidOf(args, asking);
        const [cost, rate] = await Promise.all([
          asking.ask(
            'clusterCost',
            { uid, query: { startTime: iso(start), endTime: iso(end), period: args.period } },
            clusterCost,
          ),
          asking.ask('clusterRate', { uid, query: { periodType: args.rate } }, clusterRate),
        ]);
        const points = pointsOf(cost);
        return {
          cluster_uid: uid,
          start: cost.startTime ?? iso(start),
          end: cost.endTime ?? iso(end),
          period_minutes: cost.period ?? args.period,
          currency: 'USD',
          total: costOf(cost.cluster.cost) ?? {},
          points,
          rate_period: args.rate,
          rate: present({ ...rate.rate }),
          pools: rate.machinePools.map(poolOf),
          hints: costHints(rate, points, perMonth[args.rate]).map((hint) => ({ ...hint })),
        };
      },
    },
    tools,
  );
}

function timesOf({ start, end, period }: Args, now: number): { start: number; end: number } {
  const until = end === undefined ? now : Date.parse(end);
  const since = start === undefined ? until - usualMs : Date.parse(start);
  if (since >= until) {
    throw new ToolError('invalid_argument', 'start is not before end', 'Give a start that lies before the end.');
  }
  if (until - since > longestMs || (until - since) / (period * 60_000) > maxPoints) {
    const fix = `At most 400 days and ${maxPoints} points: take a longer period (minutes) or a later start.`;
    throw new ToolError('invalid_argument', 'start, end and period make too many points', fix);
  }
  return { start: since, end: until };
}

const iso = (ms: number): string => new Date(ms).toISOString();

type Point = z.input<typeof output>['points'][number] & { readonly time: string; readonly total: number };

function pointsOf({ cluster }: ClusterCost): Point[] {
  return (cluster.cloud?.data ?? []).map(({ timestamp, compute, storage, total }) => ({
    // Documented as a number alone: seconds, in places milliseconds.
    time: iso(timestamp < 1e11 ? timestamp * 1000 : timestamp),
    total: total ?? (compute ?? 0) + (storage ?? 0),
    ...present({ compute, storage }),
  }));
}

function poolOf({
  name,
  nodesCount,
  rate,
}: ClusterRate['machinePools'][number]): z.input<typeof output>['pools'][number] {
  return {
    name: name ?? '',
    nodes: Math.trunc(nodesCount ?? 0),
    storage: (rate?.storage ?? []).reduce((sum, volume) => sum + (volume.rate ?? 0), 0),
    ...present({ instance_type: rate?.compute?.type, compute: rate?.compute?.rate, total: rate?.total }),
  };
}
