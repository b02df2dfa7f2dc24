import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { describeCommands } from '../../../src/cli/completion/describe-commands.ts';

test('OPS-4: what stands at the places of a command, and what values options have', () => {
  const program = new Command('p').option('--config <file>', 'a file');
  program.command('why').argument('<cluster>').argument('<object>').argument('[name]');
  program.command('secret', { hidden: true });
  const below = program.command('silence').description('d');
  below
    .command('add')
    .addOption(new Option('-s, --state <state>', 'x').choices(['on', 'off']))
    .option('--quick');
  const { commands, options } = describeCommands(program);
  expect(commands.map(({ path, places }) => ({ path, places }))).toEqual([
    { path: 'why', places: ['clusters', 'objects', null] },
    { path: 'silence', places: [['add']] },
    { path: 'silence add', places: [] },
  ]);
  expect(commands[2]?.options).toEqual(['--state', '--quick', '--help', '--config']);
  expect(options).toEqual([
    { flags: ['--config'], values: 'files' },
    { flags: ['--state', '-s'], values: ['on', 'off'] },
  ]);
});
