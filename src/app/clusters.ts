import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import type { Registry } from 'prom-client';
import type { ClusterManager } from '../cluster/manager.ts';
import { KubectlPermissionDirectory, registerPermissionMetrics } from '../cluster/permissions/directory.ts';
import type { WatchedCluster } from '../cluster/watch/context.ts';
import { type Environment, setVariables } from '../config/environment.ts';
import { kubeconfigNames } from '../config/files/kubeconfig.ts';
import type { Config } from '../config/schema.ts';
import { clusterPolicy, knownPolicy } from '../domain/cluster-policy.ts';
import type { ClusterDirectory, ConnectionStatus } from '../domain/cluster-status.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { ObjectRef } from '../domain/fault.ts';
import type { PermissionDirectory, PermissionSnapshot } from '../domain/permissions.ts';
import type { ToolCaller } from '../domain/ports.ts';
import type { IntakeStore } from '../domain/state-store.ts';
import type { HealthServerOptions } from '../health/health-server-options.ts';
import type { ClusterReader } from '../kube/cluster-reader.ts';
import { type ApiAccess, openApiAccess } from '../kube/credential/api-access.ts';
import { OwnerLookup } from '../kube/owner.ts';
import { ApiReader, openApiReader } from '../kube/read/api-reader.ts';
import { FallbackReader } from '../kube/read/fallback-reader.ts';
import { McpReader } from '../kube/read/mcp-reader.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import { spawnProcess } from '../lib/process/spawn.ts';
import { once } from '../lib/work/once.ts';
import { type TeleportAccess, TeleportAccesses } from '../teleport/teleport-accesses.ts';
import type { ManualTriage } from '../triage/manual.ts';
import type { Fleet, FleetCluster } from './settings.ts';

/** Over `tsh ssh` each read is a session, and waits for others: limits of one read, of an owner, of an investigation, ms. */
const slow = { readMs: 60_000, ownerMs: 30_000, evidenceMs: 100_000 };

/** How a cluster is read: through its credential, else through the read tools of its server. */
export interface ClusterAccess {
  /** In order of preference. */
  readonly readers: readonly ClusterReader[];
  /** All of them behind each other. */
  readonly reader: FallbackReader;
  readonly owners: OwnerLookup;
}

/**
 * One way in for each configured cluster, made when it is first needed and kept: readers hold connections, owner
 * look-ups hold a cache.
 */
export class ClusterAccesses {
  readonly #clusters: () => Fleet;
  readonly #toolsOf: (cluster: string) => ToolCaller | null;
  readonly #env: Readonly<Record<string, string>>;
  readonly #made = new Map<string, ClusterAccess>();
  readonly #opened = new Map<string, Promise<ApiAccess>>();
  readonly #teleport: TeleportAccesses;
  /** Credential commands are processes: not all clusters ask at once. */
  readonly #identities = pLimit(16);

  /** `env`: for the credential commands of kubeconfigs, and what names the proxies. */
  constructor(clusters: () => Fleet, toolsOf: (cluster: string) => ToolCaller | null, env: Environment) {
    this.#clusters = clusters;
    this.#toolsOf = toolsOf;
    this.#env = setVariables(env);
    this.#teleport = new TeleportAccesses({ spawn: spawnProcess, clock: systemClock, env: this.#env });
  }

  /** Null for a cluster that is not configured. */
  of(name: string): ClusterAccess | null {
    const known = this.#made.get(name);
    if (known) return known;
    const cluster = this.#clusters().get(name);
    if (!cluster) return null;
    const sources = [...this.#api(cluster), this.#tools(name)];
    const readers = sources.map((source) => new FallbackReader([source]));
    const reader = new FallbackReader(sources);
    const patience = isSlow(cluster) ? { timeoutMs: slow.ownerMs } : {};
    const access = { readers, reader, owners: new OwnerLookup(reader, patience) };
    this.#made.set(name, access);
    return access;
  }

  /** Who finds the owners of its objects; by their names alone for a cluster that is not configured. */
  owners(name: string): OwnerLookup {
    return this.of(name)?.owners ?? new OwnerLookup(null);
  }

  /** What intake needs to find owners. */
  forIntake() {
    return {
      findOwner: (cluster: string, resource: ObjectRef, signal: AbortSignal) =>
        this.owners(cluster).find(resource, signal),
      ownerTimeoutMs: (name: string) => (isSlow(this.#clusters().get(name)) ? slow.ownerMs : undefined),
    };
  }

  /** What the analyst needs to read clusters. */
  forAnalyst() {
    return {
      readersFor: (cluster: string) => this.of(cluster)?.readers ?? [],
      budgetOf: (name: string) => (isSlow(this.#clusters().get(name)) ? { milliseconds: slow.evidenceMs } : {}),
    };
  }

  /** Lets go of the ways to clusters that have gone or have another credential; who uses one now may end with it. */
  forget(names: Iterable<string>): void {
    for (const name of names) {
      this.#made.delete(name);
      this.#opened.delete(name);
      this.#teleport.forget(name);
    }
  }

  /** Ends what it holds open. */
  async close(): Promise<void> {
    await this.#teleport.close();
  }

  /** The name of the context of its kubeconfig, null without one. Never rejects. */
  async contextOf(name: string): Promise<string | null> {
    const { kubeconfig = null, context = null } = this.#clusters().get(name) ?? {};
    if (context !== null || kubeconfig === null) return context;
    try {
      return kubeconfigNames(await readFile(kubeconfig, 'utf8')).currentContext;
    } catch {
      return null;
    }
  }

  /** The uid of the namespace kube-system as its own credential reads it, null when it cannot. Never rejects. */
  async uidOf(name: string, signal: AbortSignal): Promise<string | null> {
    const cluster = this.#clusters().get(name);
    const [open] = cluster === undefined ? [] : this.#api(cluster);
    if (open === undefined) return null;
    try {
      return await this.#identities(async () => {
        const reader = await open();
        return (await reader.get('v1', 'Namespace', null, 'kube-system', signal))?.metadata.uid ?? null;
      });
    } catch {
      return null;
    }
  }

  /** The credential of a cluster for the gateway, with connections of its own; null when it has none. @throws ProblemError */
  apiOf(name: string): Promise<ApiAccess | null> {
    const { kubeconfig = null, context = null } = this.#clusters().get(name) ?? {};
    if (kubeconfig === null) return Promise.resolve(this.throughTeleport(name)?.api ?? null);
    const known = this.#opened.get(name);
    if (known) return known;
    const opened = this.open(kubeconfig, context).catch((error: unknown) => {
      this.#opened.delete(name);
      throw error;
    });
    this.#opened.set(name, opened);
    return opened;
  }

  /** A context of a kubeconfig, with connections of its own. @throws ProblemError */
  open(kubeconfig: string, context: string | null): Promise<ApiAccess> {
    return openApiAccess([kubeconfig], context, { spawn: spawnProcess, clock: systemClock, env: this.#env });
  }

  /** The API of a cluster that is watched, with connections of its own where it has a kubeconfig. @throws ProblemError */
  openWatched({ name, watch }: Pick<WatchedCluster, 'name' | 'watch'>): Promise<ApiAccess> {
    const through = this.#clusters().get(name)?.kubeconfig === null ? this.throughTeleport(name) : null;
    return through === null ? this.open(watch.kubeconfig, watch.context) : Promise.resolve(through.api);
  }

  /** The way through Teleport of a cluster that has no kubeconfig here; null for all others. */
  throughTeleport(name: string): TeleportAccess | null {
    const { kubeconfig = null, teleport = null } = this.#clusters().get(name) ?? {};
    return kubeconfig === null && teleport !== null ? this.#teleport.of(name, teleport) : null;
  }

  /** None for a cluster without a credential. */
  #api(cluster: FleetCluster): (() => Promise<ClusterReader>)[] {
    const { name, kubeconfig, context } = cluster;
    const through = this.throughTeleport(name);
    if (through !== null) {
      const reader = new ApiReader(through.api, isSlow(cluster) ? { timeoutMs: slow.readMs } : {});
      return [() => Promise.resolve(reader)];
    }
    if (kubeconfig === null) return [];
    return [once(() => openApiReader(kubeconfig, context, { env: this.#env }))];
  }

  #tools(name: string): () => Promise<ClusterReader | null> {
    return () => {
      const tools = this.#toolsOf(name);
      return Promise.resolve(tools === null ? null : new McpReader(tools));
    };
  }
}

function isSlow(cluster: Pick<FleetCluster, 'kubeconfig' | 'teleport'> | undefined): boolean {
  return cluster?.kubeconfig === null && cluster.teleport?.access === 'ssh';
}

/** The clusters whose credentials are asked about: those with triage enabled. */
export function permissionTargets(clusters: Iterable<FleetCluster>): readonly FleetCluster[] {
  return [...clusters].filter(({ triageEnabled }) => triageEnabled);
}

export interface PermissionOptions {
  readonly config: () => Config;
  /** The clusters to ask about. */
  readonly clusters: readonly FleetCluster[];
  readonly accesses: Pick<ClusterAccesses, 'throughTeleport'>;
  readonly env: Environment;
  readonly clock: Clock;
  readonly events: Emitter<DomainEvents>;
  readonly registry: Registry;
}

/** The permissions of all clusters with triage enabled, asked with the kubectl on the PATH. */
export function createPermissions(options: PermissionOptions): KubectlPermissionDirectory {
  const { config, clusters, accesses, env, clock, events, registry } = options;
  const cacheDir = path.join(config().data_dir, 'kubectl-cache');
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  registerPermissionMetrics(registry, events);
  return new KubectlPermissionDirectory({
    targets: permissionTargets(clusters),
    config: () => config().permissions,
    events,
    spawn: spawnProcess,
    clock,
    kubectl: 'kubectl',
    kubectlOf: (cluster) => accesses.throughTeleport(cluster)?.kubectl ?? null,
    // The whole environment: an exec plugin of a kubeconfig may need any of it.
    env: setVariables(env),
    cacheDir,
  });
}

/** The store with what holds for a cluster now in each sweep of it. */
export function withKnownPolicy<Store extends Pick<IntakeStore, 'acceptSweep'>>(
  store: Store,
  fleet: () => Fleet,
  permissions: (cluster: string) => PermissionSnapshot | null,
): Store {
  const known = (cluster: string) => knownPolicy(fleet().get(cluster), permissions(cluster));
  return { ...store, acceptSweep: (report) => store.acceptSweep(report, known(report.cluster)) };
}

/** The clusters as health shows them: connections with what is configured and what the credential may do. */
export function clusterDirectory(
  fleet: () => Fleet,
  connections: () => readonly ConnectionStatus[],
  permissions: Pick<PermissionDirectory, 'current'>,
): ClusterDirectory {
  return {
    statuses: () =>
      connections().flatMap((connection) => {
        const settings = fleet().get(connection.cluster);
        if (!settings) return [];
        const snapshot = permissions.current(connection.cluster);
        const { triageEnabled, triageDisabledReason, environment, labels } = clusterPolicy(settings, snapshot);
        return [{ ...connection, environment, labels, triageEnabled, triageDisabledReason, permissions: snapshot }];
      }),
  };
}

/** What a triage by hand needs of a cluster, null for one that is not configured. */
export function manualTarget(
  name: string,
  parts: {
    readonly fleet: Fleet;
    readonly accesses: Pick<ClusterAccesses, 'of'>;
    readonly manager: Pick<ClusterManager, 'serverClusterOf'>;
    readonly permissions: Pick<PermissionDirectory, 'current'>;
  },
) {
  const settings = parts.fleet.get(name);
  const access = parts.accesses.of(name);
  if (!settings || !access) return null;
  return {
    reader: access.reader,
    owners: access.owners,
    serverCluster: parts.manager.serverClusterOf(name),
    policy: clusterPolicy(settings, parts.permissions.current(name)),
    triageConfigured: settings.triageEnabled,
  };
}

/** A triage by hand as the HTTP API asks for it: at most 20 s until its run is queued. */
export function triageOnRequest(triage: ManualTriage): HealthServerOptions['manualTriage'] {
  return async (cluster, kind, namespace, name) => {
    const { incident, run } = await triage({ cluster, kind, namespace, name }, AbortSignal.timeout(20_000));
    return { incident_id: incident.id, run_id: run.id };
  };
}
