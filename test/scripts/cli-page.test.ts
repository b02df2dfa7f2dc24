import { expect, test } from 'vitest';
import { cliPage } from '../../scripts/generate/cli-page.ts';
import { cli } from '../support/cli-run.ts';

const page = cliPage();
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.split('\n')[0] ?? '', text]),
);

/** What the help of a command says: what is below it, its examples, and the defaults of its options. */
async function helpOf(path: string) {
  const { out } = await cli([...path.split(' ').filter((word) => word !== ''), '--help'], { cwd: '/' });
  const own = out.split('\nGlobal Options:')[0] ?? '';
  const below = /\nCommands:\n([^]*?)(\n\n|$)/.exec(out)?.[1] ?? '';
  return {
    below: [...below.matchAll(/^ {2}(\S+)/gm)].map(([, name = '']) => name).filter((name) => name !== 'help'),
    examples: (out.split('\nExamples:\n')[1] ?? '').split('\n').flatMap((line) => line.trim() || []),
    defaults: [...own.replace(/\s+/g, ' ').matchAll(/[( ]default: "?([^")]+)"?\)/g)].map(([, text = '']) => text),
  };
}

async function pathsBelow(path: string): Promise<string[]> {
  const { below } = await helpOf(path);
  const deeper = await Promise.all(below.map((name) => pathsBelow(`${path} ${name}`.trim())));
  return below.flatMap((name, at) => [`${path} ${name}`.trim(), ...(deeper[at] ?? [])]);
}

const paths = await pathsBelow('');

test('UX-20: the page has a section for each command, those below others too, and no other', () => {
  expect(paths).toContain('slack manifest');
  expect([...sections.keys()]).toEqual(['All commands', ...paths]);
});

test.each(paths)('UX-20: the section of %s says what its help says, and nothing else', async (path) => {
  const text = sections.get(path) ?? '';
  const { examples, defaults } = await helpOf(path);
  expect(text).toContain(`\`nightcrier ${path} [options]`);
  const block = /```sh\n([^]*?)\n```/.exec(text)?.[1];
  expect(block?.split('\n') ?? []).toEqual(examples);
  const rows = [...text.matchAll(/\| `([^`]*)` \|$/gm)].map(([, value]) => value);
  expect(defaults).toEqual(expect.arrayContaining(rows));
  // What the help says of a default in the words of an option is there, too.
  for (const value of defaults) expect(text).toMatch(new RegExp(`[\`: ]${RegExp.escape(value)}[\`)]`));
});
