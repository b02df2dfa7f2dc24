import type { FoundKind } from './problem-kinds.ts';

const intro = `# Errors

Every problem that nightcrier can tell you about has one code. Logs, messages, the health page and the command line all
show it with the fix. A code is never used twice.

This page is generated from the code (\`npm run generate\`).
`;

/** docs/errors.md: one section for each code, so that \`#nc-config-004\` is a link to it. */
export function errorsPage(kinds: readonly FoundKind[]): string {
  const sections = kinds.map(
    ({ code, title, fix, about }) => `## ${code}\n\n**${text(title)}.** ${text(about)}\n\nFix: ${text(fix)}\n`,
  );
  return [intro, ...sections].join('\n');
}

/** Signs that Markdown would read as HTML. */
function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').trim();
}
