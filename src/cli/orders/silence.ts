import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Silence } from '../../domain/fault.ts';
import type { SilenceState } from '../../domain/silence/silences.ts';
import type { SilenceJson } from '../../domain/wire/silence.ts';
import { localTime } from '../../lib/display/local-time.ts';
import { formatTable, hangBelow } from '../../lib/display/table.ts';
import { parseDuration, spokenDuration } from '../../lib/format.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, printJson, say, withState } from '../context.ts';
import { matcherInvalid } from '../errors.ts';
import { outputStyle, outputWidth } from '../format/style.ts';
import { authorOf, authorOption, daemonOf } from './order.ts';

const actions = { add, list, expire } as const;
type Action = keyof typeof actions;
const states: readonly SilenceState[] = ['active', 'pending', 'ended'];

interface Options {
  readonly for?: string;
  readonly comment?: string;
  readonly author?: string;
  readonly all?: boolean;
  readonly state?: SilenceState;
  readonly cluster?: string;
  readonly by?: string;
  readonly text?: string;
}

/** `silence add`, `silence list` and `silence expire`. */
export function silenceCommand(context: CliContext): Command {
  return new Command('silence')
    .description('tell nobody of faults that fit matchers, for a time; what still stands then is told')
    .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
    .argument('[what...]', 'add: matchers such as namespace=dev, all of which have to fit; expire: the id of a silence')
    .option('--for <duration>', 'add: how long, such as 30m, 2h or 7d', checkDuration)
    .option('--comment <text>', 'add: why')
    .addOption(authorOption())
    .option('--all', 'list: also those that have ended')
    .addOption(new Option('--state <state>', 'list: only those that are so').choices(states))
    .option('--cluster <name>', 'list: those whose matchers fit this name of a cluster, or name none')
    .option('--by <name>', 'list: those of somebody, by a part of the name')
    .option('--text <words>', 'list: those with these words in matchers, comment, author or id')
    .addHelpText(
      'after',
      examples(
        'nightcrier silence add cluster=prod-eu namespace=shop --for 2h --comment "database is moved"',
        `nightcrier silence add 'owner=~"Deployment/shop/.*"' severity!=critical --for 7d --comment "known"`,
        'nightcrier silence list',
        'nightcrier silence list --cluster prod-eu --state active',
        'nightcrier silence expire sil_01K9Z3W8Q4',
      ),
    )
    .action(
      action(context, (name: Action, what: string[], options: Options, command: Command) =>
        actions[name](context, what, options, command),
      ),
    );
}

async function add(context: CliContext, matchers: string[], options: Options, command: Command): Promise<number> {
  const { for: duration, comment, author } = options;
  if (matchers.length === 0) return command.error('error: silence add needs a matcher, such as namespace=dev');
  if (duration === undefined) return command.error('error: silence add needs --for, such as --for 2h');
  if (comment === undefined) return command.error('error: silence add needs --comment, the reason for it');
  await checkMatchers(matchers);
  const client = await daemonOf(context, command);
  const body = { matchers, duration, author: authorOf(context, author), comment };
  const made = await client.addSilence(body, context.signal);
  if (globalOptions(command).output === 'json') printJson(context, made);
  else print(context, `${oneLine(made.id, 100)}  until ${untilText(context, made.ends_at)}`);
  say(context, `it fits ${plural(made.fits, 'fault')} that ${made.fits === 1 ? 'stands' : 'stand'} now`);
  say(context, `by ${body.author}; see ${client.pages}/silences, or: nightcrier silence list`);
  return 0;
}

async function list(context: CliContext, what: string[], options: Options, command: Command): Promise<number> {
  if (what.length > 0) return command.error('error: silence list takes no matchers; --text finds words in them');
  const { silenceJson } = await import('../../domain/wire/silence.ts');
  const { fitsSilenceFilter } = await import('../../domain/silence/silence-filter.ts');
  const now = context.io.now();
  const { all = false, state, cluster, by: author, text } = options;
  const kept: readonly Silence[] = await withState(context, command, (reader) => reader.silences());
  const silences = kept
    .filter((silence) => fitsSilenceFilter(silence, { state, cluster, author, text }, now))
    .map((silence) => silenceJson(silence, now))
    .filter((silence) => all || state !== undefined || silence.state !== 'ended');
  if (globalOptions(command).output === 'json') printJson(context, { silences });
  else printSilences(context, silences);
  return 0;
}

async function expire(context: CliContext, [id, more]: string[], options: Options, command: Command): Promise<number> {
  if (id === undefined || more !== undefined) return command.error('error: silence expire needs the id of one silence');
  const client = await daemonOf(context, command);
  const ended = await client.endSilence(id, authorOf(context, options.author), context.signal);
  if (globalOptions(command).output === 'json') printJson(context, ended);
  else print(context, `${oneLine(ended.id, 100)}  ended at ${untilText(context, ended.ends_at)}`);
  return 0;
}

function printSilences(context: CliContext, silences: readonly SilenceJson[]): void {
  if (silences.length === 0) {
    say(context, 'no such silences; with --all also those that have ended');
    return;
  }
  const style = outputStyle(context.io);
  const width = outputWidth(context.io);
  const columns = ['ID', 'STATE', 'UNTIL', 'AUTHOR', 'MATCHERS'].map((title) => ({ title }));
  const { header, rows } = formatTable(
    columns,
    silences.map(({ id, state, ends_at: end, author, matchers }) => [
      id,
      state,
      untilText(context, end),
      oneLine(author),
      oneLine(matchers.join(', ')),
    ]),
    { width },
  );
  print(context, style.dim(header));
  for (const [index, { comment, state, starts_at: start }] of silences.entries()) {
    const { lines = [], below = '' } = rows[index] ?? {};
    for (const line of [...lines, ...hangBelow(below, width)]) print(context, line);
    const begins = state === 'pending' ? `from ${untilText(context, start)}` : '';
    const said = [begins, oneLine(comment)].filter((part) => part !== '').join(' · ');
    for (const line of hangBelow(said, width)) print(context, style.dim(line));
  }
  const ends = silences.flatMap(({ ends_at: end, state }) =>
    end === null || state === 'ended' ? [] : [Date.parse(end)],
  );
  const next = ends.length === 0 ? '' : `, the next ends in ${spokenDuration(Math.min(...ends) - context.io.now())}`;
  say(context, `\n${plural(silences.length, 'silence')}${next}`);
}

function untilText({ io }: CliContext, end: string | null): string {
  return end === null ? 'taken out of the file' : localTime(Date.parse(end), io.timeZone);
}

/** @throws ProblemError exit code 2 */
async function checkMatchers(texts: readonly string[]): Promise<void> {
  const { matchersMistake, parseMatchers } = await import('../../domain/silence/matchers.ts');
  let mistake: string | null;
  try {
    mistake = matchersMistake(texts.flatMap(parseMatchers));
  } catch (error) {
    mistake = errorText(error);
  }
  if (mistake !== null) throw new ProblemError(matcherInvalid, mistake);
}

function checkDuration(text: string): string {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError('It must be a duration such as 30m, 2h or 7d.');
  return text;
}
