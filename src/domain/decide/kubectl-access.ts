import { shellWord } from '../../lib/process/command-line.ts';

interface Credential {
  /** Absolute path, null without one. */
  readonly kubeconfig: string | null;
  /** Null: the current context of the file. */
  readonly context: string | null;
}

/**
 * The options that let a `kubectl` command of a person reach this cluster and no other: the context that the
 * configuration names; the file where it names none, or where another cluster's context has the same name. Empty for a
 * cluster without a kubeconfig.
 */
export function kubectlOptions(cluster: Credential, fleet: readonly Credential[]): readonly string[] {
  const { kubeconfig, context } = cluster;
  if (kubeconfig === null) return [];
  const file = ['--kubeconfig', kubeconfig];
  if (context === null) return file;
  const isShared = fleet.some((it) => it.context === context && it.kubeconfig !== kubeconfig);
  return [...(isShared ? file : []), '--context', context];
}

/** Where a command begins: at the start, behind a pipe, a list or a colon, in a substitution, as what xargs runs. */
const begin = /(^\s*|[|;&(`:]\s*|\bxargs\s+(?:-\S+\s+)*)(kubectl|flux|helm)(?=\s)/g;
const chosen = /\s--(?:context|kube-context|kubeconfig|server|cluster)[\s=]/;

/** Whether a command says by itself which cluster it means; one that asks none has nothing to say. */
export function namesCluster(command: string): boolean {
  return chosen.test(command) || command.search(begin) === -1;
}

/**
 * A command with the options at each `kubectl`, `flux` and `helm` in it; as it stands when it says by itself which cluster
 * it means. Every command that people are given goes through here once.
 */
export function forCluster(command: string, options: readonly string[]): string {
  if (options.length === 0 || chosen.test(command)) return command;
  return command.replace(begin, (_whole, before: string, program: string) => {
    const words = options.map((word) => shellWord(program === 'helm' && word === '--context' ? helmContext : word));
    return `${before}${program} ${words.join(' ')}`;
  });
}

/** What helm calls the option: https://helm.sh/docs/helm/helm/#options */
const helmContext = '--kube-context';

/** The same for the commands in a Markdown text of others: those in code, never words of a sentence. */
export function markdownForCluster(markdown: string, options: readonly string[]): string {
  let fence = '';
  const lines = markdown.split('\n').map((line) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(line)?.[1] ?? '';
    if (mark !== '' && fence === '') fence = mark;
    else if (fence !== '' && mark.startsWith(fence)) fence = '';
    else if (fence !== '') return forCluster(line.replace(/^(\s*)\$ /, '$1'), options);
    else return line.replace(/(?<!`)`([^`\n]+)`(?!`)/g, (_span, text: string) => `\`${forCluster(text, options)}\``);
    return line;
  });
  return lines.join('\n');
}

const readingVerbs =
  /^(?:get|history|status|list|tree|describe|logs?|top|explain|events?|diff|version|cluster-info|api-resources|api-versions|auth can-i|auth whoami|rollout (?:status|history)|config (?:view|get-contexts|current-context))\b/;
/** Options that stand before the verb, with their values. */
const leadingOptions =
  /^(?:(?:-n|--namespace|--context|--kube-context|--kubeconfig|--cluster|--user|--as)(?:=|\s+)(?:'[^']*'|"[^"]*"|\S+)\s+|-\S+\s+)*/;

/** Whether each `kubectl`, `flux` and `helm` in a command only reads: nothing is changed, and so there is nothing to undo. */
export function isReading(command: string): boolean {
  const parts = [...command.matchAll(begin)].map(({ index, 0: { length } }) =>
    command.slice(index + length).trimStart(),
  );
  if (parts.length === 0 || /(^|[^<>=0-9&])>(?!&)/.test(command)) return false;
  return parts.every((part) => readingVerbs.test(part.replace(leadingOptions, '')));
}

/** What is at stake with a step, in words; the same in every message. */
export function stakeWords({
  command,
  reversible,
}: {
  readonly command: string | null;
  readonly reversible: boolean;
}): string {
  if (command !== null && isReading(command)) return 'only reads';
  return reversible ? 'can be undone' : 'cannot be undone';
}
