import fs from 'node:fs';
import path from 'node:path';
import { errorText } from '../../lib/problem.ts';
import { ConfigError, configNotFound, unplaced } from '../errors.ts';

/** Where a configuration is looked for when none is named, relative to the working directory. */
const searchedFiles = ['./nightcrier.yaml', './configs/nightcrier.yaml', '/etc/nightcrier/nightcrier.yaml'];

export interface FindOptions {
  /** `--config`. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The absolute path of the configuration file, null when none is named and none is found. */
export function findConfigFile({ file, env, cwd }: FindOptions): string | null {
  const named = file ?? (env['NIGHTCRIER_CONFIG'] || undefined);
  if (named !== undefined) return path.resolve(cwd, named);
  return searchedFiles.map((one) => path.resolve(cwd, one)).find((one) => fs.existsSync(one)) ?? null;
}

/** The error for a configuration that is nowhere. */
export function notFound(): ConfigError {
  const message = `no configuration file found: looked for ${searchedFiles.join(', ')}`;
  return new ConfigError([unplaced(configNotFound, message, 'nightcrier')]);
}

/** A path as a person would write it: relative when it is below the working directory. */
export function displayPath(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative === '' || relative.startsWith('..') || path.isAbsolute(relative) ? file : relative;
}

/** Who wants to know what was read: the content of a file, or why it could not be read. */
export interface ReadLog {
  note(file: string, read: Buffer | string): void;
}

/** Reading the files that a configuration names. Relative paths are relative to `dir`, `~/` is the home directory. */
export class ConfigFiles {
  readonly #dir: string;
  readonly #home: string | undefined;
  readonly #log: ReadLog | null;

  constructor(dir: string, env: FindOptions['env'], log: ReadLog | null = null) {
    this.#dir = dir;
    this.#home = env['HOME'];
    this.#log = log;
  }

  absolute(file: string): string {
    if (file.startsWith('~/') && this.#home) return path.join(this.#home, file.slice(2));
    return path.resolve(this.#dir, file);
  }

  /** At most 1 MiB of text. @throws Error whose message follows the name of the file: `does not exist`. */
  read(file: string): string {
    return readText(this.absolute(file), 1024 * 1024, this.#log);
  }
}

/** A file's text. @throws Error whose message follows the name of the file: `does not exist`, `is a directory`. */
export function readText(file: string, maxBytes: number, log: ReadLog | null = null): string {
  let bytes: Buffer;
  try {
    if (fs.statSync(file).isDirectory()) throw new Error('is a directory');
    bytes = readAtMost(file, maxBytes + 1);
  } catch (error) {
    const reason = fileReason(error);
    log?.note(file, reason);
    throw new Error(reason, { cause: error });
  }
  log?.note(file, bytes);
  if (bytes.length > maxBytes) throw new Error(`is larger than ${maxBytes} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error('is not UTF-8 text', { cause: error });
  }
}

/** A device or a pipe has no size that could be asked for first. */
function readAtMost(file: string, bytes: number): Buffer {
  const handle = fs.openSync(file, 'r');
  try {
    // One byte more than there should be: the end is seen without another buffer.
    let buffer = Buffer.allocUnsafe(Math.min(fs.fstatSync(handle).size + 1, bytes));
    let length = 0;
    for (;;) {
      const read = fs.readSync(handle, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0 || length === bytes) return buffer.subarray(0, length);
      if (length === buffer.length) {
        buffer = Buffer.concat([buffer, Buffer.allocUnsafe(Math.min(Math.max(length, 4096), bytes - length))]);
      }
    }
  } finally {
    fs.closeSync(handle);
  }
}

/** Why a file cannot be read, to follow its name: `does not exist`. */
export function fileReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied';
  return errorText(error);
}
