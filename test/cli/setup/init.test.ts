import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { clusterNames } from '../../../src/cli/setup/cluster-names.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { cli } from '../../support/cli-run.ts';
import { tempDir } from '../../support/temp-dir.ts';

const read = (cwd: string, file = 'nightcrier.yaml'): string => fs.readFileSync(path.join(cwd, file), 'utf8');
const config = (cwd: string, file?: string) => loadConfig({ cwd, file, env: { SLACK_BOT_TOKEN: 'x' } }).config;

/** A kubeconfig in which each context has a cluster and a user of its own name; the first one is current. */
function kubeconfig(...contexts: string[]): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: contexts.map((name) => ({ name, cluster: { server: 'https://127.0.0.1:1' } })),
    users: contexts.map((name) => ({ name, user: { token: 'x' } })),
    contexts: contexts.map((name) => ({ name, context: { cluster: name, user: name } })),
    'current-context': contexts[0],
  });
}

describe('UX-4: init without a terminal asks nothing and writes the smallest file that works', () => {
  test('the current context is watched: at most 8 lines, valid, with the modeline, for its owner alone', async () => {
    const home = tempDir({ '.kube/config': kubeconfig('kind-dev', 'other') });
    const cwd = tempDir();
    const { code, out, err } = await cli(['init'], { cwd, env: { HOME: home } });
    expect({ code, out }).toEqual({ code: 0, out: `${cwd}/nightcrier.yaml\n` });
    const lines = read(cwd).trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(8);
    expect(lines[0]).toMatch(/^# yaml-language-server: \$schema=\S+nightcrier\.schema\.json$/);
    expect(fs.existsSync(path.resolve(cwd, lines[0]?.split('=')[1] ?? ''))).toBe(true);
    expect(fs.statSync(path.join(cwd, 'nightcrier.yaml')).mode & 0o777).toBe(0o600);
    expect(err).toContain('1. nightcrier doctor\n  2. nightcrier run\n');
    expect(err).toContain('nightcrier kubeconfig create --context kind-dev');
    expect((await cli(['validate'], { cwd })).code).toBe(0);
    expect(config(cwd).clusters).toMatchObject([
      { name: 'kind-dev', watch: { kubeconfig: `${home}/.kube/config`, context: 'kind-dev' } },
    ]);
  });

  test('in a checkout the next steps are commands of the checkout', async () => {
    const cwd = tempDir({ k: kubeconfig('a') });
    const env = { KUBECONFIG: 'k', npm_lifecycle_event: 'nightcrier' };
    const { err } = await cli(['init', '--config', 'x.yaml'], { cwd, env });
    expect(err).toContain('1. npm run nightcrier -- doctor --config x.yaml\n');
    expect(err).toContain('npm run nightcrier -- kubeconfig create --context a ');
  });

  test('with a server it is heard through that, and read with the kubeconfig', async () => {
    const cwd = tempDir({ k: kubeconfig('a') });
    await cli(['init', '--endpoint', 'http://mcp.example:8080/mcp'], { cwd, env: { KUBECONFIG: 'k' } });
    expect(read(cwd).trimEnd().split('\n').length).toBeLessThanOrEqual(8);
    const triage = { kubeconfig: `${cwd}/k`, context: 'a' };
    expect(config(cwd).clusters).toMatchObject([
      { name: 'a', mcp: { endpoint: 'http://mcp.example:8080/mcp' }, triage },
    ]);
  });

  test('a credential that kubeconfig create has made is taken instead of the own one', async () => {
    const cwd = tempDir({ k: kubeconfig('a/b'), 'kubeconfigs/a-b.yaml': kubeconfig('a/b') });
    const { err } = await cli(['init'], { cwd, env: { KUBECONFIG: 'k' } });
    expect(read(cwd)).toContain('kubeconfig: kubeconfigs/a-b.yaml');
    expect(err).not.toContain('your own credential');
    expect((await cli(['validate'], { cwd })).code).toBe(0);
  });

  test('without a kubeconfig the file is valid too, with the steps that are left', async () => {
    const cwd = tempDir();
    const { code, err } = await cli(['init'], { cwd });
    expect(code).toBe(0);
    expect(err).toMatch(
      /no cluster was found: .*\n[\s\S]*1\. write watch: \{kubeconfig: FILE\} in place of mcp and triage/,
    );
    expect((await cli(['validate'], { cwd })).code).toBe(0);
    expect(config(cwd).clusters[0]?.mcp?.endpoint).not.toMatch(/localhost|127\.0\.0\.1/);
  });
});

describe('UX-4: init never overwrites', () => {
  test('a file stays as it is, exit 1, and nobody is asked', async () => {
    const cwd = tempDir({ 'nightcrier.yaml': 'mine\n' });
    const { code, out, err } = await cli(['init'], { cwd, answers: ['x'] });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^error: nightcrier.yaml exists already and was not changed/);
    expect(read(cwd)).toBe('mine\n');
  });

  test('a link to nowhere is not followed and not replaced', async () => {
    const cwd = tempDir();
    fs.symlinkSync('/nonexistent/file', path.join(cwd, 'nightcrier.yaml'));
    expect((await cli(['init'], { cwd })).code).toBe(1);
    expect(fs.readlinkSync(path.join(cwd, 'nightcrier.yaml'))).toBe('/nonexistent/file');
  });
});

describe('OPS-4: --from-kubeconfig', () => {
  test('makes one cluster of each context, with names that fit', async () => {
    const contexts = [
      'kind-a',
      'arn:aws:eks:eu-west-1:1:cluster/prod',
      'user@host:6443',
      'prod',
      'it\'s "odd" ${HOME} # x',
    ];
    const cwd = tempDir({ k: kubeconfig(...contexts) });
    const { code } = await cli(['init', '--from-kubeconfig', 'k', '--config', 'sub/fleet.yaml'], { cwd });
    expect(code).toBe(0);
    const { clusters } = config(cwd, 'sub/fleet.yaml');
    expect(clusters.map(({ name }) => name)).toEqual(['kind-a', 'prod', 'user-host-6443', 'prod-2', 'it-s-odd-HOME-x']);
    expect(clusters.map(({ watch }) => watch?.context)).toEqual(contexts);
  });

  test('merges the files of KUBECONFIG as kubectl does: all of them, the first of a name wins, missing ones do not matter', async () => {
    const cwd = tempDir({ a: kubeconfig('prod', 'both'), b: kubeconfig('both', 'dev') });
    const env = { KUBECONFIG: 'a:gone:b' };
    expect((await cli(['init', '--from-kubeconfig'], { cwd, env })).code).toBe(0);
    expect(config(cwd).clusters.map(({ name, watch }) => [name, watch?.kubeconfig])).toEqual([
      ['prod', `${cwd}/a`],
      ['both', `${cwd}/a`],
      ['dev', `${cwd}/b`],
    ]);
  });

  test('a context whose parts stand in several files is left out, with the command that makes one file of it', async () => {
    const parts = JSON.parse(kubeconfig('here')) as { contexts: object[] };
    parts.contexts.push({ name: "o'there", context: { cluster: 'there', user: 'there' } });
    const cwd = tempDir({ a: JSON.stringify(parts), b: kubeconfig('there') });
    const { err } = await cli(['init', '--from-kubeconfig'], { cwd, env: { KUBECONFIG: 'a:b' } });
    expect(err).toContain(`kubectl config view --minify --flatten --raw --context 'o'\\''there' > one.yaml`);
    expect(config(cwd).clusters.map(({ name }) => name)).toEqual(['here', 'there']);
  });

  test('of contexts of one cluster one stays, the current one before others', async () => {
    const shared = JSON.parse(kubeconfig('a', 'c')) as { contexts: object[]; 'current-context': string };
    shared.contexts.push({ name: 'a-as-admin', context: { cluster: 'a', user: 'c' } });
    shared['current-context'] = 'a-as-admin';
    const cwd = tempDir({ k: JSON.stringify(shared) });
    const { err } = await cli(['init', '--from-kubeconfig', 'k'], { cwd });
    expect(config(cwd).clusters.map(({ name }) => name)).toEqual(['c', 'a-as-admin']);
    expect(err).toContain('left out, because another context has the same cluster: a\n');
  });

  test('{name} gives each cluster a server of its own; one for all is told', async () => {
    const cwd = tempDir({ k: kubeconfig('eu', 'us') });
    await cli(['init', '--from-kubeconfig', 'k', '--endpoint', 'http://mcp.{name}.example/mcp'], { cwd });
    expect(config(cwd).clusters.map(({ mcp }) => mcp?.endpoint)).toEqual([
      'http://mcp.eu.example/mcp',
      'http://mcp.us.example/mcp',
    ]);
    const one = ['--from-kubeconfig', 'k', '--endpoint', 'http://h:1/mcp', '--config', 'one.yaml'];
    expect((await cli(['init', ...one], { cwd })).err).toMatch(
      /the server has these contexts in its kubeconfig, or give each cluster a server of its own: eu, us/,
    );
  });

  test('--context takes those that are named', async () => {
    const cwd = tempDir({ k: kubeconfig('a', 'b', 'c') });
    const env = { KUBECONFIG: 'k' };
    expect((await cli(['init', '--context', 'c', 'a'], { cwd, env })).code).toBe(0);
    expect(config(cwd).clusters.map(({ name }) => name)).toEqual(['c', 'a']);
    const unknown = await cli(['init', '--context', 'd', '--config', 'd.yaml'], { cwd, env });
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(unknown.err).toMatch(/no context "d"\n {4}fix: name one of: a, b, c\n {4}NC-CLI-014/);
  });

  test('a kubeconfig that cannot be used is a sentence, and nothing is written', async () => {
    const cwd = tempDir({ empty: 'apiVersion: v1\nclusters: []\ncontexts: []\n', bad: '[' });
    for (const file of ['gone', 'bad', 'empty', 'gone:away']) {
      const { code, err } = await cli(['init', '--from-kubeconfig', file], { cwd });
      expect({ file, code }).toEqual({ file, code: 1 });
      expect(err).toContain('NC-CLI-008');
    }
    expect(fs.existsSync(path.join(cwd, 'nightcrier.yaml'))).toBe(false);
  });
});

describe('UX-4: an address that cannot be one is refused, and nothing is written', () => {
  test.for([
    ['foo', '"foo": expected an http:// or https:// address'],
    ['ftp://h/mcp', '"ftp://h/mcp": expected an http:// or https:// address'],
    ['http://u:geheim@h/mcp', 'a user and password in the address are not sent'],
    ['http://localhost:8080/mcp', 'there this daemon itself listens (health.port 8080)'],
    ['http://127.0.0.1:8080/{name}', 'there this daemon itself listens (health.port 8080)'],
  ] as const)('%s', async ([endpoint, message]) => {
    const cwd = tempDir({ k: kubeconfig('a') });
    const { code, out, err } = await cli(['init', '--endpoint', endpoint], { cwd, env: { KUBECONFIG: 'k' } });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toContain('NC-CLI-015');
    expect(err).not.toContain('geheim');
    expect(fs.existsSync(path.join(cwd, 'nightcrier.yaml'))).toBe(false);
  });
});

describe('UX-4: on a terminal init asks at most three questions', () => {
  const ask = async (answers: string[], words: string[] = [], contexts = ['a', 'b', 'c']) => {
    const cwd = tempDir({ k: kubeconfig(...contexts) });
    const result = await cli(['init', ...words], { cwd, env: { KUBECONFIG: 'k' }, answers });
    return { ...result, cwd, questions: result.err.match(/\]: /g)?.length ?? 0 };
  };

  test('three empty answers give what no terminal gives', async () => {
    const { code, cwd, questions } = await ask(['', '', '']);
    expect({ code, questions }).toEqual({ code: 0, questions: 3 });
    expect(config(cwd).clusters).toMatchObject([{ name: 'a', watch: { context: 'a' } }]);
    expect(config(cwd).notify.slack).toBeUndefined();
  });

  test('contexts by number and name, a server each, a channel', async () => {
    const { code, err, cwd } = await ask(['3, a', 'http://mcp.{name}.example/mcp', '#incidents']);
    expect(code).toBe(0);
    expect(config(cwd)).toMatchObject({
      clusters: [{ name: 'c', mcp: { endpoint: 'http://mcp.c.example/mcp' } }, { name: 'a' }],
      notify: { slack: { channel: '#incidents' } },
    });
    expect(read(cwd)).toContain('bot_token: "${SLACK_BOT_TOKEN}"');
    expect(err).toContain('export SLACK_BOT_TOKEN=');
  });

  test('all of them', async () => {
    const { cwd } = await ask(['all', '', '']);
    expect(config(cwd).clusters.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test('what has only one answer, or was said already, is not asked', async () => {
    expect((await ask(['', ''], [], ['a'])).questions).toBe(2);
    const said = ['--from-kubeconfig', '--endpoint', 'http://h/{name}', '--slack-channel', '#x'];
    expect((await ask([], said)).questions).toBe(0);
  });

  test('a wrong answer is said and asked again, three times; who leaves writes nothing', async () => {
    const again = await ask(['7', 'b', 'foo', '', 'two words', 'ops']);
    expect(again.code).toBe(0);
    expect(again.err).toMatch(/there is no context "7"[\s\S]*"foo": expected an http[\s\S]*a channel is one word/);
    expect(config(again.cwd)).toMatchObject({ clusters: [{ name: 'b' }], notify: { slack: { channel: 'ops' } } });
    for (const answers of [[], [''], ['', ''], ['7', '8', '9', '', '']]) {
      const left = await ask(answers);
      expect({ answers, code: left.code, out: left.out }).toEqual({ answers, code: 1, out: '' });
      expect(left.err).toContain('nothing was written');
      expect(fs.existsSync(path.join(left.cwd, 'nightcrier.yaml'))).toBe(false);
    }
  });

  test('a name from a kubeconfig does not steer the terminal', async () => {
    const { err } = await ask(['', '', ''], [], ['\u001b[2Jgone', 'b']);
    expect(err).not.toContain('\u001b');
  });
});

test('CFG-1: names made of contexts are unique and fit, whatever the contexts are', () => {
  const names = clusterNames(['', '///', 'ü', 'a'.repeat(100), 'a'.repeat(101), '-x-', 'x']);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,63}$/);
});
