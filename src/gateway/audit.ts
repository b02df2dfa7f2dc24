import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** What is on record of one request to the gateway of a run; times in ISO 8601 UTC, `ms` until its answer ended. */
export interface AuditEntry {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly verb: string | null;
  readonly resource: string | null;
  readonly namespace: string | null;
  readonly name: string | null;
  readonly decision: 'allow' | 'refuse';
  readonly rule: string;
  /** HTTP status of the answer; 0 when nobody was there to take it. */
  readonly status: number;
  readonly bytes: number;
  /** How many secrets were taken out of the answer. */
  readonly redacted: number;
  readonly ms: number;
}

export interface AuditLog<Entry extends object = AuditEntry> {
  add(entry: Entry): void;
  /** So large, or so broken, that nothing more may be asked: what cannot be put on record is not answered. */
  readonly full: boolean;
  /** Resolves when everything so far is written, rejects when it could not be. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Bytes; 5,000 requests with the longest paths take less than half of it. */
const maxBytes = 32 * 1024 * 1024;
const genesis = '0'.repeat(64);

/**
 * Opens a record (of a run, of a day) for appending, one JSON object a line, each with the hash of the one before: a line that is
 * changed, taken out or moved breaks the chain. One that is taken up again goes on with the chain that is there.
 */
export async function openAuditLog<Entry extends object = AuditEntry>(file: string): Promise<AuditLog<Entry>> {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const handle = await open(file, flags, 0o600);
  const before = await readWhole(handle);
  let { seq, hash } = lastOf(before);
  let size = Buffer.byteLength(before);
  let failed = false;
  let written: Promise<unknown> = Promise.resolve();
  return {
    add(entry) {
      seq += 1;
      const record = { seq, ...entry, prev_hash: hash };
      hash = hashOf(record);
      const line = `${JSON.stringify({ ...record, hash })}\n`;
      size += Buffer.byteLength(line);
      written = written.then(() => handle.appendFile(line));
      // Told by `flush`.
      written.catch(() => {
        failed = true;
      });
    },
    get full() {
      return failed || size >= maxBytes;
    },
    flush: async () => void (await written),
    close: async () => {
      await written.catch(() => {});
      await handle.close();
    },
  };
}

export type AuditCheck =
  | { readonly ok: true; readonly lines: number; readonly refused: number }
  /** `line` counts from 1. */
  | { readonly ok: false; readonly line: number; readonly reason: string };

/** Checks the chain of a record: every line in its place and as it was written. */
export function verifyAudit(text: string): AuditCheck {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  let hash = genesis;
  let refused = 0;
  for (const [at, line] of lines.entries()) {
    const broken = (reason: string): AuditCheck => ({ ok: false, line: at + 1, reason });
    const record = parseRecord(line);
    if (record === null) return broken('is no record');
    const { hash: claimed, ...rest } = record;
    if (rest['seq'] !== at + 1) return broken(`has the number ${String(rest['seq'])} instead of ${at + 1}`);
    if (rest['prev_hash'] !== hash) return broken('does not follow the line before it');
    if (claimed !== hashOf(rest)) return broken('was changed');
    hash = claimed;
    if (rest['decision'] === 'refuse') refused += 1;
  }
  return { ok: true, lines: lines.length, refused };
}

/** SHA-256 over the hash of the line before and the canonical JSON of the rest. */
function hashOf(record: Readonly<Record<string, unknown>>): string {
  const { prev_hash: previous, ...rest } = record;
  return createHash('sha256')
    .update(`${String(previous)}\n${canonical(rest)}`)
    .digest('hex');
}

/** JSON with sorted keys and without spaces: the same record has one form. */
function canonical(value: Readonly<Record<string, unknown>>): string {
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

function parseRecord(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** Where the chain goes on. A last line that was cut off by a crash breaks it there, as it should. */
function lastOf(text: string): { seq: number; hash: string } {
  const lines = text.split('\n').filter((line) => line !== '');
  const last = parseRecord(lines.at(-1) ?? '');
  const hash = last?.['hash'];
  return typeof hash === 'string' ? { seq: lines.length, hash } : { seq: lines.length, hash: genesis };
}

async function readWhole(handle: FileHandle): Promise<string> {
  const { size } = await handle.stat();
  const buffer = Buffer.alloc(size);
  await handle.read(buffer, 0, size, 0);
  return buffer.toString('utf8');
}
