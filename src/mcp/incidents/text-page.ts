import { z } from 'zod';
import { printable } from '../../lib/text.ts';
import { ToolError } from '../tool-error.ts';

/** The arguments of a text that is given in parts, for the schema of a tool. */
export const textArgs = {
  cursor: z.string().max(20).optional().describe('next_cursor of the part before; the other arguments stay the same.'),
  max_bytes: z
    .int()
    .min(1024)
    .max(65_536)
    .default(32_768)
    .describe('Largest part, bytes of UTF-8; it ends with a line where it can.'),
};

interface TextAsked {
  readonly cursor?: string | undefined;
  readonly max_bytes: number;
}

export interface TextPage {
  readonly text: string;
  readonly total_bytes: number;
  /** Not there behind the last part. */
  readonly next_cursor?: string;
  readonly truncated: boolean;
}

/** A part of a text, made printable; the parts behind each other are all of it. @throws ToolError `invalid_argument` */
export function textPage(bytes: Buffer, { cursor, max_bytes: max }: TextAsked): TextPage {
  const start = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isSafeInteger(start) || start < 0 || start > bytes.length || (cursor ?? '0') !== String(start)) {
    throw new ToolError('invalid_argument', 'cursor is none that this tool gave', 'Leave cursor out to begin anew.');
  }
  const end = endOf(bytes, start, max);
  const text = printable(bytes.subarray(start, end).toString('utf8'));
  const isWhole = end === bytes.length;
  return { text, total_bytes: bytes.length, ...(isWhole ? {} : { next_cursor: String(end) }), truncated: !isWhole };
}

const newline = 0x0a;

/** Behind the last line that fits; of a line that is too long, behind the last whole character. */
function endOf(bytes: Buffer, start: number, max: number): number {
  const limit = start + max;
  if (limit >= bytes.length) return bytes.length;
  const line = bytes.lastIndexOf(newline, limit - 1);
  if (line >= start) return line + 1;
  let end = limit;
  // The bytes after the first of a character begin with 10.
  while (end > limit - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
