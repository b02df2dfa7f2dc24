import type { ClusterManager } from '../cluster/manager.ts';
import type { KubectlPermissionDirectory } from '../cluster/permissions/directory.ts';
import type { ArtifactStore } from '../domain/ports.ts';
import type { StateStore } from '../domain/state-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import { errorText } from '../lib/problem.ts';
import type { Notifications } from '../notify/notifications.ts';
import { openArtifacts } from '../storage/artifacts/open-artifacts.ts';
import { type ClusterAccesses, permissionTargets } from './clusters.ts';
import { type ConfigChanges, newCredentials } from './config-changes.ts';
import type { Current, CurrentConfig } from './current-config.ts';
import type { DiscoveredClusters } from './discovered-clusters.ts';
import type { Notifiers } from './notifiers.ts';
import { configuredSilences, storePolicy } from './settings.ts';

/** What does not ask for the configuration by itself, and has to be told. */
export interface ConfiguredParts {
  readonly current: CurrentConfig;
  readonly store: Pick<StateStore, 'setPolicy' | 'closeRemovedClusters' | 'keepSilences'>;
  readonly manager: Pick<ClusterManager, 'add' | 'remove' | 'replace' | 'describe'>;
  readonly permissions: Pick<KubectlPermissionDirectory, 'use' | 'refresh'>;
  readonly accesses: Pick<ClusterAccesses, 'forget'>;
  readonly notifiers: Pick<Notifiers, 'renew'>;
  readonly notifications: Pick<Notifications, 'use'>;
  /** What people do in Slack. */
  readonly slack: { use(): Promise<void> };
  readonly artifacts: { use(store: ArtifactStore): void };
  readonly agents: { look(): Promise<void> };
  readonly discovered: Pick<DiscoveredClusters, 'isWhole'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface ConfigApplier {
  /** What can fail comes first: when it throws, nothing has changed. */
  apply(next: Current, changes: ConfigChanges): Promise<void>;
  /**
   * Makes what is stored of the configuration what that says now: what belongs to clusters that are gone is closed, its
   * silences begin and end. Never rejects: what fails, or cannot be known yet, is tried at the next call.
   */
  storeSettings(): Promise<void>;
}

/** Takes a new configuration over into a running daemon, without touching the connections that it does not concern. */
export function configApplier(parts: ConfiguredParts): ConfigApplier {
  let isStored = false;
  const storeSettings = async (): Promise<void> => {
    if (isStored) return;
    const { current, store, clock, logger } = parts;
    const { config, fleet } = current.now;
    try {
      const isWhole = parts.discovered.isWhole();
      const closed = isWhole ? await store.closeRemovedClusters([...fleet.keys()], clock.now()) : 0;
      if (closed > 0) logger.info({ incidents: closed }, 'incidents of clusters that are not configured were closed');
      const silences = await store.keepSilences(configuredSilences(config), clock.now());
      if (silences > 0) logger.info({ silences }, 'silences of the configuration have begun or ended');
      isStored = isWhole;
    } catch (error) {
      logger.warn({ err: errorText(error) }, 'clusters and silences of the configuration could not be stored');
    }
  };
  return {
    storeSettings,
    async apply(next, changes) {
      const { current, store, notifiers, notifications, artifacts } = parts;
      const renewed = await notifiers.renew(next.config);
      const concerns = (key: string): boolean => changes.settings.some((one) => one.startsWith(key));
      const opened = concerns('storage.artifacts')
        ? await openArtifacts(next.config.storage.artifacts, parts.clock)
        : null;
      const targets = renewed.map(({ target }) => target);
      await store.setPolicy(storePolicy({ config: next.config, secrets: next.secrets }, targets));
      const credentials = newCredentials(current.now, next);
      current.replace(next);
      if (opened !== null) artifacts.use(opened);
      await takeOverClusters(parts, next, changes, credentials);
      await notifications.use(renewed);
      await takeOverSlack(parts);
      if (concerns('agent') || concerns('gateway.models')) void parts.agents.look();
      isStored = false;
      await storeSettings();
    },
  };
}

/** Its settings were checked: what fails all the same is in the log, and nothing else stops for it. */
async function takeOverSlack({ slack, logger }: ConfiguredParts): Promise<void> {
  await slack.use().catch((error: unknown) => logger.error({ err: errorText(error) }, 'nobody listens to Slack now'));
}

/** Clusters come, go and change, side by side; each waits only for its own old connection. */
async function takeOverClusters(
  { manager, permissions, accesses }: ConfiguredParts,
  { fleet }: Current,
  { clusters }: ConfigChanges,
  credentials: readonly string[],
): Promise<void> {
  accesses.forget([...clusters.removed, ...clusters.reconnected]);
  permissions.use(permissionTargets(fleet.values()));
  for (const name of credentials) permissions.refresh(name);
  const reconnected = new Set(clusters.reconnected);
  const added = new Set(clusters.added);
  const ended = clusters.removed.map((name) => manager.remove(name));
  for (const [name, cluster] of fleet) {
    if (added.has(name)) manager.add(cluster);
    else if (reconnected.has(name)) ended.push(manager.replace(cluster));
    else manager.describe(cluster);
  }
  await Promise.all(ended);
}
