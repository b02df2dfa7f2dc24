import type { Config } from '../config/schema.ts';
import type { ClusterDirectory, ConnectionStatus } from '../domain/cluster-status.ts';
import { clusterPolicy, type ClusterSettings } from '../domain/cluster-policy.ts';
import type { PermissionDirectory } from '../domain/ports.ts';
import type { ClusterPolicy } from '../domain/state-store.ts';

/** What the configuration says of a cluster's faults; null for a cluster that is not configured. */
export function clusterSettings(config: Config, name: string): ClusterSettings | null {
  const cluster = config.clusters.find((entry) => entry.name === name);
  if (!cluster) return null;
  return {
    environment: cluster.environment ?? null,
    labels: cluster.labels,
    severityThreshold: cluster.overrides.severity_threshold ?? config.severity_threshold,
    triageEnabled: cluster.triage.enabled,
    requireReadOnly: config.permissions.require_read_only,
  };
}

/** What holds for a cluster's faults now; null as long as nobody has answered what its credential may do. */
export function knownPolicy(
  config: Config,
  name: string,
  permissions: Pick<PermissionDirectory, 'current'>,
): ClusterPolicy | null {
  const settings = clusterSettings(config, name);
  if (settings === null) return null;
  const snapshot = permissions.current(name);
  return settings.triageEnabled && snapshot === null ? null : clusterPolicy(settings, snapshot);
}

/** The clusters as health shows them: connections with what is configured and what the credential may do. */
export function clusterDirectory(
  config: Config,
  connections: () => readonly ConnectionStatus[],
  permissions: Pick<PermissionDirectory, 'current'>,
): ClusterDirectory {
  const settings = new Map(config.clusters.map(({ name }) => [name, clusterSettings(config, name)]));
  return {
    statuses: () =>
      connections().flatMap((connection) => {
        const of = settings.get(connection.cluster);
        if (!of) return [];
        const snapshot = permissions.current(connection.cluster);
        const { triageEnabled, triageDisabledReason, environment, labels } = clusterPolicy(of, snapshot);
        return [{ ...connection, environment, labels, triageEnabled, triageDisabledReason, permissions: snapshot }];
      }),
  };
}
