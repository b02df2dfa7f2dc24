import type { LoadedConfig } from '../config/load.ts';
import type { ObjectRef } from '../domain/fault.ts';
import type { Answer } from '../domain/ports.ts';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import type { CliIo } from './io.ts';

export type OutputFormat = 'text' | 'json';

export interface RunOptions {
  readonly loaded: LoadedConfig;
  /** One attempt to connect and sweep each cluster, finish every run and message, end. */
  readonly once: boolean;
  readonly io: CliIo;
}

export interface DemoOptions {
  /** End when every scripted fault has its report. */
  readonly once: boolean;
  readonly output: OutputFormat;
  readonly healthPort: number | 'auto';
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly io: CliIo;
}

interface TriageOptions {
  readonly loaded: LoadedConfig;
  readonly cluster: string;
  readonly ref: NamedObject;
  readonly io: CliIo;
}

/** An object as a person names it: the kind without regard to case, no namespace for cluster-scoped ones. */
export type NamedObject = Pick<ObjectRef, 'kind' | 'namespace' | 'name'>;

interface AnalyseOptions {
  /** A workspace with `incident.json` and `evidence/`. */
  readonly workspace: string;
}

/** What commands need of the program behind them; the composition root supplies it. */
export interface CliDeps {
  /** Runs the daemon until the signal; resolves to the exit code. @throws ProblemError */
  runDaemon(options: RunOptions, signal: AbortSignal): Promise<number>;
  /** Runs the demo until the signal, or its end with `once`; resolves to the exit code. @throws ProblemError */
  runDemo(options: DemoOptions, signal: AbortSignal): Promise<number>;
  /** Investigates one object in this process, without a running daemon. @throws ProblemError */
  triageOnce(options: TriageOptions, signal: AbortSignal): Promise<IncidentDetail>;
  /** Opens a state file for reading, also beside a running daemon. @throws ProblemError */
  openReader(file: string): Promise<StateReader>;
  /** The built-in analyst over the evidence of a workspace. @throws ProblemError */
  analyse(options: AnalyseOptions, signal: AbortSignal): Promise<Answer>;
}
