import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readScalar } from '../../config/files/references.ts';

/** A cluster of a first configuration file. */
export interface StarterCluster {
  readonly name: string;
  /** Null: there is none, and triage stays off. */
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** Address of its kubernetes-mcp-server; null: its API is watched. */
  readonly endpoint: string | null;
}

export interface Starter {
  readonly clusters: readonly StarterCluster[];
  /** Null: messages go to the console. */
  readonly slackChannel: string | null;
}

/** Stands where nobody has named a server yet; an address that no program of ours has. */
const placeholder = 'http://kubernetes-mcp-server.example:8080/mcp';

const packagedSchema = fileURLToPath(new URL('../../../schema/nightcrier.schema.json', import.meta.url));

/** The text of a first configuration file in `dir`: at most 8 lines for one cluster, with the line that makes editors check it. */
export function starterText({ clusters, slackChannel }: Starter, dir: string): string {
  const slack = `{bot_token: "\${SLACK_BOT_TOKEN}", channel: ${JSON.stringify(literal(slackChannel ?? ''))}}`;
  return [
    `# yaml-language-server: $schema=${schemaPath(dir)}`,
    'clusters:',
    ...clusters.flatMap(clusterLines),
    ...(slackChannel === null ? [] : ['notify:', `  slack: ${slack}`]),
    '',
  ].join('\n');
}

function clusterLines({ name, kubeconfig, context, endpoint }: StarterCluster): string[] {
  const access = [
    ...(kubeconfig === null ? [] : [`      kubeconfig: ${scalar(kubeconfig)}`]),
    ...(context === null ? [] : [`      context: ${scalar(context)}`]),
  ];
  const head = `  - name: ${scalar(name)}`;
  if (kubeconfig !== null && endpoint === null) return [head, '    watch:', ...access];
  const note = endpoint === null ? " # the cluster's kubernetes-mcp-server" : '';
  const triage =
    kubeconfig === null ? ['    triage: {enabled: false} # instead: kubeconfig: FILE'] : ['    triage:', ...access];
  return [head, '    mcp:', `      endpoint: ${scalar(endpoint ?? placeholder)}${note}`, ...triage];
}

/** Relative when the schema is below or beside the file, else absolute: both work in editors. */
function schemaPath(dir: string): string {
  const relative = path.relative(dir, packagedSchema);
  return relative.startsWith('../../') ? packagedSchema : relative.startsWith('.') ? relative : `./${relative}`;
}

/** A text as a YAML value: plain where it reads back as the same text, else quoted; `${` stays literal. */
function scalar(text: string): string {
  const value = literal(text);
  const plain = /^[A-Za-z0-9/~.](?:[\w./:@+-]*[\w/])?$/.test(value) && typeof readScalar(value) === 'string';
  return plain ? value : JSON.stringify(value);
}

function literal(text: string): string {
  return text.replaceAll('${', () => '$${');
}
