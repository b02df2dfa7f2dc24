import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { type DiscoverySource, discoverySourceSchema } from '../../src/discovery/config.ts';
import { Discovery } from '../../src/discovery/discovery.ts';
import { openApiAccess } from '../../src/kube/credential/api-access.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { clusterApiSecret } from '../support/cluster-secrets.ts';
import { kubeconfigText } from '../support/control-plane.ts';
import { type ManagementCluster, startManagementCluster } from '../support/management-cluster.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const minute = 60_000;
const secret = (name: string, labels: object = {}) =>
  clusterApiSecret(name, kubeconfigText('https://127.0.0.1:1', 'authority', `token-of-${name}`), { labels });

interface Bench {
  readonly discovery: Discovery;
  readonly names: () => string[];
  readonly codes: () => string[];
  /** Time passes until each source is due once more; resolves when that look has ended. */
  readonly look: () => Promise<void>;
  sources: DiscoverySource[];
}

/** Discovery by a clock that stands still, as a process that begins with what is in a folder. */
function discover(dataDir: string, ...sources: object[]): Bench {
  const clock = new ManualClock();
  const discovery = new Discovery({
    sources: () => bench.sources,
    dataDir,
    open: (kubeconfig, context) => openApiAccess([kubeconfig], context, { spawn: spawnProcess, clock, env: {} }),
    inUse: () => [],
    clock,
    logger: silentLogger,
    registry: new Registry(),
  });
  onTestFinished(() => discovery.stop());
  let isStarted = false;
  const bench: Bench = {
    discovery,
    names: () => discovery.clusters().map(({ name }) => name),
    codes: () => discovery.problems().map(({ code }) => code),
    look: async () => {
      if (isStarted) await clock.advance(minute);
      else discovery.start(() => Promise.resolve());
      isStarted = true;
      // The look that is over has set the time of the next one.
      await waitUntil(() => clock.nextTimer !== null && clock.nextTimer - clock.now() > minute - 1000, 'the look');
    },
    sources: sources.map(source),
  };
  return bench;
}

const source = (one: object): DiscoverySource => discoverySourceSchema.parse(one);
const of = ({ kubeconfig }: ManagementCluster, more: object = {}): object => ({ kubeconfig, ...more });
const listOf = (dataDir: string): string => path.join(dataDir, 'discovered', 'index.json');
const kubeconfigs = (dataDir: string): string[] =>
  readdirSync(path.join(dataDir, 'discovered')).filter((name) => name.endsWith('.kubeconfig'));

test.each([
  ['empty', ''],
  ['half', '[{"source": "'],
  ['gone', null],
])(
  'CFG-8: a list that is %s after a power failure is not an empty fleet: files stay until all sources have answered',
  async (_what, content) => {
    const [first, second] = [await startManagementCluster(), await startManagementCluster()];
    first.secrets = [secret('east')];
    second.secrets = [secret('west')];
    const dataDir = tempDir();
    const before = discover(dataDir, of(first), of(second));
    await before.look();
    expect(before.names()).toEqual(['east', 'west']);
    expect(before.discovery.isWhole()).toBe(true);
    await before.discovery.stop();
    const files = before.discovery.clusters().map(({ kubeconfig }) => kubeconfig);
    if (content === null) rmSync(listOf(dataDir));
    else writeFileSync(listOf(dataDir), content);

    second.answers = false;
    const after = discover(dataDir, of(first), of(second));
    expect(after.discovery.isWhole()).toBe(false);
    expect(after.codes()).toEqual(['NC-DISCOVERY-006']);
    await after.look();
    expect(after.names()).toEqual(['east']);
    expect(after.discovery.isWhole()).toBe(false);
    expect(after.codes()).toEqual(['NC-DISCOVERY-006', 'NC-DISCOVERY-001']);
    expect(files.map((file) => existsSync(file))).toEqual([true, true]);
    // Nor does a list of half of them take its place.
    expect(existsSync(listOf(dataDir)) ? readFileSync(listOf(dataDir), 'utf8') : null).toBe(content);

    second.answers = true;
    second.secrets = [];
    await after.look();
    expect(after.discovery.isWhole()).toBe(true);
    expect(after.codes()).toEqual([]);
    await waitUntil(() => kubeconfigs(dataDir).length === 1, 'the kubeconfig that nobody uses to go');
    const again = discover(dataDir, of(first), of(second));
    expect(again.names()).toEqual(['east']);
    expect(again.discovery.isWhole()).toBe(true);
  },
);

test('CFG-8: where nothing was ever discovered nothing is in doubt', async () => {
  const { discovery, codes } = discover(tempDir(), of(await startManagementCluster()));
  expect(discovery.isWhole()).toBe(true);
  expect(codes()).toEqual([]);
});

test('CFG-8: a command that was allowed before runs no more when it is not allowed, nor does one that was kept', async () => {
  const management = await startManagementCluster();
  const command = kubeconfigText('https://127.0.0.1:1', 'authority', 'x').replace(
    'token: "x"',
    'exec: {apiVersion: client.authentication.k8s.io/v1, command: touch, interactiveMode: Never}',
  );
  management.secrets = [clusterApiSecret('east', command), secret('west')];
  const dataDir = tempDir();
  const { discovery, names, look } = discover(dataDir, of(management, { allow_exec: true }));
  await look();
  expect(names()).toEqual(['east', 'west']);
  await discovery.stop();

  // Nobody can be asked: what was kept is judged by itself.
  management.answers = false;
  const after = discover(dataDir, of(management));
  expect(after.names()).toEqual(['west']);
  await after.discovery.stop();
  const allowed = discover(dataDir, of(management, { allow_exec: true }));
  expect(allowed.names()).toEqual(['east', 'west']);
  await allowed.look();
  const refusing = [source(of(management))];
  // A configuration that is about to hold is judged by what it says.
  expect(allowed.discovery.clusters(refusing).map(({ name }) => name)).toEqual(['west']);
  management.answers = true;
  allowed.sources = refusing;
  await allowed.look();
  expect(allowed.names()).toEqual(['west']);
  expect(allowed.codes()).toEqual(['NC-DISCOVERY-003']);
  expect(kubeconfigs(dataDir)).toHaveLength(1);
  allowed.sources = [source(of(management, { allow_exec: true }))];
  await allowed.look();
  expect(allowed.names().sort()).toEqual(['east', 'west']);
});

test('CFG-8: a source that is described otherwise keeps its clusters and their files until its own lists have come, also over a restart', async () => {
  const management = await startManagementCluster();
  management.secrets = ['a', 'b', 'c', 'd'].map((name) => secret(name, { tier: name === 'd' ? 'lab' : 'prod' }));
  const dataDir = tempDir();
  const first = discover(dataDir, of(management));
  await first.look();
  const files = () => first.discovery.clusters().map(({ kubeconfig }) => kubeconfig);
  const before = files();
  expect(first.names()).toHaveLength(4);
  const narrowed = source(of(management, { selector: 'tier=prod' }));
  // What is about to hold; and it does not hold yet.
  expect(first.discovery.clusters([narrowed]).map(({ name }) => name)).toEqual(first.names());
  await first.look();
  management.answers = false;
  first.sources = [narrowed];
  await first.look();
  expect(files()).toEqual(before);
  await first.discovery.stop();

  const other = discover(dataDir, of(management, { namespace: 'default', selector: 'tier=prod' }));
  expect(other.names()).toHaveLength(4);
  await other.look();
  management.answers = true;
  await other.look();
  expect(other.names()).toHaveLength(4);
  await other.look();
  expect(other.names()).toEqual(['a', 'b', 'c']);
  expect(other.discovery.clusters().map(({ kubeconfig }) => kubeconfig)).toEqual(before.slice(0, 3));
  await other.discovery.stop();
  // A source of another management cluster inherits nothing.
  expect(discover(dataDir, of(await startManagementCluster())).names()).toEqual([]);
});

test('CFG-8: a management cluster that has none of its clusters any more is doubted, told, and believed after ten minutes', async () => {
  const management = await startManagementCluster();
  management.secrets = [secret('a'), secret('b')];
  const dataDir = tempDir();
  const { names, codes, look } = discover(dataDir, of(management));
  await look();
  const { secrets } = management;
  management.secrets = [];
  for (let looks = 0; looks < 9; looks += 1) {
    await look();
    expect(names()).toEqual(['a', 'b']);
    expect(codes()).toEqual(['NC-DISCOVERY-007']);
  }
  management.secrets = secrets;
  await look();
  expect(codes()).toEqual([]);
  management.secrets = [];
  for (let looks = 0; looks < 11; looks += 1) await look();
  expect(names()).toEqual([]);
  expect(codes()).toEqual([]);
  expect(kubeconfigs(dataDir)).toEqual([]);
});
