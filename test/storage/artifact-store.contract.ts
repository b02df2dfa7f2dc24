import { describe, expect, test } from 'vitest';
import type { ArtifactFile, ArtifactStore } from '../../src/domain/ports.ts';

const signal = new AbortController().signal;

export function file(path: string, content: string | Buffer = `content of ${path}`): ArtifactFile {
  return { path, content, contentType: 'text/plain' };
}

const text = async (store: ArtifactStore, incident: string, path: string): Promise<string | null> =>
  (await store.get('prod', incident, path))?.toString('utf8') ?? null;

/** What every artifact store must do (STO-1, STO-2). `make` gives an empty one. */
export function artifactStoreContract(name: string, make: () => Promise<ArtifactStore>): void {
  describe(`artifact store: ${name}`, () => {
    test('STO-2: what was put can be got, with an index that links it', async () => {
      const store = await make();
      const files = [file('investigation.html', '<p>x'), file('evidence/logs/shop/cart.log'), file('incident.json')];
      const stored = await store.put('prod', 'inc_1', files, signal);
      expect(await text(store, 'inc_1', 'evidence/logs/shop/cart.log')).toBe('content of evidence/logs/shop/cart.log');
      const index = (await text(store, 'inc_1', 'index.html')) ?? '';
      expect(index).toContain('evidence/logs/shop/cart.log</a>');
      expect(index.indexOf('investigation.html')).toBeLessThan(index.indexOf('incident.json'));
      expect(stored.index).toMatch(/index\.html/);
      expect(stored.report).toMatch(/investigation\.html/);
    });

    test('STO-1: without a report the index stands for it', async () => {
      const store = await make();
      const stored = await store.put('prod', 'inc_1', [file('incident.json')], signal);
      expect(stored.report).toBe(stored.index);
    });

    test('STO-1: a second put replaces everything of the first', async () => {
      const store = await make();
      await store.put('prod', 'inc_1', [file('a'), file('b', 'one')], signal);
      await store.put('prod', 'inc_1', [file('b', 'two'), file('c')], signal);
      expect(await text(store, 'inc_1', 'a')).toBeNull();
      expect(await text(store, 'inc_1', 'b')).toBe('two');
      expect(await text(store, 'inc_1', 'c')).toBe('content of c');
    });

    test('STO-1: incidents and clusters do not touch each other', async () => {
      const store = await make();
      await store.put('prod', 'inc_1', [file('a', '1')], signal);
      await store.put('prod', 'inc_2', [file('a', '2')], signal);
      await store.put('test', 'inc_1', [file('a', '3')], signal);
      await store.remove('prod', 'inc_1');
      expect(await text(store, 'inc_1', 'a')).toBeNull();
      expect(await text(store, 'inc_2', 'a')).toBe('2');
      expect((await store.get('test', 'inc_1', 'a'))?.toString()).toBe('3');
    });

    test('STO-1: bytes come back as they went in', async () => {
      const store = await make();
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
      await store.put('prod', 'inc_1', [file('raw', bytes), file('empty', '')], signal);
      expect(await store.get('prod', 'inc_1', 'raw')).toEqual(bytes);
      expect(await text(store, 'inc_1', 'empty')).toBe('');
    });

    test('STO-2: hostile names are stored, found again by the same name, and kept apart', async () => {
      const store = await make();
      const names = [
        '../../etc/passwd',
        'evidence/x/../../../x',
        'evidence/..',
        './.hidden',
        '/absolute',
        'evidence/a\u0000b\nc\u001b[31m',
        'evidence/<script>alert(1)</script>.log',
        `evidence/${'n'.repeat(300)}a`,
        `evidence/${'n'.repeat(300)}b`,
        'evidence/ünïcode/名前.log',
        'back\\slash',
        '"quote" & <amp>',
        'a/'.repeat(200) + 'deep',
      ];
      await store.put(
        'prod',
        'inc_1',
        names.map((name) => file(name)),
        signal,
      );
      for (const name of names) expect(await text(store, 'inc_1', name)).toBe(`content of ${name}`);
    });

    test('STO-2: what is stored is listed by the paths that give it, with its size, and without the index', async () => {
      const store = await make();
      expect(await store.list('prod', 'inc_1')).toEqual([]);
      const hostile = '../../etc/ünïcode';
      const files = [
        file('evidence/logs/shop/cart.log', 'ä'),
        file('incident.json'),
        file('evidence/a.json', ''),
        file(hostile),
      ];
      await store.put('prod', 'inc_1', [file('before')], signal);
      await store.put('prod', 'inc_1', files, signal);
      await store.put('prod', 'inc_10', [file('other')], signal);
      const listed = await store.list('prod', 'inc_1');
      expect(listed.map(({ path }) => path)).toEqual(listed.map(({ path }) => path).toSorted());
      expect(listed).toHaveLength(4);
      expect(listed).toEqual(
        expect.arrayContaining([
          { path: 'evidence/logs/shop/cart.log', bytes: 2 },
          { path: 'evidence/a.json', bytes: 0 },
          { path: 'incident.json', bytes: 'content of incident.json'.length },
        ]),
      );
      const contents = await Promise.all(listed.map(({ path }) => text(store, 'inc_1', path)));
      expect(contents).toContain(`content of ${hostile}`);
      await store.remove('prod', 'inc_1');
      expect(await store.list('prod', 'inc_1')).toEqual([]);
    });

    test('STO-2: the index escapes what comes from a cluster and allows nothing to run', async () => {
      const store = await make();
      await store.put('prod', 'inc_1', [file('evidence/<script>alert(1)</script>"x.log')], signal);
      const index = (await text(store, 'inc_1', 'index.html')) ?? '';
      expect(index).not.toContain('<script');
      expect(index).toContain('&lt;script&gt;');
      expect(index).toContain('Content-Security-Policy');
      expect(index).toContain('default-src &#39;none&#39;');
    });

    test('STO-1: nothing is there before, and removing nothing is no error', async () => {
      const store = await make();
      expect(await store.get('prod', 'inc_1', 'index.html')).toBeNull();
      await store.remove('prod', 'inc_1');
    });

    test('STO-1: an aborted put changes nothing', async () => {
      const store = await make();
      await store.put('prod', 'inc_1', [file('a', 'before')], signal);
      const aborted = AbortSignal.abort(new Error('stop'));
      await expect(store.put('prod', 'inc_1', [file('a', 'after')], aborted)).rejects.toThrow('stop');
      expect(await text(store, 'inc_1', 'a')).toBe('before');
    });
  });
}
