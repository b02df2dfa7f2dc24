import { expect, test } from 'vitest';
import { refusalView } from '../../../src/dashboard/pages/refusal.ts';
import { rendered } from '../../support/rendered.ts';

test('a refusal says why and what to do, in words that nobody can put markup into', () => {
  const problem = { code: 'NC-X-001', message: 'no <i>', fix: 'do <b>' };
  const { title, status, main } = refusalView({ status: 404, problem });
  expect({ title, status }).toEqual({ title: 'Nothing here', status: 404 });
  expect(rendered(main)).toMatch(/no &lt;i>[^]*do &lt;b>[^]*NC-X-001[^]*href="\/"/);
  expect(refusalView({ status: 418, problem }).title).toBe('This is not done');
  expect(refusalView({ status: 503, problem }).title).toBe('This did not work');
});
