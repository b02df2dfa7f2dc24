import { globSync } from 'node:fs';
import path from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Runbook } from '../../domain/decide/match-runbooks.ts';
import { errorText } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { type ConfigProblem, runbookInvalid, unplaced } from '../errors.ts';

export interface RunbookFiles {
  readonly runbooks: readonly Runbook[];
  readonly problems: readonly ConfigProblem[];
  /** Indexes of patterns that name no file. */
  readonly empty: readonly number[];
}

const maxFiles = 500;
const frontMatter = /^---\r?\n([^]*?)^---[ \t]*\r?(?:\n|$)/m;

const words = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .default([]);
const matchSchema = z
  .strictObject({
    fault_type: words,
    kind: words,
    namespace: words,
    cluster: words,
    labels: z.record(z.string(), words).default({}),
  })
  .refine((match) => Object.values(match).some((value) => Object.keys(value).length > 0), 'match names nothing');
const headSchema = z.looseObject({ title: z.string().optional(), match: matchSchema });

/**
 * The Markdown files that the patterns (absolute, with `*`, `**`, `?`) name, each with front matter that says for which
 * incidents it is. `read` gives a file's text, at most 1 MiB. @throws nothing: what is wrong is in `problems`, with its line
 */
export function readRunbooks(
  patterns: readonly string[],
  read: (file: string) => string,
  glob: (pattern: string) => readonly string[] = (pattern) => globSync(pattern).sort(),
): RunbookFiles {
  const problems: ConfigProblem[] = [];
  const found = patterns.map((pattern) => glob(pattern));
  const files = [...new Set(found.flat())];
  if (files.length > maxFiles) {
    problems.push(unplaced(runbookInvalid, `${files.length} runbooks: at most ${maxFiles} are read`, 'runbooks.paths'));
  }
  const runbooks = files.slice(0, maxFiles).flatMap((file) => {
    const runbook = readOne(file, read);
    if ('match' in runbook) return [runbook];
    const { message, line } = runbook;
    problems.push({ ...unplaced(runbookInvalid, message, file), line, column: line === null ? null : 1 });
    return [];
  });
  const empty = found.flatMap((names, index) => (names.length === 0 ? [index] : []));
  return { runbooks, problems, empty };
}

interface Wrong {
  readonly message: string;
  readonly line: number | null;
}

function readOne(file: string, read: (file: string) => string): Runbook | Wrong {
  let content: string;
  try {
    content = read(file);
  } catch (error) {
    return { message: `the runbook ${errorText(error)}`, line: null };
  }
  const head = content.startsWith('---') ? frontMatter.exec(content) : null;
  if (head === null) return { message: 'the runbook does not begin with front matter between lines of ---', line: 1 };
  const lines = new LineCounter();
  const document = parseDocument(head[1] ?? '', { lineCounter: lines });
  const [problem] = document.errors;
  // The front matter begins on the second line of the file.
  const lineOf = (offset: number): number => lines.linePos(offset).line + 1;
  if (problem) return { message: `front matter: ${oneLine(problem.message, 200)}`, line: lineOf(problem.pos[0]) };
  const parsed = headSchema.safeParse(plainData(document));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.map(String) ?? [];
    const node = document.getIn(place.slice(0, issue?.code === 'unrecognized_keys' ? undefined : place.length), true);
    const range = (node as { range?: [number] } | undefined)?.range;
    const message = `${place.join('.') || 'front matter'}: ${oneLine(issue?.message ?? '', 200)}`;
    return { message, line: range === undefined ? 2 : lineOf(range[0]) };
  }
  const { title, match } = parsed.data;
  const text = content.slice(head[0].length).trim();
  return {
    path: file,
    title: oneLine(title ?? /^#\s+(.+)$/m.exec(text)?.[1] ?? path.basename(file, '.md'), 200),
    match: {
      faultTypes: match.fault_type,
      kinds: match.kind,
      namespaces: match.namespace,
      clusters: match.cluster,
      labels: match.labels,
    },
    text,
  };
}

/** Aliases are bounded by the parser; what it refuses has no value. */
function plainData(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    return null;
  }
}
