/** What a cluster's credential may do, in the form that is written and shown. */
export interface PermissionSnapshot {
  readonly cluster_name: string;
  readonly validated_at: string;
  readonly can_get_pods: boolean | null;
  readonly can_get_logs: boolean | null;
  readonly can_get_events: boolean | null;
  readonly can_get_deployments: boolean | null;
  readonly can_get_services: boolean | null;
  readonly can_get_nodes: boolean | null;
  readonly secrets_access_allowed: boolean;
  readonly can_get_secrets: boolean | null;
  readonly can_get_configmaps: boolean | null;
  /** Null is unknown: nobody answered. Only false turns triage off. */
  readonly minimum_met: boolean | null;
  readonly can_write: readonly string[];
  readonly warnings: readonly string[];
  readonly error: string | null;
}

/** What a cluster's credential may do; the latest answer and the first one. */
export interface PermissionDirectory {
  /** The latest snapshot, null before the first answer. */
  current(cluster: string): PermissionSnapshot | null;
  /** Resolves with the first answer, or with null after the configured time limit. */
  firstAnswer(cluster: string): Promise<PermissionSnapshot | null>;
}

/** The snapshot of a cluster that nobody answered for. */
export function unknownPermissions(
  cluster: string,
  at: number,
  error: string,
  secretsAllowed: boolean,
): PermissionSnapshot {
  return {
    cluster_name: cluster,
    validated_at: new Date(at).toISOString(),
    can_get_pods: null,
    can_get_logs: null,
    can_get_events: null,
    can_get_deployments: null,
    can_get_services: null,
    can_get_nodes: null,
    secrets_access_allowed: secretsAllowed,
    can_get_secrets: null,
    can_get_configmaps: null,
    minimum_met: null,
    can_write: [],
    warnings: [`permissions are unknown: ${error}`],
    error,
  };
}
