import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { daemonSlack } from '../../../src/app/process/daemon-slack.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/log.ts';
import { openTestStore } from '../../storage/store-fixture.ts';
import { realTimeSlack } from '../../support/daemon-over.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** What listens to Slack, over a configuration that the test changes. */
async function listening() {
  const slack = await realTimeSlack();
  const { store } = await openTestStore({ targets: ['slack'] });
  const way: Record<string, string> = { app_token: slack.people.appToken };
  const config = () => {
    const clusters = [{ name: 'prod', mcp: { endpoint: 'http://127.0.0.1:1/mcp' }, triage: { enabled: false } }];
    const notify = { slack: { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url, ...way } };
    return parseConfig({ data_dir: '/data', clusters, notify }, '/').config;
  };
  const shared = { clock: systemClock, logger: silentLogger, registry: new Registry(), proxy: {} };
  const heard = daemonSlack({ ...shared, config, store, answerer: null });
  onTestFinished(() => heard.stop(1000));
  return { slack, heard, way };
}

test('UX-15: what stops while it begins to listen does not listen afterwards', async () => {
  const { slack, heard } = await listening();
  const starting = heard.start();
  await heard.stop(1000);
  await starting;
  expect(heard.state()).toBeNull();
  expect(slack.people.isConnected).toBe(false);
});

test('UX-15: another way to listen takes over, and the socket of the one before is closed', async () => {
  const { slack, heard, way } = await listening();
  await heard.start();
  await waitUntil(() => heard.state()?.connected === true, 'a connection');
  delete way['app_token'];
  way['signing_secret'] = 'a-signing-secret';
  await heard.use();
  expect(heard.state()).toEqual({ way: 'http', connected: null });
  await waitUntil(() => !slack.people.isConnected, 'the end of the socket');
  expect((await heard.receive('events', {}, Buffer.from('{}')))?.status).toBe(401);
  await heard.stop(1000);
  expect(heard.receive('events', {}, Buffer.from('{}'))).toBeNull();
});
