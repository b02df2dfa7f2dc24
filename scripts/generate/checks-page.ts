import type { Check } from '../../src/checks/check.ts';
import { checkGroups } from '../../src/domain/wire/check-groups.ts';

const intro = `# Checks

What \`nightcrier doctor\` looks at, group by group ([doctor.md](doctor.md)). Each check says what is true when it passes; what it
finds else has a code with a section in [errors.md](errors.md). A check is skipped while one that it needs fails. Those with "daemon"
are made by a running daemon too, every five minutes; of the others it knows by its work. The same codes stand in health, log and
\`nightcrier_check_failing\`.

This page is generated from the code (\`npm run generate\`).
`;

/** docs/checks.md: the registry of checks as tables. */
export function checksPage(checks: readonly Check[]): string {
  const groups = checkGroups.flatMap((group) => {
    const own = checks.filter((check) => check.group === group);
    return own.length === 0 ? [] : [`## ${group}\n\n${table(own)}\n`];
  });
  return [intro, ...groups].join('\n');
}

function table(checks: readonly Check[]): string {
  const rows = checks.map(({ id, statement, dependsOn, inDaemon, kinds }) => {
    const needs = dependsOn.map((one) => `\`${one}\``).join(', ');
    const codes = kinds.map(
      ({ code, severity }) => `[${code}](errors.md#${code.toLowerCase()})${severity ? ' (warning)' : ''}`,
    );
    const said = statement.replaceAll('{subject}', '…');
    return `| \`${id}\` | ${said} | ${needs} | ${inDaemon ? 'yes' : ''} | ${codes.join(', ')} |`;
  });
  return ['| check | passes when | needs | daemon | finds |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}
