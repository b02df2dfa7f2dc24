import type { z } from 'zod';
import { untilAborted } from '../../lib/abort.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/log.ts';
import { errorText } from '../../lib/problem.ts';
import type { Redactor } from '../../lib/redact/redact.ts';
import { oneLine } from '../../lib/text.ts';
import { timeLimit } from '../../lib/time-limit.ts';
import { scopes } from '../auth/scopes.ts';
import type { Principal, Resource, Tool, ToolCall } from '../tool.ts';
import { ToolError } from '../tool-error.ts';
import type { McpMetrics } from './metrics.ts';
import type { RateLimits } from './rate-limits.ts';
import { isDeep, recordOf, type ToolRecord } from './record.ts';
import { asToolError, errorResult, shapeResult, type ToolResult } from './result.ts';
import { withSignsOfLife } from './signs-of-life.ts';

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

export interface RunnerOptions {
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

type Args = Readonly<Record<string, unknown>>;
type Request = Pick<ToolCall, 'signal' | 'progress'>;

/** What is called, as far as it is the same for tools and for texts that are read. */
type Subject = Pick<Tool, 'name' | 'toolset' | 'rate' | 'timeoutMs' | 'foreign'>;

/** Of a text that is read, ms. */
const readTimeoutMs = 30_000;

/** What holds for every call: rates, time, the form of the answer, and one record of each. */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #over = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong is an answer too. */
  async callTool(tool: Tool, args: Args, caller: Caller, request: Request): Promise<ToolResult> {
    const redact = this.#options.redact();
    const ended = await this.#guarded(
      { ...tool, name: tool.nameAmongAll },
      args,
      { caller, request, redact },
      async (call, given) => {
        const { cut, data } = await runWithCut(tool, parsed(tool, given), call);
        const maxBytes = this.#options.maxResultBytes();
        const result = shapeResult(tool, data, { redact, maxBytes, cursorAfter: cut() });
        caller.onAnswer?.(tool.nameAmongAll, result.content.map(({ text }) => text).join('\n'));
        return result;
      },
    );
    return 'error' in ended ? errorResult(ended.error, redact) : ended.value;
  }

  /** The text of a resource, null when there is no such thing. @throws ToolError */
  async readResource(
    resource: Resource,
    values: Readonly<Record<string, string>>,
    caller: Caller,
    request: Request,
  ): Promise<string | null> {
    const { name, toolset, foreign } = resource;
    const subject = { name: `resource ${name}`, toolset, rate: 'reads', timeoutMs: readTimeoutMs, foreign } as const;
    const redact = this.#options.redact();
    const ended = await this.#guarded(subject, values, { caller, request, redact }, async (call) => {
      const text = await resource.read(values, call);
      const clean = text !== null && foreign ? redact.text(text) : text;
      const maxBytes = this.#options.maxResultBytes();
      if (Buffer.byteLength(clean ?? '') <= maxBytes) return clean;
      throw new ToolError('too_large', `the text is larger than ${maxBytes} bytes`, 'Raise mcp.max_result_bytes.');
    });
    if ('error' in ended) throw ended.error;
    return ended.value;
  }

  /** Puts on record that something was asked for which is not there, or not for this caller. */
  noteUnknown(name: string, args: Args, caller: Caller): void {
    const error = new ToolError('not_found', 'there is no such tool, resource or prompt', 'See the lists.');
    const subject = { name: oneLine(name, 100) };
    const { clock } = this.#options;
    const redact = this.#options.redact();
    const ended = { clock, redact, error, ran: false, durationMs: 0, bytes: 0 };
    this.#options.record(recordOf(subject, isDeep(args) ? {} : args, caller, ended));
  }

  /** Resolves when no call runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /** Ends every call; resolves when each is on record. */
  async stop(): Promise<void> {
    this.#over.abort(new Error('the server stops'));
    await this.idle();
  }

  async #guarded<T>(
    subject: Subject,
    args: Args,
    { caller, request, redact }: { caller: Caller; request: Request; redact: Redactor },
    work: (call: ToolCall, args: Args) => Promise<T>,
  ): Promise<{ readonly value: T } | { readonly error: ToolError }> {
    const { clock, metrics, limits, log, record } = this.#options;
    const started = clock.monotonic();
    const signal = AbortSignal.any([request.signal, this.#over.signal]);
    const given = isDeep(args) ? {} : args;
    let ran = false;
    metrics.begun();
    const attempt = async (): Promise<{ readonly value: T } | { readonly error: ToolError }> => {
      try {
        if (given !== args) throw tooDeep();
        if (subject.rate === 'logs') needScope(caller, scopes.logs);
        const end = limits.begin(caller.principal.name, subject.rate);
        try {
          ran = true;
          return { value: await timed(subject, caller, { ...request, signal }, clock, (call) => work(call, given)) };
        } finally {
          end();
        }
      } catch (thrown) {
        const error = asToolError(thrown, signal);
        if (error.code === 'internal') log.error({ err: errorText(thrown), tool: subject.name }, 'a tool failed');
        if (error.code === 'invalid_argument') ran = false;
        return { error };
      }
    };
    return await this.#tracked(async () => {
      const ended = await attempt();
      const durationMs = clock.monotonic() - started;
      const error = 'error' in ended ? ended.error : null;
      const bytes = 'error' in ended ? 0 : Buffer.byteLength(JSON.stringify(ended.value) ?? '');
      metrics.ended(subject, error?.code ?? 'ok', durationMs / 1000, bytes);
      record(recordOf(subject, given, caller, { clock, redact, error, ran, durationMs, bytes }));
      return ended;
    });
  }

  async #tracked<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }
}

function tooDeep(): ToolError {
  return new ToolError('invalid_argument', 'the arguments are nested too deep', 'Give plain values.');
}

async function timed<T>(
  subject: Subject,
  caller: Caller,
  { signal, progress }: Request,
  clock: Clock,
  work: (call: ToolCall) => Promise<T>,
): Promise<T> {
  const heard = withSignsOfLife(subject.name, progress, clock);
  const limit = timeLimit(clock, subject.timeoutMs, signal, () => timedOut(subject));
  const { principal, onlyCluster } = caller;
  try {
    const call = { signal: limit.signal, progress: heard.progress, onCut: () => {}, principal, onlyCluster };
    return await untilAborted(work(call), limit.signal);
  } finally {
    heard.end();
    limit.letGo();
  }
}

/** What a tool gives, and how its pages go on when they are cut. */
async function runWithCut(tool: Tool, args: unknown, call: ToolCall) {
  let cursorAfter: ((given: number) => string) | null = null;
  const data = await tool.run(args, { ...call, onCut: (after) => (cursorAfter = after) });
  return { data, cut: () => cursorAfter };
}

/** @throws ToolError `forbidden` */
function needScope(caller: Caller, scope: string): void {
  if (caller.scopes?.includes(scope) ?? true) return;
  throw new ToolError('forbidden', `the token does not have the scope ${scope}`, `Ask for a token with ${scope}.`);
}

function timedOut({ name, timeoutMs }: Subject): ToolError {
  return new ToolError('timeout', `${name} gave no answer within ${timeoutMs / 1000} s`, {
    steps: ['Ask for less (a namespace, fewer lines), or again later.'],
  });
}

/** @throws ToolError `invalid_argument`, which names every argument that is wrong */
function parsed(tool: Tool, args: Args): unknown {
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
