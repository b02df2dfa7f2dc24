import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRunbooks } from '../../../src/config/runbooks/read-runbooks.ts';
import { loadText, minimal, refusal } from '../../support/config-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

function folderOf(files: Record<string, string>): string {
  const dir = tempDir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    writeFileSync(path.join(dir, name), text);
  }
  return dir;
}
const read = (file: string): string => readFileSync(file, 'utf8');
const good =
  '---\ntitle: Carts\nmatch:\n  fault_type: [CrashLoop, ImagePull]\n  labels: {team: shop}\n---\n# Look here\n\n1. At the log.\n';

describe('TRI-5: runbooks are read', () => {
  test('with their front matter, by patterns, each once', () => {
    const dir = folderOf({
      'a.md': good,
      'deep/er/b.md': '---\r\nmatch: {kind: Node}\r\n---\r\n# Nodes\r\n',
      'c.txt': 'x',
    });
    const { runbooks, problems, empty } = readRunbooks([`${dir}/*.md`, `${dir}/**/*.md`, `${dir}/none/*`], read);
    expect(problems).toEqual([]);
    expect(empty).toEqual([2]);
    expect(runbooks).toMatchObject([
      {
        path: `${dir}/a.md`,
        title: 'Carts',
        match: { faultTypes: ['CrashLoop', 'ImagePull'], labels: { team: ['shop'] } },
      },
      { path: `${dir}/deep/er/b.md`, title: 'Nodes', match: { kinds: ['Node'] }, text: '# Nodes' },
    ]);
    expect(runbooks[0]?.text).toBe('# Look here\n\n1. At the log.');
  });

  test.each<[string, string, number, string]>([
    ['without front matter', '# Just text\n', 1, 'does not begin with front matter'],
    ['whose front matter has no end', '---\nmatch: {kind: Pod}\n# text\n', 1, 'does not begin with front matter'],
    ['that is no YAML', '---\ntitle: x\nmatch: {kind: [\n---\ntext', 4, 'front matter:'],
    ['without match', '---\ntitle: x\n---\n', 2, 'match: '],
    ['whose match names nothing', '---\ntitle: x\nmatch: {}\n---\n', 3, 'match names nothing'],
    ['with a misspelled key', '---\ntitle: x\nmatch:\n  fault_typ: CrashLoop\n---\n', 4, 'fault_typ'],
    ['with a number', '---\nmatch:\n  kind: Pod\n  cluster: 7\n---\n', 4, 'match.cluster'],
    [
      'that is a bomb of aliases',
      `---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(99)}*a]\nmatch: {kind: [${'*b,'.repeat(99)}*b]}\n---\n`,
      2,
      '',
    ],
    ['that is empty', '', 1, 'does not begin with front matter'],
  ])('CFG-2: one %s is refused with its line', (_name, text, line, message) => {
    const dir = folderOf({ 'a.md': text, 'good.md': good });
    const { runbooks, problems } = readRunbooks([`${dir}/*.md`], read);
    expect(runbooks).toHaveLength(1);
    expect(problems).toMatchObject([{ code: 'NC-CONFIG-025', origin: `${dir}/a.md`, line }]);
    expect(problems[0]?.message).toContain(message);
  });

  test('one that cannot be read, and too many, are told', () => {
    const dir = folderOf({ 'a.md': good });
    const unread = readRunbooks([`${dir}/*.md`], () => {
      throw new Error('is larger than 1048576 bytes');
    });
    expect(unread.problems).toMatchObject([{ message: 'the runbook is larger than 1048576 bytes' }]);
    const many = folderOf(Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`${index}.md`, good])));
    expect(readRunbooks([`${many}/*.md`], read).problems).toMatchObject([
      { message: '501 runbooks: at most 500 are read' },
    ]);
  });
});

test('CFG-2: paths are relative to the configuration; what is wrong stops the start, all of it at once', () => {
  const files = { 'books/a.md': good };
  expect(loadText(minimal('runbooks: {paths: ["books/*.md"]}'), { files }).runbooks).toHaveLength(1);
  const { problems } = refusal(minimal('runbooks: {paths: ["books/*.md", "nowhere/*.md"]}'), {
    files: { 'books/a.md': 'x' },
  });
  expect(problems.map(({ code }) => code).sort()).toEqual(['NC-CONFIG-016', 'NC-CONFIG-025']);
});
