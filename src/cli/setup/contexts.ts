import fs from 'node:fs';
import path from 'node:path';
import type { Environment } from '../../config/environment.ts';
import type { KubeconfigNames } from '../../config/files/kubeconfig.ts';
import { errorText, ProblemError } from '../../lib/problem.ts';
import { kubeconfigUnusable } from '../errors.ts';

/** A context that can be named together with its file. */
export interface UsableContext {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  /** Its cluster's name in the file. */
  readonly cluster: string;
}

export interface FoundContexts {
  readonly usable: readonly UsableContext[];
  /** Null: none is current, or it cannot be used. */
  readonly current: string | null;
  /** Contexts whose parts stand in several files. */
  readonly scattered: readonly string[];
}

/** The files that kubectl reads: those of `$KUBECONFIG`, else `~/.kube/config`; `named` instead, where it is given. */
export function kubeconfigFiles(named: string | undefined, env: Environment, cwd: string): readonly string[] {
  const listed = (named ?? env['KUBECONFIG'] ?? '').split(path.delimiter).filter((file) => file !== '');
  const home = env['HOME'] ? [path.join(env['HOME'], '.kube/config')] : [];
  const files = listed.length > 0 ? listed : home;
  return [...new Set(files.map((file) => path.resolve(cwd, file)))];
}

/**
 * The contexts of kubeconfigs, merged as kubectl merges those of `$KUBECONFIG`: of entries of one name the first counts,
 * the first current context counts, of several files those that are missing are passed over.
 * @throws ProblemError NC-CLI-008 when a file is none, or no file is there
 */
export async function findContexts(files: readonly string[]): Promise<FoundContexts> {
  const there = files.length > 1 ? files.filter((file) => fs.existsSync(file)) : files;
  if (there.length === 0) throw new ProblemError(kubeconfigUnusable, `there is no kubeconfig: ${shown(files)}`);
  const { kubeconfigNames } = await import('../../config/files/kubeconfig.ts');
  const read = there.map((file) => ({ file, names: readNames(file, kubeconfigNames) }));
  const first = (list: 'clusters' | 'users', name: string) =>
    read.find(({ names }) => names[list].includes(name))?.file ?? null;
  const seen = new Map<string, UsableContext | null>();
  for (const { file, names } of read) {
    for (const { name, cluster, user } of names.contexts) {
      if (seen.has(name)) continue;
      const whole = first('clusters', cluster) === file && (user === '' || first('users', user) === file);
      seen.set(name, whole ? { name, file, cluster } : null);
    }
  }
  const usable = [...seen.values()].filter((context) => context !== null);
  const current = read.map(({ names }) => names.currentContext).find((name) => name !== null);
  return {
    usable,
    current: usable.some(({ name }) => name === current) ? (current ?? null) : null,
    scattered: [...seen].filter(([, context]) => context === null).map(([name]) => name),
  };
}

/** Of contexts of one cluster the first stays: a cluster that is there twice would tell everything twice. */
export function onePerCluster(contexts: readonly UsableContext[], current: string | null) {
  const isCurrent = ({ name }: UsableContext): number => (name === current ? 0 : 1);
  const kept = new Map<string, UsableContext>();
  for (const context of contexts.toSorted((a, b) => isCurrent(a) - isCurrent(b))) {
    const key = JSON.stringify([context.file, context.cluster]);
    if (!kept.has(key)) kept.set(key, context);
  }
  const stays = new Set(kept.values());
  return {
    kept: contexts.filter((context) => stays.has(context)),
    leftOut: contexts.filter((context) => !stays.has(context)).map(({ name }) => name),
  };
}

function readNames(file: string, parse: (text: string) => KubeconfigNames): KubeconfigNames {
  try {
    return parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'does not exist' : errorText(error);
    throw new ProblemError(kubeconfigUnusable, `kubeconfig ${file}: ${reason}`, { cause: error });
  }
}

function shown(files: readonly string[]): string {
  return files.join(', ') || 'HOME is not set';
}
