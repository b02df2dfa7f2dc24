import { Command } from 'commander';
import type { QuestionAnswerJson } from '../../domain/wire/question.ts';
import { listed, printable } from '../../lib/text.ts';
import {
  action,
  type CliContext,
  examples,
  globalOptions,
  load,
  locate,
  print,
  printJson,
  runningDaemon,
  say,
  withState,
} from '../context.ts';
import { findIncident, incidentArgument } from '../find-incident.ts';
import { outputStyle } from '../format/style.ts';
import { authorOption, personOf } from './order.ts';

interface Options {
  readonly author?: string;
}

/** `ask INCIDENT QUESTION`: by the running daemon, and without one here, from the same files. */
export function askCommand(context: CliContext): Command {
  return new Command('ask')
    .description('ask about an incident; the answer comes from what is kept of it, nothing is changed')
    .addArgument(incidentArgument())
    .argument('<question...>', 'what you want to know, in English; quotes are not needed')
    .addOption(authorOption())
    .addHelpText(
      'after',
      examples(
        'nightcrier ask inc_01K9Z3W8Q4 why',
        'nightcrier ask 01K9Z3W8Q4 "what changed before it began?"',
        'nightcrier ask 01K9Z3W8Q4 show the logs of pod checkout-7876dd8dd7-ddk2t',
      ),
    )
    .action(
      action(context, async (id: string, words: readonly string[], { author }: Options, command: Command) => {
        const detail = await withState(context, command, (reader) => findIncident(reader, id));
        const by = author ?? personOf(context.io.env);
        const answer = await answerOf(context, command, { incidentId: detail.incident.id, text: words.join(' '), by });
        if (globalOptions(command).output === 'json') printJson(context, answer);
        else show(context, answer);
        return 0;
      }),
    );
}

async function answerOf(
  context: CliContext,
  command: Command,
  question: { readonly incidentId: string; readonly text: string; readonly by: string },
): Promise<QuestionAnswerJson> {
  const { questionAnswerJson } = await import('../../domain/wire/question.ts');
  const { incidentId, text, by } = question;
  const daemon = await runningDaemon(context, await locate(context, command));
  if (daemon !== null) return daemon.ask(incidentId, { question: text, author: by }, context.signal);
  const answer = await context.deps.askAlone(await load(context, command), question, context.signal);
  return questionAnswerJson(incidentId, answer);
}

/** Commands stand alone on their lines, so that they can be copied. */
function show(context: CliContext, { text, sources, by }: QuestionAnswerJson): void {
  const style = outputStyle(context.io);
  for (const line of text.split('\n')) {
    const safe = printable(line);
    if (safe.startsWith('> ')) print(context, style.dim(`  ${safe}`));
    else print(context, safe.startsWith('$ ') ? `    ${safe.slice(2)}` : safe);
  }
  const from = sources.length === 0 ? '' : ` from ${printable(listed(sources, 6))}`;
  say(context, `\nanswered by ${printable(by)}${from}`);
}
