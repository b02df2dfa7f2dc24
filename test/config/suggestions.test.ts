import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../../src/config/errors.ts';
import { parseConfig } from '../../src/config/load.ts';
import { rootShape, type Shape } from '../../src/config/schema-shape.ts';
import { refusal } from '../support/config-dir.ts';

type KeyPath = readonly (string | number)[];

/** Every key of the schema with the path of what it stands in. */
function keys(shape: Shape, path: KeyPath = []): { parent: KeyPath; key: string; siblings: string[] }[] {
  const own = Object.keys(shape.properties ?? {});
  return own.flatMap((key) => {
    const child = shape.properties?.[key] ?? {};
    const below = child.items ? keys(child.items, [...path, key, 0]) : keys(child, [...path, key]);
    return [{ parent: path, key, siblings: own }, ...below];
  });
}

/** An object with one key at a path. */
function nest(path: KeyPath, leaf: object): unknown {
  return path.reduceRight<unknown>((inner, part) => (typeof part === 'number' ? [inner] : { [part]: inner }), leaf);
}

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz_');
const edits = fc.record({ kind: fc.constantFrom('insert', 'delete', 'replace'), at: fc.nat(40), letter });

function edit(key: string, { kind, at, letter }: { kind: string; at: number; letter: string }): string {
  const place = at % (key.length + (kind === 'insert' ? 1 : 0));
  if (kind === 'insert') return key.slice(0, place) + letter + key.slice(place);
  return key.slice(0, place) + (kind === 'delete' ? '' : letter) + key.slice(place + 1);
}

test('CFG-2 UX-5: any known key that is misspelled by one edit is suggested, at its place', () => {
  const known = keys(rootShape());
  expect(known.length).toBeGreaterThan(60);
  fc.assert(
    fc.property(fc.constantFrom(...known), edits, ({ parent, key, siblings }, change) => {
      const wrong = edit(key, change);
      // A key that the edit turns into another known one, or brings as near to another, has no one answer.
      fc.pre(wrong !== '' && !siblings.includes(wrong));
      fc.pre(!siblings.some((other) => other !== key && (other.startsWith(wrong) || isOneEdit(other, wrong))));
      const message = inMemory(nest(parent, { [wrong]: 'x' }));
      expect(message).toContain(`unknown key "${wrong}"`);
      expect(message).toContain(`did you mean "${key}"?`);
    }),
    { numRuns: 300 },
  );
});

test('UX-5: the place of a misspelled key in a file is right wherever it stands', () => {
  for (const { parent, key } of keys(rootShape()).filter((_, index) => index % 7 === 0)) {
    const text = stringify(nest(parent, { [`${key}x`]: 'y' }));
    const problem = refusal(text).problems.find(({ message }) => message.includes(`unknown key "${key}x"`));
    const line = text.split('\n')[(problem?.line ?? 0) - 1] ?? '';
    expect(line.slice((problem?.column ?? 0) - 1)).toContain(`${key}x:`);
    expect(line.slice((problem?.column ?? 0) - 1).startsWith(`${key}x:`)).toBe(true);
  }
});

function inMemory(input: unknown): string {
  try {
    parseConfig(input, '/');
    return '';
  } catch (error) {
    return error instanceof ConfigError ? error.message : String(error);
  }
}

/** Whether one text is the other with one letter more, less or changed. */
function isOneEdit(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let at = 0;
  while (at < short.length && short[at] === long[at]) at += 1;
  return short.slice(short.length === long.length ? at + 1 : at) === long.slice(at + 1);
}
