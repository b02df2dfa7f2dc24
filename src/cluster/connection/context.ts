import type { DomainEvents } from '../../domain/events.ts';
import type { FaultSignal, InvalidSignal } from '../../domain/fault.ts';
import type { IntakeStore } from '../../domain/state-store.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Emitter } from '../../lib/emitter.ts';
import type { Logger } from '../../lib/log.ts';
import type { AnswerBudget } from '../mcp/answer-budget.ts';
import type { ConnectionConfig, McpConfig, SweepConfig } from '../config.ts';
import type { Dispatchers } from '../mcp/dispatchers.ts';
import type { ClusterMetrics } from '../metrics.ts';
import type { SessionTimes } from './session-times.ts';
import type { StartGate } from './start-gate.ts';
import type { SweepRunner } from '../sweep/runner.ts';

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

/** What all connections share. */
export interface ConnectionContext {
  readonly connection: ConnectionConfig;
  readonly sweep: SweepConfig;
  readonly times: SessionTimes;
  readonly store: Pick<IntakeStore, 'acceptSweep' | 'standing' | 'countThrottled'>;
  readonly sweeper: SweepRunner;
  readonly dispatchers: Pick<Dispatchers, 'dispatcherFor'>;
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
  /** Our version, told to the servers. */
  readonly version: string;
  /** Hands a signal to the store's queue; false when the connection has to hold its stream. */
  deliver(signal: FaultSignal | InvalidSignal): boolean;
}
