import { expect, test } from 'vitest';
import { acts, pages } from '../../src/dashboard/routes.ts';

test('every address of a page or an act leads to something', async () => {
  for (const load of [...Object.values(pages), ...Object.values(acts)]) expect(typeof (await load())).toBe('function');
  expect(Object.keys(pages)).toContain('/');
});
