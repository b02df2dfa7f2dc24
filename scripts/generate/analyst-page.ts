import { allRules } from '../../src/analyst/all-rules.ts';

/** Rows of the fault catalogue that no rule covers, and what one would have to see. */
const unseen: readonly [string, string][] = [
  ['6', 'which program runs is only in its answers'],
  ['33, 34', 'that a flag or a reload changed the behaviour is only in application data'],
  ['51', 'the time that each webhook takes; the failed call itself is told'],
  ['63', 'told by the reason of each pod that is missing, not by a rule of its own'],
  ['78', 'the template of the cluster DNS belongs to another namespace, which is not read'],
  ['82', 'that a route leads to the wrong application is only in its answers'],
  ['84, 85, 113, 114, 115', 'objects of other APIs (Gateway, mesh, operators, GitOps) are not read'],
  ['87 to 90', 'routes, connection tracking, ports and loss are in node data and metrics'],
  ['98', 'disk errors are in the log of the node'],
  ['106, 107', 'throttling and open files are in metrics'],
  ['112', 'load on the API server is in its metrics'],
  ['118 to 122, 124, 125', 'pools, locks, queues, retries and latency are in metrics and application data'],
];

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** `docs/analyst-rules.md`: the rules of the built-in analyst, what each needs, and what cannot be seen and why. */
export function analystPage(): string {
  const rules = allRules.map(
    ({ id, catalogue, needs, unless }) =>
      `| \`${id}\` | ${catalogue.map(String).join(', ')} | ${cell(needs)} | ${cell(unless)} |`,
  );
  const gaps = unseen.map(([rows, why]) => `| ${rows} | ${why} |`);
  return [
    '# Rules of the built-in analyst',
    '',
    'Generated from the code. The numbers are rows of the fault catalogue that the rules were written from.',
    '',
    '| Rule | Rows | Needs in the evidence | Would be ruled out by |',
    '| --- | --- | --- | --- |',
    ...rules,
    '',
    '## What cannot be seen',
    '',
    'Where the evidence is in metrics, traces or application data, the answer says what is missing and names no cause.',
    '',
    '| Rows | Why |',
    '| --- | --- |',
    ...gaps,
    '',
  ].join('\n');
}
