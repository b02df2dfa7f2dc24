import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What a run did, one object a line: `{at, event, …}`. */
export interface RunEvents {
  add(event: string, fields?: object): void;
  /** Resolves when everything so far is written. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const maxEvents = 2000;

/**
 * Opens `logs/events.jsonl` for appending. The file is held open for the whole run, so that an agent that puts a link
 * in its place does not move what is written. Events that cannot be written are dropped: they are a log, not a state.
 */
export async function openRunEvents(file: string, now: () => number): Promise<RunEvents> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const handle: FileHandle | null = await open(file, flags, 0o600).catch(() => null);
  let count = 0;
  let last: Promise<unknown> = Promise.resolve();
  const flush = async (): Promise<void> => {
    await last;
  };
  return {
    add(event, fields = {}) {
      count += 1;
      if (handle === null || count > maxEvents) return;
      const line = `${JSON.stringify({ at: new Date(now()).toISOString(), event, ...fields })}\n`;
      last = last.then(() => handle.appendFile(line)).catch(() => {});
    },
    flush,
    async close() {
      await flush();
      await handle?.close().catch(() => {});
    },
  };
}
