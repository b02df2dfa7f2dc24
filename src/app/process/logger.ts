import pino from 'pino';
import type { Environment } from '../../config/environment.ts';
import { localClock } from '../../lib/display/local-time.ts';
import type { Logger } from '../../lib/log.ts';
import type { Config } from '../../config/schema.ts';
import type { TextTarget } from './daemon-outputs.ts';

const levels = ['debug', 'info', 'warn', 'error'] as const;
type Level = (typeof levels)[number];

export interface LoggerOptions {
  /** As it is configured now. */
  readonly level: () => Level;
  readonly format: 'pretty' | 'json';
  readonly color: boolean;
  /** Of the readable form; JSON is UTC. */
  readonly timeZone: string;
  /** Values that must never be written, longest first or not; as they are now, the same list as long as it holds the same. */
  readonly secrets: () => readonly string[];
  /** Where lines go; standard error by default, since standard output is for data. */
  readonly write?: (line: string) => void;
}

/** The shortest value that is taken for a secret: a shorter one would blank out half of every line. */
const shortestSecret = 4;

/** The daemon's log: JSON lines for machines, one readable line for people; secrets are replaced as they are written. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  let known: readonly string[] = [];
  let forms: readonly string[] = [];
  const hidden = (): readonly string[] => {
    const secrets = options.secrets();
    if (secrets !== known) forms = formsOf(secrets);
    known = secrets;
    return forms;
  };
  const write = options.write ?? ((line: string): void => void process.stderr.write(line));
  const sink = { write: (line: string): void => write(withoutConfigured(line, hidden())) };
  const settings: pino.LoggerOptions = {
    // What is below the level is held back before: a level can change, and children of pino's keep theirs.
    level: 'debug',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  if (options.format === 'json') return levelled(pino(settings, sink), options.level);
  const { default: pretty } = await import('pino-pretty');
  const format = pretty.prettyFactory({
    colorize: options.color,
    translateTime: false,
    customPrettifiers: { time: (at) => `[${localClock(Date.parse(at as string), options.timeZone)}]` },
    ignore: 'hostname,pid',
    singleLine: true,
  });
  const readable = { write: (line: string) => sink.write(format(JSON.parse(line) as object)) };
  return levelled(pino(settings, readable), options.level);
}

/** What is below the level of now is not even put together. */
function levelled(logger: Logger, level: () => Level): Logger {
  const at =
    (one: Level): Logger[Level] =>
    (fields, message) => {
      if (levels.indexOf(one) >= levels.indexOf(level())) logger[one](fields, message);
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => levelled(logger.child(fields), level),
  };
}

function formsOf(secrets: readonly string[]): string[] {
  const sorted = secrets.filter((secret) => secret.length >= shortestSecret).sort((a, b) => b.length - a.length);
  return [...new Set(sorted.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
}

/** The log holds what the configuration gave, which no rule can know by its form. */
function withoutConfigured(line: string, forms: readonly string[]): string {
  return forms.reduce((text, secret) => text.replaceAll(secret, '[redacted]'), line);
}

/** The configuration of now, as far as the log is concerned. */
interface LoggedConfig {
  readonly now: { readonly config: Pick<Config, 'log'>; readonly secrets: readonly string[] };
}

/** The log as configured, on standard error: readable on a terminal, JSON elsewhere, without secrets. */
export function daemonLogger(
  current: LoggedConfig,
  stderr: TextTarget,
  { env, timeZone }: { readonly env: Environment; readonly timeZone: string },
): Promise<Logger> {
  const { format } = current.now.config.log;
  const onTerminal = stderr.isTTY === true;
  return createLogger({
    level: () => current.now.config.log.level,
    format: format === 'auto' ? (onTerminal ? 'pretty' : 'json') : format,
    color: onTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    timeZone,
    secrets: () => current.now.secrets,
    write: (line) => void stderr.write(line),
  });
}
