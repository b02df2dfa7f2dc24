import { z } from 'zod';
import type { EvidenceFile } from '../../domain/ports.ts';
import type { AnswerText } from '../../domain/question.ts';
import { oneLine, plural, singleSpaced } from '../../lib/text.ts';
import { standsIn } from '../../lib/untrusted/linear-search.ts';
import { parseJson } from '../../lib/untrusted/parse-json.ts';
import { answerText, quote, say } from '../../report/answer-lines.ts';
import { readRegularFile } from '../workspace/read-regular-file.ts';
import { commandLines } from './command-lines.ts';

/** What an agent writes as its answer, relative to its workspace. */
export const answerFile = 'output/answer.json';
const maxBytes = 64 * 1024;

/** A quote of less proves nothing, and one of more is no line; characters. */
export const quoteLength = { min: 8, max: 1000 };

/** The form of an answer; its texts are cut where they are shown. */
const answerSchema = z.strictObject({
  version: z.literal(1),
  answer: z.string().trim().min(1),
  quotes: z
    .array(z.strictObject({ file: z.string(), quote: z.string().trim().min(quoteLength.min).max(quoteLength.max) }))
    .max(10),
  commands: z.array(z.string().trim().min(1).max(2000)).max(10),
  /** What the question was taken to mean, where it goes on from one before it. */
  meant: z.string().trim().max(300).nullish(),
});
type Quote = z.infer<typeof answerSchema>['quotes'][number];

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

/** How much of an answer is told: lines of words, lines of a quote. */
const limits = { words: 40, quote: 6 };

/**
 * The answer that an agent left in its workspace, as text for people. A quote that does not stand in what it was given is
 * left out and said to be; an answer of whose quotes none stands is refused. Only evidence is quoted as such: what was
 * concluded or said before is told as the words that it is.
 */
export async function readAnswer(workspace: string, known: KnownOfQuestion): Promise<ReadAnswer> {
  const file = await readRegularFile(workspace, answerFile, maxBytes);
  if (file.kind === 'missing') return refused(`wrote no ${answerFile}`);
  if (file.kind === 'not_regular') return refused('left something else than a file as its answer');
  if (file.kind === 'too_large') return refused(`wrote an answer of ${file.size} bytes, which is too large`);
  const written = parseJson(file.content.toString('utf8'));
  if (written === null) return refused('wrote an answer that is no JSON');
  const parsed = answerSchema.safeParse(written);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
    const what = oneLine(issue?.message ?? '', 200);
    return refused(`wrote an answer that does not have the agreed form${where}: ${what}`);
  }
  const { answer, quotes, commands, meant } = parsed.data;
  const standing = standingQuotes(quotes, known.files);
  if (quotes.length > 0 && standing.length === 0) return refused('quoted what does not stand in what is kept');
  const evidence = standing.filter(({ file: path }) => path.startsWith('evidence/'));
  // What makes it less than it looks stands before it.
  const lines = [
    ...(meant ? [say(`Taken to mean: ${meant}`)] : []),
    ...leftOut(quotes.length - standing.length),
    ...(evidence.length === 0 ? ['A lead, not sure: it quotes nothing of the evidence.'] : []),
    ...answer
      .split('\n')
      .map(say)
      .filter((line) => line !== '')
      .slice(0, limits.words),
    ...evidence.flatMap((one) => [say(`${one.file}:`), ...quote(one.quote, limits.quote)]),
    ...standing.filter((one) => !evidence.includes(one)).map((one) => say(`${one.file} says: ${one.quote}`)),
    ...commandLines(commands, known.kubectl),
  ];
  const sources = [...new Set(standing.map((one) => one.file))];
  return { kind: 'good', answer: { text: answerText(lines), sources } };
}

const refused = (why: string): ReadAnswer => ({ kind: 'refused', why });

function leftOut(count: number): readonly string[] {
  if (count === 0) return [];
  return [say(`Left out: ${plural(count, 'quote')} that ${count === 1 ? 'does' : 'do'} not stand in what is kept.`)];
}

/** Those that stand in their file, white space aside: lines of JSON are indented otherwise than they are quoted. */
function standingQuotes(quotes: readonly Quote[], files: readonly EvidenceFile[]): readonly Quote[] {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const spaced = new Map<string, string>();
  return quotes.filter(({ file, quote: words }) => {
    const text = texts.get(file);
    if (text === undefined) return false;
    const known = spaced.get(file) ?? singleSpaced(text);
    spaced.set(file, known);
    return standsIn(known, singleSpaced(words));
  });
}
