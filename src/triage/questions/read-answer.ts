import { z } from 'zod';
import { command, quote, say, warningOf } from '../../report/answer-lines.ts';
import { forCluster } from '../../domain/decide/kubectl-access.ts';
import type { EvidenceFile } from '../../domain/ports.ts';
import type { AnswerText } from '../../domain/question.ts';
import { printable, singleSpaced } from '../../lib/text.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import { readRegularFile } from '../workspace/read-regular-file.ts';

/** What an agent writes as its answer, relative to its workspace. */
export const answerFile = 'output/answer.json';
const maxBytes = 64 * 1024;

/** The form of an answer; its texts are cut where they are shown. */
const answerSchema = z.strictObject({
  version: z.literal(1),
  answer: z.string().trim().min(1),
  quotes: z.array(z.strictObject({ file: z.string(), quote: z.string().trim().min(1) })).max(20),
  commands: z.array(z.string().trim().min(1)).max(10),
});

export const answerJsonSchema = (): object => z.toJSONSchema(answerSchema);

export type ReadAnswer =
  | { readonly kind: 'good'; readonly answer: AnswerText }
  /** The words after the name of the agent. */
  | { readonly kind: 'refused'; readonly why: string };

/** What an answer is held against. */
export interface KnownOfQuestion {
  /** What the agent was given: quotes stand in it, word for word. */
  readonly files: readonly EvidenceFile[];
  /** The options with which a `kubectl` of a person reaches the cluster; none where they are not known. */
  readonly kubectl: readonly string[];
}

/** How much of an answer is told. */
const limits = { lines: 40, linesOfQuote: 6 };

/**
 * The answer that an agent left in its workspace, as text for people. A quote that does not stand in what it was given is
 * left out and said to be; an answer of whose quotes none stands is refused.
 */
export async function readAnswer(workspace: string, known: KnownOfQuestion): Promise<ReadAnswer> {
  const file = await readRegularFile(workspace, answerFile, maxBytes);
  if (file.kind === 'missing') return refused(`wrote no ${answerFile}`);
  if (file.kind === 'not_regular') return refused('left something else than a file as its answer');
  if (file.kind === 'too_large') return refused(`wrote an answer of ${file.size} bytes, which is too large`);
  const parsed = answerSchema.safeParse(parseJson(file.content.toString('utf8')));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    return refused(`wrote an answer that does not have the agreed form${where}`);
  }
  const { answer, quotes, commands } = parsed.data;
  const standing = standingQuotes(quotes, known.files);
  if (quotes.length > 0 && standing.length === 0) return refused('quoted what does not stand in the evidence');
  const left = quotes.length - standing.length;
  const lines = [
    ...answer
      .split('\n')
      .map(say)
      .filter((line) => line !== '')
      .slice(0, limits.lines),
    ...standing.flatMap((one) => [say(`${one.file}:`), ...quote(one.quote, limits.linesOfQuote)]),
    ...(left === 0 ? [] : [say(leftOut(left))]),
    ...(quotes.length === 0 ? ['It quotes nothing of what is kept: a lead, not sure.'] : []),
    ...commands.map((text) => command(forCluster(printable(text), known.kubectl))),
  ];
  const text = [...lines, ...warningOf(lines)].join('\n');
  return { kind: 'good', answer: { text, sources: [...new Set(standing.map((one) => one.file))] } };
}

const refused = (why: string): ReadAnswer => ({ kind: 'refused', why });

function leftOut(count: number): string {
  return `Left out: ${count === 1 ? 'a quote that does' : `${count} quotes that do`} not stand in what is kept.`;
}

interface Quote {
  readonly file: string;
  readonly quote: string;
}

/** Those that stand in their file, white space aside: lines of JSON are indented otherwise than they are quoted. */
function standingQuotes(quotes: readonly Quote[], files: readonly EvidenceFile[]): readonly Quote[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const spaced = new Map<string, string>();
  return quotes.filter(({ file, quote: words }) => {
    const text = texts.get(file);
    if (text === undefined) return false;
    if (text.includes(words)) return true;
    const known = spaced.get(file) ?? singleSpaced(text);
    spaced.set(file, known);
    return known.includes(singleSpaced(words));
  });
}
