import { readFileSync, writeFileSync } from 'node:fs';
import { BenchProcess, startDaemon, until } from './daemon.ts';
import type { Figure } from './figure.ts';

interface Health {
  readonly summary: { readonly active: number };
  readonly clusters: readonly { readonly name: string; readonly reconnects: number; readonly since: string }[];
}

interface Config {
  readonly clusters: { name: string; mcp: { endpoint: string; headers?: Record<string, string> }; labels?: object }[];
}

/** The daemon with 1,000 clusters gets a configuration in which one has changed: how long that takes, and whom it touches. */
export async function reload(): Promise<Figure[]> {
  const count = 1000;
  const fleet = new BenchProcess(['bench/fleet-process.ts', String(count)]);
  try {
    const endpoints = JSON.parse(await fleet.nextLine()) as string[];
    const clusters = endpoints.map((endpoint, index) => ({ name: `sim-${index}`, endpoint }));
    const daemon = await startDaemon(clusters, { reload: { watch: false } });
    try {
      await until(async () => (await daemon.get<Health>('/health/clusters')).summary.active === count, 120_000);
      await new Promise((resolve) => setTimeout(resolve, 5000));
      const handshakes = async (): Promise<number[]> => {
        fleet.send({ handshakes: true });
        return JSON.parse(await fleet.nextLine()) as number[];
      };
      const changed = async (
        change: (config: Config) => void,
      ): Promise<{ ms: number; cpuMs: number; touched: number; heldMs: number }> => {
        const before = await handshakes();
        const config = JSON.parse(readFileSync(daemon.configFile, 'utf8')) as Config;
        change(config);
        writeFileSync(daemon.configFile, JSON.stringify(config));
        const held = longestAnswer(daemon.url);
        const cpu = daemon.process.cpuMs();
        const started = performance.now();
        const answer = await fetch(`${daemon.url}/-/reload`, { method: 'POST' });
        const ms = performance.now() - started;
        const cpuMs = daemon.process.cpuMs() - cpu;
        if (answer.status !== 200) throw new Error(await answer.text());
        await until(async () => (await daemon.get<Health>('/health/clusters')).summary.active === count, 60_000);
        const after = await handshakes();
        return { ms, cpuMs, touched: after.filter((one, at) => one !== before[at]).length, heldMs: await held.stop() };
      };
      const label = await changed(({ clusters: [first] }) => Object.assign(first ?? {}, { labels: { team: 'a' } }));
      const header = await changed(({ clusters: [first] }) =>
        Object.assign(first?.mcp ?? {}, { headers: { 'x-a': 'b' } }),
      );
      const named = (name: string): string => `reload of ${count} clusters, ${name}`;
      return [
        { name: named('a label of one changed: until it holds'), value: Math.round(label.ms), unit: 'ms' },
        { name: named('a label of one changed: processor time until then'), value: label.cpuMs, unit: 'ms' },
        { name: named('a label of one changed: servers that saw a new session'), value: label.touched, unit: '' },
        { name: named('a header of one changed: until it holds'), value: Math.round(header.ms), unit: 'ms' },
        { name: named('a header of one changed: servers that saw a new session'), value: header.touched, unit: '' },
        {
          name: named('longest time without an answer of /health/live meanwhile'),
          value: Math.round(header.heldMs),
          unit: 'ms',
        },
      ];
    } finally {
      await daemon.stop();
    }
  } finally {
    await fleet.stop();
  }
}

/** How long the main loop was held up: the slowest of requests that are made one after another. */
function longestAnswer(url: string): { stop(): Promise<number> } {
  let longest = 0;
  const ending = new AbortController();
  const loop = (async () => {
    while (!ending.signal.aborted) {
      const started = performance.now();
      await fetch(`${url}/health/live`).then((response) => response.text());
      longest = Math.max(longest, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    stop: async () => {
      ending.abort();
      await loop;
      return longest;
    },
  };
}
