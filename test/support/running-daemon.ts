import type { HealthServerOptions } from '../../src/health/health-server-options.ts';
import { kubeconfigText, minimal } from './config-dir.ts';
import { tempDir } from './temp-dir.ts';
import { HealthFixture } from './health-fixture.ts';

export const token = 'canary-health-token';

/** A configuration that names the port of a running health server. */
export function configFor(url: string, ...lines: string[]): string {
  const { port } = new URL(url);
  const text = minimal(`health: {port: ${port}, token: ${token}}`, ...lines).replace('name: main', 'name: prod-eu');
  return tempDir({ 'nightcrier.yaml': text, 'k.yaml': kubeconfigText() });
}

/** The HTTP server of a daemon whose inside the test holds, and a directory with its configuration. */
export async function withDaemon(
  run: (fixture: HealthFixture, cwd: string) => Promise<void>,
  over: Partial<HealthServerOptions> = {},
): Promise<void> {
  const fixture = await HealthFixture.start({ token: () => token, ...over });
  try {
    await run(fixture, configFor(fixture.url));
  } finally {
    await fixture.stop();
  }
}
