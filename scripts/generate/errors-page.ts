import { formatDuration } from '../../src/lib/format.ts';
import type { FoundKind } from './problem-kinds.ts';

const intro = `# Errors

Every problem that nightcrier can tell you about has one code, and is shown with its fix; \`nightcrier explain CODE\` tells its section
without a network. A code is never used twice. What is wrong with a command's input is said by the command. What stands wrong is
said by \`nightcrier doctor\`, and while a daemon runs by \`problems\` of \`GET /health/clusters\` (a cluster's own there), by the log (one line when it
begins, one when it is gone) and by the metric \`nightcrier_check_failing{code}\`; one with a time is shown when it has stood for so long.
Which check finds what: [checks.md](checks.md).

This page is generated from the code (\`npm run generate\`).
`;

/** docs/errors.md: one section for each code, so that \`#nc-config-004\` is a link to it. */
export function errorsPage(kinds: readonly FoundKind[]): string {
  const sections = kinds.map(
    ({ code, title, fix, about, ...standing }) =>
      `## ${code}\n\n**${text(title)}.** ${text(about)}${shown(standing)}\n\nFix: ${text(fix)}\n`,
  );
  return [intro, ...sections].join('\n');
}

function shown({ severity, visibleAfterMs = 0 }: Pick<FoundKind, 'severity' | 'visibleAfterMs'>): string {
  const kind = severity === 'warning' ? ['A warning.'] : [];
  const after =
    visibleAfterMs === 0 ? [] : [`Shown by the daemon once it has stood for ${formatDuration(visibleAfterMs)}.`];
  return [...kind, ...after].map((sentence) => ` ${sentence}`).join('');
}

/** Signs that Markdown would read as HTML. */
function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').trim();
}
