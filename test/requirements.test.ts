import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { requirements } from './requirements.ts';

const cited = citedIds(import.meta.dirname);
const known = new Set(requirements.map(({ id }) => id));

test('every requirement is proven by a test that names it', () => {
  expect(requirements.filter(({ id }) => !cited.has(id)).map(({ id }) => id)).toEqual([]);
});

test('every id that a test names is a requirement', () => {
  expect([...cited].filter((id) => !known.has(id))).toEqual([]);
});

test('an id is listed once', () => {
  expect(known.size).toBe(requirements.length);
});

/** Ids in the titles of tests: `test('CON-3: …`, `describe('NOT-1, NOT-3: …`, `test.skipIf(x)('PER-1: …`. */
function citedIds(folder: string): Set<string> {
  const ids = new Set<string>();
  for (const name of readdirSync(folder)) {
    const full = path.join(folder, name);
    if (statSync(full).isDirectory()) for (const id of citedIds(full)) ids.add(id);
    if (!name.endsWith('.test.ts') || name === 'requirements.test.ts') continue;
    const titles = readFileSync(full, 'utf8').matchAll(
      /\b(?:test|it|describe)[\w.]*\((?:[^'"`]*?\)\()?\s*(['"`])((?:(?!\1).)*)\1/gs,
    );
    for (const [, , title] of titles) {
      for (const [id] of (title ?? '').matchAll(/\b(?:CFG|CON|PER|INT|TRI|GAT|STO|NOT|OPS|QUA|UX|MCP|K8S)-\d+\b/g))
        ids.add(id);
    }
  }
  return ids;
}
