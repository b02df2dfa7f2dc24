import path from 'node:path';
import { parseArgs } from 'node:util';
import { evalSets } from './sets.ts';

/** States that are answered together; `set` is null for a folder that is none of the project's sets. */
export interface Source {
  readonly set: string | null;
  readonly dir: string;
}

export interface Options {
  readonly sources: readonly Source[];
  readonly output: 'text' | 'json';
  /** Id (or its beginning) of the one recording to explain. */
  readonly explain: string | null;
  /** Id (or its beginning) of the one recording whose report is printed. */
  readonly report: string | null;
  /** Compare with eval/results.json instead of writing it. */
  readonly check: boolean;
}

const setNames = evalSets.map((set) => set.name).join(', ');

export const usage = `usage: npm run eval -- [options]

  --set NAME       one of the project's sets: ${setNames} (default: all of them)
  --dir DIR        other recordings: folders with scenario.yaml, or *.json.br
  -o, --output F   text (default) or json: one object {scenarios, summary}
  --check          compare with eval/results.json, exit 1 when a figure fell; writes nothing
  --explain ID     the evidence, the rules that fired and what each needed, for one recording
  --report ID      the report of one recording
  -h, --help

Without any of --set, --dir, --check, --explain and --report it writes eval/results.json and docs/eval.md.
`;

/** What is wrong with the command line, in a sentence. */
export class UsageError extends Error {}

/** Null: help was asked for. @throws UsageError */
export function readOptions(args: readonly string[]): Options | null {
  const values = parse(args);
  if (values.help) return null;
  const output = values.output ?? 'text';
  if (output !== 'text' && output !== 'json') throw new UsageError(`-o ${output}: text or json`);
  const only = [values.check && '--check', values.explain !== undefined && '--explain', values.report && '--report'];
  const named = only.filter((it) => typeof it === 'string');
  if (named.length > 1) throw new UsageError(`${named.join(' and ')} cannot be combined`);
  if (values.check && values.dir !== undefined) {
    throw new UsageError('--check compares the sets of the project: no --dir');
  }
  return {
    sources: sourcesOf(values.set, values.dir),
    output,
    explain: values.explain ?? null,
    report: values.report ?? null,
    check: values.check ?? false,
  };
}

function sourcesOf(set: string | undefined, dir: string | undefined): Source[] {
  if (set !== undefined && dir !== undefined) throw new UsageError('--set and --dir cannot be combined');
  if (dir !== undefined) return [{ set: null, dir: path.resolve(dir) }];
  const chosen = evalSets.filter(({ name }) => set === undefined || name === set);
  if (chosen.length === 0) throw new UsageError(`--set ${set}: ${setNames}`);
  return chosen.map(({ name, dir: place }) => ({ set: name, dir: place }));
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        set: { type: 'string' },
        dir: { type: 'string' },
        output: { type: 'string', short: 'o' },
        check: { type: 'boolean' },
        explain: { type: 'string' },
        report: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
