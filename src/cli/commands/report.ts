import { Command } from 'commander';
import type { IncidentDetail } from '../../domain/state-store.ts';
import { timesInZone } from '../../lib/display/local-time.ts';
import { wrapDisplay } from '../../lib/display/width.ts';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine, printable } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, pagesUrl, printJson, say, withState } from '../context.ts';
import { reportNotYet, reportUnstored } from '../errors.ts';
import { findIncident, incidentArgument } from '../find-incident.ts';
import { causeLine, headLine, type IncidentLooks } from '../format/incident-view.ts';
import { type PeopleHistory, saidLines } from '../format/people-lines.ts';
import { markdownLines } from '../format/markdown-view.ts';
import { outputStyle, outputWidth } from '../format/style.ts';
import { type ReadStored, storedFiles } from '../stored-files.ts';

interface Options {
  readonly raw?: boolean;
}

export function reportCommand(context: CliContext): Command {
  return new Command('report')
    .description('read the report of an incident, in the pager of a terminal')
    .addArgument(incidentArgument())
    .option('--raw', 'the Markdown as it is stored, without a pager')
    .addHelpText(
      'after',
      examples('nightcrier report inc_01K9Z3W8Q4', 'nightcrier report 01K9Z3W8Q4 --raw > report.md'),
    )
    .action(
      action(context, async (id: string, { raw }: Options, command: Command) => {
        const { detail, markdown, ...head } = await withState(context, command, async (reader, locations) => {
          const detail = await findIncident(reader, id);
          const history = await reader.incidentHistory(detail.incident.id);
          const read = storedFiles(context, command, locations);
          const markdown = await markdownOf(read, detail).catch((error: unknown) => {
            sayKept(context, detail, history);
            throw error;
          });
          return { detail, markdown, history, url: await pagesUrl(context, locations) };
        });
        if (globalOptions(command).output === 'json') {
          const { cluster, status } = detail.incident;
          printJson(context, { id: detail.incident.id, cluster, status, report: markdown });
        } else if (raw === true) {
          context.io.stdout.write(withEnd(printable(markdown)));
        } else {
          await show(context, detail, markdown, head);
        }
        return 0;
      }),
    );
}

/** @throws ProblemError where there is none, or it cannot be read */
async function markdownOf(read: ReadStored, detail: IncidentDetail): Promise<string> {
  const markdown = await read(detail, 'investigation.md');
  if (markdown === null) throw noReport(detail);
  return markdown;
}

/** Where the report cannot be read, what is kept apart from it: the cause, and what a person says of it. */
function sayKept(context: CliContext, detail: IncidentDetail, history: PeopleHistory | null): void {
  const { incident } = detail;
  if (incident.cause !== null) say(context, `cause: ${causeLine(incident, 1000)}`);
  for (const line of saidLines(detail, history)) say(context, line);
}

type Head = Pick<IncidentLooks, 'url' | 'history'>;

/** In the pager, else printed. What became of the incident since stands first: the report is of its time. */
async function show(context: CliContext, detail: IncidentDetail, markdown: string, head: Head): Promise<void> {
  const { io } = context;
  const looks = { style: outputStyle(io), width: outputWidth(io), timeZone: io.timeZone };
  const lines = headLine(detail, { now: io.now(), ...head })
    .flatMap((line) => wrapDisplay(timesInZone(line, io.timeZone), looks.width))
    .map((line) => looks.style.dim(line));
  const text = withEnd([...lines, '', ...markdownLines(markdown, looks)].join('\n'));
  if (io.page !== null && (await io.page(text))) return;
  io.stdout.write(text);
}

function withEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** Why there is none, and whether waiting helps. */
function noReport({ incident: { id, status, statusReason } }: IncidentDetail): ProblemError {
  const reason = statusReason === null ? '' : ` (${oneLine(statusReason, 300)})`;
  const fields = { id };
  if (status === 'open' || status === 'queued' || status === 'investigating') {
    return new ProblemError(reportNotYet, `${id} is ${status}${reason}: there is no report yet`, { fields });
  }
  return new ProblemError(reportUnstored, `${id} is ${status}${reason}, and no report of it is stored`, { fields });
}
