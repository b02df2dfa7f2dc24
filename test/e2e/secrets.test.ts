import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fleet, startFleet } from '../../src/demo/fleet.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { CliProcess } from '../support/cli-process.ts';
import { Daemon } from '../support/daemon.ts';
import { writeFleetConfig } from '../support/fleet-config.ts';
import { PagerDutyServer } from '../support/pagerduty-server.ts';
import { TeamsServer } from '../support/teams-server.ts';
import { SlackServer } from '../support/slack-server.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { agentFixture } from '../support/triage-bench.ts';
import { waitUntil } from '../support/wait-until.ts';

const canaries = {
  api_key: 'canary-api-key-71',
  header: 'canary-header-72',
  bot_token: 'xoxb-canary-bot-token-73',
  routing_key: 'R0123456789abcdefghijklmnopqrstu',
  teams_address: 'Zm9vYmFyLXNlY3JldA',
  health_token: 'canary-health-token-74',
  agent_env: 'canary-agent-env-75',
  secret_object: 'canary-secret-object-76',
  config_value: 'canary-config-value-77',
  annotation: 'canary-annotation-78',
  event: 'canary-event-79',
};

/** The names of the canaries that a text holds, plain or in base64. */
function found(text: string): string[] {
  const forms = (value: string): string[] => [value, Buffer.from(value).toString('base64')];
  return Object.entries(canaries).flatMap(([name, value]) =>
    forms(value).some((one) => text.includes(one)) ? [name] : [],
  );
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const full = path.join(folder, name);
    return statSync(full).isDirectory() ? filesBelow(full) : [full];
  });
}

describe('UX-7, CFG-3, GAT-4: with a secret in every place that takes one', () => {
  const cleanups = new Cleanups();
  let fleet: Fleet;
  let slack: SlackServer;
  let daemon: Daemon;
  let dir = '';

  beforeAll(async () => {
    const files = newTempDir();
    dir = files.dir;
    cleanups.add('files', files.remove);
    fleet = await startFleet({ audienceMs: 0, pace: 10 });
    cleanups.add('fleet', () => fleet.close());
    slack = await SlackServer.start();
    slack.token = canaries.bot_token;
    cleanups.add('slack', () => slack.close());
    const [pagerDuty, teams] = [await PagerDutyServer.start(), await TeamsServer.start()];
    cleanups.add('PagerDuty', () => pagerDuty.close());
    cleanups.add('Teams', () => teams.close());
    const staging = fleet.clusters.filter(({ name }) => name === 'staging');
    const { state, api } = fleet.server('staging');
    api.setAccess(() => true);
    state.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'contact-sync', namespace: 'crm', uid: 'secret-uid' },
      data: { token: Buffer.from(canaries.secret_object).toString('base64') },
    });
    state.put({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'contact-sync',
        namespace: 'crm',
        uid: 'config-uid',
        annotations: { note: `renewed, token=${canaries.annotation}` },
      },
      data: { 'sync.yaml': `crm:\n  password: ${canaries.config_value}\n` },
    });
    state.put({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'contact-sync.1', namespace: 'crm', uid: 'event-uid' },
      type: 'Warning',
      reason: 'Failed',
      message: `login at https://crm:${canaries.event}@crm.test refused`,
      involvedObject: { kind: 'Deployment', namespace: 'crm', name: 'contact-sync' },
    });
    writeFleetConfig({ clusters: staging }, dir);
    const base = JSON.parse(readFileSync(path.join(dir, 'nightcrier.yaml'), 'utf8'));
    const [cluster] = base.clusters;
    daemon = await Daemon.prepare(dir, {
      ...base,
      clusters: [
        {
          ...cluster,
          mcp: { ...cluster.mcp, api_key: canaries.api_key, headers: { 'x-team': canaries.header } },
          triage: { ...cluster.triage, allow_secrets_access: true },
        },
      ],
      agent: {
        cli: 'custom',
        runner: 'process',
        command: [agentFixture('exits-3')],
        env: { MODEL_KEY: canaries.agent_env },
      },
      notify: {
        slack: { bot_token: canaries.bot_token, channel: 'C0INCIDENTS', api_url: slack.url },
        pagerduty: { routing_key: canaries.routing_key, api_url: `${pagerDuty.origin}/v2/enqueue` },
        teams: { webhook_url: `${teams.origin}${teams.path}` },
        console: true,
      },
      health: { token: canaries.health_token },
      intake: { group_wait: '200ms' },
      log: { level: 'debug' },
    });
    cleanups.add('daemon', () => daemon.stop());
    await daemon.start();
    await fleet.play(AbortSignal.timeout(30_000));
    await waitUntil(() => slack.threadPosts.length > 0, 'a message with its thread', 60_000);
    // What is looked at must not move.
    await waitUntil(isQuiet, 'the end of all investigations', 60_000);
    await waitUntil(() => pagerDuty.alerts.length > 0 && teams.cards.length > 0, 'an alert and a card', 20_000);
  }, 120_000);

  afterAll(() => cleanups.run(), 30_000);

  async function get(route: string): Promise<string> {
    const headers = { authorization: `Bearer ${canaries.health_token}` };
    const response = await fetch(`${daemon.url}${route}`, { headers });
    expect(response.status).toBe(200);
    return response.text();
  }

  async function isQuiet(): Promise<boolean> {
    const { incidents } = JSON.parse(await get('/api/incidents?limit=1000')) as { incidents: { status: string }[] };
    return incidents.every(({ status }) => !['open', 'queued', 'investigating'].includes(status));
  }

  test('none is in what the daemon writes, answers or sends', async () => {
    expect(found(readFileSync(path.join(dir, 'daemon.log'), 'utf8'))).toEqual([]);
    for (const route of ['/health/clusters', '/metrics', '/api/incidents', '/api/faults']) {
      expect([route, found(await get(route))]).toEqual([route, []]);
    }
    expect(found(JSON.stringify(slack.posts))).toEqual([]);
    expect((await fetch(`${daemon.url}/api/incidents`)).status).toBe(401);
  });

  test('none is in the data: state, workspaces, artifacts', async () => {
    const files = filesBelow(path.join(dir, 'data'));
    expect(files.some((file) => file.includes('artifacts'))).toBe(true);
    const holding = files.filter((file) => found(readFileSync(file, 'latin1')).length > 0);
    expect(holding).toEqual([]);
  });

  test('none is in what validate --print shows', async () => {
    const command = new CliProcess(['validate', '--print', '--config', daemon.configFile]);
    const text = await command.success();
    expect(found(text + command.err)).toEqual([]);
    expect(text).toContain('<secret>');
  });
});
