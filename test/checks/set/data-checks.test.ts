import { expect, test } from 'vitest';
import { dataChecks } from '../../../src/checks/set/data-checks.ts';
import type { CheckWorld } from '../../../src/checks/world.ts';

async function found(id: string, dir: string) {
  const check = dataChecks.find((one) => one.id === id);
  if (check === undefined) throw new Error(`no check ${id}`);
  const world = { loaded: { config: { data_dir: dir } } } as unknown as CheckWorld;
  const result = await check.run(world, '', new AbortController().signal);
  return 'problems' in result ? result.problems.map(({ code, message }) => `${code}: ${message}`) : [];
}

test.for([
  ['/etc/nightcrier/data', ['NC-HOST-006: data_dir is /etc/nightcrier/data']],
  ['/etc/../etc/x', ['NC-HOST-006: data_dir is /etc/../etc/x']],
  ['/var/lib/nightcrier', []],
  ['/srv/etc/nightcrier', []],
  ['/etcetera', []],
] as const)('UX-10: state in %s', async ([dir, problems]) => {
  expect(await found('data.place', dir)).toEqual(problems);
});
