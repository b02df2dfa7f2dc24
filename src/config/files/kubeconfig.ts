import { createHash } from 'node:crypto';
import { parse } from 'yaml';

/** What the configuration needs to know of a kubeconfig: names only, no credential. */
export interface KubeconfigNames {
  readonly contexts: readonly { readonly name: string; readonly cluster: string; readonly user: string }[];
  readonly clusters: readonly string[];
  readonly users: readonly string[];
  readonly currentContext: string | null;
}

/** Reads the names out of a kubeconfig's text. @throws Error in one sentence that holds nothing of the file. */
export function kubeconfigNames(text: string): KubeconfigNames {
  let root: unknown;
  try {
    root = parse(text, { maxAliasCount: 100, logLevel: 'error' });
  } catch {
    throw new Error('it is not valid YAML');
  }
  if (typeof root !== 'object' || root === null || !('contexts' in root) || !('clusters' in root)) {
    throw new Error('it is not a kubeconfig: clusters and contexts are missing');
  }
  const current = 'current-context' in root ? root['current-context'] : null;
  return {
    contexts: named(root.contexts).map(({ name, item }) => {
      const context = record(item['context']);
      return { name, cluster: textOf(context['cluster']), user: textOf(context['user']) };
    }),
    clusters: named(root.clusters).map(({ name }) => name),
    users: named('users' in root ? root.users : []).map(({ name }) => name),
    currentContext: typeof current === 'string' && current !== '' ? current : null,
  };
}

/** The names of kubeconfigs by their content: a reload parses those that it has not seen, not all of a fleet. */
export class KnownKubeconfigs {
  #before = new Map<string, KubeconfigNames>();
  #now = new Map<string, KubeconfigNames>();

  /** What is not asked for from here to the next call is forgotten then. */
  begin(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }

  /** @throws as `kubeconfigNames` */
  names(text: string): KubeconfigNames {
    const key = createHash('sha256').update(text).digest('base64');
    const names = this.#now.get(key) ?? this.#before.get(key) ?? kubeconfigNames(text);
    this.#now.set(key, names);
    return names;
  }
}

function named(list: unknown): { name: string; item: Record<string, unknown> }[] {
  if (!Array.isArray(list)) return [];
  return list
    .map((entry) => record(entry))
    .filter((item) => typeof item['name'] === 'string')
    .map((item) => ({ name: String(item['name']), item }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
