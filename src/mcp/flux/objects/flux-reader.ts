import { forCluster } from '../../../domain/decide/kubectl-access.ts';
import { type ListAnswer, type ListOptions, ReadError } from '../../../kube/cluster-reader.ts';
import type { Clock } from '../../../lib/clock.ts';
import { clusterOf, type ToolCluster, type ToolClusters } from '../../clusters.ts';
import type { ToolCall } from '../../tool.ts';
import { ToolError } from '../../tool-error.ts';
import type { FluxObject } from './flux-object.ts';
import { type FluxKind, fluxKinds } from './kinds.ts';

/** What the tools of Flux are made of. */
export interface FluxDeps {
  readonly clusters: ToolClusters;
  readonly clock: Clock;
}

/** What one call of a tool works with. */
export interface FluxCall {
  readonly cluster: ToolCluster;
  readonly flux: FluxReader;
  /** Ms since the epoch. */
  readonly now: number;
  /** When and where it was read, as results say it. */
  readonly told: { readonly as_of: string; readonly source: string };
}

/** The cluster that the arguments mean, and how Flux in it is read. @throws ToolError `unknown_cluster` */
export function openFlux(
  args: { readonly cluster?: string | undefined; readonly node?: string | undefined },
  { clusters, clock }: FluxDeps,
  call: ToolCall,
): FluxCall {
  const cluster = clusterOf(args, clusters, call);
  const now = clock.now();
  const told = {
    as_of: new Date(now).toISOString(),
    // Which way answers is known once it has.
    get source() {
      return cluster.source;
    },
  };
  return { cluster, flux: new FluxReader(cluster, call.signal), now, told };
}

export interface FluxList extends ListAnswer {
  readonly items: readonly FluxObject[];
}

interface ApiGroup {
  readonly versions?: readonly { readonly version?: unknown }[] | null;
}

interface ResourceList {
  readonly resources?: readonly { readonly kind?: unknown }[] | null;
}

/** Reads the objects of Flux in the version in which the cluster serves them. */
export class FluxReader {
  readonly #cluster: ToolCluster;
  readonly #signal: AbortSignal;
  /** What the API says of itself, by path. */
  readonly #documents = new Map<string, Promise<unknown>>();

  constructor(cluster: ToolCluster, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#signal = signal;
  }

  /** Whether the cluster serves the kind; null when only a read can tell. @throws ReadError */
  async serves(kind: FluxKind): Promise<boolean | null> {
    const apiVersion = await this.#apiVersion(kind);
    return apiVersion === undefined ? null : apiVersion !== null;
  }

  /** @throws ReadError, ToolError `not_installed` */
  async list(kind: FluxKind, options: ListOptions = {}): Promise<FluxList> {
    return await this.#read(kind, (apiVersion) => this.#cluster.reader.list(apiVersion, kind, options, this.#signal));
  }

  /** The same; null when the cluster serves no such kind. @throws ReadError */
  listIfServed(kind: FluxKind, options: ListOptions = {}): Promise<FluxList | null> {
    return orNull(this.list(kind, options));
  }

  /** Null when the object does not exist. @throws ReadError, ToolError `not_installed` */
  async get(kind: FluxKind, namespace: string, name: string): Promise<FluxObject | null> {
    const { reader } = this.#cluster;
    return await this.#read(kind, (apiVersion) => reader.get(apiVersion, kind, namespace, name, this.#signal));
  }

  /** The same; null also when the cluster serves no such kind. @throws ReadError */
  getIfServed(kind: FluxKind, namespace: string, name: string): Promise<FluxObject | null> {
    return orNull(this.get(kind, namespace, name));
  }

  /** The same of an object that has to be there. @throws ReadError, ToolError `not_installed`, `not_found` */
  async require(kind: FluxKind, namespace: string, name: string): Promise<FluxObject> {
    const found = await this.get(kind, namespace, name);
    if (found !== null) return found;
    throw new ToolError('not_found', `there is no ${kind} ${namespace}/${name} in the cluster ${this.#cluster.name}`, {
      command: this.kubectl('get', fluxKinds[kind].plural, '-A'),
      steps: ['Look for its name and namespace with the tool that lists this kind.'],
    });
  }

  /** A command of kubectl that reaches this cluster. */
  kubectl(...args: readonly string[]): string {
    return forCluster(['kubectl', ...args].join(' '), this.#cluster.kubectl);
  }

  async #read<T>(kind: FluxKind, read: (apiVersion: string) => Promise<T>): Promise<T> {
    const { group, version } = fluxKinds[kind];
    const apiVersion = await this.#apiVersion(kind);
    if (apiVersion === null) throw this.#notInstalled(kind);
    if (apiVersion !== undefined) return await read(apiVersion);
    try {
      return await read(`${group}/${version}`);
    } catch (error) {
      // Without discovery this is how a reader says that there is no such kind.
      if (error instanceof ReadError && error.failure === 'unsupported') throw this.#notInstalled(kind, error);
      throw error;
    }
  }

  #notInstalled(kind: FluxKind, cause?: unknown): ToolError {
    const { group } = fluxKinds[kind];
    const message = `Flux's ${kind} is not installed in the cluster ${this.#cluster.name}: it serves no such kind of ${group}`;
    const steps = [
      'Install Flux (https://fluxcd.io/flux/installation/), or the controller that brings this kind; `flux check` says what is there.',
    ];
    return new ToolError(
      'not_installed',
      message,
      { command: this.kubectl('api-resources', `--api-group=${group}`), steps },
      { cause },
    );
  }

  /**
   * The version in which the cluster serves the kind, the one that we know if it can be had; null when it serves none,
   * undefined when the API cannot be asked about itself.
   */
  async #apiVersion(kind: FluxKind): Promise<string | null | undefined> {
    const { group, version } = fluxKinds[kind];
    const known = await this.#isServed(`${group}/${version}`, kind);
    if (known !== false) return known === null ? undefined : `${group}/${version}`;
    const { versions } = ((await this.#document(`/apis/${group}`)) ?? {}) as ApiGroup;
    for (const other of versions ?? []) {
      if (typeof other.version !== 'string' || other.version === version) continue;
      if (await this.#isServed(`${group}/${other.version}`, kind)) return `${group}/${other.version}`;
    }
    return null;
  }

  async #isServed(apiVersion: string, kind: FluxKind): Promise<boolean | null> {
    const list = (await this.#document(`/apis/${apiVersion}`)) as ResourceList | null | undefined;
    return list === undefined ? null : (list?.resources ?? []).some((resource) => resource.kind === kind);
  }

  /** Null when there is no such thing, undefined when this cannot be asked. */
  #document(path: string): Promise<unknown> {
    const asked = this.#documents.get(path) ?? this.#ask(path);
    this.#documents.set(path, asked);
    return asked;
  }

  async #ask(path: string): Promise<unknown> {
    try {
      return await this.#cluster.reader.document?.(path, this.#signal);
    } catch (error) {
      if (error instanceof ReadError && ['unsupported', 'forbidden'].includes(error.failure)) return undefined;
      throw error;
    }
  }
}

/** Null in place of `not_installed`. */
async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ToolError && error.code === 'not_installed') return null;
    throw error;
  }
}
