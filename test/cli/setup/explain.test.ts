import { expect, test } from 'vitest';
import { cli } from '../../support/cli-run.ts';

test('UX-9: explain tells the section of a code, in any case of letters, without a configuration', async () => {
  const { code, out, err } = await cli(['explain', 'nc-kube-024'], { cwd: '/' });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^NC-KUBE-024 {2}The API server does not answer\n\nThe connection to the API server/);
  expect(out).toContain('\nfix: check that this machine reaches');
  expect(out).toContain('error, shown by the daemon once it has stood for 2m');
  expect(out).toContain('docs/errors.md#nc-kube-024');
});

test('UX-9: codes of the command line itself are known, too', async () => {
  expect((await cli(['explain', 'NC-CLI-007'], { cwd: '/' })).out).toContain('The file exists already');
});

test('UX-9: as JSON', async () => {
  const { out } = await cli(['explain', 'NC-KUBE-023', '-o', 'json'], { cwd: '/' });
  expect(JSON.parse(out)).toMatchObject({ code: 'NC-KUBE-023', severity: 'warning', visible_after: 0 });
});

test('UX-9: an unknown code is exit 1 with the nearest one', async () => {
  const { code, err } = await cli(['explain', 'NC-SLAK-001'], { cwd: '/' });
  expect(code).toBe(1);
  expect(err).toContain('there is no code NC-SLAK-001, did you mean NC-SLACK-001?');
  expect(err).toContain('fix: nightcrier explain NC-SLACK-001');
});
