import type { ClusterRate } from '../api/shapes.ts';

/** What could cost less, and by how much where that can be said. */
export interface CostHint {
  readonly rule: string;
  readonly message: string;
  /** Name of the machine pool that it is about. */
  readonly pool?: string;
  /** USD a month, an estimate by list prices. */
  readonly monthly_saving_usd?: number;
}

export interface CostPoint {
  /** ISO 8601 UTC. */
  readonly time: string;
  readonly total: number;
}

type Pool = ClusterRate['machinePools'][number];

const hoursOfMonth = 730;
/** A spot price counts when it is so much lower. */
const spotShare = 0.7;
const storageShare = 0.4;
const controlPlaneShare = 0.5;
const risingBy = 1.25;
/** Points that are compared at the beginning and the end: too few are noise. */
const leastPoints = 8;
/** Per GB-month in most AWS regions: gp2 0.10, gp3 0.08 USD. */
const gp3Saving = 0.2;

/** Hints of our own rules over what Palette says of a cluster's rates and its cost over time. Sorted by saving, then rule. */
export function costHints(rate: ClusterRate, points: readonly CostPoint[], ratePerMonth: number): readonly CostHint[] {
  const hints = [
    ...rate.machinePools.flatMap((pool) => [
      ...spotHint(pool, rate),
      ...gpuHint(pool, rate),
      ...volumeHints(pool, ratePerMonth),
    ]),
    ...shareHints(rate),
    ...risingHint(points),
  ];
  const saving = (hint: CostHint): number => hint.monthly_saving_usd ?? 0;
  return hints.toSorted(
    (a, b) => saving(b) - saving(a) || compare(a.rule, b.rule) || compare(a.pool ?? '', b.pool ?? ''),
  );
}

function spotHint(pool: Pool, { resourceMetadata }: ClusterRate): CostHint[] {
  const type = pool.rate?.compute?.type;
  const prices = resourceMetadata?.instanceTypes[type ?? '']?.cost?.price ?? [];
  const { onDemand = 0, spot = 0 } = prices.find(({ os }) => os === 'linux') ?? {};
  const nodes = pool.nodesCount ?? 0;
  if (isControlPlane(pool) || nodes === 0 || spot <= 0 || spot > onDemand * spotShare) return [];
  const less = Math.round((1 - spot / onDemand) * 100);
  return [
    {
      rule: 'spot-workers',
      message: `${type} costs ${less} % less as a spot instance: for work that may be interrupted, a pool of them beside this one.`,
      ...named(pool),
      monthly_saving_usd: cents(nodes * (onDemand - spot) * hoursOfMonth),
    },
  ];
}

function gpuHint(pool: Pool, { machinePools, resourceMetadata }: ClusterRate): CostHint[] {
  const type = pool.rate?.compute?.type ?? '';
  const gpus = resourceMetadata?.instanceTypes[type]?.gpu ?? 0;
  const all = machinePools.reduce((sum, one) => sum + (one.rate?.total ?? 0), 0);
  const share = all === 0 ? 0 : (pool.rate?.total ?? 0) / all;
  if (gpus === 0 || share < 0.5 || (pool.nodesCount ?? 0) === 0) return [];
  const message = `${pool.nodesCount} nodes with GPUs (${type}) are ${Math.round(share * 100)} % of the rate of all pools: let the pool scale to none while no job needs it.`;
  return [{ rule: 'gpu-share', message, ...named(pool) }];
}

function volumeHints(pool: Pool, ratePerMonth: number): CostHint[] {
  return (pool.rate?.storage ?? []).flatMap(({ type, rate = 0, sizeGB }): CostHint[] => {
    if (type === 'gp2') {
      const message = `The volumes are gp2${sizeGB === undefined ? '' : ` (${sizeGB} GB)`}: gp3 costs a fifth less and is no slower.`;
      return [
        { rule: 'gp2-volumes', message, ...named(pool), monthly_saving_usd: cents(rate * gp3Saving * ratePerMonth) },
      ];
    }
    if (type !== 'io1' && type !== 'io2') return [];
    const message = `The volumes are ${type}, which is paid by provisioned operations: look whether they are used.`;
    return [{ rule: 'provisioned-volumes', message, ...named(pool) }];
  });
}

function shareHints({ rate, machinePools }: ClusterRate): CostHint[] {
  const total = rate?.total ?? 0;
  if (total <= 0) return [];
  const storage = (rate?.storage ?? 0) / total;
  const control = machinePools.filter(isControlPlane).reduce((sum, pool) => sum + (pool.rate?.total ?? 0), 0) / total;
  return [
    ...(storage < storageShare
      ? []
      : [
          {
            rule: 'storage-share',
            message: `Storage is ${Math.round(storage * 100)} % of the rate: look for volumes that are too large or that nothing uses.`,
          },
        ]),
    ...(control < controlPlaneShare
      ? []
      : [
          {
            rule: 'control-plane-share',
            message: `The control plane is ${Math.round(control * 100)} % of the rate: put the work of small clusters together, or take a managed control plane.`,
          },
        ]),
  ];
}

/** The last quarter of the time against the first. */
function risingHint(points: readonly CostPoint[]): CostHint[] {
  if (points.length < leastPoints) return [];
  const sorted = points.toSorted((a, b) => compare(a.time, b.time));
  const quarter = Math.floor(sorted.length / 4);
  const mean = (some: readonly CostPoint[]): number => some.reduce((sum, { total }) => sum + total, 0) / some.length;
  const [first, last] = [mean(sorted.slice(0, quarter)), mean(sorted.slice(-quarter))];
  if (first <= 0 || last < first * risingBy) return [];
  const more = Math.round((last / first - 1) * 100);
  const message = `The cost of a period has risen by ${more} % within the time shown: compare what was deployed or scaled since.`;
  return [{ rule: 'rising-cost', message }];
}

/** Palette does not say which pool it is in its rates; it names them so itself. */
function isControlPlane({ name }: Pool): boolean {
  return /(?:^|[-_])(?:cp|control[-_]?plane|master)(?:[-_]|$)/i.test(name ?? '');
}

const named = ({ name }: Pool): { pool?: string } => (name === undefined ? {} : { pool: name });
const cents = (usd: number): number => Math.round(usd * 100) / 100;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
