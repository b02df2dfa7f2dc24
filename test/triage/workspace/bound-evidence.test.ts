import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Evidence } from '../../../src/domain/ports.ts';
import { boundEvidence, safePath } from '../../../src/triage/workspace/bound-evidence.ts';

function evidence(...files: [path: string, text: string][]): Evidence {
  return { files: files.map(([path, text]) => ({ path, text })), missing: ['x'], apiCalls: 1 };
}

describe('names', () => {
  test.each([
    ['evidence/logs/shop/cart-6d9c/cart.log', 'evidence/logs/shop/cart-6d9c/cart.log'],
    ['evidence/../../etc/passwd', 'evidence/etc/passwd'],
    ['/etc/passwd', 'evidence/etc/passwd'],
    ['evidence/a/./b//c', 'evidence/a/b/c'],
    [
      'evidence/objects/_cluster/ClusterRole/system:node.json',
      'evidence/objects/_cluster/ClusterRole/system:node.json',
    ],
    ['evidence/<script>alert(1)</script>.txt', 'evidence/_script_alert_1__/script_.txt'],
    ['evidence/.bashrc', 'evidence/_bashrc'],
    ['evidence/a\u0000b\nc', 'evidence/a_b_c'],
    ['evidence', 'evidence/unnamed'],
    ['..', 'evidence/unnamed'],
    ['', 'evidence/unnamed'],
  ])('%j becomes %j', (given, safe) => {
    expect(safePath(given)).toBe(safe);
  });

  test('whatever a name is, the path stays below evidence/ and fits a file system', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (name) => {
        const parts = safePath(`evidence/${name}`).split('/');
        expect(parts[0]).toBe('evidence');
        expect(parts.length).toBeGreaterThan(1);
        for (const part of parts) expect(part).toMatch(/^[A-Za-z0-9_:@+=-][A-Za-z0-9._:@+=-]{0,219}$/);
      }),
    );
  });

  test('a name of 200 characters, as Kubernetes allows it, stays', () => {
    const path = `evidence/objects/shop/Pod/${'a'.repeat(200)}.json`;
    expect(safePath(path)).toBe(path);
  });

  test('two names that become one are told apart, also on a file system without case', () => {
    const { files } = boundEvidence(evidence(['evidence/a,b', '1'], ['evidence/a;b', '2'], ['evidence/A_B', '3']));
    expect(files.map(({ path }) => path)).toEqual(['evidence/a_b', 'evidence/a_b-2', 'evidence/A_B-3']);
    expect(files.map(({ text }) => text)).toEqual(['1', '2', '3']);
  });
});

describe('limits', () => {
  const limits = { maxFiles: 3, maxFileBytes: 10, maxTotalBytes: 25 };

  test('a file is cut at its limit, on a whole character, and that is said', () => {
    const bounded = boundEvidence(evidence(['evidence/a', `${'x'.repeat(9)}é`]), limits);
    expect(bounded.files[0]?.text).toBe('x'.repeat(9));
    expect(bounded.missing).toEqual(['x', 'the end of 1 evidence file, cut at 10 bytes']);
  });

  test('files over the number or the total are left out, and that is said', () => {
    const many = evidence(...'abcde'.split('').map((name): [string, string] => [`evidence/${name}`, name]));
    expect(boundEvidence(many, limits).files).toHaveLength(3);
    expect(boundEvidence(many, limits).missing).toContain('2 evidence files over the limits of size and number');
    const big = evidence(
      ['evidence/a', 'x'.repeat(10)],
      ['evidence/b', 'x'.repeat(10)],
      ['evidence/c', 'x'.repeat(10)],
    );
    expect(boundEvidence(big, limits).files.map(({ path }) => path)).toEqual(['evidence/a', 'evidence/b']);
  });

  test('what is within the limits stays as it is', () => {
    const given = evidence(['evidence/a', 'text']);
    expect(boundEvidence(given)).toEqual(given);
  });
});

test('evidence within the limits is the same object, with all that its collector keeps in it', () => {
  const given = evidence(['evidence/a', 'x'], ['evidence/b/c.log', 'y']);
  expect(boundEvidence(given)).toBe(given);
  expect(boundEvidence(evidence(['evidence/../a', 'x'])).files).toEqual([{ path: 'evidence/a', text: 'x' }]);
});
