import { afterEach } from 'vitest';
import { type PushServer, type PushServerOptions, startPushServer } from '../../src/sim/mcp/push-server.ts';
import { type Fleet, startFleet } from './cluster-fleet.ts';

const releases: (() => Promise<void>)[] = [];

/** Ends what the test has started, last first. Call at the top of a test file. */
export function releaseAfterEach(): void {
  afterEach(async () => {
    for (const release of releases.splice(0).reverse()) await release();
  });
}

export function releaseLater(release: () => Promise<void>): void {
  releases.push(release);
}

/** A push server that ends with the test. */
export async function pushServer(options: PushServerOptions = {}): Promise<PushServer> {
  const started = await startPushServer({ subscribeDelayMs: 0, ...options });
  releaseLater(() => started.close());
  return started;
}

/** A fleet that ends with the test. */
export function fleetOf(...args: Parameters<typeof startFleet>): Fleet {
  const started = startFleet(...args);
  releaseLater(() => started.stop());
  return started;
}

/** One cluster named `prod`. */
export const prod = (endpoint: string, mcp = {}) => [{ name: 'prod', mcp: { endpoint, ...mcp } }];

/** A crash loop of the pod with that uid. */
export const crashLoop = (uid: string) => ({
  faultType: 'CrashLoop',
  severity: 'critical' as const,
  resource: { apiVersion: 'v1', kind: 'Pod', name: `api-${uid}`, namespace: 'shop', uid },
  container: 'api',
  context: 'Container entered CrashLoopBackOff state, restart count: 4',
});
