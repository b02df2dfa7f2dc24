import path from 'node:path';
import type { Config } from '../config/schema.ts';
import type { DeliveryTarget } from '../domain/records.ts';
import type { StorePolicy } from '../domain/state-store.ts';
import type { TriageSettings } from '../triage/settings.ts';

/** At first contact, faults that have stood for longer are taken up quietly (CONTRACT.md section 6a). */
const quietAfterMs = 15 * 60_000;

/** The bounds of intake, as the state store applies them. */
export function storePolicy(config: Config, targets: readonly DeliveryTarget[]): StorePolicy {
  return {
    dedupWindowMs: config.intake.dedup_window,
    groupWaitMs: config.intake.group_wait,
    reopenWindowMs: config.intake.reopen_window,
    clearAfterMs: config.sweep.clear_after,
    maxOpenFaultsPerCluster: config.intake.max_open_faults_per_cluster,
    quietAfterMs,
    targets,
  };
}

/** What triage needs of the configuration. */
export function triageSettings(config: Config): TriageSettings {
  return {
    workspaces: path.join(config.data_dir, 'workspaces'),
    agent: config.agent,
    clusters: config.clusters.map(({ name, triage, overrides }) => ({
      name,
      kubeconfig: triage.kubeconfig ?? null,
      allowSecrets: triage.allow_secrets_access,
      context: triage.context ?? null,
      agent: overrides.agent ?? {},
    })),
    storeFailed: config.storage.upload_failed_investigations,
    workspaceRetentionMs: config.storage.retention.workspaces,
  };
}
