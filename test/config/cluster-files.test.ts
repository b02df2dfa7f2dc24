import path from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError } from '../../src/config/errors.ts';
import { type LoadedConfig, loadConfig } from '../../src/config/load.ts';
import { readLocations } from '../../src/config/locations.ts';
import { kubeconfigText } from '../support/config-dir.ts';
import { tempDir } from '../support/temp-dir.ts';

const endpoint = (name: string): string => `mcp: {endpoint: "http://127.0.0.1:18080/${name}"}`;
const cluster = (name: string, more = ''): string =>
  `  - {name: ${name}, ${endpoint(name)}, triage: {enabled: false}${more}}`;
const fileOf = (...clusters: string[]): string => ['clusters:', ...clusters, ''].join('\n');

function load(files: Record<string, string>, env: Record<string, string> = {}): LoadedConfig & { dir: string } {
  const dir = tempDir(files);
  return { dir, ...loadConfig({ cwd: dir, env }) };
}

function refusal(files: Record<string, string>): ConfigError {
  try {
    load(files);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

const main = (...lines: string[]): string => ['clusters_from: [teams/*.yaml]', ...lines, ''].join('\n');

test('CFG-8: the clusters of all files are one fleet, those of the configuration itself first', () => {
  const { config } = load({
    'nightcrier.yaml': main('clusters:', cluster('own')),
    'teams/b.yaml': fileOf(cluster('b1'), cluster('b2')),
    'teams/a.yaml': fileOf(cluster('a1')),
    'teams/none.yaml': 'clusters: []\n',
  });
  expect(config.clusters.map(({ name }) => name)).toEqual(['own', 'a1', 'b1', 'b2']);
});

test('CFG-8: without a cluster of its own, by several patterns, each file once', () => {
  const { config } = load({
    'nightcrier.yaml': 'clusters_from: [teams/a.yaml, "teams/*", "**/a.yaml"]\n',
    'teams/a.yaml': fileOf(cluster('a1')),
  });
  expect(config.clusters.map(({ name }) => name)).toEqual(['a1']);
});

test('CFG-4 CFG-8: paths and references of a file are its own', () => {
  const loaded = load(
    {
      'nightcrier.yaml': main(),
      'teams/a.yaml': fileOf(
        `  - {name: a1, mcp: {endpoint: "http://127.0.0.1:1/a", api_key: "\${file:key}"}, triage: {kubeconfig: k.conf}}`,
        cluster('a2', ', environment: "${STAGE}"'),
      ),
      'teams/key': 'canary-of-a-file',
      'teams/k.conf': kubeconfigText(),
    },
    { STAGE: 'test' },
  );
  const { config, dir, secrets } = loaded;
  expect(config.clusters[0]?.triage.kubeconfig).toBe(path.join(dir, 'teams/k.conf'));
  expect(config.clusters[0]?.mcp?.api_key).toBe('canary-of-a-file');
  expect(secrets).toContain('canary-of-a-file');
  const shown = loaded.describe() as { clusters: { mcp: { api_key?: string }; environment?: string }[] };
  expect(shown.clusters[0]?.mcp.api_key).toBe('<from file key>');
  expect(shown.clusters[1]?.environment).toBe('<from env STAGE>');
});

test('CFG-8: everything that is wrong is told at once, each with the line and column of its own file', () => {
  const { problems } = refusal({
    'nightcrier.yaml': main('typo: 1'),
    'teams/a.yaml': fileOf(cluster('a1'), '  - {name: a2, mcp: {endpoint: nowhere}, triage: {enabled: false}}'),
    'teams/b.yaml': `sweep: {interval: 1m}\n${fileOf('  - {name: b1, mcp: {}, triage: {enabled: maybe}}')}`,
    'teams/c.yaml': 'clusters: [\n',
    'teams/d.yaml': '',
  });
  expect(problems.map(({ origin, line, column, code }) => [origin, line, column, code])).toEqual([
    ['nightcrier.yaml', 2, 1, 'NC-CONFIG-006'],
    ['teams/a.yaml', 3, 32, 'NC-CONFIG-007'],
    ['teams/b.yaml', 1, 1, 'NC-CONFIG-006'],
    ['teams/b.yaml', 3, 16, 'NC-CONFIG-008'],
    ['teams/b.yaml', 3, 25, 'NC-CONFIG-013'],
    ['teams/b.yaml', 3, 43, 'NC-CONFIG-007'],
    ['teams/c.yaml', 1, 12, 'NC-CONFIG-003'],
    ['teams/d.yaml', 1, 1, 'NC-CONFIG-004'],
  ]);
  expect(problems[1]?.message).toContain('clusters[1].mcp.endpoint is "nowhere"');
  expect(problems[1]?.excerpt).toContain('name: a2');
});

test('CFG-8: a name that is used twice over files is told with both places', () => {
  const { problems } = refusal({
    'nightcrier.yaml': main('clusters:', cluster('own')),
    'teams/a.yaml': fileOf(cluster('one'), cluster('own')),
    'teams/b.yaml': fileOf(cluster('one'), cluster('one')),
  });
  expect(problems.map(({ origin, line, message }) => `${origin}:${line}: ${message}`)).toEqual([
    'teams/a.yaml:3: cluster name "own" is used twice, first by clusters[0] of nightcrier.yaml:3:12',
    'teams/b.yaml:2: cluster name "one" is used twice, first by clusters[0] of teams/a.yaml:2:12',
    'teams/b.yaml:3: cluster name "one" is used twice, first by clusters[0] of teams/a.yaml:2:12',
  ]);
});

test('CFG-8: a server that two files share is told with both places', () => {
  const shared = (name: string): string => `  - {name: ${name}, ${endpoint('x')}, triage: {enabled: false}}`;
  const { problems } = refusal({
    'nightcrier.yaml': main(),
    'teams/a.yaml': fileOf(shared('a')),
    'teams/b.yaml': fileOf(shared('b')),
  });
  expect(problems).toMatchObject([{ code: 'NC-CONFIG-021', origin: 'teams/b.yaml', line: 2 }]);
  expect(problems[0]?.message).toContain('clusters[0] has the server of clusters[0] of teams/a.yaml:2:12');
});

test.each([
  ['a pattern that names no file', 'clusters_from: [none/*.yaml]\n', 'clusters_from[0] "none/*.yaml" names no file'],
  [
    'the configuration file itself',
    'clusters_from: ["*.yaml"]\n',
    'clusters_from[0] "*.yaml" names the configuration file itself',
  ],
  ['a folder', 'clusters_from: [teams]\n', 'teams is a directory'],
])('CFG-8: %s is refused', (_name, config, message) => {
  const { problems } = refusal({ 'nightcrier.yaml': config, 'teams/a.yaml': fileOf(cluster('a')) });
  expect(problems).toMatchObject([{ code: 'NC-CONFIG-026' }]);
  expect(problems[0]?.message).toContain(message);
});

test('CFG-3 CFG-8: no excerpt of a file shows a secret of it', () => {
  const { message } = refusal({
    'nightcrier.yaml': main(),
    'teams/a.yaml': fileOf('  - {name: a, mcp: {endpoint: x, api_key: canary-inline}, triage: {enabled: false}}'),
  });
  expect(message).toContain('teams/a.yaml:2');
  expect(message).not.toContain('canary-inline');
});

test('OPS-4 CFG-8: commands beside the daemon know the clusters of all files, whatever is wrong with them', () => {
  const cwd = tempDir({
    'nightcrier.yaml': main('clusters:', cluster('own')),
    'teams/a.yaml': fileOf(cluster('a1'), '  - {name: a2, typo: 1}'),
    'teams/b.yaml': 'clusters: [\n',
  });
  expect(readLocations({ cwd, env: {} }).clusters).toEqual(['own', 'a1', 'a2']);
});
