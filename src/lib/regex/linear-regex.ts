import { createRequire } from 'node:module';
import type { RE2JS as Engine } from 're2js';
import { errorText } from '../problem.ts';

/** A pattern that somebody wrote, and whether it fits a whole text. */
export interface LinearRegex {
  matches(text: string): boolean;
}

/** Characters of a pattern. */
export const maxPatternLength = 500;
/** Instructions of a compiled pattern: what a test costs for each character of the text at most. */
const maxProgramSize = 2000;

/**
 * An anchored regular expression in the syntax of RE2 (github.com/google/re2/wiki/Syntax), as Prometheus and
 * Alertmanager take it. Its time grows with the length of pattern and text alone: there is no pattern on which it
 * backtracks. A dot stands for a line end too.
 * @throws Error in one sentence, when the pattern is none or too large
 */
export function linearRegex(pattern: string): LinearRegex {
  if (pattern.length > maxPatternLength) {
    throw new Error(`the pattern has ${pattern.length} characters, and ${maxPatternLength} are allowed`);
  }
  const { RE2JS } = engine();
  const compiled = compile(RE2JS, pattern);
  const size = compiled.programSize();
  if (size > maxProgramSize) {
    throw new Error(`the pattern is too large: it has ${size} steps, and ${maxProgramSize} are allowed`);
  }
  return { matches: (text) => compiled.matches(text) };
}

function compile(engineClass: typeof Engine, pattern: string): Engine {
  try {
    return engineClass.compile(pattern, engineClass.DOTALL);
  } catch (error) {
    throw new Error(
      errorText(error)
        .replace(/^error parsing regexp: /, '')
        .replace('(?s)', ''),
      { cause: error },
    );
  }
}

let loaded: { readonly RE2JS: typeof Engine } | null = null;

/** Loaded with the first pattern, at once: decisions that need it run inside a transaction, and most need none. */
function engine(): { readonly RE2JS: typeof Engine } {
  loaded ??= createRequire(import.meta.url)('re2js') as { readonly RE2JS: typeof Engine };
  return loaded;
}
