import type { DomainEvents } from '../../domain/events.ts';
import type { IntakeStore } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/log.ts';
import type { AnswerBudget } from '../mcp/answer.ts';
import type { ClientTimes } from '../mcp/client.ts';
import type { McpEndpoint } from '../mcp/http.ts';
import type { IntakeQueue } from './intake-queue.ts';
import type { ConnectionConfig, McpConfig, SweepConfig } from '../config.ts';
import type { AgentDirectory } from '../mcp/agents.ts';
import type { FailureReason } from './reaction.ts';
import type { OwnCredential } from './server-cluster.ts';
import type { StartGate } from './start-gate.ts';
import type { Heard } from './state.ts';
import type { SweepRun, SweepRunner } from '../sweep/sweeper.ts';

/** A cluster as its connection knows it. */
export interface ConnectedCluster {
  readonly name: string;
  readonly environment: string | null;
  readonly mcp: McpConfig;
  readonly triageEnabled: boolean;
}

/** The endpoint of a cluster without what may be secret in it. */
export function shownEndpoint(cluster: ConnectedCluster): string {
  const url = new URL(cluster.mcp.endpoint);
  return `${url.origin}${url.pathname}`;
}

export interface SessionTimes extends ClientTimes {
  /** Until a tool has answered in full, ms. */
  readonly toolMs: number;
  /** For the goodbye, ms. */
  readonly endMs: number;
  /** For push to come about before the cluster is swept without it, ms. */
  readonly pushFirstMs: number;
  /** Until a server that does not know push is asked for it again, ms. */
  readonly pushAgainMs: number;
  /** For finding out which cluster the server shows, ms: then it is watched, and found out meanwhile. */
  readonly identityMs: number;
}

/** The limits of a session; only the ping is configured. */
export function sessionTimes(pingMs: number): SessionTimes {
  const tenSeconds = 10_000;
  return {
    handshakeMs: tenSeconds,
    requestMs: tenSeconds,
    toolMs: 60_000,
    pingMs,
    endMs: 2000,
    pushFirstMs: 2000,
    pushAgainMs: 600_000,
    identityMs: 5000,
  };
}

/** What the connections count; `noMetrics` where nobody reads them. */
export interface ClusterMetrics {
  failed(reason: FailureReason): void;
  swept(result: SweepRun['result'], durationMs: number): void;
  /** Signals that could not be stored and were let go; a sweep follows. */
  dropped(reason: 'store_unavailable', count: number): void;
}

export const noMetrics: ClusterMetrics = { failed: () => {}, swept: () => {}, dropped: () => {} };

/** What all connections share. */
export interface ConnectionContext {
  /** As it is configured now, like `sweep` and `times`. */
  readonly connection: ConnectionConfig;
  /** Faults of one cluster that may come at once: as many as may be active. */
  readonly faultBurst: number;
  readonly sweep: SweepConfig;
  readonly times: SessionTimes;
  readonly store: Pick<IntakeStore, 'acceptSweep' | 'activeFaults' | 'countThrottled' | 'serverCluster'>;
  readonly sweeper: SweepRunner;
  readonly agents: Pick<AgentDirectory, 'agentsFor'>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly events: Emitter<DomainEvents>;
  readonly logger: Logger;
  readonly metrics: ClusterMetrics;
  /** Handshakes that begin at the same time. */
  readonly handshakes: StartGate;
  /** Sweeps that begin at the same time. */
  readonly sweeps: StartGate;
  readonly budget: AnswerBudget;
  /** What the kubeconfigs of the clusters say of them, when there are any. */
  readonly credential?: OwnCredential;
  /** What earlier processes heard of a cluster. */
  readonly heard?: (cluster: string) => Heard | undefined;
  /** Our version, told to the servers. */
  readonly version: string;
  /** Where signals wait for the store. */
  readonly queue: Pick<IntakeQueue, 'push'>;
}

/** Where the server of a cluster is and how it is spoken to. @throws ConnectionFailure `ca_file` */
export function endpointOf({ mcp }: ConnectedCluster, context: ConnectionContext): McpEndpoint {
  const { connection, agents, budget } = context;
  return {
    url: new URL(mcp.endpoint),
    headers: { ...mcp.headers, ...(mcp.api_key === undefined ? {} : { authorization: `Bearer ${mcp.api_key}` }) },
    agents: agents.agentsFor(mcp),
    limits: { maxMessage: connection.max_message, maxResponse: connection.max_response },
    budget,
  };
}
