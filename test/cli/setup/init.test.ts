import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { clusterNames } from '../../../src/cli/setup/cluster-names.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { cli } from '../../support/cli-run.ts';
import { kubeconfigText } from '../../support/config-dir.ts';
import { tempDir } from '../../support/temp-dir.ts';

const read = (cwd: string, file = 'nightcrier.yaml'): string => fs.readFileSync(path.join(cwd, file), 'utf8');

describe('init', () => {
  test('UX-4: writes at most 8 lines that validate, with the modeline, and names the file', async () => {
    const home = tempDir({ '.kube/config': kubeconfigText('kind-dev', 'other') });
    const cwd = tempDir();
    const { code, out, err } = await cli(['init'], { cwd, env: { HOME: home } });
    expect({ code, out }).toEqual({ code: 0, out: `${cwd}/nightcrier.yaml\n` });
    const lines = read(cwd).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(8);
    expect(lines[0]).toMatch(/^# yaml-language-server: \$schema=\S+nightcrier\.schema\.json$/);
    const schema = lines[0]?.split('=')[1] ?? '';
    expect(fs.existsSync(path.resolve(cwd, schema))).toBe(true);
    expect(err).toContain('nightcrier validate --config nightcrier.yaml');
    expect((await cli(['validate'], { cwd, env: { HOME: home } })).code).toBe(0);
    const { config } = loadConfig({ cwd, env: {} });
    expect(config.clusters[0]).toMatchObject({ name: 'kind-dev', triage: { kubeconfig: `${home}/.kube/config` } });
  });

  test('UX-4: without a kubeconfig the file is valid too, with triage off and the step that is left', async () => {
    const cwd = tempDir();
    const { code, err } = await cli(['init', '--endpoint', 'http://mcp.example:8080/mcp'], { cwd });
    expect(code).toBe(0);
    expect(err).toContain('set triage.kubeconfig');
    expect((await cli(['validate'], { cwd })).code).toBe(0);
    expect(read(cwd)).toContain('endpoint: http://mcp.example:8080/mcp');
  });

  test('UX-4: never overwrites, exit 1', async () => {
    const cwd = tempDir({ 'nightcrier.yaml': 'mine\n' });
    const { code, out, err } = await cli(['init'], { cwd });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain('nightcrier.yaml exists already and was not changed');
    expect(read(cwd)).toBe('mine\n');
  });

  test('UX-4: a link to nowhere is not followed and not replaced', async () => {
    const cwd = tempDir();
    fs.symlinkSync('/nonexistent/file', path.join(cwd, 'nightcrier.yaml'));
    expect((await cli(['init'], { cwd })).code).toBe(1);
    expect(fs.readlinkSync(path.join(cwd, 'nightcrier.yaml'))).toBe('/nonexistent/file');
  });

  test('OPS-4: --from-kubeconfig makes one cluster of each context, with names that fit', async () => {
    const contexts = [
      'kind-a',
      'arn:aws:eks:eu-west-1:1:cluster/prod',
      'user@host:6443',
      'prod',
      'it\'s "odd" ${HOME} # x',
    ];
    const cwd = tempDir({ k: kubeconfigText(...contexts) });
    const { code } = await cli(['init', '--from-kubeconfig', 'k', '--config', 'sub/fleet.yaml'], { cwd });
    expect(code).toBe(0);
    const { config } = loadConfig({ file: 'sub/fleet.yaml', cwd, env: {} });
    expect(config.clusters.map(({ name }) => name)).toEqual([
      'kind-a',
      'prod',
      'user-host-6443',
      'prod-2',
      'it-s-odd-HOME-x',
    ]);
    expect(config.clusters.map(({ triage }) => triage.context)).toEqual(contexts);
  });

  test('OPS-4: contexts that share one server are told, with what the server must have', async () => {
    const cwd = tempDir({ k: kubeconfigText('eu', 'us') });
    const { err } = await cli(['init', '--from-kubeconfig', 'k', '--endpoint', 'http://h:1/mcp'], { cwd });
    expect(err).toMatch(
      /the server has these contexts in its kubeconfig, or give each cluster a server of its own: eu, us/,
    );
  });

  test('OPS-4: a kubeconfig that cannot be used is a sentence, and nothing is written', async () => {
    const cwd = tempDir({ empty: 'apiVersion: v1\nclusters: []\ncontexts: []\n', bad: '[' });
    for (const file of ['gone', 'bad', 'empty']) {
      const { code, err } = await cli(['init', '--from-kubeconfig', file], { cwd });
      expect(code).toBe(1);
      expect(err).toContain('NC-CLI-008');
    }
    expect(fs.existsSync(path.join(cwd, 'nightcrier.yaml'))).toBe(false);
  });
});

test('CFG-1: names made of contexts are unique and fit, whatever the contexts are', () => {
  const names = clusterNames(['', '///', 'ü', 'a'.repeat(100), 'a'.repeat(101), '-x-', 'x']);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,63}$/);
});
