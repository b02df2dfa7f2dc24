import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safeName, safePath } from '../../../src/storage/artifacts/safe-path.ts';

test.each(['investigation.md', 'evidence/logs/shop/cart-6d9c/cart.log', 'a@b=c+d:e,f', '_x', 'inc_01K9Z3W8Q4'])(
  'STO-2: %s stays as it is',
  (path) => {
    expect(safePath(path)).toBe(path);
  },
);

test.each([
  ['..', /^_-[0-9a-f]{12}$/],
  ['.', /^_-[0-9a-f]{12}$/],
  ['', /^_-[0-9a-f]{12}$/],
  ['.hidden', /^_hidden-[0-9a-f]{12}$/],
  ['a b', /^a_b-[0-9a-f]{12}$/],
  ['ä', /^_-[0-9a-f]{12}$/],
  ['a\\b', /^a_b-[0-9a-f]{12}$/],
  ['a\0b', /^a_b-[0-9a-f]{12}$/],
])('STO-2: the name %j is made safe and keeps apart what it was', (name, safe) => {
  expect(safeName(name)).toMatch(safe);
});

test.each(['../../etc/passwd', '/etc/passwd', 'a//b', 'a/../../b', './a', 'a/.', '~/x'])(
  'STO-2: %s stays below the folder',
  (path) => {
    const names = safePath(path).split('/');
    expect(names.filter((name) => name === '' || name.startsWith('.'))).toEqual([]);
  },
);

test('STO-2: whatever a path is, its safe form stays inside and is bounded', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 400, unit: 'binary' }), { maxLength: 20 }), (parts) => {
      const names = safePath(parts.join('/')).split('/');
      expect(names.length).toBeLessThanOrEqual(12);
      for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_@=+:,-][A-Za-z0-9._@=+:,-]{0,159}$/);
    }),
  );
});

test('STO-2: two paths never become one', () => {
  const path = fc.array(fc.string({ maxLength: 6, unit: 'grapheme' }), { minLength: 1, maxLength: 15 });
  fc.assert(
    fc.property(path, path, (a, b) => {
      expect(safePath(a.join('/')) === safePath(b.join('/'))).toBe(a.join('/') === b.join('/'));
    }),
  );
});

test('STO-2: what is safe already is not changed again', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (name) => {
      expect(safeName(safeName(name))).toBe(safeName(name));
    }),
  );
});
