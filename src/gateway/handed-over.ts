import type { AgentPurpose } from '../domain/agent-gateway.ts';
import { rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import pLimit from 'p-limit';

/** What an agent may hand over, as paths of its requests and of the workspace. */
export const outputFiles: Readonly<Record<AgentPurpose, readonly string[]>> = {
  run: ['/output/investigation.md', '/output/verdict.json'],
  question: ['/output/answer.json'],
};
/** One of them, bytes. */
export const maxOutput = 1024 * 1024;
/** More wait with their bytes on the way. */
const together = 2;

/** Takes the files of an agent into its workspace: the only thing of a container that gets to the disk. */
export class HandedOver {
  readonly #workspace: string;
  readonly #turns = pLimit(together);
  #count = 0;

  constructor(workspace: string) {
    this.#workspace = workspace;
  }

  /** False when it is too large: nothing is changed then. A file is there whole or not at all, and never through a link. */
  async take(request: IncomingMessage, address: string): Promise<boolean> {
    return await this.#turns(async () => {
      const body = await readBody(request, maxOutput);
      if (body === null) return false;
      const file = join(this.#workspace, address);
      this.#count += 1;
      const part = `${file}.part-${this.#count}`;
      await writeFile(part, body, { mode: 0o600, flag: 'wx' });
      await rename(part, file);
      return true;
    });
  }
}

/** The body of a request; null when it is larger than `max` bytes. */
export async function readBody(request: IncomingMessage, max: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > max) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
