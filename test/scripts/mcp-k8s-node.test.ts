import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../src/domain/wire/doctor.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { CliProcess } from '../support/cli-process.ts';
import { kubeBinary } from '../support/kube-assets.ts';
import { connectToolCaller } from '../support/mcp-tool-caller.ts';
import { down, kubectlOf, missingForInstaller, up } from '../support/mcp-k8s.ts';
import { missingForNode, type RealNode, startRealNode } from '../support/real-node.ts';
import { newTempDir, tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

const server = path.join(import.meta.dirname, '../../node_modules/kubernetes-mcp-server-linux-amd64/bin');
const binary = path.join(server, 'kubernetes-mcp-server-linux-amd64');
const image = 'registry.example/mcp/kubernetes-mcp-server:v0.0.66';
/** As images of one's own are at times: it listens where it likes, whatever its configuration says. */
const deafImage = 'registry.example/mcp/always-8080:1';

const skip =
  missingForInstaller() ?? missingForNode() ?? (existsSync(binary) ? null : `there is no ${path.basename(binary)}`);
if (skip !== null) console.log(`skipped: the stock server on a real node: ${skip}`);

describe.skipIf(skip !== null)('the stock server on a real node', () => {
  const cleanups = new Cleanups();
  let node: RealNode;

  beforeAll(async () => {
    node = await startRealNode(cleanups);
    const { dir: root, remove } = newTempDir();
    cleanups.add('root file system', remove);
    for (const folder of ['app', 'tmp']) mkdirSync(path.join(root, folder));
    copyFileSync(binary, path.join(root, 'app', 'server'));
    // The public image has the same user and program, and its own arguments give way to those of the chart.
    const config = { User: '65532:65532', WorkingDir: '/app' };
    await node.image(image, root, { ...config, Entrypoint: ['/app/server'], Cmd: ['--port', '8080'] });
    await node.image(deafImage, root, { ...config, Entrypoint: ['/app/server', '--port', '8080'] });
  }, 240_000);
  afterAll(() => cleanups.run(), 120_000);

  const kubectl = (args: readonly string[], input?: string) => kubectlOf(node, args, input);
  const endpointOf = (stdout: string): string => /^endpoint {3}(\S+)$/m.exec(stdout)?.[1] ?? '';
  /** HTTP status, over a connection of its own: one that is open stays so. Null when nobody answers. */
  const status = (url: string): Promise<number | null> =>
    new Promise((resolve) => {
      const call = request(url, { agent: false, timeout: 5000 }, (response) => {
        response.resume();
        resolve(response.statusCode ?? null);
      });
      call.on('error', () => resolve(null));
      call.on('timeout', () => call.destroy());
      call.end();
    });

  /** A node takes a moment to know of a pod that is ready. */
  const untilAnswered = async (endpoint: string): Promise<void> => {
    const health = endpoint.replace(/mcp$/, 'healthz');
    await waitUntil(async () => (await status(health)) === 200, `200 of ${health}`, 20_000);
  };

  test('DEP-9 DEP-11: it answers at the printed node port, twice as once, and gives neither Secrets nor ways to write', async () => {
    const first = await up(node, ['--image', image]);
    expect(first).toMatchObject({ exitCode: 0 });
    const endpoint = endpointOf(first.stdout);
    await untilAnswered(endpoint);
    const pods = () => kubectl(['-n', 'mcp-system', 'get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}']);
    const before = await pods();
    expect(await up(node, ['--image', image])).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(await pods()).toBe(before);

    const caller = await connectToolCaller(endpoint);
    try {
      const ask = (name: string, args: Record<string, unknown>) =>
        caller.callTool(name, args, AbortSignal.timeout(30_000));
      const listed = await ask('pods_list', {});
      expect(listed).toMatchObject({ isError: false, text: expect.stringContaining('kubernetes-mcp-server-') });
      const nodes = await ask('resources_list', { apiVersion: 'v1', kind: 'Node' });
      expect(nodes).toMatchObject({ isError: false, text: expect.stringContaining('node-1') });
      const secrets = await ask('resources_list', { apiVersion: 'v1', kind: 'Secret' });
      expect(secrets).toMatchObject({ isError: true, text: expect.stringContaining('forbidden') });
      await expect(ask('pods_delete', { namespace: 'mcp-system', name: 'any' })).rejects.toThrow(/pods_delete/);
    } finally {
      await caller.close();
    }
  }, 180_000);

  test('DEP-9: init with the printed address makes a file with which doctor finds nothing and run finds what is broken', async () => {
    const { stdout } = await up(node, ['--image', image]);
    const cwd = tempDir();
    mkdirSync(path.join(cwd, '.kube'));
    copyFileSync(node.kubeconfig, path.join(cwd, '.kube', 'config'));
    const env = { HOME: cwd, PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}` };
    const run = (...argv: string[]): Promise<string> => new CliProcess(argv, { cwd, env }).success(60_000);
    await run('kubeconfig', 'create', '--context', 'test');
    await run('init', '--endpoint', endpointOf(stdout));
    expect(readFileSync(path.join(cwd, 'nightcrier.yaml'), 'utf8')).toContain(`endpoint: ${endpointOf(stdout)}\n`);
    expect(await run('validate')).toContain('is valid: 1 cluster, 1 with triage');
    const report = JSON.parse(await run('doctor', '-o', 'json')) as DoctorReport;
    expect(report.checks.filter(({ result }) => result === 'failed' || result === 'warning')).toEqual([]);

    await kubectl(['create', 'namespace', 'shop']);
    await kubectl(['-n', 'shop', 'create', 'deployment', 'search', '--image=registry.example/shop/search:9.9']);
    const daemon = new CliProcess(['run', '--health-port', 'auto'], { cwd, env });
    try {
      const told = () => daemon.out.includes('registry.example/shop/search:9.9');
      const said = () => `the report; it said: ${daemon.out.slice(-2000)} ${daemon.err.slice(-2000)}`;
      await waitUntil(told, 'the report', 120_000).catch((error: unknown) => {
        throw new Error(said(), { cause: error });
      });
      const url = /http:\/\/[\d.]+:\d+/.exec(daemon.err)?.[0] ?? '';
      const { clusters } = (await (await fetch(`${url}/health/clusters`)).json()) as { clusters: object[] };
      expect(clusters).toMatchObject([{ status: 'active', source: 'sweep', permissions: { can_write: [] } }]);
      daemon.send('SIGTERM');
      expect(await daemon.end(30_000)).toBe(0);
    } finally {
      daemon.kill();
    }
  }, 300_000);

  test('DEP-12: a port where the image does not listen is told, by its log or without it, and the next run mends it', async () => {
    const { stdout } = await up(node, ['--image', image]);
    const wrong = await up(node, ['--image', deafImage, '--port', '8686']);
    expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
    expect(wrong.stderr).toMatch(
      /the server of image registry\.example\/mcp\/always-8080:1 listens on port 8080, but --port says 8686.*\n {2}fix: run it again with --port 8080\n/,
    );
    const dir = tempDir({ 'silent.yaml': 'config: {log_file: /tmp/server.log}\n' });
    const silent = ['--values', path.join(dir, 'silent.yaml')];
    const unsaid = await up(node, ['--image', deafImage, '--port', '8686', ...silent]);
    expect(unsaid).toMatchObject({ exitCode: 1, stdout: '' });
    expect(unsaid.stderr).toMatch(
      /nothing listens on port 8686 \(.*connection refused.*\n {2}fix: run it again with --port/,
    );
    const mended = await up(node, ['--image', deafImage, '--port', '8080']);
    expect(mended).toMatchObject({ exitCode: 0, stdout });
    await untilAnswered(endpointOf(stdout));
  }, 240_000);

  test('DEP-12: --source-cidr lets those addresses in, and nobody else', async () => {
    const { stdout } = await up(node, ['--image', image, '--source-cidr', `${node.machine}/32`]);
    const endpoint = endpointOf(stdout);
    await untilAnswered(endpoint);
    await up(node, ['--image', image, '--source-cidr', '203.0.113.0/24']);
    await waitUntil(async () => (await status(endpoint)) === null, 'no answer to another address', 20_000);
    expect(await up(node, ['--image', image])).toMatchObject({ exitCode: 0, stdout });
    await untilAnswered(endpoint);
  }, 180_000);

  test('DEP-10: down ends the server and closes the port; again it has nothing to do', async () => {
    const { stdout } = await up(node, ['--image', image]);
    expect(await down(node, ['--delete-namespace'])).toMatchObject({ exitCode: 0 });
    await waitUntil(async () => (await status(endpointOf(stdout))) === null, 'a closed port', 30_000);
    expect(await down(node, ['--delete-namespace'])).toMatchObject({ exitCode: 0 });
    await kubectl(['wait', '--for=delete', 'namespace/mcp-system', '--timeout=60s']);
  }, 120_000);
});
