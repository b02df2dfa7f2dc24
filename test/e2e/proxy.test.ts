import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Fleet, startFleet } from '../../src/demo/fleet.ts';
import { CliProcess } from '../support/cli-process.ts';
import { writeFleetConfig } from '../support/fleet-config.ts';
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.ts';
import { SlackServer } from '../support/slack-server.ts';
import { newTempDir } from '../support/temp-dir.ts';

let fleet: Fleet;
let proxy: ForwardProxy;
let slack: SlackServer;
let files: ReturnType<typeof newTempDir>;

beforeEach(async () => {
  files = newTempDir();
  [fleet, proxy, slack] = await Promise.all([
    startFleet({ audienceMs: 0, pace: 50 }),
    startForwardProxy(),
    SlackServer.start(),
  ]);
});

afterEach(async () => {
  await Promise.all([fleet.close(), proxy.close(), slack.close()]);
  files.remove();
});

/** One cluster is enough, and its few messages are quickly sent. */
function staging(): Fleet['clusters'][number] {
  const found = fleet.clusters.find(({ name }) => name === 'staging');
  if (!found) throw new Error('the fleet has no staging');
  return found;
}

/** Everything in one round, with faults that stand already; gives what the proxy saw. */
async function oneRound(env: Record<string, string>): Promise<string> {
  await fleet.play(AbortSignal.timeout(30_000));
  const notify = { slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url }, console: false };
  const config = writeFleetConfig({ clusters: [staging()] }, files.dir, { notify, intake: { group_wait: '200ms' } });
  const run = new CliProcess(['run', '--once', '--config', config, '--health-port', '0'], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  try {
    await run.success(90_000);
    expect(run.err).toContain('1 cluster asked, 1 answered');
  } finally {
    run.kill();
  }
  expect(slack.channelPosts.length).toBeGreaterThan(0);
  return proxy.seen.join('\n');
}

test('OPS-9: MCP servers and Slack are reached through the proxy of the environment', async () => {
  const seen = await oneRound({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
  expect(seen).toContain(new URL(staging().endpoint).host);
  expect(seen).toContain(new URL(slack.url).host);
}, 120_000);

test('OPS-9: what NO_PROXY names is reached without it', async () => {
  const without = new URL(staging().endpoint).host;
  const seen = await oneRound({ http_proxy: proxy.url, https_proxy: proxy.url, no_proxy: without });
  expect(seen).not.toContain(new URL(staging().endpoint).host);
  expect(seen).toContain(new URL(slack.url).host);
}, 120_000);
