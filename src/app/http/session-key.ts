import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { EndedSessions } from '../../health/access/sessions.ts';
import type { Clock } from '../../lib/clock.ts';
import { replaceFile } from '../../lib/files/replace-file.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';

const bytes = 32;

/**
 * The key that signs logins, kept in `data_dir` so that people stay signed in when the daemon starts anew; one that cannot
 * be kept holds until then.
 */
export async function sessionKey(dataDir: string): Promise<Uint8Array> {
  const file = path.join(dataDir, 'session.key');
  const kept = await readFile(file).catch(() => null);
  if (kept?.length === bytes) return kept;
  const made = randomBytes(bytes);
  await replaceFile(file, made).catch(() => {});
  return made;
}

/** Ended logins that are remembered; the one that would be over first is forgotten first. */
const maxEnded = 1000;
const kept = z.record(z.string(), z.number());

/**
 * Logins that people have ended, kept in `data_dir` as the key is: a cookie that somebody has copied lets nobody in after the
 * next start either. What cannot be kept holds until then.
 */
export async function endedSessions(dataDir: string, clock: Pick<Clock, 'now'>): Promise<EndedSessions> {
  const file = path.join(dataDir, 'session.ended');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  let ended = new Map(Object.entries(kept.catch({}).parse(parseJson(text))));
  const keep = lastWritten(file);
  return {
    has: (id) => ended.has(id),
    add: (id, until) => {
      const holding = [...ended.set(id, until)].filter(([, end]) => end > clock.now());
      ended = new Map(holding.sort(([, a], [, b]) => a - b).slice(-maxEnded));
      void keep(JSON.stringify(Object.fromEntries(ended)));
    },
  };
}

/** Writes one text at a time: of those that come meanwhile the last. Never rejects. */
function lastWritten(file: string): (text: string) => Promise<void> {
  let wanted: string | null = null;
  let isWriting = false;
  return async (text) => {
    wanted = text;
    if (isWriting) return;
    isWriting = true;
    for (let next: string | null = text; next !== null; next = wanted) {
      wanted = null;
      await replaceFile(file, next).catch(() => {});
    }
    isWriting = false;
  };
}
