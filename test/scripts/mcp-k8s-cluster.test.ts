import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serverManifests } from '../../src/kube/grant/reader-manifests.ts';
import { prepareShop } from '../support/active-faults.ts';
import { cli } from '../support/cli-run.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { kubeBinary } from '../support/kube-assets.ts';
import { contents, down, lacksInstaller, mcpScript, up, untilEmpty } from '../support/mcp-k8s.ts';
import { tempDir } from '../support/temp-dir.ts';

const name = 'kubernetes-mcp-server';
const account = `system:serviceaccount:mcp-system:${name}`;

describe.skipIf(lacksInstaller('mcp-k8s-up with real helm', 'kubelets'))('mcp-k8s-up', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane({ level: 'kubelets' });
    await prepareShop(plane);
  }, 120_000);
  afterAll(() => plane.stop());
  afterEach(async () => {
    for (const release of [name, 'second']) await down(plane, ['--release', release]);
    await untilEmpty(plane);
  }, 60_000);

  const get = (kind: string, field: string, of = name): Promise<string> =>
    plane.kubectl(['-n', 'mcp-system', 'get', kind, of, '-o', `jsonpath=${field}`]);
  const nodePort = (of = name): Promise<string> => get('service', '{.spec.ports[0].nodePort}', of);
  const container = async () => JSON.parse(await get('deployment', '{.spec.template.spec.containers[0]}')) as object;

  /** Fails as it should; gives what it said. */
  async function refused(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await up(plane, args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    return stderr;
  }

  test('DEP-12: --dry-run prints all that would be applied, and changes nothing', async () => {
    const before = await contents(plane);
    const dry = await up(plane, ['--dry-run', '--helm-reader', '--source-cidr', '10.1.0.0/16']);
    expect(dry).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('dry run: nothing was changed') });
    expect(await contents(plane)).toEqual(before);
    // What it prints is what a cluster takes.
    await plane.kubectl(['create', 'namespace', 'elsewhere']);
    const elsewhere = dry.stdout.replaceAll('namespace: mcp-system', 'namespace: elsewhere');
    const taken = await plane.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], elsewhere);
    const kinds = taken
      .trim()
      .split('\n')
      .map((line) => line.split(/[./]/)[0] ?? '');
    expect(countOf(kinds)).toEqual({
      namespace: 1,
      serviceaccount: 1,
      clusterrole: 2,
      clusterrolebinding: 3,
      networkpolicy: 1,
      configmap: 1,
      service: 1,
      deployment: 1,
    });
    await up(plane, ['--helm-reader']);
    const installed = await contents(plane);
    const again = await up(plane, ['--dry-run']);
    expect(again).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/deleted: \(dry run\) .*helm-reader/) });
    expect(await down(plane, ['--dry-run', '--delete-namespace'])).toMatchObject({ exitCode: 0 });
    expect(await contents(plane)).toEqual(installed);
  }, 120_000);

  test('DEP-9: the second run keeps the node port and changes nothing, and the printed one is right', async () => {
    const first = await up(plane);
    expect(first).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('successfully rolled out') });
    const port = await nodePort();
    const url = `http://127.0.0.1:${port}`;
    const sse = `sse        ${url}/sse (servers up to 0.0.66)\n`;
    expect(first.stdout).toBe(`node port  ${port}\nendpoint   ${url}/mcp\nhealth     ${url}/healthz\n${sse}`);
    const before = await contents(plane);
    const second = await up(plane);
    expect(second).toMatchObject({ exitCode: 0, stdout: first.stdout });
    expect(second.stderr).not.toMatch(/created|configured|deleted|patched/);
    expect(await contents(plane)).toEqual(before);
    expect(Object.keys(before)).toContain(`Deployment/mcp-system/${name}`);
  }, 120_000);

  test('DEP-9: what is asked for later is so: image, port, address; another release is another server', async () => {
    expect(await up(plane, ['--image', 'registry.example:5000/team/server:dev-1a2b3c4'])).toMatchObject({
      exitCode: 0,
    });
    expect(await container()).toMatchObject({ image: 'registry.example:5000/team/server:dev-1a2b3c4' });
    const port = await nodePort();
    const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
    const env = { MCP_IMAGE: `mcp/kubernetes@${digest}`, NODE_IP: '2001:db8::7' };
    const changed = await up(plane, ['--port', '9090'], { env });
    expect(changed).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`http://[2001:db8::7]:${port}/mcp\n`),
    });
    expect(await container()).toMatchObject({
      image: `docker.io/mcp/kubernetes@${digest}`,
      ports: [{ containerPort: 9090 }],
      resources: { limits: { memory: '1Gi' } },
    });
    const config = await get('configmap', '{.data}');
    expect(config).toContain('disable_destructive = true\\nport = \\"9090\\"\\nread_only = true');
    const other = await up(plane, ['--release', 'second', '--node-ip', 'node.example', '--image=one:1'], { env });
    expect(other.stdout).toContain(`endpoint   http://node.example:${await nodePort('second')}/mcp\n`);
    expect(await nodePort()).toBe(port);
  }, 120_000);

  /** The rights of the account in a namespace, by the cluster's own word: verbs of each resource. */
  async function rights(): Promise<Map<string, string[]>> {
    const text = await plane.kubectl(['auth', 'can-i', '--list', '-n', 'shop', '--as', account]);
    const found = new Map<string, string[]>();
    for (const line of text.trim().split('\n').slice(1)) {
      const [, resource = '', verbs = ''] = /^(\S*) .*\[([^\]]*)\]\s*$/.exec(line) ?? [];
      // Paths that are none of an API stand there without a resource.
      if (resource !== '') found.set(resource, [...(found.get(resource) ?? []), ...verbs.split(' ')]);
    }
    return found;
  }

  const may = (...words: string[]): Promise<boolean> =>
    plane.kubectl(['auth', 'can-i', ...words, '--as', account]).then(
      (said) => said.startsWith('yes'),
      () => false,
    );

  test('DEP-11: the account reads what a sweep and triage read, no Secret, and can write nothing', async () => {
    expect(await up(plane)).toMatchObject({ exitCode: 0 });
    const has = await rights();
    const role = serverManifests().find(({ kind }) => kind === 'ClusterRole') as unknown as {
      rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
    };
    const wanted = role.rules.flatMap(({ apiGroups: [group = ''], resources, verbs }) =>
      resources.flatMap((resource) =>
        verbs.map((verb) => ({ key: group === '' ? resource : `${resource}.${group}`, verb })),
      ),
    );
    expect(wanted.length).toBeGreaterThan(40);
    expect(wanted.filter(({ key, verb }) => !has.get(key)?.includes(verb))).toEqual([]);
    // Everybody may ask what he himself may do.
    const own = /^self(subjectreviews\.authentication|subject(access|rules)reviews\.authorization)\.k8s\.io$/;
    const more = [...has].filter(
      ([key, verbs]) => !own.test(key) && verbs.some((verb) => !/^(get|list|watch)$/.test(verb)),
    );
    expect(more).toEqual([]);
    expect(has.has('secrets')).toBe(false);
    expect(await may('list', 'pods', '-A')).toBe(true);
    expect(await may('get', 'pods', '--subresource=log', '-n', 'shop')).toBe(true);
    expect(await may('list', 'secrets', '-n', 'mcp-system')).toBe(false);
    expect(await may('create', 'pods', '--subresource=exec', '-n', 'mcp-system')).toBe(false);
    expect(await may('delete', 'pods', '-n', 'mcp-system')).toBe(false);
  }, 120_000);

  test('DEP-11: Secrets with --helm-reader alone, no nodes with --no-nodes-reader; neither outlives its option', async () => {
    expect(await up(plane, ['--helm-reader', '--no-nodes-reader'])).toMatchObject({ exitCode: 0 });
    const widest = await rights();
    expect([widest.get('secrets'), widest.get('nodes')]).toEqual([['get', 'list', 'watch'], undefined]);
    const plain = await up(plane);
    expect(plain).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('no longer wanted, deleted: ') });
    const usual = await rights();
    expect([usual.get('secrets'), usual.get('nodes')]).toEqual([undefined, ['get', 'list', 'watch']]);
  }, 120_000);

  test('DEP-12: --print-config prints a cluster that nightcrier validate takes; with --dry-run, of a server that is there', async () => {
    expect(await refused('--print-config', '--dry-run')).toMatch(/\n {2}fix: run this without --dry-run\n$/);
    const cwd = tempDir();
    const printed = await up(plane, ['--print-config', '--node-ip', '203.0.113.7'], { cwd });
    expect(printed.exitCode).toBe(0);
    const endpoint = `http://203.0.113.7:${await nodePort()}/mcp`;
    expect(printed.stdout).toMatch(
      new RegExp(`^clusters:\n {2}- name: "test"\n {4}mcp:\n {6}endpoint: "${endpoint}"\n`),
    );
    writeFileSync(path.join(cwd, 'nightcrier.yaml'), printed.stdout);
    expect(await cli(['validate'], { cwd })).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 cluster, 0 with triage'),
    });
    const installed = await contents(plane);
    const dry = await up(plane, ['--print-config', '--dry-run', '--node-ip', '203.0.113.7'], { cwd });
    expect(dry).toMatchObject({ exitCode: 0, stdout: printed.stdout });
    expect(await contents(plane)).toEqual(installed);
    // Beside a credential that `kubeconfig create` has made the block names it.
    const reader = tempDir({ 'kubeconfigs/test.yaml': readFileSync(plane.kubeconfig, 'utf8') });
    const { stdout } = await up(plane, ['--print-config', '--dry-run'], { cwd: reader });
    writeFileSync(path.join(reader, 'nightcrier.yaml'), stdout);
    const validated = await cli(['validate'], { cwd: reader });
    expect(validated).toMatchObject({ code: 0, out: expect.stringContaining('1 cluster, 1 with triage') });
  }, 120_000);

  test('DEP-12: TLS by the values of the chart gives an https address; reading only stays', async () => {
    const dir = tempDir({ 'tls.yaml': 'tls: {enabled: true, secretName: server-tls}\nconfig: {read_only: false}\n' });
    const { stdout, exitCode } = await up(plane, ['--print-config', '--values', path.join(dir, 'tls.yaml')]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`endpoint: "https://127.0.0.1:${await nodePort()}/mcp"\n      # ca_file: FILE`);
    expect(await get('configmap', '{.data}')).toContain('read_only = true');
  }, 60_000);

  test('DEP-12: a node port that the firewall does not pass is told', async () => {
    const told = await refused('--nodeport-range', '1-2');
    expect(told).toMatch(
      `the node port ${await nodePort()} is outside of --nodeport-range 1-2\n  fix: let your firewall`,
    );
  }, 60_000);

  test('DEP-12: --source-cidr makes a NetworkPolicy and keeps the address of the sender; without it both go', async () => {
    const limited = await up(plane, ['--source-cidr', '10.1.0.0/16', '--source-cidr=2001:db8::/32']);
    expect(limited).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('only the node that the server runs on'),
    });
    const from = [{ ipBlock: { cidr: '10.1.0.0/16' } }, { ipBlock: { cidr: '2001:db8::/32' } }];
    expect(JSON.parse(await get('networkpolicy', '{.spec}'))).toEqual({
      podSelector: { matchLabels: { 'app.kubernetes.io/instance': name } },
      policyTypes: ['Ingress'],
      ingress: [{ from, ports: [{ protocol: 'TCP', port: 8080 }] }],
    });
    expect(await get('service', '{.spec.externalTrafficPolicy}')).toBe('Local');
    const open = await up(plane);
    expect(open.stderr).toMatch(/no longer wanted, deleted: networkpolicy[^]*whoever reaches this port/);
    await expect(get('networkpolicy', '{.spec}')).rejects.toThrow('not found');
    expect(await get('service', '{.spec.externalTrafficPolicy}')).toBe('Cluster');
  }, 120_000);

  test('DEP-12: what keeps the server from being ready is told with what to do', async () => {
    const values = (text: string): string[] => ['--values', path.join(tempDir({ 'values.yaml': text }), 'values.yaml')];
    const unready = (text: string): Promise<string> => refused(...values(text), '--wait', '5');
    expect(await unready('podLabels: {kubelet: imagepull}')).toMatch(
      /the node cannot get the image quay\.io\/.* \(ImagePullBackOff: .*\n {2}fix: --image .*imagePullSecrets/,
    );
    expect(await unready('podLabels: {kubelet: crashloop}')).toMatch(
      /the server ends again and again.*\n {2}fix: kubectl -n mcp-system logs .* --previous/,
    );
    expect(await unready('nodeSelector: {no: such-node}')).toMatch(
      /no node takes pod .*node.*\n {2}fix: .*nodeSelector/,
    );
    const spec = { hard: { pods: '0' } };
    await plane.apply({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'mcp-system' },
      spec,
    });
    await plane.kubectl(['-n', 'mcp-system', 'delete', 'deployment', name, '--cascade=foreground']);
    expect(await unready('')).toMatch(
      /no pod was made for deployment kubernetes-mcp-server.*exceeded quota.*\n {2}fix: a quota/,
    );
    await plane.kubectl(['-n', 'mcp-system', 'delete', 'resourcequota', 'none']);
    expect(await up(plane, ['--wait', '0'])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('not waited'),
    });
  }, 180_000);

  test('DEP-12: a chart that cannot be had or used leaves nothing half done', async () => {
    const before = await contents(plane);
    const broken = tempDir({
      'chart/Chart.yaml': 'apiVersion: v2\nname: kubernetes-mcp-server\nversion: 0.0.1\n',
      'chart/templates/a.yaml': '{{ fail "no such thing" }}',
    });
    const unusable = await refused('--chart', path.join(broken, 'chart'));
    expect(unusable).toMatch(/helm cannot install the chart .*no such thing.*\n {2}fix: see what helm says/);
    const away = await refused('--chart', 'oci://127.0.0.1:1/charts/kubernetes-mcp-server:1.2.3');
    expect(away).toMatch(/127\.0\.0\.1:1.*\n {2}fix: fetch the chart .*helm pull/);
    expect(await contents(plane)).toEqual(before);
  }, 60_000);

  test('DEP-12: without --chart it is the public one, in a version that is written down', async () => {
    const dir = tempDir({
      helm: '#!/usr/bin/env bash\ncase $* in version*) echo v4.0.0 ;; *template*) echo "asked: $*" >&2; exit 1 ;; esac\n',
    });
    chmodSync(path.join(dir, 'helm'), 0o755);
    const args = ['--chart', 'oci://ghcr.io/containers/charts/kubernetes-mcp-server:0.1.0'];
    const said = async (words: readonly string[]) => (await mcpScript('mcp-k8s-up', words, world)).stderr;
    const world = {
      kubeconfig: plane.kubeconfig,
      home: plane.dir,
      path: `${dir}:${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}`,
    };
    const usual = await said([]);
    expect(usual).toMatch(
      /asked: .*template kubernetes-mcp-server oci:\/\/ghcr\.io\/containers\/charts\/kubernetes-mcp-server --version 0\.1\.0 /,
    );
    expect(await said(args)).toBe(usual);
  }, 60_000);
});

function countOf(words: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length]));
}
