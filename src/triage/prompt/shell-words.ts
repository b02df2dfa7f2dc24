/*
 * What the shell of each agent CLI lets through, in words for its prompt. The lists are those of `scripts/agents/`
 * (test/triage/prompt/shell-words.test.ts holds them together); a CLI that refuses a command costs a turn each time.
 */

/** Reading verbs of kubectl that every agent may use. */
export const kubectlVerbs = [
  'get',
  'describe',
  'logs',
  'top',
  'events',
  'explain',
  'api-resources',
  'version',
  'auth can-i',
] as const;

interface ShellWords {
  /** Beside kubectl: programs that are let through; null when the shell has no list. */
  readonly programs: readonly string[] | null;
  readonly rules: readonly string[];
  /** How a file is written. */
  readonly writing: string;
}

const listed =
  'Commands are compared with a list from their first word on: the verb comes right after `kubectl`, flags after it. `kubectl get pods -n shop` runs, `kubectl -n shop get pods` is refused.';

const words: Readonly<Record<string, ShellWords>> = {
  claude: {
    programs: ['jq'],
    rules: [
      listed,
      'A pipe runs when each part is a reading command: `kubectl get pods -n shop -o json | jq .items`, `… | head -20`, `… | grep x`.',
      'Refused: `;` and `&&` with anything else, `$(…)`, loops, `bash -c`, variables before a command (`KUBECONFIG=… kubectl`), here-documents, files outside this folder.',
      'Use Read, Grep and Glob for files in `evidence/`.',
    ],
    writing: 'Use the Write tool with a path in `output/`; the shell cannot write there from a here-document.',
  },
  gemini: {
    programs: ['jq', 'head', 'tail', 'grep', 'wc', 'sort'],
    rules: [
      listed,
      'A pipe runs when each of its parts begins with a program of the list.',
      'Refused: redirections (`>`), `$(…)`, `;`, `bash -c`, variables before a command. One command a call.',
      'Use read_file, grep_search and glob for files in `evidence/`.',
    ],
    writing: 'Use write_file with a path in `output/`.',
  },
  codex: {
    programs: null,
    rules: ['The shell is free inside the sandbox of this run; only what is written above is of use there.'],
    writing: 'Use apply_patch or the shell.',
  },
};

const otherShell: ShellWords = {
  programs: null,
  rules: ['Whatever the shell lets through: the cluster answers reading requests alone.'],
  writing: 'Any way of writing a file.',
};

/** How an agent writes its files, in the words of its CLI. */
export function writingWords(cli: string): string {
  return (words[cli] ?? otherShell).writing;
}

/** The part of a prompt that says what the agent may do, in the words of its CLI. `behindGateway`: it runs in a container. */
export function shellWords(cli: string, behindGateway: boolean): string {
  const { programs, rules, writing } = words[cli] ?? otherShell;
  const verbs = kubectlVerbs.map((verb) => `\`kubectl ${verb}\``).join(', ');
  const more = programs === null ? '' : ` Other programs: ${programs.map((name) => `\`${name}\``).join(', ')}.`;
  const cluster = behindGateway
    ? 'A gateway stands before the cluster. It answers get, list, watch and logs of this cluster and refuses all else with 403 and the rule: exec, attach, port-forward, cp, proxy, apply, edit, patch, delete, `--as`, `--token`. Values of Secrets and what looks like a secret come as `<redacted:…>`. There is no other network.'
    : 'The credential is for reading. Values of Secrets are not needed: do not read them.';
  const lines = [
    `\`KUBECONFIG\` is set, for this cluster alone. Commands: ${verbs}.${more}`,
    ...rules,
    cluster,
    'Ask for little: `-n NAMESPACE`, `-l`, `--tail=200`, `-o jsonpath`, no `-w` and no `logs -f` (they end only with the time limit), no `get -A -o yaml`.',
    writing,
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}
