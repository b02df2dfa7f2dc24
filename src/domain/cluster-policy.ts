import type { Severity } from './fault.ts';
import type { PermissionSnapshot } from './permissions.ts';
import type { ClusterPolicy } from './state-store.ts';

/** What the configuration says of a cluster, as far as its faults are concerned. */
export interface ClusterSettings {
  readonly environment: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly severityThreshold: Severity;
  /** `triage.enabled` */
  readonly triageEnabled: boolean;
  /** `permissions.require_read_only` */
  readonly requireReadOnly: boolean;
}

const minimum = [
  ['can_get_pods', 'pods'],
  ['can_get_logs', 'pods/log'],
  ['can_get_events', 'events'],
] as const;

/**
 * What holds for a cluster's faults now. Only an answered *no* turns triage off (PER-1); no answer turns nothing off.
 * With `require_read_only` a credential that can write is refused (PER-2).
 */
export function clusterPolicy(settings: ClusterSettings, permissions: PermissionSnapshot | null): ClusterPolicy {
  const reason = triageDisabledReason(settings, permissions);
  return {
    environment: settings.environment,
    labels: settings.labels,
    severityThreshold: settings.severityThreshold,
    triageEnabled: reason === null,
    triageDisabledReason: reason,
  };
}

function triageDisabledReason(settings: ClusterSettings, permissions: PermissionSnapshot | null): string | null {
  if (!settings.triageEnabled) return 'triage.enabled: false';
  if (permissions === null) return null;
  if (permissions.minimum_met === false) {
    const denied = minimum.filter(([key]) => permissions[key] === false).map(([, resource]) => resource);
    return `permissions: the credential cannot read ${denied.join(', ') || 'what triage needs'}`;
  }
  if (settings.requireReadOnly && permissions.can_write.length > 0) {
    return `permissions.require_read_only: the credential can ${permissions.can_write.join(', ')}`;
  }
  return null;
}
