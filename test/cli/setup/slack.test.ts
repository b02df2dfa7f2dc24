import { expect, test } from 'vitest';
import { cli } from '../../support/cli-run.ts';

test('OPS-4 NOT-1: slack manifest prints what Slack makes the app from, and needs no configuration', async () => {
  const { code, out, err } = await cli(['slack', 'manifest', '--config', '/gone/nightcrier.yaml'], { cwd: '/' });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(JSON.parse(out)).toMatchObject({
    display_information: { name: 'nightcrier' },
    settings: { socket_mode_enabled: true },
  });
  const http = await cli(['slack', 'manifest', '--url', 'https://n.example', '--name', 'Night'], { cwd: '/' });
  expect(JSON.parse(http.out)).toMatchObject({
    display_information: { name: 'Night' },
    settings: { socket_mode_enabled: false, interactivity: { request_url: 'https://n.example/slack/interactions' } },
  });
});

test.each([
  [['--url', 'http://n.example']],
  [['--url', 'n.example']],
  [['--name', 'x'.repeat(36)]],
  [['--channels', 'all']],
])('OPS-4: %o is refused with exit code 2', async (options) => {
  const { code, err } = await cli(['slack', 'manifest', ...options], { cwd: '/' });
  expect(code).toBe(2);
  expect(err).toContain(options[0]);
});
