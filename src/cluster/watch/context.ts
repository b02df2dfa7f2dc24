import type { ApiAccess } from '../../kube/credential/api-access.ts';
import type { CollectionLimits } from '../../kube/read/collection.ts';
import type { ClusterFacts, ConnectionContext, WatchTarget } from '../connection/context.ts';
import type { StartGate } from '../connection/start-gate.ts';
import type { WatchEnd } from './reaction.ts';

/** A cluster whose API is watched. */
export interface WatchedCluster extends ClusterFacts {
  readonly watch: WatchTarget;
}

/** What watches count; `noWatchMetrics` where nobody reads them. */
export interface WatchMetrics {
  /** Changes that came in. */
  changed(count: number): void;
  /** A list or watch of one kind ended before its time. */
  ended(end: WatchEnd): void;
  /** A look at what a watch knows, whole or in part. */
  looked(durationMs: number): void;
}

export const noWatchMetrics: WatchMetrics = { changed: () => {}, ended: () => {}, looked: () => {} };

/** What connections share that watch the API of their cluster. */
export interface WatchContext extends Pick<
  ConnectionContext,
  | 'connection'
  | 'sweep'
  | 'store'
  | 'clock'
  | 'random'
  | 'events'
  | 'logger'
  | 'metrics'
  | 'credential'
  | 'heard'
  | 'handshakes'
  | 'sweeps'
> {
  readonly watchMetrics: WatchMetrics;
  /** @throws ProblemError for a kubeconfig that cannot be used */
  openApi(cluster: WatchedCluster): Promise<ApiAccess>;
  /** Lists that begin at the same time. */
  readonly lists: StartGate;
  /** Differ from the defaults in tests only. */
  readonly collection?: Partial<CollectionLimits>;
}
