import type { Command } from 'commander';
import { type ConfigFlags, type LoadedConfig, loadConfig } from '../config/load.ts';
import { type Locations, readLocations } from '../config/locations.ts';
import type { CliDeps, OutputFormat } from './deps.ts';
import { type CliIo, hasColor } from './io.ts';
import { colorStyle, plainStyle, type Style } from './style.ts';

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
export function load(context: CliContext, command: Command, flags: ConfigFlags = {}): LoadedConfig {
  const { config, logLevel } = globalOptions(command);
  const { env, cwd } = context.io;
  const loaded = loadConfig({ file: config, env, cwd, flags: { logLevel, ...flags } });
  for (const { message, fix } of loaded.warnings) say(context, `warning: ${message} (${fix})`);
  return loaded;
}

/** Only where the daemon and its state are. @throws ConfigError */
export function locate(context: CliContext, command: Command): Locations {
  const { env, cwd } = context.io;
  return readLocations({ file: globalOptions(command).config, env, cwd });
}

/** Data for standard output: one line. */
export function print(context: CliContext, text: string): void {
  context.io.stdout.write(`${text}\n`);
}

export function printJson(context: CliContext, value: unknown): void {
  print(context, JSON.stringify(value, null, 2));
}

/** Talk for standard error: one line. */
export function say(context: CliContext, text: string): void {
  context.io.stderr.write(`${text}\n`);
}

export function outputStyle(context: CliContext): Style {
  return hasColor(context.io.stdout, context.io.env) ? colorStyle : plainStyle;
}

/** Examples below a command's help; a test runs those that can run anywhere. */
export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
}
