import { Argument, Command, Option } from 'commander';
import { type Feedback, type FeedbackRating, feedbackRatings } from '../../domain/history.ts';
import type { IncidentDetail, StateReader } from '../../domain/state-store.ts';
import { timesInZone } from '../../lib/display/local-time.ts';
import { formatTable, hangBelow } from '../../lib/display/table.ts';
import { age } from '../../lib/format.ts';
import { oneLine, plural } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, print, printJson, say, withState } from '../context.ts';
import { findIncident, partOfId } from '../find-incident.ts';
import { incidentPage } from '../format/incident-view.ts';
import { outputStyle, outputWidth } from '../format/style.ts';
import { parseLimit } from '../parse-limit.ts';
import { authorOf, authorOption, daemonOf } from './order.ts';

const actions = { add, list } as const;
type Action = keyof typeof actions;

interface Options {
  readonly right?: boolean;
  readonly wrong?: boolean;
  readonly comment?: string;
  readonly author?: string;
  readonly rating?: FeedbackRating;
  readonly limit: number;
}

interface Said {
  readonly feedback: Feedback;
  readonly detail: IncidentDetail;
}

/** `feedback add`, and `feedback list`: what people say of answers, and with `-o json` each as a case for the eval. */
export function feedbackCommand(context: CliContext): Command {
  return new Command('feedback')
    .description(
      'say that a cause is right or wrong, and list what people say; list -o json gives each as a case for the eval too',
    )
    .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
    .argument('[incident]', `add: id of the incident; ${partOfId}`)
    .addOption(new Option('--right', 'add: the cause is right').conflicts('wrong'))
    .option('--wrong', 'add: the cause is wrong')
    .option('--comment <text>', 'add: what is right about it, or what the cause was')
    .addOption(authorOption())
    .addOption(new Option('--rating <rating>', 'list: only those that say so').choices(feedbackRatings))
    .option('--limit <number>', 'list: at most so many, 1,000 at most', parseLimit, 50)
    .addHelpText(
      'after',
      examples(
        'nightcrier feedback add inc_01K9Z3W8Q4 --right',
        'nightcrier feedback add 01K9Z3W8Q4 --wrong --comment "it was the quota"',
        'nightcrier feedback list',
        'nightcrier feedback list --rating wrong',
        'nightcrier feedback list --rating wrong -o json',
      ),
    )
    .action(
      action(context, (name: Action, id: string | undefined, options: Options, command: Command) =>
        actions[name](context, id, options, command),
      ),
    );
}

async function add(
  context: CliContext,
  id: string | undefined,
  { right = false, wrong = false, comment = '', author }: Options,
  command: Command,
): Promise<number> {
  if (id === undefined) return command.error('error: feedback add needs the id of an incident');
  if (!right && !wrong) return command.error('error: feedback add needs --right or --wrong');
  const client = await daemonOf(context, command);
  const { incident } = await withState(context, command, (reader) => findIncident(reader, id));
  const body = { rating: right ? 'right' : 'wrong', author: authorOf(context, author), comment } as const;
  const said = await client.giveFeedback(incident.id, body, context.signal);
  if (globalOptions(command).output === 'json') printJson(context, said);
  else {
    const words = `the cause is ${said.rating}, says ${said.author}`;
    print(context, oneLine(`${incident.id}: ${words} · ${incident.title}`, 300));
  }
  say(context, `see ${incidentPage(client.pages, incident.id)}, or: nightcrier feedback list`);
  return 0;
}

async function list(context: CliContext, id: string | undefined, options: Options, command: Command): Promise<number> {
  if (id !== undefined) return command.error('error: feedback list takes no incident');
  if (options.right === true || options.wrong === true)
    return command.error('error: feedback list takes --rating in place of --right and --wrong');
  const said = await withState(context, command, (reader) => listSaid(reader, options));
  if (globalOptions(command).output === 'json') await printData(context, said);
  else printTable(context, said);
  return 0;
}

/** Of an incident that was deleted meanwhile nothing is told. */
async function listSaid(reader: StateReader, { rating, limit }: Options): Promise<Said[]> {
  const said: Said[] = [];
  let before: string | undefined;
  do {
    const page = await reader.feedback({ limit: 100, ...(before !== undefined && { before }) });
    for (const feedback of page.items) {
      if (said.length === limit) return said;
      if (rating !== undefined && feedback.rating !== rating) continue;
      const detail = await reader.incident(feedback.incidentId);
      if (detail !== null) said.push({ feedback, detail });
    }
    before = page.next ?? undefined;
  } while (before !== undefined);
  return said;
}

async function printData(context: CliContext, said: readonly Said[]): Promise<void> {
  const { feedbackJson, feedbackScenario } = await import('../../domain/wire/feedback.ts');
  const feedback = said.map((one) => ({
    ...feedbackJson(one.feedback),
    cluster: one.detail.incident.cluster,
    scenario: feedbackScenario(one.feedback, one.detail),
  }));
  printJson(context, { feedback });
}

function printTable(context: CliContext, said: readonly Said[]): void {
  if (said.length === 0) {
    say(context, 'nobody has said anything of an answer');
    return;
  }
  const style = outputStyle(context.io);
  const width = outputWidth(context.io);
  const columns = ['AGE', 'RATING', 'BY', 'CLUSTER', 'INCIDENT'].map((title) => ({ title }));
  const { header, rows } = formatTable(
    columns,
    said.map(({ feedback: { at, rating, by }, detail: { incident } }) => [
      age(at, context.io.now()),
      rating,
      oneLine(by),
      oneLine(incident.cluster),
      oneLine(incident.title),
    ]),
    { width },
  );
  print(context, style.dim(header));
  for (const [index, { feedback, detail }] of said.entries()) {
    const { lines = [], below = '' } = rows[index] ?? {};
    const told = `told: ${timesInZone(oneLine(detail.incident.cause ?? 'no cause'), context.io.timeZone)}`;
    const comment = feedback.comment === '' ? '' : `said: ${oneLine(feedback.comment)}`;
    for (const line of [...lines, ...[below, told, comment].flatMap((text) => hangBelow(text, width))])
      print(context, line);
    for (const line of hangBelow(feedback.incidentId, width)) print(context, style.dim(line));
  }
  say(context, `\n${plural(said.length, 'answer')} with feedback`);
}
