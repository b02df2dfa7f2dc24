import type { ClusterManager } from '../cluster/manager.ts';
import type { Environment } from '../config/environment.ts';
import type { ClusterDirectory } from '../domain/cluster-status.ts';
import type { DomainEvents } from '../domain/events.ts';
import type { StateStore } from '../domain/state-store.ts';
import type { Intake } from '../intake/intake.ts';
import type { Clock } from '../lib/clock.ts';
import type { Emitter } from '../lib/emitter.ts';
import type { Logger } from '../lib/log.ts';
import type { Notifications } from '../notify/notifications.ts';
import type { Triage } from '../triage/create-triage.ts';
import type { ManualTriage } from '../triage/manual.ts';
import type { CurrentConfig } from './current-config.ts';
import type { LogState, MessageSink } from './process/daemon-outputs.ts';
import type { Reloader } from './reload.ts';

export interface AppOptions {
  readonly current: CurrentConfig;
  readonly env: Environment;
  /** Where console messages go. */
  readonly sink: MessageSink;
  readonly logger: Logger;
  /** What is lost of the log; nothing when it is not given. */
  readonly log?: LogState;
  readonly clock?: Clock;
  /** Connects to this cluster alone; what is stored of the others stays as it is. */
  readonly onlyCluster?: string;
  /** The clusters are not real (`nightcrier demo`), which assistants are told. */
  readonly simulated?: boolean;
}

/** The daemon: every part, wired, and what commands need of them. */
export interface App {
  /** Starts every part in order; a failure stops what has started. @throws ProblemError */
  start(): Promise<void>;
  /** Stops in reverse order within `shutdown_timeout`. Never rejects. */
  stop(): Promise<void>;
  /** Rejects with ProblemError when the daemon cannot go on: it is to be stopped, and the process to end. */
  readonly failed: Promise<never>;
  /** Where the HTTP server listens, null when it is off. */
  readonly url: string | null;
  readonly store: StateStore;
  readonly directory: ClusterDirectory;
  readonly manager: ClusterManager;
  readonly intake: Intake;
  readonly triage: Triage;
  readonly notifications: Notifications;
  readonly manualTriage: ManualTriage;
  readonly events: Emitter<DomainEvents>;
  readonly reloader: Pick<Reloader, 'reload'>;
}
