import { BenchProcess, startDaemon, until } from './daemon.ts';
import type { Figure } from './figure.ts';

interface Health {
  readonly summary: { readonly active: number };
}

/** The daemon against `count` push servers: from its start to the last active connection, and its memory then. */
export async function connections(count: number): Promise<Figure[]> {
  const fleet = new BenchProcess(['bench/fleet-process.ts', String(count)]);
  try {
    const endpoints = JSON.parse(await fleet.nextLine()) as string[];
    const clusters = endpoints.map((endpoint, index) => ({ name: `sim-${index}`, endpoint }));
    const daemon = await startDaemon(clusters);
    try {
      const ready = performance.now();
      await until(async () => (await daemon.get<Health>('/health/clusters')).summary.active === count, 120_000);
      const seconds = (performance.now() - ready + daemon.readyMs) / 1000;
      // What is left of the start (sweeps, garbage) settles.
      await new Promise((resolve) => setTimeout(resolve, 5000));
      const named = count === 1 ? '1 cluster' : `${count} clusters`;
      return [
        {
          name: `${named}: process start to ready`,
          value: Math.round(daemon.readyMs),
          unit: 'ms',
        },
        {
          name: `${named}: process start to all active`,
          value: Number(seconds.toFixed(2)),
          unit: 's',
        },
        {
          name: `${named}: resident memory, 5 s later`,
          value: daemon.process.rssMiB(),
          unit: 'MiB',
        },
      ];
    } finally {
      await daemon.stop();
    }
  } finally {
    await fleet.stop();
  }
}
