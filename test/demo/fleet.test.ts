import { afterEach, describe, expect, test } from 'vitest';
import { type Fleet, startFleet } from '../../src/demo/fleet.ts';
import { clusterFindings, rootOwner } from '../support/cluster-findings.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { listenTo, type PushListener } from '../support/push-listener.ts';
import { seededRandom } from '../support/simulated-world.ts';
import { waitUntil } from '../support/wait-until.ts';

let fleet: Fleet | undefined;
const listeners: PushListener[] = [];

afterEach(async () => {
  for (const listener of listeners.splice(0)) listener.close();
  await fleet?.close();
  fleet = undefined;
});

function findings(of: Fleet, cluster: string, now: number): string[] {
  const { state } = of.server(cluster);
  return clusterFindings(state, now).map((finding) => `${finding.type} ${rootOwner(state, finding)}`);
}

/** Plays the first `ms` milliseconds with somebody listening to each cluster that pushes. */
async function played(ms = 10_000): Promise<{ of: Fleet; now: number }> {
  const clock = new ManualClock();
  fleet = await startFleet({ clock });
  for (const { endpoint, pushes } of fleet.clusters) if (pushes) listeners.push(await listenTo(endpoint));
  const abort = new AbortController();
  const playing = fleet.play(abort.signal).catch((error: unknown) => {
    if (!abort.signal.aborted) throw error;
  });
  for (let at = 0; at < ms; at += 50) await clock.advance(50);
  abort.abort();
  await playing;
  return { of: fleet, now: clock.now() };
}

describe('the fleet', () => {
  test('UX-1: it has at least three clusters and eight faults of different kinds, and all is well before the play', async () => {
    fleet = await startFleet();
    expect(fleet.clusters.length).toBeGreaterThanOrEqual(3);
    expect(fleet.expected.length).toBeGreaterThanOrEqual(8);
    expect(new Set(fleet.expected.map((fault) => fault.owner.name)).size).toBe(fleet.expected.length);
    for (const { name } of fleet.clusters) expect(findings(fleet, name, Date.now())).toEqual([]);
  });

  test('UX-1: within two seconds the detectors find each expected fault and nothing else', async () => {
    const { of, now } = await played(2000);
    for (const { name } of of.clusters) {
      const expected = of.expected
        .filter((fault) => fault.cluster === name)
        .map(({ owner }) => `${owner.kind}/${owner.namespace ?? ''}/${owner.name}`);
      const owners = findings(of, name, now).map((line) => line.split(' ')[1]);
      expect(new Set(owners)).toEqual(new Set(expected));
    }
  });

  test('every fault has the type that its script says, and the two of the rollout belong together', async () => {
    const { of, now } = await played();
    const all = of.clusters.flatMap(({ name }) => findings(of, name, now).map((line) => `${name} ${line}`));
    expect(all.sort()).toEqual([
      'prod-eu CrashLoop Deployment/shop/checkout',
      'prod-eu CreateFailed Deployment/datalab/notebooks',
      'prod-eu DeploymentFailure Deployment/search/query-api',
      'prod-eu ImagePull Deployment/search/query-api',
      'prod-us CrashLoop Deployment/payments/ledger-export',
      'prod-us InitCrash Deployment/media/thumbnailer',
      'prod-us JobFailure Job/billing/month-close',
      'prod-us NodeUnhealthy Node//worker-04',
      'staging ClaimPending PersistentVolumeClaim/media/assets-cache',
      'staging ConfigError Deployment/crm/contact-sync',
      'staging Unschedulable Deployment/ml/trainer',
    ]);
  });

  test('what the push server notices is pushed, the rest is left to the sweep', async () => {
    await played();
    const pushed = () => listeners.flatMap(({ faults }) => faults.map((fault) => fault.faultType)).sort();
    await waitUntil(() => pushed().length === 7, 'seven pushed faults');
    expect(pushed()).toEqual([
      'CrashLoop',
      'CrashLoop',
      'DeploymentFailure',
      'JobFailure',
      'NodeUnhealthy',
      'PodCrash',
      'PodCrash',
    ]);
  });

  test('the words of each cause stand in what can be read of its cluster', async () => {
    const { of } = await played();
    for (const { cluster, owner, causeWords } of of.expected) {
      const { state } = of.server(cluster);
      const objects = state.kinds().flatMap((key) => {
        const at = key.lastIndexOf('/');
        return state.select(key.slice(0, at), key.slice(at + 1), {});
      });
      const logs = objects
        .filter(({ kind }) => kind === 'Pod')
        .flatMap(({ metadata, spec }) => {
          const { containers = [], initContainers = [] } = spec as Record<string, { name: string }[]>;
          return [...containers, ...initContainers].map(({ name }) =>
            state.log(metadata.namespace ?? '', metadata.name, name, {}),
          );
        });
      const text = JSON.stringify([objects.filter(({ metadata }) => metadata.name.includes(owner.name)), logs]);
      for (const word of causeWords) expect(text, `${owner.name}: ${word}`).toContain(word);
    }
  });

  test('a cluster that cannot push has no event tools, and each server can be read', async () => {
    fleet = await startFleet();
    expect(fleet.clusters.filter((cluster) => !cluster.pushes)).toHaveLength(1);
    for (const { name, kubeconfig } of fleet.clusters) {
      expect(kubeconfig).toContain(`current-context: ${name}`);
      const nodes = await fetch(`${fleet.server(name).api.url}/api/v1/nodes`);
      expect(nodes.status).toBe(200);
    }
  });

  test('a play that is aborted ends', async () => {
    fleet = await startFleet();
    await expect(fleet.play(AbortSignal.timeout(50))).rejects.toThrow(/timeout/i);
  });

  test('the names of pods are those of the random source', async () => {
    const other = await startFleet({ random: seededRandom() });
    fleet = await startFleet({ random: seededRandom() });
    const names = (of: Fleet) =>
      of
        .server('staging')
        .state.select('v1', 'Pod', {})
        .map(({ metadata }) => metadata.name);
    expect(names(fleet)).toEqual(names(other));
    await other.close();
  });
});
