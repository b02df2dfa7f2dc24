import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createFilesystemArtifacts } from '../../src/storage/artifacts/filesystem.ts';
import { smallDisk } from '../support/small-disk.ts';
import { tempDir } from '../support/temp-dir.ts';
import { artifactStoreContract, file } from './artifact-store.contract.ts';

const signal = new AbortController().signal;

artifactStoreContract('filesystem', async () => createFilesystemArtifacts(join(tempDir(), 'artifacts')));

test('STO-1: directories are 0700, files 0600, and nothing stays beside them', async () => {
  const root = join(tempDir(), 'artifacts');
  const store = createFilesystemArtifacts(root);
  await store.put('prod', 'inc_1', [file('evidence/x')], signal);
  await store.put('prod', 'inc_1', [file('evidence/x')], signal);
  const mode = (...path: string[]): number => statSync(join(root, ...path)).mode & 0o777;
  for (const path of [[], ['prod'], ['prod', 'inc_1'], ['prod', 'inc_1', 'evidence']])
    expect(mode(...path)).toBe(0o700);
  for (const path of ['index.html', 'evidence/x']) expect(mode('prod', 'inc_1', path)).toBe(0o600);
  expect(readdirSync(join(root, 'prod'))).toEqual(['inc_1']);
});

test('STO-1: what a crash left between two renames is put back or finished', async () => {
  const root = join(tempDir(), 'artifacts');
  await createFilesystemArtifacts(root).put('prod', 'inc_1', [file('a', 'whole')], signal);
  await createFilesystemArtifacts(root).put('prod', 'inc_2', [file('a', 'new')], signal);
  renameSync(join(root, 'prod', 'inc_1'), join(root, 'prod', '.old-inc_1'));
  for (const name of ['.old-inc_2', '.new-inc_1-abc']) {
    mkdirSync(join(root, 'prod', name));
    writeFileSync(join(root, 'prod', name, 'a'), 'half');
  }
  const store = createFilesystemArtifacts(root);
  expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('whole');
  expect((await store.get('prod', 'inc_2', 'a'))?.toString()).toBe('new');
  expect(readdirSync(join(root, 'prod')).sort()).toEqual(['inc_1', 'inc_2']);
});

test('STO-1: puts of one incident at the same time leave one whole report', async () => {
  const store = createFilesystemArtifacts(join(tempDir(), 'artifacts'));
  const puts = Array.from({ length: 8 }, (_, index) =>
    store.put('prod', 'inc_1', [file('a', `${index}`), file('b', `${index}`)], signal),
  );
  await Promise.all(puts);
  const [a, b] = await Promise.all(['a', 'b'].map((path) => store.get('prod', 'inc_1', path)));
  expect(a?.toString()).toBe(b?.toString());
});

test('STO-2: the links of the index lead to the files', async () => {
  const root = join(tempDir(), 'artifacts');
  const store = createFilesystemArtifacts(root);
  const names = ['evidence/a b.log', 'evidence/100%.log', 'x?y#z', '../up'];
  const { index } = await store.put(
    'prod',
    'inc_1',
    names.map((name) => file(name)),
    signal,
  );
  const links = [...readFileSync(index, 'utf8').matchAll(/href="\.\/([^"]+)"/g)].map((match) => match[1] ?? '');
  const contents = links.map((link) => readFileSync(join(root, 'prod/inc_1', decodeURIComponent(link)), 'utf8'));
  expect(contents.sort()).toEqual(names.map((name) => `content of ${name}`).sort());
});

const disk = smallDisk();
test.skipIf(disk.skip !== null)(
  `STO-1: a full disk is a clear error and leaves the old report${disk.why}`,
  async () => {
    const root = disk.mount('1m');
    const store = createFilesystemArtifacts(join(root, 'artifacts'));
    await store.put('prod', 'inc_1', [file('a', 'before')], signal);
    const tooMuch = [file('a', 'after'), file('b', Buffer.alloc(2_000_000))];
    await expect(store.put('prod', 'inc_1', tooMuch, signal)).rejects.toMatchObject({ code: 'NC-STORE-007' });
    expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('before');
    expect(readdirSync(join(root, 'artifacts/prod'))).toEqual(['inc_1']);
    await store.put('prod', 'inc_1', [file('a', 'after')], signal);
    expect((await store.get('prod', 'inc_1', 'a'))?.toString()).toBe('after');
  },
);

test('STO-1: a report that was stored before data_dir was moved is linked where it is now', async () => {
  const dir = tempDir();
  const before = createFilesystemArtifacts(join(dir, 'before', 'artifacts'));
  const { report } = await before.put('prod', 'inc_1', [file('investigation.html')], signal);
  expect(await before.link(report)).toBe(report);
  renameSync(join(dir, 'before'), join(dir, 'after'));
  const after = createFilesystemArtifacts(join(dir, 'after', 'artifacts'));
  expect(await after.link(report)).toBe(join(dir, 'after', 'artifacts', 'prod', 'inc_1', 'investigation.html'));
  // What is nowhere stays as it was written down.
  const gone = join(dir, 'before', 'artifacts', 'prod', 'inc_2', 'investigation.html');
  expect(await after.link(gone)).toBe(gone);
  expect(await after.link('https://reports.example/a/b/c')).toBe('https://reports.example/a/b/c');
});
