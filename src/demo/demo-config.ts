import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { knownFaultTypes } from '../domain/fault-types.ts';
import type { Fleet } from './fleet.ts';

/**
 * The configuration of the demo as it would stand in a file, for `parseConfig`. Writes the kubeconfigs of the fleet
 * below `dataDir` (mode 0600). Everything that is not about the fleet is at its default, but for the times: nobody
 * wants to wait for a demo.
 */
export function demoConfig(fleet: Pick<Fleet, 'clusters'>, dataDir: string): Record<string, unknown> {
  const folder = path.join(dataDir, 'kubeconfigs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const clusters = fleet.clusters.map(({ name, environment, endpoint, kubeconfig }) => {
    const file = path.join(folder, `${name}.yaml`);
    writeFileSync(file, kubeconfig, { mode: 0o600 });
    return {
      name,
      environment,
      labels: { simulated: 'true' },
      mcp: { endpoint },
      triage: { enabled: true, kubeconfig: file },
    };
  });
  return {
    data_dir: dataDir,
    clusters,
    intake: { group_wait: '2s', pending: Object.fromEntries(knownFaultTypes.map((type) => [type, '0s'])) },
    sweep: { interval: '3s', interval_without_push: '2s' },
    agent: { cli: 'builtin', max_concurrent_per_cluster: 2 },
  };
}
