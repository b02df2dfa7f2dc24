import type { AgentBudget } from './agent-limits.ts';
import type { Matcher, Severity, Silence } from './fault.ts';
import type { PermissionSnapshot } from './permissions.ts';
import type { AgentChoice } from './ports.ts';
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

/** How tsh is run, and on whose behalf. */
export interface TshSettings {
  /** Command or absolute path. */
  readonly tsh: string;
  /** Its own folder (`TELEPORT_HOME`), absolute. */
  readonly home: string;
  /** Address of the Teleport proxy: `HOST` or `HOST:PORT`. */
  readonly proxy: string;
  /** Absolute path of a Machine ID identity file; null: the login that is kept in `home`. */
  readonly identityFile: string | null;
}

/** Where a cluster is in Teleport, and by which way it is read there. */
export interface TeleportPlace {
  /** The Teleport cluster. */
  readonly cluster: string;
  /** The node that runs kubectl. */
  readonly node: string;
  /** Login on the node. */
  readonly user: string;
  /** kubectl is run as root there. */
  readonly sudo: boolean;
  readonly access: 'ssh' | 'kube';
  /** Name of the Kubernetes cluster in Teleport, for `kube`. */
  readonly kubeCluster: string;
  /** `tsh ssh` at the same time for this cluster. */
  readonly maxSessions: number;
  /** Between lists of a kind, for `ssh`, ms. */
  readonly listIntervalMs: number;
  readonly via: TshSettings;
}

/**
 * One configured cluster, with everything that it does not say for itself taken from the fleet's settings: made once, when
 * the configuration is loaded, and read by every part.
 */
export interface ConfiguredCluster extends ClusterSettings {
  readonly name: string;
  /** A Slack channel of its own, null when it has none. */
  readonly slackChannel: string | null;
  /** Absolute path of its credential, null when none is configured. */
  readonly kubeconfig: string | null;
  /** Context of the kubeconfig, null: the current one of the file. */
  readonly context: string | null;
  /** Its way through Teleport; none without. */
  readonly teleport?: TeleportPlace | null;
  /** The options with which people's kubectl reaches it (`kubectlOptions`). */
  readonly kubectl: readonly string[];
  /** `triage.allow_secrets_access` */
  readonly allowSecrets: boolean;
  readonly agent: AgentChoice;
  readonly budget: AgentBudget;
}

/** When what would be opened in one cluster becomes one storm incident. */
export interface StormLimits {
  /** Incidents of a cluster within the window; 0: no limit. */
  readonly perCluster: number;
  readonly windowMs: number;
  /** A storm without a new member for so long is over. */
  readonly endAfterMs: number;
}

export interface StormPolicy extends StormLimits {
  /** Incidents of all clusters within the window; 0: no limit. */
  readonly fleet: number;
  /** Of the clusters that have limits of their own. */
  readonly own: Readonly<Record<string, StormLimits>>;
}

/** When the same in several clusters is one message. */
export interface FleetPolicy {
  /** 0 and 1: never. */
  readonly minClusters: number;
  readonly windowMs: number;
  /** Slack channels of the clusters that have their own: people there are told in their channel. */
  readonly channels: Readonly<Record<string, string>>;
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

/** The same, but null as long as nobody has answered what its credential may do, and for a cluster that is not configured. */
export function knownPolicy(
  settings: ClusterSettings | undefined,
  permissions: PermissionSnapshot | null,
): ClusterPolicy | null {
  if (settings === undefined || (settings.triageEnabled && permissions === null)) return null;
  return clusterPolicy(settings, permissions);
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

/** A silence as somebody asks for it; times in ms since the epoch. */
export type NewSilence = Pick<Silence, 'matchers' | 'startsAt' | 'author' | 'comment' | 'way'> & {
  readonly endsAt: number;
};

/** A silence of the configuration: without a start it holds at once, without an end as long as it stands there. */
export interface ConfiguredSilence extends Pick<Silence, 'matchers' | 'endsAt' | 'author' | 'comment'> {
  readonly startsAt: number | null;
}

export type SilenceAnswer =
  { readonly kind: 'made'; readonly silence: Silence } | { readonly kind: 'too_many'; readonly limit: number };

export type SilenceEnd =
  | { readonly kind: 'ended'; readonly silence: Silence }
  | { readonly kind: 'unknown' }
  /** It is of the configuration: it ends when it is taken out there. */
  | { readonly kind: 'configured'; readonly silence: Silence };

/** What the configuration says of each cluster, as matchers see it. */
export type ClusterPlaces = Readonly<Record<string, Pick<ClusterSettings, 'environment' | 'labels'>>>;

/** Silences, each a row. */
export interface SilenceStore {
  addSilence(silence: NewSilence, at: number): Promise<SilenceAnswer>;
  /** Ends it now; one that has ended stays as it is. `by`: who says so. */
  endSilence(id: string, by: string, at: number): Promise<SilenceEnd>;
  /** Makes the silences of the configuration what it says now: what is not there any more ends. How many changed. */
  keepSilences(configured: readonly ConfiguredSilence[], at: number): Promise<number>;
  /** How many active faults matchers fit. */
  fittingFaults(matchers: readonly Matcher[], clusters: ClusterPlaces): Promise<number>;
  /** Newest first, at most 1,000; without `ids` all of them. */
  silences(query?: { readonly ids?: readonly string[] }): Promise<readonly Silence[]>;
}

/** A silence that changed; one that ends by its time does not. */
export interface SilenceChange {
  readonly type: 'silence';
  readonly cluster: null;
  readonly silence: Silence;
}

/** What a table says of a cluster, undefined for nothing: a cluster may have the name of what every object has. */
export function ofCluster<T>(table: Readonly<Record<string, T>>, cluster: string): T | undefined {
  return Object.hasOwn(table, cluster) ? table[cluster] : undefined;
}
