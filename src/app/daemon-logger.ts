import type { Environment } from '../config/environment.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { Logger } from '../lib/log.ts';
import { createLogger } from './logger.ts';
import type { TextTarget } from './message-sink.ts';

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
