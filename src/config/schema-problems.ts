import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { oneLine } from '../lib/text.ts';
import { type ConfigPath, type ConfigTree, formatPath, valueAt } from './config-tree.ts';
import { missingKey, unknownKey, wrongValue } from './errors.ts';
import { unresolved } from './read-yaml.ts';
import { expectation, rootShape, type Shape, shapeAt } from './schema-shape.ts';

type Issue = z.core.$ZodIssue;

/** Notes everything that the schema finds wrong, each with what was found, what is expected and the nearest name. */
export function reportSchemaIssues(tree: ConfigTree, issues: readonly Issue[]): void {
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) reportUnknownKey(tree, path, key);
    } else if (valueAt(tree.root, path) !== unresolved) {
      reportValue(tree, path, issue);
    }
  }
}

/** The known name that is nearest to a misspelled one, null when none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const lower = name.toLowerCase();
  const begun = known.filter((one) => lower.length >= 3 && one.startsWith(lower));
  if (begun.length === 1) return begun[0] ?? null;
  const best = closest(lower, [...known]);
  return distance(lower, best) <= Math.max(2, Math.floor(name.length / 3)) ? best : null;
}

function reportUnknownKey(tree: ConfigTree, parent: ConfigPath, key: string): void {
  const shape = shapeAt(parent);
  const suggestion = nearest(key, Object.keys(shape?.properties ?? {}));
  const where = parent.length === 0 ? 'at the top level' : `in ${formatPath(parent)}`;
  const hint = suggestion === null ? elsewhere(key) : `, did you mean "${suggestion}"?`;
  tree.report(unknownKey, [...parent, key], `unknown key "${oneLine(key, 60)}" ${where}${hint}`, { at: 'key' });
}

function reportValue(tree: ConfigTree, path: ConfigPath, issue: Issue): void {
  const shape = shapeAt(path);
  const expected = expectedText(shape, issue);
  if (valueAt(tree.root, path) === undefined) {
    const key = formatPath(path);
    tree.report(missingKey, path, `${key} is missing: expected ${expected}`, { fields: { key }, at: 'key' });
    return;
  }
  if (issue.code === 'too_small' && issue.origin === 'array') {
    const fields = { key: formatPath(path), expected: 'a list with at least one entry' };
    tree.report(wrongValue, path, `${formatPath(path)} is an empty list: expected ${issue.message}`, { fields });
    return;
  }
  const value = valueAt(tree.root, path);
  const suggestion = shape?.enum && typeof value === 'string' ? nearest(value, shape.enum) : null;
  const hint = suggestion === null ? quotingHint(tree, path, shape) : `, did you mean "${suggestion}"?`;
  const message = `${formatPath(path)} is ${tree.found(path)}: expected ${expected}${hint}`;
  tree.report(wrongValue, path, message, { fields: { key: formatPath(path), expected } });
}

function expectedText(shape: Shape | null, issue: Issue): string {
  const isOwn = issue.code === 'invalid_format' || issue.code === 'custom';
  const own = isOwn && !issue.message.startsWith('Invalid') ? issue.message : null;
  return own ?? (shape ? expectation(shape) : issue.message);
}

function quotingHint(tree: ConfigTree, path: ConfigPath, shape: Shape | null): string {
  const value = valueAt(tree.root, path);
  if (shape?.type !== 'string' && typeof value === 'string' && tree.display(path) !== null) {
    return ' (a reference in quotes is a text: write it without)';
  }
  const quotable = typeof value === 'number' || typeof value === 'boolean';
  return quotable && shape?.type === 'string' && !shape.pattern && !shape.enum ? ' (quote it)' : '';
}

/** Where a key that is unknown here is known, when that is one place. */
function elsewhere(key: string): string {
  const found = findKey(rootShape(), key, '');
  // A template has the keys of a cluster: whoever means one of those means the cluster's.
  const own = found.filter((place) => !place.startsWith('discovery[].template'));
  const places = own.length === 0 ? found : own;
  return places.length === 1 ? `, it belongs to ${places[0]}` : '';
}

function findKey(shape: Shape, key: string, path: string): string[] {
  const found: string[] = [];
  if (shape.items) found.push(...findKey(shape.items, key, `${path}[]`));
  for (const [name, child] of Object.entries(shape.properties ?? {})) {
    if (name === key) found.push(path === '' ? 'the top level' : path);
    found.push(...findKey(child, key, path === '' ? name : `${path}.${name}`));
  }
  return found;
}
