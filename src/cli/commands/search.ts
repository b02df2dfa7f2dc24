import { Command } from 'commander';
import { type Found, searchWords } from '../../domain/history.ts';
import type { Page, StateReader } from '../../domain/state-store.ts';
import { timesInZone } from '../../lib/display/local-time.ts';
import { formatTable, hangBelow } from '../../lib/display/table.ts';
import { age } from '../../lib/format.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, printJson, say, withState } from '../context.ts';
import { outputStyle, outputWidth } from '../format/style.ts';
import { parseLimit } from '../parse-limit.ts';

interface Options {
  readonly limit: number;
  readonly before?: string;
}

export function searchCommand(context: CliContext): Command {
  return new Command('search')
    .description('find incidents and faults by any words of what is kept of them, newest first')
    .argument('<words...>', 'each has to be in it, also as a part of a word; "two words" in quotes are one')
    .option('--limit <number>', 'at most so many, 1,000 at most', parseLimit, 50)
    .option('--before <place>', 'go on there: the place that a search before said')
    .addHelpText(
      'after',
      examples(
        'nightcrier search redis_url',
        'nightcrier search prod-eu OOMKilled --limit 500',
        'nightcrier search payments -o json',
      ),
    )
    .action(
      action(context, async (words: string[], options: Options, command: Command) => {
        const text = words.map(asOne).join(' ');
        if (searchWords(text).length === 0) return command.error('error: search needs a word');
        const found = await withState(context, command, (reader) => pages(reader, text, options));
        if (globalOptions(command).output === 'json') {
          const { foundJson } = await import('../../domain/wire/feedback.ts');
          printJson(context, { found: found.items.map(foundJson), next: found.next });
        } else printFound(context, found);
        return 0;
      }),
    );
}

/** Words that came as one argument were in quotes in the shell. */
function asOne(word: string): string {
  return /\s/.test(word.trim()) && !word.includes('"') ? `"${word}"` : word;
}

/** Pages until there are enough: one may have few, because so many rows are compared for each. */
async function pages(
  reader: Pick<StateReader, 'search'>,
  text: string,
  { limit, before }: Options,
): Promise<Page<Found>> {
  const items: Found[] = [];
  let next = before ?? null;
  do {
    const page = await reader.search({ text, limit: limit - items.length, ...(next !== null && { before: next }) });
    items.push(...page.items);
    ({ next } = page);
  } while (next !== null && items.length < limit);
  return { items, next };
}

function printFound(context: CliContext, { items, next }: Page<Found>): void {
  const { io } = context;
  const style = outputStyle(io);
  const width = outputWidth(io);
  const { header, rows } = formatTable(
    ['AGE', 'KIND', 'CLUSTER', 'WHAT'].map((title) => ({ title })),
    items.map(({ at, kind, cluster, title }) => [age(at, io.now()), kind, oneLine(cluster), oneLine(title)]),
    { width },
  );
  if (items.length > 0) print(context, style.dim(header));
  for (const [index, { excerpt, incidentId }] of items.entries()) {
    const { lines = [], below = '' } = rows[index] ?? {};
    const said = timesInZone(oneLine(excerpt), io.timeZone);
    for (const line of [...lines, ...[below, said].flatMap((text) => hangBelow(text, width))]) print(context, line);
    for (const line of hangBelow(incidentId ?? '', width)) print(context, style.dim(line));
  }
  say(context, `${items.length === 0 ? '' : '\n'}${plural(items.length, 'result')}`);
  if (next !== null) say(context, `next: the same with --before ${next}`);
}
