import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { evalSets } from '../../eval/sets.ts';
import { loadRecordings, type Recording } from '../../eval/recording.ts';
import type { KubeObject } from '../../src/kube/cluster-reader.ts';
import { type Pod, items } from '../../src/kube/objects.ts';

const root = path.join(import.meta.dirname, '..', '..');

/**
 * Words of Kubernetes and of the programs that everybody runs, which recordings hold as well. A word is listed when it
 * means the same in any cluster; a name that somebody gave is not.
 */
const commonWords = new Set([
  // The group of the API of a custom kind, and the namespace in which people put its controller.
  'external-secrets',
  // The ConfigMap that Kubernetes puts into every namespace.
  'kube-root-ca.crt',
  // The name of the ServiceAccount, the namespace and the class that are taken where none is given.
  'default',
  // Where a resolver finds its name servers.
  '/etc/resolv.conf',
  // Whose annotation says which Certificate a webhook trusts.
  'cert-manager',
  // The API group of what makes Secrets from outside stores.
  'external-secrets',
  // The namespace of the parts of Kubernetes itself.
  'kube-system',
  // Words of the API that are wrong values as well.
  'Released',
  'suspend',
  'pods',
  'list',
  'ratio',
  // What a registry that limits its pulls says of it.
  'toomanyrequests',
  // The aggregated API that autoscalers ask.
  'metrics.k8s.io',
]);

/** Closed words of the API: what a field may hold, wherever it is wrong. */
const apiValues = new Set([
  'HTTP',
  'HTTPS',
  'TCP',
  'RollingUpdate',
  'Recreate',
  'OnDelete',
  'Forbid',
  'Always',
  'Never',
]);

/** Quoted texts of a source, without comments and imports. */
function literalsOf(source: string): string[] {
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '')
    .replace(/^\s*import [\s\S]*?;$/gm, '');
  const quoted = [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)];
  const patterns = [
    ...code.matchAll(/(?<=[(,=:[!&|?{};\s])\/((?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/[dgimsuvy]*/g),
  ];
  return [...quoted, ...patterns].map((match) => match[1] ?? match[2] ?? match[3] ?? '').filter((text) => text !== '');
}

function sourceLiterals(folder: string): { file: string; text: string }[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const source = readFileSync(path.join(root, folder, name), 'utf8');
      return literalsOf(source).map((text) => ({ file: path.join(folder, name), text }));
    });
}

/** What only a recording can know: its wrong value, its images, and the names in it with a hyphen or a digit. */
function wordsOf({ truth, dump }: Recording): Set<string> {
  const words = new Set<string>();
  const add = (word: string | null | undefined): void => {
    if (word !== null && word !== undefined && word.length > 2) words.add(word);
  };
  const addName = (name: string | null | undefined): void => {
    if (name !== null && name !== undefined && /[-\d]/.test(name) && !name.includes(':')) add(name);
  };
  add(truth.root_cause?.wrong_value);
  for (const list of Object.values(dump.cluster)) {
    if (systemKinds.has(list.kind)) continue;
    for (const object of list.items) {
      if (object.metadata.namespace === 'kube-system') continue;
      addName(object.metadata.name);
      addName(object.metadata.namespace);
      for (const container of containersOf(object)) {
        addName(container.name);
        const image = (container as { image?: string }).image;
        add(image);
        // The repository without its registry, and with it.
        addName(image?.split('/').at(-1)?.split(':')[0]);
        add(image?.split(':')[0]?.includes('/') ? image.split(':')[0] : null);
      }
    }
  }
  return words;
}

/** Kinds whose objects ship with Kubernetes: their names are its vocabulary. */
const systemKinds = new Set([
  'ClusterRoleList',
  'ClusterRoleBindingList',
  'EventList',
  'CSIDriverList',
  'APIServiceList',
]);

function containersOf(object: KubeObject): readonly { readonly name?: string | null }[] {
  const spec = (object as Pod).spec;
  return [...items(spec?.containers), ...items(spec?.initContainers)];
}

/** Whether a literal holds the word as a word of its own. */
function holds(text: string, word: string): boolean {
  const at = text.indexOf(word);
  if (at < 0) return false;
  const isPart = (char: string | undefined): boolean => char !== undefined && /[A-Za-z0-9_-]/.test(char);
  return !isPart(text[at - 1]) && !isPart(text[at + word.length]);
}

function found(literals: readonly { file: string; text: string }[], words: ReadonlySet<string>): string[] {
  const wanted = [...words].filter((word) => !commonWords.has(word) && !apiValues.has(word));
  return literals.flatMap(({ file, text }) =>
    wanted.filter((word) => holds(text, word)).map((word) => `${file}: '${text.slice(0, 80)}' holds ${word}`),
  );
}

describe('QUA-2: no rule and no word list knows a recording', () => {
  const recordings = evalSets.flatMap(({ dir }) => loadRecordings(dir));
  const words = new Set(recordings.flatMap((recording) => [...wordsOf(recording)]));

  test.each(['src/analyst', 'src/kube'])('%s holds no value, image or name of a recording', (folder) => {
    const literals = sourceLiterals(folder);
    expect(literals.length).toBeGreaterThan(100);
    expect(found(literals, words)).toEqual([]);
  });

  test('no id of a recording stands anywhere in the source', () => {
    const literals = sourceLiterals('src');
    expect(found(literals, new Set(recordings.map(({ truth }) => truth.id)))).toEqual([]);
  });

  test('the comparison sees words of recordings', () => {
    expect(words.size).toBeGreaterThan(300);
    const sample = `
      import { a } from './pv-records-01.ts';
      // acme-registry in a comment
      const one = 'acme-registry', two = "waits for pv-records-01", three = \`\${x} proxy_read_timout\`;
      if (/^fast-ssd$/.test(one)) return 'report-renderer';`;
    const literals = literalsOf(sample).map((text) => ({ file: 'sample.ts', text }));
    const seen = found(literals, words).map((line) => line.split(' holds ')[1]);
    expect(seen.toSorted((a = '', b = '') => a.localeCompare(b))).toEqual([
      'acme-registry',
      'fast-ssd',
      'proxy_read_timout',
      'pv-records-01',
    ]);
  });

  test('every common word is still needed', () => {
    const literals = ['src/analyst', 'src/kube'].flatMap(sourceLiterals);
    const unused = [...commonWords].filter(
      (word) => !words.has(word) || !literals.some(({ text }) => holds(text, word)),
    );
    expect(unused).toEqual([]);
  });
});
