import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import { type PaletteConfig, paletteSchema } from '../../src/mcp/palette/config.ts';
import { paletteToolset, type PaletteToolsetDeps } from '../../src/mcp/palette/palette-toolset.ts';
import { ManualClock } from './manual-clock.ts';
import { paletteKey, type PaletteServer } from './palette-server.ts';

/** A clock that tells the time of the test and whose timers are real ones: requests have their limits. */
class FixedClock implements Clock {
  readonly #now: number;

  constructor(now = new ManualClock().now()) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return performance.now();
  }

  setTimer(fn: () => void, ms: number) {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  }
}

interface Overrides extends Partial<Omit<PaletteToolsetDeps, 'config'>> {
  readonly settings?: Record<string, unknown>;
}

/** The toolset over a server of the tests; over the demo without one. Ends with the test. */
export function paletteTools(server: PaletteServer | null, { settings = {}, ...deps }: Overrides = {}) {
  const own = server === null ? {} : { api_key: paletteKey, endpoint: server.url };
  let config: PaletteConfig = paletteSchema.parse({ ...own, ...settings });
  const parts = paletteToolset({
    config: () => config,
    proxies: {},
    clock: new FixedClock(),
    clusterOf: () => null,
    kubernetesDiagnosis: () => Promise.resolve(null),
    ...deps,
  });
  onTestFinished(() => parts.close());
  return {
    ...parts,
    /** Other settings hold from now on. */
    configure: (next: Record<string, unknown>) => {
      config = paletteSchema.parse(next);
    },
  };
}
