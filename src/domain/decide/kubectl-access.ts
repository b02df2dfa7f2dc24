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
const begin = /(^\s*|[|;&(`:\n]\s*|\bxargs\s+(?:-\S+\s+)*)(kubectl|flux|helm)(?=\s)/g;
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

/** What stands behind a command to show less of what it read. */
const filters = new Set('grep egrep fgrep head tail sort uniq wc cut tr jq less cat column base64 true'.split(' '));

/**
 * Whether a command only reads: each `kubectl`, `flux` and `helm` in it does, and nothing else runs but what filters what
 * was read. So nothing is changed, and there is nothing to undo. What is not understood is no reading.
 */
export function isReading(command: string): boolean {
  const plain = withoutQuotes(command).replace(/\s[12]?>&[12](?=\s|$)|\s2>\s?\/dev\/null\b/g, ' ');
  if (/[<>]/.test(plain)) return false;
  const parts = plain.split(/&&|[|;&\n()`]/).filter((part) => part.trim() !== '');
  const kinds = parts.map((part) => kindOf(part.trim().replace(/^xargs\s+(?:-\S+\s+)*/, '')));
  return kinds.includes('reads') && !kinds.includes('acts');
}

function kindOf(part: string): 'reads' | 'filters' | 'acts' {
  const [program = ''] = part.split(/\s/, 1);
  if (filters.has(program)) return 'filters';
  const rest = part.slice(program.length).trimStart().replace(leadingOptions, '');
  return ['kubectl', 'flux', 'helm'].includes(program) && readingVerbs.test(rest) ? 'reads' : 'acts';
}

/** What a shell only takes as text is a word: in double quotes it runs what is in `$(…)` and backticks. */
function withoutQuotes(command: string): string {
  return command.replace(/'[^']*'|"(?:[^"`$\\]|\\.|\$(?!\())*"/g, 'word');
}

/**
 * What a reader has to know before running commands: that they do not name their cluster, or name our kubeconfig, which may
 * only read; null for nothing. The name of the cluster is not yet made safe for any output.
 */
export function accessNote(commands: readonly (string | null)[], cluster: string): string | null {
  const given = commands.filter((command) => command !== null);
  if (given.some((command) => /\s--kubeconfig\s/.test(command) && !isReading(command)))
    return 'The kubeconfig is the one of nightcrier, which may only read: what changes something needs one of your own.';
  if (given.every(namesCluster)) return null;
  return `No context of a kubeconfig is known for cluster ${cluster}: choose it before you run a command.`;
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

/** The command that takes a step back; null where there is none, or a sentence says how: that is for the report. */
export function undoCommand({ undo = null }: { readonly undo?: string | null }): string | null {
  return undo !== null && /^(?:kubectl|flux|helm)\s/.test(undo) ? undo : null;
}

/** How a step is taken back, else what is at stake: one line of a message. */
export function undoOrStake(step: Parameters<typeof stakeWords>[0] & { readonly undo?: string | null }): string {
  const undo = undoCommand(step);
  return undo === null ? stakeWords(step) : `undo: ${undo}`;
}
