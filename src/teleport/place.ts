import type { TeleportPlace, TshSettings } from '../domain/cluster-policy.ts';
import type { ClusterTeleportConfig, TeleportConfig } from './config.ts';

/** Where a cluster is in Teleport, by its own settings and the fleet's; null for one that is not there. */
export function teleportPlace(
  name: string,
  own: ClusterTeleportConfig | undefined,
  fleet: TeleportConfig | undefined,
): TeleportPlace | null {
  if (own === undefined || fleet === undefined) return null;
  const { cluster, node, user, sudo, access, kube_cluster: kubeCluster } = own;
  return {
    cluster,
    node,
    user: user ?? fleet.user,
    sudo,
    access,
    kubeCluster: kubeCluster ?? name,
    maxSessions: fleet.max_sessions,
    listIntervalMs: fleet.list_interval,
    via: tshSettings(fleet),
  };
}

/** How tsh is run. The folder and the files of a loaded configuration are absolute. */
export function tshSettings({ tsh, home = '', proxy, identity_file: identityFile }: TeleportConfig): TshSettings {
  return { tsh, home, proxy, identityFile: identityFile ?? null };
}

/**
 * What is watched of a cluster that has nothing but its place. Over `tsh ssh` each watch would be a process, and a session
 * that Teleport ends at times of its own, for every kind: there the kinds are listed at an interval.
 */
export function watchThrough(place: TeleportPlace): { kubeconfig: string; context: null; listEveryMs?: number } {
  const { access, node, cluster, kubeCluster, listIntervalMs } = place;
  if (access === 'kube') {
    return {
      kubeconfig: `the kubeconfig of tsh proxy kube ${kubeCluster} (Teleport cluster ${cluster})`,
      context: null,
    };
  }
  const kubeconfig = `the kubeconfig of kubectl on ${node} (Teleport cluster ${cluster})`;
  return { kubeconfig, context: null, listEveryMs: listIntervalMs };
}
