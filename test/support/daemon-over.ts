import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Daemon } from './daemon.ts';
import type { SimulatedCluster } from './simulated-cluster.ts';
import { SlackServer } from './slack-server.ts';
import { tempDir } from './temp-dir.ts';

/** A local Slack with the real time, gone when the test ends. */
export async function realTimeSlack(): Promise<SlackServer> {
  const slack = await SlackServer.start();
  slack.now = () => Date.now();
  onTestFinished(() => slack.close());
  return slack;
}

export interface DaemonChanges {
  readonly [section: string]: unknown;
  /** Entries besides those of the simulated clusters. */
  readonly clusters?: readonly object[];
  /** Beside where the messages go. */
  readonly notify?: object;
}

/** A daemon that is not started yet, over these clusters and this Slack; it is stopped when the test ends. */
export async function daemonOver(
  clusters: readonly SimulatedCluster[],
  slack: SlackServer | null,
  { clusters: others = [], notify = {}, ...changes }: DaemonChanges = {},
): Promise<Daemon> {
  const dir = tempDir();
  const own = clusters.map(({ name, push, api }) => {
    const kubeconfig = path.join(dir, `${name}.yaml`);
    writeFileSync(kubeconfig, api.kubeconfig, { mode: 0o600 });
    return { name, mcp: { endpoint: push.endpoint }, triage: { kubeconfig } };
  });
  const toSlack = slack && { bot_token: slack.token, channel: 'C0INCIDENTS', api_url: slack.url };
  const daemon = await Daemon.prepare(dir, {
    clusters: [...own, ...others],
    intake: { group_wait: '500ms' },
    // Sweeps of their own would hide what a push lost; the one after each subscription stays.
    sweep: { interval: '1h' },
    agent: { max_concurrent_per_cluster: 2 },
    notify: { console: slack === null, ...(toSlack && { slack: toSlack }), ...notify },
    ...changes,
  });
  onTestFinished(() => daemon.stop());
  return daemon;
}
