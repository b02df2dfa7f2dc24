import { type Environment, setVariables } from '../config/environment.ts';
import type { Config } from '../config/schema.ts';
import type { ToolCaller } from '../domain/ports.ts';
import { openApiReader } from '../kube/read/api-reader.ts';
import type { ClusterReader } from '../kube/cluster-reader.ts';
import { FallbackReader } from '../kube/read/fallback-reader.ts';
import { McpReader } from '../kube/read/mcp-reader.ts';
import { OwnerLookup } from '../kube/owner.ts';

/** How a cluster is read: through its credential, else through the read tools of its server. */
export interface ClusterAccess {
  /** In order of preference. */
  readonly readers: readonly ClusterReader[];
  /** All of them behind each other. */
  readonly reader: ClusterReader;
  readonly owners: OwnerLookup;
}

/**
 * One way in for each configured cluster, made when it is first needed and kept: readers hold connections, owner
 * look-ups hold a cache.
 */
export class ClusterAccesses {
  readonly #clusters: ReadonlyMap<string, Config['clusters'][number]>;
  readonly #toolsOf: (cluster: string) => ToolCaller | null;
  readonly #env: Readonly<Record<string, string>>;
  readonly #made = new Map<string, ClusterAccess>();

  /** `env`: for the credential commands of kubeconfigs, and what names the proxies. */
  constructor(config: Config, toolsOf: (cluster: string) => ToolCaller | null, env: Environment) {
    this.#clusters = new Map(config.clusters.map((cluster) => [cluster.name, cluster]));
    this.#toolsOf = toolsOf;
    this.#env = setVariables(env);
  }

  /** Null for a cluster that is not configured. */
  of(name: string): ClusterAccess | null {
    const known = this.#made.get(name);
    if (known) return known;
    const cluster = this.#clusters.get(name);
    if (!cluster) return null;
    const sources = [...this.#api(cluster), this.#tools(name)];
    const readers = sources.map((source) => new FallbackReader([source]));
    const reader = new FallbackReader(sources);
    const access = { readers, reader, owners: new OwnerLookup(reader) };
    this.#made.set(name, access);
    return access;
  }

  /** None for a cluster without a credential. */
  #api(cluster: Config['clusters'][number]): (() => Promise<ClusterReader>)[] {
    const { kubeconfig, context } = cluster.triage;
    if (kubeconfig === undefined) return [];
    let opened: Promise<ClusterReader> | null = null;
    const open = (): Promise<ClusterReader> => {
      opened ??= openApiReader(kubeconfig, context ?? null, { env: this.#env }).catch((error: unknown) => {
        opened = null;
        throw error;
      });
      return opened;
    };
    return [open];
  }

  #tools(name: string): () => Promise<ClusterReader | null> {
    return () => {
      const tools = this.#toolsOf(name);
      return Promise.resolve(tools === null ? null : new McpReader(tools));
    };
  }
}
