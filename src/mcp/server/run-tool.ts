import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Clock, Timer } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { untilAborted } from '../../lib/abort.ts';
import { oneLine } from '../../lib/text.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import type { Principal, Tool, ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import { scopes } from '../auth/scopes.ts';
import type { McpMetrics } from './metrics.ts';
import type { RateLimits } from './rate-limits.ts';
import { asToolError, errorResult, shapeResult, type ToolResult } from './result.ts';

/** Who calls, and on which way. */
export interface Caller {
  readonly principal: Principal;
  readonly via: 'mcp' | 'stdio' | 'gateway' | 'cli';
  /** What his token allows; null for all. */
  readonly scopes: readonly string[] | null;
  /** Address at the other end; null where there is none. */
  readonly ip: string | null;
  /** The only cluster that may be asked about; null for all. */
  readonly onlyCluster: string | null;
  /** Told what a tool answered, as the caller gets it. */
  readonly onAnswer?: (tool: string, text: string) => void;
}

/** One call on record. */
export interface ToolRecord {
  readonly v: 1;
  readonly at: string;
  readonly actor: { readonly sub: string; readonly roles: readonly string[]; readonly ip: string | null };
  readonly via: Caller['via'];
  readonly tool: string;
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

export interface RunToolOptions {
  readonly limits: RateLimits;
  readonly maxResultBytes: () => number;
  /** A redactor for one call: what a cluster teaches it is no word of another. */
  readonly redact: () => Redactor;
  /** Exactly one record a call. */
  readonly record: (record: ToolRecord) => void;
  readonly metrics: McpMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

export type RunTool = (
  tool: Tool,
  args: Readonly<Record<string, unknown>>,
  caller: Caller,
  request: Pick<ToolCall, 'signal' | 'progress'>,
) => Promise<ToolResult>;

/** Runs tools: arguments by their schema, rates, time limit, the form of the answer, and one record of each call. */
export function toolRunner(options: RunToolOptions): RunTool {
  const { clock, metrics, limits } = options;
  return async (tool, args, caller, request) => {
    const started = clock.monotonic();
    const redact = options.redact();
    let error: ToolError | null = null;
    let ran = false;
    let result: ToolResult;
    metrics.begun();
    try {
      if (tool.rate === 'logs') needScope(caller, scopes.logs);
      const end = limits.begin(caller.principal.name, tool.rate);
      try {
        const checked = parsed(tool, args);
        ran = true;
        result = await run(tool, checked, caller, request, { ...options, redact });
        caller.onAnswer?.(tool.nameAmongAll, result.content.map(({ text }) => text).join('\n'));
      } finally {
        end();
      }
    } catch (thrown) {
      error = asToolError(thrown, request.signal);
      if (error.code === 'internal')
        options.log.error({ err: errorText(thrown), tool: tool.nameAmongAll }, 'a tool failed');
      result = errorResult(error, redact);
    }
    const durationMs = clock.monotonic() - started;
    const bytes = Buffer.byteLength(JSON.stringify(result));
    metrics.ended(tool, error?.code ?? 'ok', durationMs / 1000, bytes);
    const redactions = redact.count;
    options.record(recordOf(tool, args, caller, { clock, redact, error, ran, durationMs, bytes, redactions }));
    return result;
  };
}

async function run(
  tool: Tool,
  args: unknown,
  caller: Caller,
  { signal, progress }: Pick<ToolCall, 'signal' | 'progress'>,
  options: Omit<RunToolOptions, 'redact'> & { readonly redact: Redactor },
): Promise<ToolResult> {
  const { clock, redact } = options;
  const heard = withSignsOfLife(tool, progress, clock);
  let cursorAfter: ((given: number) => string) | null = null;
  const limit = timeLimit(clock, tool.timeoutMs, signal, () => timedOut(tool));
  try {
    const given = await untilAborted(
      tool.run(args, {
        signal: limit.signal,
        progress: heard.progress,
        onCut: (after) => (cursorAfter = after),
        principal: caller.principal,
        onlyCluster: caller.onlyCluster,
      }),
      limit.signal,
    );
    return shapeResult(tool, given, { redact, maxBytes: options.maxResultBytes(), cursorAfter });
  } finally {
    heard.end();
    limit.letGo();
  }
}

/** Who waits for so long hears that the call goes on, ms. */
const quietMs = 2000;

/** The progress of a tool, and a word of ours whenever it says nothing for two seconds. */
function withSignsOfLife(
  tool: Tool,
  progress: ToolCall['progress'],
  clock: Clock,
): { readonly progress: ToolCall['progress']; end(): void } {
  const started = clock.monotonic();
  let timer: Timer;
  const wait = (): void => {
    timer = clock.setTimer(() => {
      progress(`${tool.nameAmongAll} goes on, ${Math.round((clock.monotonic() - started) / 1000)} s so far`);
      wait();
    }, quietMs);
  };
  wait();
  return {
    progress: (...said) => {
      timer.cancel();
      progress(...said);
      wait();
    },
    end: () => timer.cancel(),
  };
}

/** @throws ToolError `forbidden` */
function needScope(caller: Caller, scope: string): void {
  if (caller.scopes?.includes(scope) ?? true) return;
  throw new ToolError('forbidden', `the token does not have the scope ${scope}`, `Ask for a token with ${scope}.`);
}

function timedOut(tool: Tool): ToolError {
  return new ToolError('timeout', `${tool.nameAmongAll} gave no answer within ${tool.timeoutMs / 1000} s`, {
    steps: ['Ask for less (a namespace, fewer lines), or again later.'],
  });
}

/** @throws ToolError `invalid_argument`, which names every argument that is wrong */
function parsed(tool: Tool, args: Readonly<Record<string, unknown>>): unknown {
  const answer = tool.input.safeParse(args);
  if (answer.success) return answer.data;
  const problems = answer.error.issues.map((issue) => problemOf(issue));
  const known = Object.keys(tool.input.shape).join(', ') || 'none';
  throw new ToolError('invalid_argument', oneLine(problems.join('; '), 1000), {
    steps: [`${tool.nameAmongAll} takes: ${known}. See its inputSchema in tools/list.`],
  });
}

function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `unknown argument ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
  const path = issue.path.map(String).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}

interface Ended {
  readonly clock: Clock;
  readonly redact: Redactor;
  readonly error: ToolError | null;
  /** False: it was refused before it did anything. */
  readonly ran: boolean;
  readonly durationMs: number;
  readonly bytes: number;
  readonly redactions: number;
}

/** So much of the arguments is on record; their digest is of all. */
const maxArgs = 4000;

function recordOf(tool: Tool, args: Readonly<Record<string, unknown>>, caller: Caller, ended: Ended): ToolRecord {
  const json = JSON.stringify(args);
  const { name, roles } = caller.principal;
  const { cluster } = args;
  return {
    v: 1,
    at: new Date(ended.clock.now()).toISOString(),
    actor: { sub: name, roles, ip: caller.ip },
    via: caller.via,
    tool: tool.nameAmongAll,
    args_redacted: json.length > maxArgs ? ended.redact.text(json.slice(0, maxArgs)) : ended.redact.value(args),
    args_sha256: createHash('sha256').update(json).digest('hex'),
    cluster: typeof cluster === 'string' ? cluster.slice(0, 253) : caller.onlyCluster,
    decision: ended.ran ? 'allow' : 'refuse',
    outcome: ended.error === null ? 'ok' : 'error',
    error_code: ended.error?.code ?? null,
    duration_ms: Math.round(ended.durationMs),
    bytes: ended.bytes,
    redactions: ended.redactions,
  };
}
