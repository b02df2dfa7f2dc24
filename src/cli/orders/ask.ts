import { Command } from 'commander';
import { type Question, selfNamed } from '../../domain/question.ts';
import type { QuestionAnswerJson } from '../../domain/wire/question.ts';
import { answerCost } from '../../report/answer-lines.ts';
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
import { answerLines } from '../format/answer-view.ts';
import { outputStyle, outputWidth } from '../format/style.ts';
import { authorOf, authorOption } from './order.ts';

interface Options {
  readonly author?: string;
  /** `--rules`: no agent is asked. */
  readonly rules?: boolean;
}

/** From then on who waits is told for what, ms. */
const patienceMs = 3000;

/** `ask INCIDENT QUESTION`: by the running daemon, and without one here, from the same files. */
export function askCommand(context: CliContext): Command {
  return new Command('ask')
    .description('ask about an incident; the answer comes from what is kept of it, nothing is changed')
    .addArgument(incidentArgument())
    .argument('<question...>', 'what you want to know; quotes are not needed')
    .addOption(authorOption())
    .option('--rules', 'answer at once by rules, in English, also where an agent is configured')
    .addHelpText(
      'after',
      examples(
        'nightcrier ask inc_01K9Z3W8Q4 why',
        'nightcrier ask 01K9Z3W8Q4 "what changed before it began?"',
        'nightcrier ask --rules 01K9Z3W8Q4 show the logs of pod checkout-7876dd8dd7-ddk2t',
      ),
    )
    .action(
      action(
        context,
        async (id: string, words: readonly string[], { author, rules = false }: Options, command: Command) => {
          const detail = await withState(context, command, (reader) => findIncident(reader, id));
          const by = authorOf(context, author);
          const talk = { person: selfNamed(by), thread: null };
          const question = { incidentId: detail.incident.id, text: words.join(' '), by, mayAct: !rules, talk };
          const answer = await answerOf(context, command, question);
          if (globalOptions(command).output === 'json') printJson(context, answer);
          else show(context, answer);
          return 0;
        },
      ),
    );
}

async function answerOf(context: CliContext, command: Command, question: Question): Promise<QuestionAnswerJson> {
  const { questionAnswerJson } = await import('../../domain/wire/question.ts');
  const { incidentId, text, by, mayAct } = question;
  const daemon = await runningDaemon(context, await locate(context, command));
  if (daemon !== null) {
    const waits = setTimeout(
      () => say(context, 'still at it, as where an agent answers; --rules answers at once'),
      patienceMs,
    );
    try {
      return await daemon.ask(incidentId, { question: text, author: by, agent: mayAct }, context.signal);
    } finally {
      clearTimeout(waits);
    }
  }
  const answer = await context.deps.askAlone(await load(context, command), question, context.signal);
  return questionAnswerJson(incidentId, answer);
}

function show(context: CliContext, answer: QuestionAnswerJson): void {
  const { text, sources, by, model, duration_ms: durationMs, usd, note } = answer;
  const { io } = context;
  const looks = { style: outputStyle(io), width: outputWidth(io), timeZone: io.timeZone };
  for (const line of answerLines(text, looks)) print(context, line);
  const from = sources.length === 0 ? '' : ` from ${printable(listed(sources, 6))}`;
  const took = durationMs === null ? '' : ` ${answerCost({ model, durationMs, usd })}`;
  say(context, `\nanswered by ${printable(by)}${printable(took)}${from}`);
  if (note !== null) say(context, printable(note));
}
