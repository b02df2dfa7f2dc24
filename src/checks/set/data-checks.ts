import { constants } from 'node:fs';
import { access, mkdir, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import type { LoadedConfig } from '../../config/load.ts';
import { portUnusable } from '../../health/errors.ts';
import { errorText, type Problem, problem, ProblemError } from '../../lib/problem.ts';
import { storeProblems } from '../../storage/errors.ts';
import { type Check, finding, type Finding, passed } from '../check.ts';
import { hostProblems } from '../errors.ts';

const whole = (): readonly string[] => [''];
const base = { group: 'data', ofMany: null, dependsOn: [], subjects: whole } as const;

/** Less than this is too little for the logs and evidence of one bad night, bytes. */
const lowDisk = 1024 ** 3;
const lowDiskPart = 0.02;

/** `data_dir`, its disk, and the port of the HTTP server. */
export const dataChecks: readonly Check[] = [
  {
    ...base,
    id: 'data.writable',
    statement: 'data_dir can be written',
    kinds: [hostProblems.dataDirUnwritable],
    inDaemon: true,
    run: async ({ loaded }) => finding(await unwritable(loaded.config.data_dir)),
  },
  {
    ...base,
    id: 'data.place',
    statement: 'data_dir is a place for data',
    kinds: [hostProblems.dataDirInEtc],
    inDaemon: true,
    run: async ({ loaded }) => finding(amongConfiguration(loaded.config.data_dir)),
  },
  {
    ...base,
    id: 'data.private',
    statement: 'nobody else can look into data_dir',
    kinds: [hostProblems.dataDirOpen],
    inDaemon: true,
    run: async ({ loaded }) => finding(await openToOthers(loaded.config.data_dir)),
  },
  {
    ...base,
    id: 'data.disk',
    statement: 'the disk of data_dir has room',
    kinds: [hostProblems.diskLow],
    inDaemon: true,
    run: async ({ loaded }) => diskOf(loaded.config.data_dir),
  },
  {
    ...base,
    id: 'data.state',
    statement: 'the state file can be used',
    kinds: Object.values(storeProblems),
    dependsOn: ['data.writable'],
    inDaemon: false,
    run: async ({ state }) => {
      try {
        await state();
        return passed;
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (error.code === storeProblems.absent.code) return { problems: [], detail: 'made at the first start' };
        return finding(error.toProblem());
      }
    },
  },
  {
    ...base,
    id: 'data.port',
    statement: 'the port of the HTTP server is free, or this daemon has it',
    kinds: [portUnusable],
    inDaemon: false,
    run: async ({ loaded, daemon }) => {
      if (daemon !== null) return { problems: [], detail: `the daemon answers at ${daemon.url}` };
      if (loaded.healthPort === 0) return { skipped: 'health.port is 0' };
      return finding(await portTaken(loaded));
    },
  },
];

async function unwritable(dir: string): Promise<Problem | null> {
  const place = await nearestExisting(dir);
  try {
    if (!(await stat(place)).isDirectory()) throw new Error(`${place} is no directory`);
    await access(place, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return problem(hostProblems.dataDirUnwritable, `${dir}: ${errorText(error)}`, { path: dir });
  }
}

/** Makes `data_dir` when it is not there. @throws ProblemError NC-HOST-003 when that is no directory that can be written */
export async function makeDataDir(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' || code === 'ENOTDIR' ? 'it, or what it is in, is no directory' : errorText(error);
    throw unusable(dir, why, error);
  }
  const found = await unwritable(dir);
  if (found !== null) throw unusable(dir, found.message.slice(`${dir}: `.length), null);
}

function unusable(dir: string, why: string, cause: unknown): ProblemError {
  const options = { cause, fields: { path: dir } };
  return new ProblemError(hostProblems.dataDirUnwritable, `data_dir ${dir} cannot be used: ${why}`, options);
}

/** The Filesystem Hierarchy Standard 3.0, sections 3.7 and 5.8: /etc is for configuration, /var/lib for state. */
function amongConfiguration(dir: string): Problem | null {
  if (!path.resolve(dir).startsWith('/etc/')) return null;
  return problem(hostProblems.dataDirInEtc, `data_dir is ${dir}`, { path: dir });
}

async function openToOthers(dir: string): Promise<Problem | null> {
  const mode = (await stat(dir).catch(() => null))?.mode ?? 0;
  if ((mode & 0o005) === 0) return null;
  const octal = (mode & 0o777).toString(8).padStart(4, '0');
  return problem(hostProblems.dataDirOpen, `${dir} has the mode ${octal}`, { path: dir });
}

async function diskOf(dir: string): Promise<Finding> {
  const { bavail, blocks, bsize } = await statfs(await nearestExisting(dir));
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free`;
  if (free >= lowDisk && bavail >= blocks * lowDiskPart) return { problems: [], detail };
  return finding(problem(hostProblems.diskLow, `${detail} on the disk of ${dir}`, { path: dir }));
}

/** The directory itself, or the nearest one above that is there: in it it would be made. */
export async function nearestExisting(dir: string): Promise<string> {
  const there = await stat(dir).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  const parent = path.dirname(dir);
  return there || parent === dir ? dir : await nearestExisting(parent);
}

function portTaken({ config, healthPort }: Pick<LoadedConfig, 'config' | 'healthPort'>): Promise<Problem | null> {
  const { host } = config.health;
  const port = healthPort === 'auto' ? 0 : healthPort;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => {
      resolve(problem(portUnusable, `cannot listen on ${host}:${port}: ${errorText(error)}`));
    });
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port, exclusive: true }, () => {
      server.close(() => resolve(null));
    });
  });
}
