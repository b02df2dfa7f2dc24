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

/** A server of this machine by another name, which the proxy knows: this machine itself is never behind a proxy. */
const elsewhere = (url: string): string => url.replace('127.0.0.1', 'servers.test');

interface Round {
  readonly endpoint: string;
  readonly slackUrl: string;
}

/** Everything in one round, with faults that stand already; gives what the proxy saw. */
async function oneRound(env: Record<string, string>, { endpoint, slackUrl }: Round): Promise<string> {
  await fleet.play(AbortSignal.timeout(30_000));
  const notify = { slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slackUrl }, console: false };
  const changes = { notify, intake: { group_wait: '200ms' } };
  const config = writeFleetConfig({ clusters: [{ ...staging(), endpoint }] }, files.dir, changes);
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
  const servers = { endpoint: elsewhere(staging().endpoint), slackUrl: elsewhere(slack.url) };
  const seen = await oneRound({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '10.0.0.0/8' }, servers);
  expect(seen).toContain(new URL(servers.endpoint).host);
  expect(seen).toContain(new URL(servers.slackUrl).host);
}, 120_000);

test('OPS-9: this machine itself is never behind the proxy, as for kubectl', async () => {
  const servers = { endpoint: staging().endpoint, slackUrl: elsewhere(slack.url) };
  const seen = await oneRound({ http_proxy: proxy.url, https_proxy: proxy.url }, servers);
  expect(seen).not.toContain(new URL(servers.endpoint).host);
  expect(seen).toContain(new URL(servers.slackUrl).host);
}, 120_000);
