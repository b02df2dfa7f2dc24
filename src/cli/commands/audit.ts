import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { Argument, Command } from 'commander';
import { ProblemError } from '../../lib/problem.ts';
import { oneLine, plural, truncate } from '../../lib/text.ts';
import { action, type CliContext, examples, globalOptions, locate, print, printJson } from '../context.ts';
import { auditMissing } from '../errors.ts';

/** A record is as large as a run may make requests: far below this, bytes. */
const maxRecord = 64 * 1024 * 1024;

export function auditCommand(context: CliContext): Command {
  return new Command('audit')
    .description('check that the record of what agents and MCP clients asked for is whole, and as it was written')
    .addArgument(new Argument('<action>', 'what to do').choices(['verify']))
    .argument(
      '<incident-or-file>',
      'id of an incident, a gateway.jsonl of its artifacts, or an audit/mcp-DAY.jsonl of data_dir',
    )
    .addHelpText(
      'after',
      examples(
        'nightcrier audit verify inc_01K9Z3W8Q4',
        'nightcrier audit verify reports/prod/inc_01K9Z3W8Q4/logs/gateway.jsonl',
      ),
    )
    .action(
      action(context, async (_action: 'verify', what: string, _options: unknown, command: Command) => {
        const records = await recordsOf(context, command, what);
        const checked = await Promise.all(
          records.map(async ({ file, text }) => ({ file, ...(await context.deps.verifyAudit(text)) })),
        );
        if (globalOptions(command).output === 'json') printJson(context, { records: checked });
        else for (const record of checked) print(context, lineOf(record));
        return checked.every(({ ok }) => ok) ? 0 : 1;
      }),
    );
}

type Checked = { readonly file: string } & Awaited<ReturnType<CliContext['deps']['verifyAudit']>>;

function lineOf(record: Checked): string {
  const file = oneLine(record.file, 400);
  if (!record.ok) return `${file}: BROKEN at line ${record.line}: it ${record.reason}`;
  return `${file}: whole, ${plural(record.lines, 'request')}, ${record.refused} refused`;
}

interface Record {
  readonly file: string;
  readonly text: string;
}

/** The record in a file, or those of every run of an incident. @throws ProblemError NC-CLI-010 */
async function recordsOf(context: CliContext, command: Command, what: string): Promise<Record[]> {
  const file = path.resolve(context.io.cwd, what);
  const named = await read(file);
  if (named !== null) return [{ file, text: named }];
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(what)) throw missing(what);
  const { dataDir } = await locate(context, command);
  const incident = path.join(dataDir, 'workspaces', what);
  const runs = (await readdir(incident).catch((): string[] => [])).toSorted((a, b) => (a < b ? -1 : 1));
  const records = await Promise.all(
    runs.map(async (run) => {
      const record = path.join(incident, run, 'logs', 'gateway.jsonl');
      const text = await read(record);
      return text === null ? [] : [{ file: record, text }];
    }),
  );
  if (records.flat().length === 0) throw missing(what);
  return records.flat();
}

function missing(what: string): ProblemError {
  return new ProblemError(auditMissing, `there is no record for "${truncate(what, 80)}"`);
}

/** Null when it is no file that can be read. */
async function read(file: string): Promise<string | null> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return null;
  try {
    const stat = await handle.stat();
    return stat.isFile() && stat.size <= maxRecord ? await handle.readFile('utf8') : null;
  } finally {
    await handle.close();
  }
}
