import pino from 'pino';
import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Logger } from '../lib/log.ts';
import type { TextTarget } from './daemon-outputs.ts';

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly format: 'pretty' | 'json';
  readonly color: boolean;
  /** Values that must never be written, longest first or not. */
  readonly secrets: readonly string[];
  /** Where lines go; standard error by default, since standard output is for data. */
  readonly write?: (line: string) => void;
}

/** The shortest value that is taken for a secret: a shorter one would blank out half of every line. */
const shortestSecret = 4;

/** The daemon's log: JSON lines for machines, one readable line for people; secrets are replaced as they are written. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const secrets = options.secrets
    .filter((secret) => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
  const forms = [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
  const write = options.write ?? ((line: string): void => void process.stderr.write(line));
  const sink = { write: (line: string): void => write(withoutConfigured(line, forms)) };
  const settings: pino.LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  if (options.format === 'json') return pino(settings, sink);
  const { default: pretty } = await import('pino-pretty');
  const format = pretty.prettyFactory({
    colorize: options.color,
    translateTime: 'HH:MM:ss',
    ignore: 'hostname,pid',
    singleLine: true,
  });
  return pino(settings, { write: (line: string) => sink.write(format(JSON.parse(line) as object)) });
}

/** The log holds what the configuration gave, which no rule can know by its form. */
function withoutConfigured(line: string, forms: readonly string[]): string {
  return forms.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line);
}

/** The log as configured, on standard error: readable on a terminal, JSON elsewhere, without secrets. */
export function daemonLogger(loaded: LoadedConfig, stderr: TextTarget, env: Environment): Promise<Logger> {
  const { level, format } = loaded.config.log;
  const onTerminal = stderr.isTTY === true;
  return createLogger({
    level,
    format: format === 'auto' ? (onTerminal ? 'pretty' : 'json') : format,
    color: onTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    secrets: loaded.secrets,
    write: (line) => void stderr.write(line),
  });
}
