import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { defaultDir } from '../../eval/options.ts';
import { loadRecordings } from '../../eval/recording.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The string literals, template pieces and regular expressions of a source file, comments left out. */
function literals(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  return [
    ...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`|\/((?:[^/\\\n]|\\.)+)\/[a-z]*/g),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? match[4] ?? '');
}

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((it) => it.isFile() && it.name.endsWith('.ts'))
    .map((it) => path.join(it.parentPath, it.name));
}

/** Words of Kubernetes itself that recordings hold as wrong values too. */
const general = new Set([
  'list',
  'pods',
  'suspend',
  'Released',
  'ratio',
  'metrics.k8s.io',
  'limits.cpu',
  'cni plugin not initialized',
  '--once',
]);

test('QUA-1: no rule and no word list knows a recording', () => {
  const known = new Set<string>();
  for (const { truth } of loadRecordings(defaultDir)) {
    const value = truth.root_cause?.wrong_value;
    if (value) known.add(value);
    const named = [truth.focus, truth.root_cause, ...truth.victims].flatMap((it) =>
      it ? [it.name, it.namespace ?? ''] : [],
    );
    for (const name of named) if (/[-\d]/.test(name)) known.add(name);
  }
  const words = [...known].filter((word) => word.length >= 4 && !general.has(word));
  expect(words.length).toBeGreaterThan(60);
  const found: string[] = [];
  for (const file of [...sources('src/analyst'), ...sources('src/kube')]) {
    for (const literal of literals(readFileSync(file, 'utf8'))) {
      const word = words.find((it) => literal.includes(it));
      if (word !== undefined) found.push(`${path.relative(root, file)}: ${word}`);
    }
  }
  expect(found).toEqual([]);
});
