import { errorText } from '../lib/problem.ts';
import { oneLine } from '../lib/text.ts';
import { ReadError, type ReadFailure } from './cluster-reader.ts';

const signs: readonly (readonly [RegExp, ReadFailure])[] = [
  [/forbidden|cannot (get|list|watch) resource/i, 'forbidden'],
  [/unauthorized|must be logged in/i, 'unauthorized'],
  [/no matches for kind|could not find the requested resource|unknown tool|not allowed/i, 'unsupported'],
  [/deadline exceeded|timed? ?out|timeout/i, 'timeout'],
  [/connection refused|no such host|unreachable|connection reset|EOF|server is currently unable/i, 'unreachable'],
];

/** Why a tool refused, from the text of its `isError` answer. */
export function toolRefusal(text: string): ReadError {
  const failure = signs.find(([sign]) => sign.test(text))?.[1] ?? 'invalid';
  return new ReadError(failure, oneLine(text, 500));
}

/** Whether a tool says that the one object that it was asked for does not exist. */
export function saysNotFound(text: string): boolean {
  return /"[^"]*" not found/.test(text) && !/no matches for kind|requested resource/.test(text);
}

/** What it means for a read that a call of a tool failed: the connection's error may carry a kind of its own. */
export function callFailure(error: unknown): ReadError {
  if (error instanceof ReadError) return error;
  const kind = outcomeKind(error);
  const text = errorText(error);
  if (kind === 'too_large') return new ReadError('too_large', text, { cause: error });
  if (kind === 'tool_absent') return new ReadError('unsupported', text, { cause: error });
  if (kind === 'silent' || (error instanceof Error && error.name === 'TimeoutError')) {
    return new ReadError('timeout', text, { cause: error });
  }
  return new ReadError('unreachable', text, { cause: error });
}

function outcomeKind(error: unknown): unknown {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    const outcome = (one as { outcome?: { kind?: unknown } }).outcome;
    if (outcome?.kind !== undefined) return outcome.kind;
  }
  return null;
}
