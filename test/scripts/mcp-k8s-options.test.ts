import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { freePorts } from '../support/free-ports.ts';
import { kubeconfigText } from '../support/control-plane.ts';
import { mcpScript, missingForInstaller } from '../support/mcp-k8s.ts';
import { lacks, programPath } from '../support/needs.ts';
import { tempDir } from '../support/temp-dir.ts';

const project = path.join(import.meta.dirname, '..', '..');
const scripts = ['mcp-k8s-up', 'mcp-k8s-down'] as const;
const tools = ['bash', 'cat', 'cut', 'dirname', 'grep', 'sed', 'tail', 'tr'];

/** A PATH with the tools of any machine alone, and these programs. */
function barePath(programs: Readonly<Record<string, string>> = {}): string {
  const dir = tempDir();
  for (const tool of tools) symlinkSync(programPath(tool) ?? '', path.join(dir, tool));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(path.join(dir, name), `#!/usr/bin/env bash\n${text}\n`);
    chmodSync(path.join(dir, name), 0o755);
  }
  return dir;
}

const run = (name: (typeof scripts)[number], args: readonly string[], programs?: Record<string, string>) =>
  mcpScript(name, args, { home: tempDir(), path: barePath(programs) });

describe.skipIf(lacks('the scripts for a kubernetes-mcp-server', ...tools))('without a cluster', () => {
  test.each(scripts)('DEP-12: %s --help tells every option that it reads, and the exit codes', async (name) => {
    const { exitCode, stdout, stderr } = await run(name, ['--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const source = ['mcp-k8s/common.sh', name].map((file) => readFileSync(path.join(project, 'scripts', file), 'utf8'));
    const options = [...source.join('\n').matchAll(/^\s+(--[a-z-]+)(?: \| -h)?\) /gm)].map(([, option]) => option);
    expect(options).toContain('--namespace');
    expect(options.filter((option) => !stdout.includes(`\n  ${option} `))).toEqual([]);
    expect(stdout).toMatch(/\nexit: 0 .*; 1 .*; 2 usage\n$/);
  });

  const wrong: readonly (readonly [string, string])[] = [
    ['--frobnicate x', '--frobnicate'],
    ['--port', '--port needs a value'],
    ['extra', "unexpected argument 'extra'"],
    ['--port http', "--port 'http'"],
    ['--port 70000', "--port '70000'"],
    ['--port -1', "--port '-1'"],
    ['--wait soon', "--wait 'soon'"],
    ['--nodeport-range 32767-30000', "--nodeport-range '32767-30000'"],
    ['--nodeport-range 30000', "--nodeport-range '30000'"],
    ['--nodeport-range a-b', "--nodeport-range 'a-b'"],
    ['--node-ip http://10.0.0.1', "--node-ip 'http://10.0.0.1'"],
    ['--node-ip 10.0.0.1:80', "--node-ip '10.0.0.1:80'"],
    ['--source-cidr 10.0.0.1', "--source-cidr '10.0.0.1'"],
    ["--source-cidr 10.0.0.0/8'}}", '--source-cidr'],
    ['--image kubernetes-mcp-server', "--image 'kubernetes-mcp-server'"],
    ['--image ghcr.io/a/b:c,config.read_only=false', '--image'],
    ['--image ghcr.io/a/b@sha256:12', '--image'],
    ['--chart ./nothing.tgz', "--chart './nothing.tgz'"],
    ['--values nothing.yaml', "--values 'nothing.yaml'"],
    ['--release UPPER', "--release 'UPPER'"],
    [`--release ${'a'.repeat(54)}`, '--release'],
    ['--kubeconfig nothing', "--kubeconfig 'nothing'"],
    ['--namespace a_b', "--namespace 'a_b'"],
    ['--namespace kube-system', '--namespace kube-system'],
  ];

  test.each(wrong)('DEP-12: %s is refused with what to write, before anything is asked', async (words, what) => {
    const { exitCode, stdout, stderr } = await run('mcp-k8s-up', words.split(' '));
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(/^mcp-k8s-up: .*\n {2}fix: .+\n$/);
    expect(stderr).toContain(what);
  });

  test('DEP-12: mcp-k8s-down refuses what it does not know, too', async () => {
    for (const words of [['--port', '1'], ['--release', 'a b'], ['now']]) {
      const { exitCode, stderr } = await run('mcp-k8s-down', words);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 2,
        stderr: expect.stringMatching(/^mcp-k8s-down: .*\n {2}fix: /),
      });
    }
  });

  test.each(scripts)('DEP-12: %s says which tool is missing or too old, and where it comes from', async (name) => {
    const said = async (programs: Record<string, string>) => {
      const { exitCode, stdout, stderr } = await run(name, [], programs);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      return stderr;
    };
    expect(await said({})).toMatch(/kubectl is not on PATH\n {2}fix: .*https:/);
    const kubectl = 'echo reached the cluster >&2; exit 1';
    expect(await said({ kubectl })).toMatch(/helm is not on PATH\n {2}fix: .*https:/);
    const old = await said({ kubectl, helm: 'echo v3.12.3' });
    expect(old).toMatch(/helm is v3\.12\.3.*\n {2}fix: .*3\.13/);
    for (const version of ['v3.13.0', 'v4.0.1', 'v10.0.0', 'of our own']) {
      expect(await said({ kubectl, helm: `echo ${version}` })).toContain('reached the cluster');
    }
  });
});

const installer = missingForInstaller();
if (installer !== null) console.log(`skipped: real kubectl and helm without a cluster: ${installer}`);

describe.skipIf(installer !== null)('with real kubectl and helm', () => {
  test.each(scripts)('DEP-12: %s says which cluster does not answer, and what to look at', async (name) => {
    const home = tempDir();
    const [port] = (await freePorts(1)) as [number];
    const file = path.join(home, 'dead.kubeconfig');
    writeFileSync(
      file,
      kubeconfigText(`https://127.0.0.1:${port}`, '', 'nobody').replace(
        /certificate-authority-data: [^}]*/,
        'insecure-skip-tls-verify: true',
      ),
    );
    const said = async (...args: string[]) => {
      const { exitCode, stdout, stderr } = await mcpScript(name, args, { home });
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      return stderr;
    };
    const dead = await said('--kubeconfig', file);
    expect(dead).toMatch(
      /^mcp-k8s-\w+: the cluster does not answer \(context test, KUBECONFIG .*dead\.kubeconfig\): .*refused.*\n {2}fix: .*--context/,
    );
    expect(await said('--kubeconfig', file, '--context', 'prod')).toMatch(
      /the kubeconfig cannot be used \(context prod, .*\n {2}fix: kubectl config get-contexts/,
    );
    expect(await said()).toMatch(
      /there is no cluster to talk to \(context \(none\), KUBECONFIG .*\n {2}fix: .*--kubeconfig FILE/,
    );
  });
});

test.skipIf(lacks('the check of the scripts for a kubernetes-mcp-server', 'shellcheck'))(
  'DEP-12: shellcheck has nothing to say of the scripts',
  async () => {
    const parts = readdirSync(path.join(project, 'scripts/mcp-k8s')).map((file) => `scripts/mcp-k8s/${file}`);
    const files = [...scripts.map((name) => `scripts/${name}`), ...parts];
    const env = { PATH: process.env['PATH'] ?? '' };
    const { stdout, exitCode } = await spawnProcess('shellcheck', files, { cwd: project, env, timeoutMs: 60_000 });
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
  },
);
