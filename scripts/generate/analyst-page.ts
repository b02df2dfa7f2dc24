import { allRules } from '../../src/analyst/all-rules.ts';

/** What no rule covers, and what one would have to see. */
const unseen: readonly [string, string][] = [
  ['an image that holds the wrong program', 'which program runs is only in its answers'],
  ['a flag or a reload that changed the behaviour', 'only in application data'],
  ['several webhooks that together take too long', 'the time of each; the failed call itself is told'],
  ['a DaemonSet that misses pods', 'told by the reason of each pod that is missing, not by a rule of its own'],
  ['a wrong template of the cluster DNS', 'it belongs to another namespace, which is not read'],
  ['a route to the wrong application', 'only in its answers'],
  [
    'Gateway API, meshes, operators, GitOps',
    'read where something names the object, and by its conditions, not by its spec',
  ],
  ['lost routes, connection tracking, ports, packet loss', 'in node data and metrics'],
  ['disk errors', 'in the log of the node'],
  ['throttled CPU', 'in metrics'],
  ['load on the API server', 'in its metrics'],
  ['pools, locks, queues, retries, latency of applications', 'in metrics and application data'],
];

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** `docs/analyst-rules.md`: the rules of the built-in analyst, what each needs, and what cannot be seen and why. */
export function analystPage(): string {
  const rules = allRules.map(({ id, needs, unless }) => `| \`${id}\` | ${cell(needs)} | ${cell(unless)} |`);
  const gaps = unseen.map(([what, why]) => `| ${what} | ${why} |`);
  return [
    '# Rules of the built-in analyst',
    '',
    'Generated from the code (`npm run generate`).',
    '',
    '| Rule | Needs in the evidence | Would be ruled out by |',
    '| --- | --- | --- |',
    ...rules,
    '',
    '## What cannot be seen',
    '',
    'Where the evidence is in metrics, traces or application data, the answer says what is missing and names no cause.',
    '',
    '| What | Why |',
    '| --- | --- |',
    ...gaps,
    '',
  ].join('\n');
}
