import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { WorkflowFiles } from '../../../src/mcp/workflows/workflow-files.ts';
import { tempDir } from '../../support/temp-dir.ts';

const registry = readFileSync(path.join(import.meta.dirname, 'META-WORKFLOWS.md'), 'utf8');
const small = (id: string, status = 'active'): string =>
  `| ID | Name | Trigger | Status |\n|---|---|---|---|\n| ${id} | name | say | ${status} |\n\n## ${id}\n\n### Steps\n\n1. x\n`;

/** The files of a folder, and what was announced of them. `later`: as if so many ms had passed since. */
function filesIn(dir: string, names: readonly string[], later = 60_000) {
  const announced: (readonly string[])[] = [];
  const paths = names.map((name) => path.join(dir, name));
  const onChange = (uris: readonly string[]): number => announced.push(uris);
  const files = new WorkflowFiles({ paths: () => paths, onChange, now: () => Date.now() + later });
  return { files, announced, paths };
}

describe('WFL-4: a change on disk is seen and announced', () => {
  test('of one file: its own address, and those of the workflows that differ', () => {
    const dir = tempDir({ 'a.md': registry });
    const { files, announced } = filesIn(dir, ['a.md']);
    expect(files.look().workflows).toHaveLength(7);
    files.look();
    expect(announced).toEqual([]);
    writeFileSync(path.join(dir, 'a.md'), registry.replace('1. Take the next free id.', '1. Take a free id.'));
    expect(files.look().workflows[4]?.steps).toContain('Take a free id');
    files.look();
    expect(announced).toEqual([['workflow://meta-workflows', 'workflow://meta-workflows/MW-005']]);
  });

  test('that a draft is active now, and that a workflow is gone', () => {
    const dir = tempDir({ 'a.md': registry });
    const { files, announced } = filesIn(dir, ['a.md']);
    files.look();
    const changed = registry
      .replace(/(MW-006.*)Draft /, '$1Active')
      .replace(/## MW-007[^]*$/, '')
      .replace(/\| MW-007.*\n/, '');
    writeFileSync(path.join(dir, 'a.md'), changed);
    const { workflows, findings } = files.look();
    expect(findings).toEqual([]);
    expect(workflows.find(({ id }) => id === 'MW-006')?.status).toBe('active');
    expect(announced[0]).toEqual([
      'workflow://meta-workflows',
      'workflow://meta-workflows/MW-006',
      'workflow://meta-workflows/MW-007',
    ]);
  });

  test.each<[string, (file: string, text: string) => void]>([
    ['written in place with the same length', (file, text) => writeFileSync(file, text)],
    [
      'whose time was set back',
      (file, text) => {
        const { atime, mtime } = statSync(file);
        writeFileSync(file, text);
        utimesSync(file, atime, mtime);
      },
    ],
    [
      'put in its place by a rename',
      (file, text) => {
        writeFileSync(`${file}.new`, text);
        renameSync(`${file}.new`, file);
      },
    ],
    [
      'behind a link that is turned',
      (file, text) => {
        writeFileSync(`${file}.other`, text);
        rmSync(file);
        symlinkSync(`${file}.other`, file);
      },
    ],
  ])('one %s', (_how, change) => {
    const dir = tempDir({ 'a.md': small('MW-010') });
    const changed = (file: string): bigint => statSync(file, { bigint: true }).ctimeNs;
    // Both as soon as it happens, when the clock of the file system may not have moved, and later.
    for (const later of [0, 60_000]) {
      writeFileSync(path.join(dir, 'a.md'), small('MW-010'));
      const { files, paths } = filesIn(dir, ['a.md'], later);
      expect(files.look().workflows.map(({ id }) => id)).toEqual(['MW-010']);
      const [file = ''] = paths;
      const before = changed(file);
      change(file, small('MW-011'));
      if (later > 0) while (changed(file) === before) change(file, small('MW-011'));
      expect(files.look().workflows.map(({ id }) => id)).toEqual(['MW-011']);
      rmSync(file);
    }
  });

  test('a file that comes, goes, and comes again', () => {
    const dir = tempDir();
    const { files, announced } = filesIn(dir, ['a.md']);
    const file = path.join(dir, 'a.md');
    expect(files.look().workflows).toEqual([]);
    writeFileSync(file, small('MW-010'));
    expect(files.look().workflows).toHaveLength(1);
    rmSync(file);
    expect(files.look().findings).toMatchObject([{ code: 'file_unreadable', message: 'the file does not exist' }]);
    writeFileSync(file, small('MW-010'));
    expect(files.look().workflows).toHaveLength(1);
    const both = ['workflow://meta-workflows', 'workflow://meta-workflows/MW-010'];
    expect(announced).toEqual([both, both, both]);
  });

  test('other paths, when the configuration names others', () => {
    const dir = tempDir({ 'a.md': small('MW-010'), 'b.md': small('MW-011') });
    let paths = [path.join(dir, 'a.md')];
    const files = new WorkflowFiles({ paths: () => paths, onChange: () => {}, now: () => Date.now() });
    expect(files.look().workflows.map(({ id }) => id)).toEqual(['MW-010']);
    paths = [path.join(dir, 'b.md')];
    expect(files.look().workflows.map(({ id }) => id)).toEqual(['MW-011']);
  });
});

describe('WFL-4: a file that cannot be used is a finding, and the others are used', () => {
  const cases: readonly (readonly [string, string, (file: string) => void])[] = [
    ['the file does not exist', 'gone', () => {}],
    ['the file is no regular file', 'a folder', (file) => mkdirSync(file)],
    ['the file is larger than 1048576 bytes', 'large', (file) => writeFileSync(file, 'x'.repeat(1024 * 1024 + 1))],
    ['the file is not UTF-8 text', 'bytes', (file) => writeFileSync(file, Buffer.from([0x23, 0x20, 0xff, 0xfe]))],
  ];
  test.each(cases)('%s (%s)', (message, _what, make) => {
    const dir = tempDir({ 'good.md': small('MW-010') });
    make(path.join(dir, 'bad.md'));
    const { files } = filesIn(dir, ['bad.md', 'good.md']);
    const { workflows, findings } = files.look();
    expect(findings).toEqual([
      { code: 'file_unreadable', message, line: null, id: null, file: path.join(path.basename(dir), 'bad.md') },
    ]);
    expect(workflows.map(({ id }) => id)).toEqual(['MW-010']);
  });

  test('a device, which has no end, is none', () => {
    const files = new WorkflowFiles({ paths: () => ['/dev/zero'], onChange: () => {}, now: () => Date.now() });
    expect(files.look().findings).toMatchObject([{ message: 'the file is no regular file', file: 'dev/zero' }]);
  });

  test('one that cannot be read', () => {
    const dir = tempDir({ 'plain.md': small('MW-010') });
    const { files } = filesIn(dir, ['plain.md/below.md']);
    expect(files.look().findings).toMatchObject([{ message: expect.stringContaining('the file') }]);
  });

  test('an id that two files have is that of the first', () => {
    const dir = tempDir({ 'a.md': small('MW-010'), 'b.md': small('MW-010', 'draft'), 'c.md': small('MW-011') });
    const { files } = filesIn(dir, ['a.md', 'b.md', 'c.md']);
    const { workflows, findings } = files.look();
    expect(workflows.map(({ id, status, uri }) => [id, status, uri])).toEqual([
      ['MW-010', 'active', 'workflow://meta-workflows/MW-010'],
      ['MW-011', 'active', 'workflow://meta-workflows/MW-011'],
    ]);
    expect(findings).toMatchObject([{ code: 'duplicate_id', id: 'MW-010', file: expect.stringMatching(/b\.md$/) }]);
  });
});
