import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Registry } from 'prom-client';
import { KubectlPermissionDirectory } from '../cluster/permissions/directory.ts';
import { registerPermissionMetrics } from '../cluster/permissions/metrics.ts';
import { type Environment, setVariables } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { Clock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import { spawnProcess } from '../lib/process/spawn.ts';

export interface PermissionOptions {
  readonly config: Config;
  /** The clusters to ask about. */
  readonly clusters: Config['clusters'];
  readonly env: Environment;
  readonly clock: Clock;
  readonly events: Emitter<DomainEvents>;
  readonly registry: Registry;
}

/** The permissions of all clusters with triage enabled, asked with the kubectl on the PATH. */
export function createPermissions(options: PermissionOptions): KubectlPermissionDirectory {
  const { config, clusters, env, clock, events, registry } = options;
  const cacheDir = path.join(config.data_dir, 'kubectl-cache');
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  registerPermissionMetrics(registry, events);
  return new KubectlPermissionDirectory({
    targets: clusters
      .filter(({ triage }) => triage.enabled)
      .map(({ name, triage }) => ({
        name,
        kubeconfig: triage.kubeconfig ?? null,
        context: triage.context ?? null,
        allowSecrets: triage.allow_secrets_access,
      })),
    config: config.permissions,
    events,
    spawn: spawnProcess,
    clock,
    kubectl: 'kubectl',
    // The whole environment: an exec plugin of a kubeconfig may need any of it.
    env: setVariables(env),
    cacheDir,
  });
}
