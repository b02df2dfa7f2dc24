import type { Command } from 'commander';
import type { StoredPlace } from '../app/commands/cli-deps.ts';
import { type Environment, inOwnWords } from '../config/environment.ts';
import type { ConfigFlags, LoadedConfig, LoadOptions } from '../config/load.ts';
import type { Locations } from '../config/locations.ts';
import type { NamedObject } from '../domain/fault.ts';
import type { StoredFileName } from '../domain/history.ts';
import type { PermissionSnapshot } from '../domain/permissions.ts';
import type { Answer } from '../domain/ports.ts';
import type { Question, QuestionAnswer } from '../domain/question.ts';
import type { IncidentDetail, StateReader } from '../domain/state-store.ts';
import type { CredentialRequest, ReadCredential } from '../kube/grant/create-credential.ts';
import type { ClustersJson } from '../domain/wire/cluster.ts';
import type { CheckGroup } from '../domain/wire/check-groups.ts';
import type { Checked, DoctorReport } from '../domain/wire/doctor.ts';
import { type Problem, ProblemError, type ProblemKind } from '../lib/problem.ts';
import { oneLine, printable } from '../lib/text.ts';
import type { DaemonClient } from './daemon-client.ts';
import { clusterUnknown } from './errors.ts';

/** Where text goes. `process.stdout` is one. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** The descriptor, where there is one. */
  readonly fd?: number;
}

/** The world around a command: nothing else of the process is touched. */
export interface CliIo {
  /** Data. */
  readonly stdout: TextSink;
  /** Logs and talk. */
  readonly stderr: TextSink;
  readonly env: Environment;
  readonly cwd: string;
  /** Of the person: an IANA name, or empty for one that has none. */
  readonly timeZone: string;
  readonly now: () => number;
  readonly fetch: typeof fetch;
  /** All of standard input as text. @throws Error when it is larger than a configuration may be */
  readonly readInput: () => Promise<string>;
  /** Asks a person one line; an answer of null means that they left. Null: nobody can be asked. */
  readonly ask: ((question: string) => Promise<string | null>) | null;
  /** Shows a text in the person's pager and waits until they leave it; false when there is none. Null: no terminal. */
  readonly page: ((text: string) => Promise<boolean>) | null;
  /** Listens for a signal of the process; what it gives stops listening. */
  readonly onSignal: (signal: NodeJS.Signals, listener: () => void) => () => void;
}

export interface RunOptions {
  readonly loaded: LoadedConfig;
  /** One attempt to connect and sweep each cluster, finish every run and message, end. */
  readonly once: boolean;
  readonly io: CliIo;
}

export interface DemoOptions {
  /** End when every scripted fault has its report. */
  readonly once: boolean;
  /** Leave its data when it ends. */
  readonly keep: boolean;
  readonly output: 'text' | 'json';
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

/** The running daemon, as far as a command could ask it. */
export interface AskedDaemon {
  readonly url: string;
  readonly health: ClustersJson;
}

export interface DoctorOptions {
  readonly loaded: LoadedConfig;
  readonly only: CheckGroup | null;
  readonly cluster: string | null;
  readonly waitMs: number;
  readonly strict: boolean;
  readonly sendTestMessage: boolean;
  /** Null: none answers. */
  readonly daemon: AskedDaemon | null;
  /** Why one that answers could not be asked. */
  readonly daemonProblem: Problem | null;
  readonly env: Environment;
  readonly onAgain?: (failed: readonly Checked[]) => void;
}

/** How checks and codes are called for several subjects at once. */
export interface DoctorWords {
  /** What many subjects of a check are called, by its id: `212 of 214 MCP servers answer`. */
  readonly ofMany: ReadonlyMap<string, string>;
  /** What a code says went wrong. */
  readonly titles: ReadonlyMap<string, string>;
}

interface McpOptions {
  readonly loaded: LoadedConfig;
  readonly io: CliIo;
}

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
  /** One file of what was stored of an incident, null when it is not there. @throws ProblemError */
  readStored(from: StoredPlace, file: StoredFileName): Promise<Buffer | null>;
  /** Answers a question about an incident in this process, without a running daemon. @throws ProblemError */
  askAlone(loaded: LoadedConfig, question: Question, signal: AbortSignal): Promise<QuestionAnswer>;
  /** Runs every check of the set-up. */
  runDoctor(options: DoctorOptions, signal: AbortSignal): Promise<DoctorReport>;
  /** What a report's checks and codes are called for several subjects at once. */
  doctorWords(): Promise<DoctorWords>;
  /** Every kind of problem by its code, but those of the command line itself. */
  problemKinds(): Promise<ReadonlyMap<string, ProblemKind>>;
  /** The built-in analyst over the evidence of a workspace. @throws ProblemError */
  analyse(options: AnalyseOptions, signal: AbortSignal): Promise<Answer>;
  /** Makes a credential that can only read, in the cluster of a context. @throws ProblemError */
  makeCredential(request: CredentialRequest, env: Environment, signal: AbortSignal): Promise<ReadCredential>;
  /** What `makeCredential` would apply, as text for kubectl. @throws ProblemError */
  credentialText(request: CredentialRequest, env: Environment, signal: AbortSignal): Promise<string>;
  /** What the credential of a kubeconfig may do in all namespaces. */
  askPermissions(kubeconfig: string, env: Environment, signal: AbortSignal): Promise<PermissionSnapshot>;
  /** Serves the MCP server alone until the signal; resolves to the exit code. @throws ProblemError */
  serveMcp(options: McpOptions, signal: AbortSignal): Promise<number>;
  /** The same for one client over standard input and output. */
  serveMcpStdio(options: McpOptions, signal: AbortSignal): Promise<number>;
  /** Starts an MCP server that this process alone can use. */
  openMcp(options: McpOptions): Promise<{ readonly url: string; readonly key: string; stop(): Promise<void> }>;
  /** Checks the chain of a record of the gateway; `line` is the first broken one, from 1. */
  verifyAudit(text: string): Promise<AuditCheck>;
}

type AuditCheck =
  | { readonly ok: true; readonly lines: number; readonly refused: number }
  | { readonly ok: false; readonly line: number; readonly reason: string };

type OutputFormat = 'text' | 'json' | 'table' | 'short';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly logLevel?: string;
  readonly output: OutputFormat;
}

/** What a command gets: the world around it, the program behind it, and how to write. */
export interface CliContext {
  readonly io: CliIo;
  readonly deps: CliDeps;
  readonly signal: AbortSignal;
  /** The file of `--config`, set before a command runs; hints repeat it. */
  configFile?: string | undefined;
  /** Exit code of the process, set by the command that ran. */
  exitCode: number;
}

/** An action that resolves to an exit code, as commander wants it. */
export function action<Args extends unknown[]>(
  context: CliContext,
  run: (...args: Args) => Promise<number> | number,
): (...args: Args) => Promise<void> {
  return async (...args) => {
    context.exitCode = await run(...args);
  };
}

export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** The whole configuration; its warnings go to standard error. @throws ConfigError */
export async function load(
  context: CliContext,
  command: Command,
  flags: ConfigFlags = {},
  given: Pick<LoadOptions, 'file' | 'text'> = {},
): Promise<LoadedConfig> {
  // Imported here, like everything heavy of a command: help and version must not wait for what they do not use.
  const { loadConfig } = await import('../config/load.ts');
  const { config, logLevel } = globalOptions(command);
  const { env, cwd } = context.io;
  const loaded = loadConfig({ file: config, env, cwd, flags: { logLevel, ...flags }, ...given });
  for (const warning of loaded.warnings) {
    const { origin, line, column } = warning;
    sayWarning(context, warning, line === null ? '' : `${origin}:${line}:${column}: `);
  }
  return loaded;
}

/** Only where the daemon and its state are. @throws ConfigError */
export async function locate(context: CliContext, command: Command): Promise<Locations> {
  const { readLocations } = await import('../config/locations.ts');
  const { env, cwd } = context.io;
  return readLocations({ file: globalOptions(command).config, env, cwd });
}

/** Opens the daemon's state for the time of one read, also while the daemon runs. @throws ProblemError */
export async function withState<T>(
  context: CliContext,
  command: Command,
  read: (reader: StateReader, locations: Locations) => Promise<T>,
): Promise<T> {
  const locations = await locate(context, command);
  const reader = await context.deps.openReader(locations.stateFile);
  try {
    return await read(reader, locations);
  } finally {
    await reader.close();
  }
}

/** The daemon that answers where the configuration says; null when none does. */
export async function runningDaemon(context: CliContext, locations: Locations): Promise<DaemonClient | null> {
  if (locations.url === null) return null;
  const { DaemonClient } = await import('./daemon-client.ts');
  const client = new DaemonClient(locations, context.io.fetch);
  return (await client.isUp(context.signal)) ? client : null;
}

/** Where people reach the daemon's pages: its public address, else the one at which it answers; null when none does. */
export async function pagesUrl(context: CliContext, locations: Locations): Promise<string | null> {
  return locations.publicUrl ?? (await runningDaemon(context, locations))?.url ?? null;
}

/** @throws ProblemError when the configuration has clusters and this is none of them */
export function requireCluster(name: string, { clusters }: Pick<Locations, 'clusters'>): void {
  if (clusters.length === 0 || clusters.includes(name)) return;
  const fields = { clusters: clusters.slice(0, 10).join(', ') };
  throw new ProblemError(clusterUnknown, `the configuration has no cluster "${oneLine(name, 80)}"`, { fields });
}

/** Data for standard output: one line. */
export function print(context: CliContext, text: string): void {
  context.io.stdout.write(`${text}\n`);
}

export function printJson(context: CliContext, value: unknown): void {
  print(context, jsonText(value, 2));
}

/** JSON that means the same and cannot steer a terminal: what JSON leaves as it is comes out as an escape. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (mark) => {
      return `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`;
    },
  );
}

/**
 * Talk for standard error. Commands of ours are said as the person can type them. It may quote clusters, agents and what
 * was typed: nothing of it steers the terminal.
 */
export function say(context: CliContext, text: string): void {
  context.io.stderr.write(`${printable(asTyped(context, text))}\n`);
}

/** Text with commands of ours as the person can type them: by npm where that started this one, with the same `--config`. */
export function asTyped({ io, configFile }: CliContext, text: string): string {
  return inOwnWords(text, io.env, configFile);
}

/** A problem that stops nothing. `place` stands before its message. */
export function sayWarning(context: CliContext, { code, message, fix }: Problem, place = ''): void {
  say(context, `warning: ${place}${message}\n    fix: ${fix}\n    ${code}`);
}

/** Examples below a command's help; a test runs those that can run anywhere. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
