import { statfs as readStatfs } from 'node:fs/promises';
import { formatSize } from '../lib/format.ts';
import type { Logger } from '../lib/log.ts';
import { type Problem, problem } from '../lib/problem.ts';
import { triageProblems } from './errors.ts';

/** What is kept free for the state file, in which every fault is written down: a part of the disk, at most so many bytes. */
const keptPart = 0.05;
const keptBytes = 64 * 1024 * 1024;

/** What of a file system is asked for. */
interface DiskFacts {
  readonly bavail: number;
  readonly blocks: number;
  readonly bsize: number;
}

export interface DiskRoomOptions {
  /** The folder on whose disk evidence, logs and reports are written. */
  readonly folder: () => string;
  readonly logger: Logger;
  readonly statfs?: (folder: string) => Promise<DiskFacts>;
}

/** Whether there is room for what runs write, beside the state file. Said once when there is none, and once when there is again. */
export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #problem: Problem | null = null;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  /** A disk that cannot be asked has room: no answer is not no. */
  async has(): Promise<boolean> {
    const { folder, logger, statfs = readStatfs } = this.#options;
    const facts = await statfs(folder()).catch(() => null);
    const free = facts === null ? Infinity : facts.bavail * facts.bsize;
    const kept = facts === null ? 0 : Math.min(keptBytes, facts.blocks * facts.bsize * keptPart);
    const before = this.#problem;
    this.#problem = free >= kept ? null : roomGone(folder(), free);
    if (before === null && this.#problem !== null) logger.warn(this.#problem, triageProblems.roomGone.title);
    if (before !== null && this.#problem === null) logger.info({}, 'there is room for investigations again');
    return this.#problem === null;
  }

  problems(): readonly Problem[] {
    return this.#problem === null ? [] : [this.#problem];
  }
}

function roomGone(folder: string, free: number): Problem {
  const left = formatSize(Math.floor(free / 1024) * 1024);
  return problem(triageProblems.roomGone, `${left} are free on the disk of ${folder}: investigations wait`, { folder });
}
