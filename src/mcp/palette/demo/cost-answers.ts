import type { DemoCluster } from './fleet.ts';

const minuteMs = 60_000;

/** What it cost from `start` to `end`, ms, in points of `period` minutes. */
export function costAnswer(cluster: DemoCluster, start: number, end: number, period: number): object {
  const hourly = hourlyRate(cluster);
  const stepMs = period * minuteMs;
  const count = Math.max(1, Math.floor((end - start) / stepMs));
  const points = Array.from({ length: count }, (_, at) => {
    const share = (1 + (at / count) * (cluster.growth - 1)) / cluster.growth;
    const compute = rounded((hourly.compute * share * period) / 60);
    const storage = rounded((hourly.storage * period) / 60);
    return { timestamp: Math.floor((start + at * stepMs) / 1000), compute, storage, total: rounded(compute + storage) };
  });
  const sum = (key: 'compute' | 'storage'): number => rounded(points.reduce((all, point) => all + point[key], 0));
  const cost = costOf({ compute: sum('compute'), storage: sum('storage') });
  return {
    startTime: new Date(start).toISOString(),
    endTime: new Date(end).toISOString(),
    period,
    cluster: { uid: cluster.uid, name: cluster.name, cost, cloud: { cost, data: points } },
  };
}

const hoursOf: Readonly<Record<string, number>> = { hourly: 1, monthly: 730, yearly: 8760 };

/** What it costs an hour, month or year. */
export function rateAnswer(cluster: DemoCluster, periodType: string): object {
  const hours = hoursOf[periodType] ?? 1;
  const { compute, storage } = hourlyRate(cluster);
  const rate = { compute: rounded(compute * hours), storage: rounded(storage * hours) };
  return {
    name: cluster.name,
    rate: { ...rate, total: rounded(rate.compute + rate.storage) },
    machinePools: cluster.pools.map(({ name, size, instance, price, volume }) => {
      const [machines, volumes] = [rounded(price * size * hours), rounded(volume.price * size * hours)];
      return {
        name,
        nodesCount: size,
        rate: {
          compute: { type: instance, rate: machines },
          storage: [{ type: volume.type, sizeGB: volume.sizeGB * size, rate: volumes }],
          total: rounded(machines + volumes),
        },
      };
    }),
    resourceMetadata: {
      instanceTypes: Object.fromEntries(
        cluster.pools.map(({ instance, cpu, memory, gpu, price, spot }) => [
          instance,
          { type: instance, cpu, memory, gpu, price, cost: { price: [{ os: 'linux', onDemand: price, spot }] } },
        ]),
      ),
    },
  };
}

/** USD an hour of all pools. */
export function hourlyRate({ pools }: DemoCluster): { compute: number; storage: number } {
  return {
    compute: rounded(pools.reduce((sum, { size, price }) => sum + size * price, 0)),
    storage: rounded(pools.reduce((sum, { size, volume }) => sum + size * volume.price, 0)),
  };
}

/** A cost in Palette's shape. */
export function costOf({ compute, storage }: { compute: number; storage: number }) {
  const total = rounded(compute + storage);
  return { total, cloud: { compute, storage, total } };
}

export const rounded = (value: number): number => Math.round(value * 10_000) / 10_000;
