import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type ConfiguredParts, configApplier } from '../../src/app/apply-config.ts';
import { configChanges } from '../../src/app/config-changes.ts';
import { CurrentConfig } from '../../src/app/current-config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { kubeconfigText } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

const cluster = (name: string, more = ''): string =>
  `  - {name: ${name}, mcp: {endpoint: "http://127.0.0.1:1/${name}"}, triage: {kubeconfig: ${name}.yaml}${more}}`;
const names = ['kept', 'labelled', 'moved', 'rotated', 'gone'];
const before = ['clusters:', ...names.map((name) => cluster(name)), ''].join('\n');
const after = [
  'severity_threshold: warning',
  'clusters:',
  cluster('kept'),
  cluster('labelled', ', labels: {team: a}'),
  cluster('moved').replace('/moved"', '/elsewhere"'),
  cluster('rotated'),
  cluster('new'),
  '',
].join('\n');

/** What each part was told, in order; a part can be made to fail. */
function bench(failing: () => string | null = () => null, whole: () => boolean = () => true) {
  const files = [...names, 'new'].map((name) => [`${name}.yaml`, kubeconfigText(name)] as const);
  const dir = tempDir({ 'nightcrier.yaml': before, ...Object.fromEntries(files) });
  const current = new CurrentConfig(loadConfig({ cwd: dir, env: {} }));
  const told: string[] = [];
  const tell = (text: string): void => {
    const part = failing();
    if (part !== null && text.startsWith(part)) throw new Error(`${part} fails`);
    told.push(text);
  };
  const threshold = (): string => current.now.config.severity_threshold;
  const parts: ConfiguredParts = {
    current,
    store: {
      setPolicy: async () => tell(`policy while ${threshold()}`),
      closeRemovedClusters: async (configured) => {
        tell(`close all but ${configured.join(' ')}`);
        return 0;
      },
      keepSilences: async () => 0,
    },
    manager: {
      add: ({ name }) => tell(`add ${name}`),
      remove: async (name) => tell(`remove ${name}`),
      replace: async ({ name }) => tell(`replace ${name}`),
      describe: ({ name }) => tell(`describe ${name}`),
    },
    permissions: {
      use: (targets) => tell(`ask about ${targets.map(({ name }) => name).join(' ')}`),
      refresh: (name) => tell(`refresh ${name}`),
    },
    accesses: { forget: (gone) => tell(`forget ${[...gone].join(' ')}`) },
    notifiers: {
      renew: async () => {
        tell(`notifiers while ${threshold()}`);
        return [];
      },
    },
    notifications: { use: async () => tell('deliver') },
    slack: { use: async () => tell('listen to Slack') },
    artifacts: { use: () => tell('artifacts') },
    agents: { look: async () => tell('agents') },
    discovered: { isWhole: () => whole() },
    clock: systemClock,
    logger: silentLogger,
  };
  const applier = configApplier(parts);
  const apply = async (): Promise<void> => {
    writeFileSync(path.join(dir, 'nightcrier.yaml'), after);
    writeFileSync(path.join(dir, 'rotated.yaml'), kubeconfigText('rotated').replace('canary', 'second'));
    const next = current.with(loadConfig({ cwd: dir, env: {} }));
    await applier.apply(next, configChanges(current.now, next));
  };
  return { apply, applier, told, current };
}

test('CFG-7: what can fail comes first, then each part hears only what concerns it', async () => {
  const { apply, told } = bench();
  await apply();
  expect(told).toEqual([
    'notifiers while info',
    'policy while info',
    'forget gone moved',
    'ask about kept labelled moved rotated new',
    'refresh rotated',
    'remove gone',
    'describe kept',
    'describe labelled',
    'replace moved',
    'describe rotated',
    'add new',
    'deliver',
    'listen to Slack',
    'close all but kept labelled moved rotated new',
  ]);
});

test.each(['notifiers', 'policy'])('CFG-7: when it fails at %s, nothing has changed', async (failing) => {
  const { apply, told, current } = bench(() => failing);
  const now = current.now;
  await expect(apply()).rejects.toThrow(`${failing} fails`);
  expect(current.now).toBe(now);
  expect(told.filter((text) => !text.startsWith('notifiers'))).toEqual([]);
});

test('CFG-7: what could not be stored is tried at the next look, and then no more', async () => {
  const failing = { now: true };
  const { apply, applier, told } = bench(() => (failing.now ? 'close' : null));
  await apply();
  expect(told).not.toContain('close all but kept labelled moved rotated new');
  failing.now = false;
  await applier.storeSettings();
  await applier.storeSettings();
  expect(told.filter((text) => text.startsWith('close'))).toEqual(['close all but kept labelled moved rotated new']);
});

test('CFG-8: nothing is closed while it is unknown which clusters were discovered, and is closed when that is known', async () => {
  const known = { now: false };
  const { apply, applier, told } = bench(undefined, () => known.now);
  await apply();
  await applier.storeSettings();
  expect(told.filter((text) => text.startsWith('close'))).toEqual([]);
  known.now = true;
  await applier.storeSettings();
  await applier.storeSettings();
  expect(told.filter((text) => text.startsWith('close'))).toEqual(['close all but kept labelled moved rotated new']);
});
