import path from 'node:path';
import { parseArgs } from 'node:util';

/** The set that the project carries. */
export const defaultDir = path.join(import.meta.dirname, 'scenarios');

export interface Options {
  readonly dir: string;
  readonly output: 'text' | 'json';
  /** Id (or its beginning) of the one recording to explain. */
  readonly explain: string | null;
  /** Id (or its beginning) of the one recording whose report is printed. */
  readonly report: string | null;
  /** Compare with eval/results.json instead of writing it. */
  readonly check: boolean;
}

export const usage = `usage: npm run eval -- [options]

  --dir DIR        recordings to use: folders with scenario.yaml, or *.json.br (default: eval/scenarios)
  -o, --output F   text (default) or json: one object {scenarios, summary}
  --check          compare with eval/results.json, exit 1 when a figure fell; writes nothing
  --explain ID     the evidence, the rules that fired and what each needed, for one recording
  --report ID      the report of one recording
  -h, --help

Without --dir, --check, --explain and --report it writes eval/results.json and docs/eval.md.
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
  if (values.check && values.dir !== undefined)
    throw new UsageError('--check compares the set of the project: no --dir');
  return {
    dir: path.resolve(values.dir ?? defaultDir),
    output,
    explain: values.explain ?? null,
    report: values.report ?? null,
    check: values.check ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
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
