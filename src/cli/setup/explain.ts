import { Command } from 'commander';
import { formatDuration } from '../../lib/format.ts';
import { docsOf, ProblemError, type ProblemKind } from '../../lib/problem.ts';
import { oneLine } from '../../lib/text.ts';
import { action, asTyped, type CliContext, examples, globalOptions, print, printJson } from '../context.ts';
import * as ownErrors from '../errors.ts';

export function explainCommand(context: CliContext): Command {
  return new Command('explain')
    .description('say what a code such as NC-CLUSTER-004 means and what to do; needs no network')
    .argument('<code>', 'a code as logs, messages, health and doctor print it')
    .addHelpText('after', examples('nightcrier explain NC-CLUSTER-004', 'nightcrier explain nc-kube-022 -o json'))
    .action(
      action(context, async (code: string, _options: unknown, command: Command) => {
        const kind = await kindOf(context, code.trim().toUpperCase());
        if (globalOptions(command).output === 'json') printJson(context, jsonOf(kind));
        else for (const line of linesOf(kind)) print(context, asTyped(context, line));
        return 0;
      }),
    );
}

/** @throws ProblemError NC-CLI-020 with the nearest code */
async function kindOf({ deps }: CliContext, code: string): Promise<ProblemKind> {
  const own = Object.values(ownErrors).map((kind) => [kind.code, kind] as const);
  const kinds = new Map<string, ProblemKind>([...(await deps.problemKinds()), ...own]);
  const kind = kinds.get(code);
  if (kind !== undefined) return kind;
  const { closest } = await import('fastest-levenshtein');
  const nearest = closest(code.slice(0, 40), [...kinds.keys()]);
  throw new ProblemError(ownErrors.codeUnknown, `there is no code ${oneLine(code, 40)}, did you mean ${nearest}?`, {
    fields: { nearest },
  });
}

function linesOf(kind: ProblemKind): string[] {
  const { code, title, about, fix, severity, visibleAfterMs = 0 } = kind;
  const after =
    visibleAfterMs === 0 ? '' : `, shown by the daemon once it has stood for ${formatDuration(visibleAfterMs)}`;
  return [`${code}  ${title}`, '', about, '', `fix: ${fix}`, '', `${severity ?? 'error'}${after}`, docsOf(code)];
}

function jsonOf(kind: ProblemKind): object {
  const { code, title, about, fix, severity = 'error', visibleAfterMs = 0 } = kind;
  const docs = docsOf(code);
  return { code, title, about, fix, severity, visible_after: visibleAfterMs / 1000, docs };
}
