import { createHash } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import type { ToolError } from '../tool-error.ts';
import type { Caller } from './run-tool.ts';

/** One call on record. */
export interface ToolRecord {
  readonly v: 1;
  readonly at: string;
  readonly actor: { readonly sub: string; readonly roles: readonly string[]; readonly ip: string | null };
  readonly via: Caller['via'];
  readonly tool: string;
  /** Null for a call over the rate: of those there may be very many. */
  readonly args_redacted: unknown;
  readonly args_sha256: string;
  readonly cluster: string | null;
  readonly decision: 'allow' | 'refuse';
  readonly outcome: 'ok' | 'error';
  readonly error_code: string | null;
  readonly duration_ms: number;
  readonly bytes: number;
  readonly redactions: number;
}

/** How a call ended. */
export interface Ended {
  readonly clock: Clock;
  readonly redact: Redactor;
  readonly error: ToolError | null;
  /** False: it was refused before it did anything. */
  readonly ran: boolean;
  readonly durationMs: number;
  readonly bytes: number;
}

/** So much of the arguments is on record; their digest is of all. */
const maxArgs = 4000;

/** The record of a call. `args` are not deeper than `isDeep` lets through. */
export function recordOf(
  subject: { readonly name: string },
  args: Readonly<Record<string, unknown>>,
  caller: Caller,
  { clock, redact, error, ran, durationMs, bytes }: Ended,
): ToolRecord {
  const redactions = redact.count;
  const json = JSON.stringify(args);
  const { name, roles } = caller.principal;
  const { cluster } = args;
  return {
    v: 1,
    at: new Date(clock.now()).toISOString(),
    actor: { sub: name, roles, ip: caller.ip },
    via: caller.via,
    tool: subject.name,
    args_redacted: error?.code === 'rate_limited' ? null : shown(args, json, redact),
    args_sha256: createHash('sha256').update(json).digest('hex'),
    cluster: typeof cluster === 'string' ? cluster.slice(0, 253) : caller.onlyCluster,
    decision: ran ? 'allow' : 'refuse',
    outcome: error === null ? 'ok' : 'error',
    error_code: error?.code ?? null,
    duration_ms: Math.round(durationMs),
    bytes,
    redactions,
  };
}

function shown(args: object, json: string, redact: Redactor): unknown {
  return json.length > maxArgs ? redact.text(json.slice(0, maxArgs)) : redact.value(args);
}

/** Deeper than this no arguments of ours are; what goes through them by recursion would end with the stack. */
const maxDepth = 32;

/** Whether a value of JSON is nested deeper than any argument of ours. */
export function isDeep(value: unknown): boolean {
  let level: readonly unknown[] = [value];
  for (let depth = 0; depth <= maxDepth; depth += 1) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}
