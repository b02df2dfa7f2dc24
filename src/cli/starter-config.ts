import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readScalar } from '../config/references.ts';

export interface StarterCluster {
  /** The name of a context, or any name; it is made fit. */
  readonly name: string;
  /** Null: the kubeconfig's current one. */
  readonly context: string | null;
  /** Null: triage stays off. */
  readonly kubeconfig: string | null;
  /** Null: a placeholder that a person replaces. */
  readonly endpoint: string | null;
}

const packagedSchema = fileURLToPath(new URL('../../schema/nightcrier.schema.json', import.meta.url));

/** The text of a first configuration file in `dir`: 7 lines for one cluster, with the line that makes editors check it. */
export function configText(clusters: readonly StarterCluster[], dir: string): string {
  const names = clusterNames(clusters.map(({ name }) => name));
  const lines = [`# yaml-language-server: $schema=${schemaPath(dir)}`, 'clusters:'];
  for (const [index, { context, kubeconfig, endpoint }] of clusters.entries()) {
    const note = endpoint === null ? " # the cluster's kubernetes-mcp-server" : '';
    lines.push(
      `  - name: ${scalar(names[index] ?? 'cluster')}`,
      '    mcp:',
      `      endpoint: ${scalar(endpoint ?? 'http://localhost:8080/mcp')}${note}`,
    );
    if (kubeconfig === null) {
      lines.push('    triage: {enabled: false} # instead: kubeconfig: FILE');
      continue;
    }
    lines.push('    triage:', `      kubeconfig: ${scalar(kubeconfig)}`);
    if (context !== null) lines.push(`      context: ${scalar(context)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Unique names of `[A-Za-z0-9_-]{1,63}`: the last part of an ARN, other signs as `-`, a number where two are alike. */
export function clusterNames(contexts: readonly string[]): string[] {
  const used = new Set<string>();
  return contexts.map((context) => {
    const last = context.startsWith('arn:') ? (context.split('/').at(-1) ?? context) : context;
    const base =
      last
        .replace(/[^A-Za-z0-9_-]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 60) || 'cluster';
    let name = base;
    for (let number = 2; used.has(name); number += 1) name = `${base.slice(0, 58)}-${number}`;
    used.add(name);
    return name;
  });
}

/** Relative when the schema is below or beside the file, else absolute: both work in editors. */
function schemaPath(dir: string): string {
  const relative = path.relative(dir, packagedSchema);
  return relative.startsWith('../../') ? packagedSchema : relative.startsWith('.') ? relative : `./${relative}`;
}

/** A text as a YAML value: plain where it reads back as the same text, else quoted; `${` stays literal. */
function scalar(text: string): string {
  const literal = text.replaceAll('${', () => '$${');
  const plain = /^[A-Za-z0-9/~.](?:[\w./:@+-]*[\w/])?$/.test(literal) && typeof readScalar(literal) === 'string';
  return plain ? literal : JSON.stringify(literal);
}
