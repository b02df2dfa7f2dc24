import { type Problem, type ProblemKind, problem } from '../lib/problem.ts';
import { plural } from '../lib/text.ts';

/** One thing that is wrong with the configuration, with the place where it is. */
export interface ConfigProblem extends Problem {
  /** The key, as in `clusters[0].mcp.endpoint`. */
  readonly path: string;
  /** The file, or what else set the value: `environment`, `--health-port`. */
  readonly origin: string;
  /** From 1; null when it is not in a file. */
  readonly line: number | null;
  readonly column: number | null;
  /** The line with a caret under the place, secrets hidden. */
  readonly excerpt: string | null;
}

/** Everything that is wrong with a configuration, in the order of its lines. Exit code 2. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const sorted = inOrder(problems);
    super(renderProblems(sorted));
    this.name = 'ConfigError';
    this.problems = sorted;
  }
}

/** A problem that has no place in a file. */
export function unplaced(kind: ProblemKind, message: string, origin: string, fields?: Record<string, string>) {
  return { ...problem(kind, message, fields), path: '', origin, line: null, column: null, excerpt: null };
}

/** All problems as text for a terminal or a log, without colours. */
function renderProblems(problems: readonly ConfigProblem[]): string {
  const parts = problems.map(renderProblem);
  if (problems.length > 1) parts.push(`${plural(problems.length, 'error')} in the configuration`);
  return parts.join('\n\n');
}

function renderProblem(problem: ConfigProblem): string {
  const place = problem.line === null ? problem.origin : `${problem.origin}:${problem.line}:${problem.column}`;
  const lines = [`error: ${place}: ${problem.message}`];
  if (problem.excerpt !== null) lines.push('', problem.excerpt);
  lines.push(`    fix: ${problem.fix}`, `    ${problem.code}`);
  return lines.join('\n');
}

/** File by file in the order of their first problem, each by its lines; what has no place in a file comes last. */
function inOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  const files = [...new Set(problems.flatMap(({ origin, line }) => (line === null ? [] : [origin])))];
  const rank = ({ origin, line }: ConfigProblem): number => (line === null ? files.length : files.indexOf(origin));
  return problems.toSorted(
    (a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

export const configNotFound: ProblemKind = {
  code: 'NC-CONFIG-001',
  title: 'There is no configuration file',
  fix: 'run "nightcrier init", or name the file with --config FILE',
  about:
    'Looked for, in this order: --config, $NIGHTCRIER_CONFIG, ./nightcrier.yaml, ./configs/nightcrier.yaml, /etc/nightcrier/nightcrier.yaml. A file that is named by --config or $NIGHTCRIER_CONFIG must exist.',
};

export const configUnreadable: ProblemKind = {
  code: 'NC-CONFIG-002',
  title: 'The configuration file cannot be read',
  fix: 'name a readable YAML file of at most 10 MiB',
  about:
    'The path is a directory, a file without permission to read, a file that is too large, or one that is not UTF-8.',
};

export const yamlInvalid: ProblemKind = {
  code: 'NC-CONFIG-003',
  title: 'The configuration file is not valid YAML',
  fix: 'correct the YAML at the marked place',
  about:
    'Only the first YAML error is shown, because the others mostly follow from it. A frequent cause is a reference that is not quoted inside { } or [ ]: write "${NAME}".',
};

export const configEmpty: ProblemKind = {
  code: 'NC-CONFIG-004',
  title: 'The configuration file is empty',
  fix: 'write at least one cluster; "nightcrier init" writes a smallest file',
  about: 'The file holds nothing, only comments, or no mapping of keys to values.',
};

export const yamlTooLarge: ProblemKind = {
  code: 'NC-CONFIG-005',
  title: 'The configuration expands to too many values',
  fix: 'use fewer or smaller YAML aliases',
  about:
    'Aliases that refer to aliases can make a small file expand without end, so their number and depth are bounded.',
};

export const unknownKey: ProblemKind = {
  code: 'NC-CONFIG-006',
  title: 'A key is unknown',
  fix: 'correct or remove the key; docs/configuration.md lists all',
  about: 'The configuration is strict: a key that is not known is refused, because a misspelled one would be ignored.',
};

export const wrongValue: ProblemKind = {
  code: 'NC-CONFIG-007',
  title: 'A value is not what the key takes',
  fix: 'set {key} to {expected}',
  about: 'The value has the wrong type, is out of range, or is not one of the allowed words.',
};

export const missingKey: ProblemKind = {
  code: 'NC-CONFIG-008',
  title: 'A required key is missing',
  fix: 'set {key}',
  about: 'A key without a default is not set. Null and an empty string count as not set.',
};

export const referenceUnset: ProblemKind = {
  code: 'NC-CONFIG-009',
  title: 'A referenced environment variable is not set',
  fix: 'set {name}, or give a default: ${{name}:-default}',
  about: 'A value refers to ${NAME} and the environment of the process has no such variable.',
};

export const referenceInvalid: ProblemKind = {
  code: 'NC-CONFIG-010',
  title: 'A reference is malformed',
  fix: 'write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:/path}; a literal ${ is $${',
  about: 'Text that begins with ${ is a reference. References are not nested and end with }.',
};

export const referenceFile: ProblemKind = {
  code: 'NC-CONFIG-011',
  title: 'A referenced file cannot be read',
  fix: 'make {name} a readable file of at most 1 MiB',
  about: 'A value refers to ${file:/path} and the file does not exist, is a directory, or cannot be read.',
};

export const duplicateCluster: ProblemKind = {
  code: 'NC-CONFIG-012',
  title: 'Two clusters have the same name',
  fix: 'give each cluster a name of its own',
  about: 'The name is the identity of a cluster in incidents, metrics and reports.',
};

export const sharedServer: ProblemKind = {
  code: 'NC-CONFIG-021',
  title: 'Two clusters share a server without a way to be told apart',
  fix: 'give each cluster a server of its own, or set triage.context of each to its context in the kubeconfig of the server',
  about:
    'Two clusters with the same mcp.endpoint, the same key and headers, and the same context would be one cluster under two names: the faults of one would be told twice, those of the other never.',
};

export const clusterFiles: ProblemKind = {
  code: 'NC-CONFIG-026',
  title: 'A file of clusters cannot be used',
  fix: 'name files that hold nothing but a list "clusters", by paths relative to the configuration file; * stands for any name',
  about:
    'A pattern of clusters_from names no file, names the configuration file itself, or names more than 5,000 files. One that names no file is an error, because a folder that is not mounted must not remove all of its clusters.',
};

export const connectionChoice: ProblemKind = {
  code: 'NC-CONFIG-034',
  title: 'A cluster has no way in, or both mcp and watch',
  fix: 'give {key} either mcp (the address of its MCP server) or watch (a kubeconfig, without any MCP server), or teleport where neither reaches it',
  about:
    'Faults of a cluster come from its kubernetes-mcp-server, or from watching its API, with a kubeconfig or through Teleport. With both mcp and watch, each fault would come twice; with none of the three, none would.',
};

export const kubeconfigMissing: ProblemKind = {
  code: 'NC-CONFIG-013',
  title: 'A kubeconfig is missing',
  fix: 'set triage.kubeconfig to a kubeconfig file, or triage.enabled: false',
  about:
    'Investigations read the cluster with a kubeconfig (or through Teleport), so it is required while triage is enabled, and must exist.',
};

export const kubeconfigInvalid: ProblemKind = {
  code: 'NC-CONFIG-014',
  title: 'A kubeconfig cannot be used',
  fix: 'check it with: kubectl --kubeconfig {file} config view',
  about: 'The file is not a kubeconfig, or its context names a cluster or user that it does not hold.',
};

export const contextMissing: ProblemKind = {
  code: 'NC-CONFIG-015',
  title: 'A kubeconfig does not have the context',
  fix: 'set {key} to one of: {contexts}',
  about:
    'triage.context (or watch.context), or the current-context of the file when it is not set, must be a context of the kubeconfig.',
};

export const fileMissing: ProblemKind = {
  code: 'NC-CONFIG-016',
  title: 'A file that the configuration names cannot be used',
  fix: 'correct the path; relative paths are relative to the configuration file',
  about: 'The file does not exist, is a directory, or does not hold what the key needs.',
};

export const unknownOverride: ProblemKind = {
  code: 'NC-CONFIG-018',
  title: 'An environment variable looks like a setting but is none',
  fix: 'correct or unset {name}',
  about:
    'Variables are NIGHTCRIER_ and the path of a key in upper case with __ between levels. Lists cannot be set so.',
};

export const slackIncomplete: ProblemKind = {
  code: 'NC-CONFIG-019',
  title: 'The Slack settings do not fit together',
  fix: 'set bot_token and channel, or webhook_url alone',
  about: 'Slack is told through a bot token and a channel, or through an incoming webhook, not through both.',
};

export const artifactsIncomplete: ProblemKind = {
  code: 'NC-CONFIG-024',
  title: 'The settings of the artifact store do not fit together',
  fix: 'for azure-blob set container, and connection_string, or account with key, or account alone (Entra ID); for filesystem set path',
  about:
    'Reports are kept in a folder or in Azure Blob storage, and one account is reached in one way: by connection string, by its key, or through Entra ID. Links that Entra ID signs are good for seven days at most.',
};

export const commandMissing: ProblemKind = {
  code: 'NC-CONFIG-020',
  title: 'The custom agent has no command',
  fix: 'set agent.command, for example: command: [./investigate.sh]',
  about: 'agent.cli: custom runs the command of agent.command.',
};

export const runbookInvalid: ProblemKind = {
  code: 'NC-CONFIG-025',
  title: 'A runbook cannot be used',
  fix: 'begin the file with front matter such as: ---, match: {fault_type: CrashLoop, namespace: shop}, ---',
  about:
    'A file that runbooks.paths names has no front matter, one that is not YAML, or one whose match has an unknown key or names nothing. docs/runbooks.md shows the form.',
};

export const valueIsComment: ProblemKind = {
  code: 'NC-CONFIG-031',
  title: 'A value was taken for a comment',
  fix: 'put the value in quotes',
  about:
    'In YAML a # after a space begins a comment, so `channel: #incidents` sets nothing. Write `channel: "#incidents"`. A comment with a space after its # is taken for one.',
};

export const serverShared: ProblemKind = {
  code: 'NC-CONFIG-033',
  title: 'Several clusters share a server',
  fix: 'see to it that the kubeconfig of the server has the contexts of all its clusters, or give each a server of its own',
  about:
    'One kubernetes-mcp-server can show several clusters when its kubeconfig has their contexts: each call names the one that is meant. A server that knows only one cluster would show that one under every name; where the kubeconfigs of the clusters can be read, such a connection fails with NC-CLUSTER-019.',
};

export const alertsOpen: ProblemKind = {
  code: 'NC-CONFIG-027',
  title: 'Alerts would be taken from anybody, or from nobody',
  fix: 'set sources.alertmanager.token, and give it to Prometheus and Alertmanager as authorization.credentials; health.port must not be 0',
  about:
    'sources.alertmanager.enabled takes alerts over the HTTP server. Whoever can send them can open incidents, so beyond a loopback address senders need a token; and with health.port 0 there is no server.',
};

export const unusedEnvironment: ProblemKind = {
  code: 'NC-CONFIG-028',
  title: 'No cluster has the environment',
  fix: 'correct the name under environments, or set clusters[].environment',
  about:
    'Settings under environments hold for the clusters with that environment, and no cluster has it now. It is a warning, because clusters can come later from the files of clusters_from.',
};

export const secretsReadable: ProblemKind = {
  code: 'NC-CONFIG-040',
  title: 'The configuration file holds secrets that others can read',
  fix: 'chmod 600 {file}, or keep the secrets elsewhere: ${file:/run/secrets/NAME} or ${NAME}',
  about:
    'The mode of the file lets every user of the machine read it, and secrets stand in it as they are. References (${NAME}, ${file:/path}) are not counted.',
  severity: 'warning',
};

export const silenceInvalid: ProblemKind = {
  code: 'NC-CONFIG-041',
  title: 'A silence cannot be used',
  fix: 'write matchers such as cluster=~"prod-.*" or namespace=dev, and an end that comes after the start; docs/silences.md shows the form',
  about:
    'A matcher of silences, or of those of a cluster or an environment, is not understood, its regular expression is none or too large, all matchers together fit everything, or the silence ends before it starts.',
};

export const mcpAuthIncomplete: ProblemKind = {
  code: 'NC-CONFIG-042',
  title: 'Who may call the MCP server is not said',
  fix: 'set mcp.auth.mode to keys with mcp.auth.keys, or to oauth with mcp.auth.oauth, or set health.token, or health.host to 127.0.0.1',
  about:
    'The MCP server at /mcp reads every configured cluster. Without a key, a token or a loopback address everybody who reaches the port could do so; and a mode without its keys lets nobody in.',
};
