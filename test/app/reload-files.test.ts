import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ConfigChanges } from '../../src/app/config-changes.ts';
import { CurrentConfig } from '../../src/app/current-config.ts';
import { Reloader } from '../../src/app/reload.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { kubeconfigText } from '../support/config-dir.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const runbook = (text: string): string => `---\nmatch: {fault_type: CrashLoop}\n---\n${text}\n`;

/** A configuration with every kind of file; `threshold` is what most cases change. */
const text = (threshold: string, more = ''): string => `
severity_threshold: ${threshold}
clusters:
  - name: main
    mcp: {endpoint: "http://127.0.0.1:18080/mcp", api_key: "\${file:secrets/key}", ca_file: ca.pem}
    triage: {kubeconfig: k.yaml}
clusters_from: [more/*.yaml]
runbooks: {paths: [runbooks/*.md]}
${more}`;
const clusterFile = (name: string): string =>
  `clusters: [{name: ${name}, mcp: {endpoint: "http://127.0.0.1:18081/${name}"}, triage: {enabled: false}}]\n`;

const files = {
  'nightcrier.yaml': text('info'),
  'secrets/key': 'first-key-value\n',
  'ca.pem': '-----BEGIN CERTIFICATE-----\nfirst\n',
  'k.yaml': kubeconfigText('a', 'b'),
  'more/east.yaml': clusterFile('east'),
  'runbooks/one.md': runbook('first'),
};

interface Watched {
  readonly current: CurrentConfig;
  readonly reloader: Reloader;
  /** What each reload changed. */
  readonly taken: ConfigChanges[];
  /** What applying fails with; null: it does not. */
  failure: Error | null;
  /** Whether discovery has found a cluster. */
  isFound: boolean;
}

/** The reloading of a daemon that does nothing else. */
function watched(file: string, clock: Clock = systemClock): Watched {
  const current = new CurrentConfig(loadConfig({ file, env: {}, cwd: path.dirname(file) }));
  const taken: ConfigChanges[] = [];
  const applier = {
    apply: (next: typeof current.now, changes: ConfigChanges) => {
      if (bench.failure !== null) return Promise.reject(bench.failure);
      current.replace(next);
      taken.push(changes);
      return Promise.resolve();
    },
    storeSettings: () => Promise.resolve(),
  };
  const discovered = {
    base: current.now.loaded,
    extend: (loaded: LoadedConfig): LoadedConfig => {
      const clusters = loaded.config.clusters.flatMap((one) =>
        bench.isFound ? [one, { ...one, name: 'found' }] : [one],
      );
      return { ...loaded, config: { ...loaded.config, clusters } };
    },
    reconfigured: () => {},
  };
  const reloader = new Reloader({
    current,
    applier,
    discovered,
    clock,
    logger: silentLogger,
    registry: new Registry(),
  });
  const bench: Watched = { current, reloader, taken, failure: null, isFound: false };
  reloader.start();
  onTestFinished(() => reloader.stop());
  return bench;
}

function given(): { dir: string; file: string } {
  const dir = tempDir(files);
  return { dir, file: path.join(dir, 'nightcrier.yaml') };
}

/** As the kubelet does: the files are links to `..data/NAME`, which is a link to a folder that is replaced by another. */
function asConfigMap(dir: string): (contents: Record<string, string>) => void {
  let version = 0;
  return (contents) => {
    version += 1;
    const folder = path.join(dir, `..v${version}`);
    mkdirSync(folder);
    for (const [name, content] of Object.entries(contents)) {
      writeFileSync(path.join(folder, name), content);
      const link = path.join(dir, name);
      if (version === 1) {
        rmSync(link, { force: true });
        symlinkSync(path.join('..data', name), link);
      }
    }
    symlinkSync(path.basename(folder), path.join(dir, '..data_tmp'));
    renameSync(path.join(dir, '..data_tmp'), path.join(dir, '..data'));
    if (version > 1) rmSync(path.join(dir, `..v${version - 1}`), { recursive: true });
  };
}

const threshold = ({ current }: Watched): string => current.now.config.severity_threshold;

/** How a file can become another one. `prepare` comes before the daemon starts. */
const ways: [name: string, change: (dir: string) => { readonly prepare?: () => void; readonly change: () => void }][] =
  [
    [
      'written in place',
      (dir) => ({ change: () => writeFileSync(path.join(dir, 'nightcrier.yaml'), text('warning')) }),
    ],
    [
      'replaced by a rename',
      (dir) => ({
        change: () => {
          writeFileSync(path.join(dir, '.new'), text('warning'));
          renameSync(path.join(dir, '.new'), path.join(dir, 'nightcrier.yaml'));
        },
      }),
    ],
    [
      'moved away as a backup and written anew, as an editor does',
      (dir) => ({
        change: () => {
          renameSync(path.join(dir, 'nightcrier.yaml'), path.join(dir, 'nightcrier.yaml~'));
          writeFileSync(path.join(dir, 'nightcrier.yaml'), text('warning'));
          unlinkSync(path.join(dir, 'nightcrier.yaml~'));
        },
      }),
    ],
    [
      'deleted and made again',
      (dir) => ({
        change: () => {
          unlinkSync(path.join(dir, 'nightcrier.yaml'));
          writeFileSync(path.join(dir, 'nightcrier.yaml'), text('warning'));
        },
      }),
    ],
    [
      'written with the same size and the same time',
      (dir) => ({
        prepare: () => writeFileSync(path.join(dir, 'nightcrier.yaml'), text('info   ')),
        change: () => {
          const file = path.join(dir, 'nightcrier.yaml');
          const { size, atime, mtime } = statSync(file);
          writeFileSync(file, text('warning'));
          utimesSync(file, atime, mtime);
          expect(statSync(file)).toMatchObject({ size, mtime });
        },
      }),
    ],
    [
      'a ConfigMap whose ..data is turned',
      (dir) => {
        const put = asConfigMap(dir);
        return {
          prepare: () => put({ 'nightcrier.yaml': text('info') }),
          change: () => put({ 'nightcrier.yaml': text('warning') }),
        };
      },
    ],
    [
      'behind a link that is turned to another file',
      (dir) => {
        const link = (to: string): void => {
          symlinkSync(to, path.join(dir, 'link'));
          renameSync(path.join(dir, 'link'), path.join(dir, 'nightcrier.yaml'));
        };
        return {
          prepare: () => {
            mkdirSync(path.join(dir, 'releases'));
            for (const one of ['info', 'warning']) writeFileSync(path.join(dir, 'releases', one), text(one));
            link('releases/info');
          },
          change: () => link('releases/warning'),
        };
      },
    ],
    [
      'written where a link leads to',
      (dir) => ({
        prepare: () => {
          mkdirSync(path.join(dir, 'elsewhere'));
          renameSync(path.join(dir, 'nightcrier.yaml'), path.join(dir, 'elsewhere/real.yaml'));
          symlinkSync('elsewhere/real.yaml', path.join(dir, 'nightcrier.yaml'));
        },
        change: () => writeFileSync(path.join(dir, 'elsewhere/real.yaml'), text('warning')),
      }),
    ],
  ];

describe('CFG-7 UX-19: the file changes', () => {
  test.each(ways)(
    '%s: it is taken over by itself',
    async (_name, way) => {
      const { dir, file } = given();
      const { prepare, change } = way(dir);
      prepare?.();
      const daemon = watched(file);
      expect(threshold(daemon)).toBe('info');
      change();
      await waitUntil(() => threshold(daemon) === 'warning', 'the new threshold', 20_000);
      expect(daemon.reloader.problems()).toEqual([]);
      // And once more, by the same watch.
      writeFileSync(file, text('critical'));
      await waitUntil(() => threshold(daemon) === 'critical', 'the next threshold', 20_000);
    },
    60_000,
  );

  test('its whole folder is replaced', async () => {
    const parent = tempDir();
    const [dir, next] = [path.join(parent, 'etc'), path.join(parent, 'next')];
    for (const [name, content] of Object.entries(files)) {
      for (const folder of [dir, next]) {
        mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        writeFileSync(path.join(folder, name), content);
      }
    }
    writeFileSync(path.join(next, 'nightcrier.yaml'), text('warning'));
    const daemon = watched(path.join(dir, 'nightcrier.yaml'));
    renameSync(dir, path.join(parent, 'old'));
    renameSync(next, dir);
    await waitUntil(() => threshold(daemon) === 'warning', 'the new folder', 20_000);
    expect(daemon.reloader.problems()).toEqual([]);
  }, 30_000);

  test('mounted alone, so that nobody is told of its changes: contents are compared once a minute', async () => {
    const { file } = given();
    // Written through another name of it, no folder on the way hears of it: as with a bind mount of one file.
    const outside = path.join(tempDir(), 'real.yaml');
    linkSync(file, outside);
    const clock = new ManualClock();
    const daemon = watched(file, clock);
    writeFileSync(outside, text('warning'));
    await clock.advance(59_000);
    expect(threshold(daemon)).toBe('info');
    await clock.advance(1000);
    await waitUntil(() => threshold(daemon) === 'warning', 'the compared content');
  });

  test('a file that is half written is not taken, and told until it is whole', async () => {
    const { file } = given();
    const daemon = watched(file);
    writeFileSync(file, text('warning').slice(0, 60));
    await waitUntil(() => daemon.reloader.problems().length > 0, 'the problem', 20_000);
    expect(daemon.reloader.problems()[0]).toMatchObject({ code: 'NC-RUN-002' });
    expect(threshold(daemon)).toBe('info');
    writeFileSync(file, text('warning'));
    await waitUntil(() => threshold(daemon) === 'warning', 'the whole file', 20_000);
    expect(daemon.reloader.problems()).toEqual([]);
  }, 60_000);

  test('a file that is gone is told, and taken when it is back', async () => {
    const { file } = given();
    const daemon = watched(file);
    unlinkSync(file);
    await waitUntil(() => daemon.reloader.problems().length > 0, 'the problem', 20_000);
    expect(daemon.reloader.problems()[0]?.message).toContain('does not exist');
    writeFileSync(file, text('warning'));
    await waitUntil(() => threshold(daemon) === 'warning', 'the new file', 20_000);
  }, 60_000);

  test('reload.watch: false: nothing is taken by itself, and all of it on request', async () => {
    const { file } = given();
    writeFileSync(file, text('info', 'reload: {watch: false}'));
    const clock = new ManualClock();
    const daemon = watched(file, clock);
    writeFileSync(file, text('warning', 'reload: {watch: false}'));
    await clock.advance(600_000);
    await waitUntil(() => clock.timers > 0, 'the look has ended');
    expect(threshold(daemon)).toBe('info');
    expect(await daemon.reloader.reload('signal')).toMatchObject({ kind: 'done' });
    expect(threshold(daemon)).toBe('warning');
  });
});

/** Everything else that a configuration is made of. */
const parts: [name: string, change: (dir: string) => void, seen: (daemon: Watched) => boolean][] = [
  [
    'a secret of ${file:…}',
    (dir) => writeFileSync(path.join(dir, 'secrets/key'), 'second-key-value'),
    ({ current }) => current.now.config.clusters[0]?.mcp?.api_key === 'second-key-value',
  ],
  [
    'a file that clusters_from names',
    (dir) => writeFileSync(path.join(dir, 'more/east.yaml'), clusterFile('west')),
    ({ current }) => [...current.now.fleet.keys()].join() === 'main,west',
  ],
  [
    'a new file that clusters_from names',
    (dir) => writeFileSync(path.join(dir, 'more/west.yaml'), clusterFile('west')),
    ({ current }) => [...current.now.fleet.keys()].join() === 'main,east,west',
  ],
  [
    'a kubeconfig: its current context is another one',
    (dir) => writeFileSync(path.join(dir, 'k.yaml'), kubeconfigText('b', 'a')),
    ({ taken }) => taken.at(-1)?.clusters.reconnected.join() === 'main',
  ],
  [
    'a kubeconfig: its credential is another one',
    (dir) => {
      const file = path.join(dir, 'k.yaml');
      writeFileSync(file, readFileSync(file, 'utf8').replace('kubeconfig-token-canary', 'rotated'));
    },
    ({ taken }) => taken.at(-1)?.clusters.changed.join() === 'main',
  ],
  [
    'a certificate authority',
    (dir) => writeFileSync(path.join(dir, 'ca.pem'), '-----BEGIN CERTIFICATE-----\nsecond\n'),
    ({ taken }) => taken.at(-1)?.files === true,
  ],
  [
    'a runbook',
    (dir) => writeFileSync(path.join(dir, 'runbooks/one.md'), runbook('second')),
    ({ current }) => current.now.triage.runbooks[0]?.text === 'second',
  ],
  [
    'a new runbook',
    (dir) => writeFileSync(path.join(dir, 'runbooks/two.md'), runbook('two')),
    ({ current }) => current.now.triage.runbooks.length === 2,
  ],
];

describe('CFG-7 CFG-3: what the file names changes', () => {
  test.each(parts)(
    '%s: it is taken over by itself',
    async (_name, change, seen) => {
      const { dir, file } = given();
      const daemon = watched(file);
      change(dir);
      await waitUntil(() => seen(daemon), 'the change', 20_000);
      expect(daemon.reloader.problems()).toEqual([]);
    },
    30_000,
  );

  test('a secret that is not configured any more is still kept out of what is told', async () => {
    const { dir, file } = given();
    const daemon = watched(file);
    writeFileSync(path.join(dir, 'secrets/key'), 'second-key-value');
    await daemon.reloader.reload('request');
    expect(daemon.current.now.secrets).toEqual(expect.arrayContaining(['second-key-value', 'first-key-value']));
    expect(daemon.current.now.triage.redact.secrets).toContain('first-key-value');
  });

  test('a folder of clusters that is suddenly empty removes none of them', async () => {
    const { dir, file } = given();
    const daemon = watched(file);
    rmSync(path.join(dir, 'more'), { recursive: true });
    await waitUntil(() => daemon.reloader.problems().length > 0, 'the problem', 20_000);
    expect(daemon.reloader.problems()[0]?.message).toContain('clusters_from[0] "more/*.yaml" names no file');
    expect([...daemon.current.now.fleet.keys()]).toEqual(['main', 'east']);
  }, 30_000);
});

/** One cluster and nothing else. */
function plain(more = ''): { file: string } {
  const cluster = '{name: main, mcp: {endpoint: "http://127.0.0.1:18080/mcp"}, triage: {enabled: false}}';
  const dir = tempDir({ 'nightcrier.yaml': `clusters: [${cluster}]\n${more}` });
  return { file: path.join(dir, 'nightcrier.yaml') };
}

test('CFG-7: a file that could not be taken over is tried again although discovered clusters came meanwhile', async () => {
  const { file } = plain();
  const clock = new ManualClock();
  const bench = watched(file, clock);
  bench.failure = new Error('the store is full');
  writeFileSync(file, `${readFileSync(file, 'utf8')}severity_threshold: critical\n`);
  expect((await bench.reloader.reload('request')).kind).toBe('refused');
  bench.failure = null;
  bench.isFound = true;
  expect((await bench.reloader.reload('discovery')).kind).toBe('done');
  expect(bench.reloader.problems()).toMatchObject([{ code: 'NC-RUN-002' }]);
  await clock.advance(60_000);
  await waitUntil(() => bench.current.now.config.severity_threshold === 'critical', 'the file to be taken');
  await waitUntil(() => bench.reloader.problems().length === 0, 'the end of the problem');
  expect([...bench.current.now.fleet.keys()]).toEqual(['main', 'found']);
});

test('CFG-7: discovered clusters that could not be taken over are tried again without a look at the files', async () => {
  const { file } = plain('reload: {watch: false}\n');
  const clock = new ManualClock();
  const bench = watched(file, clock);
  bench.failure = new Error('the store is full');
  bench.isFound = true;
  expect((await bench.reloader.reload('discovery')).kind).toBe('refused');
  expect(bench.reloader.problems()[0]?.message).toMatch(/^what was discovered cannot be used/);
  bench.failure = null;
  writeFileSync(file, `${readFileSync(file, 'utf8')}severity_threshold: critical\n`);
  await clock.advance(60_000);
  await waitUntil(() => bench.current.now.fleet.has('found'), 'the cluster to be taken');
  await waitUntil(() => bench.reloader.problems().length === 0, 'the end of the problem');
  expect(bench.current.now.config.severity_threshold).toBe('info');
});
