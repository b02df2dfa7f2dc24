import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TeleportPlace } from '../../../src/domain/cluster-policy.ts';
import { Cleanups } from '../../../src/lib/cleanups.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { spawnProcess } from '../../../src/lib/process/spawn.ts';
import { teleportToolset } from '../../../src/mcp/teleport/teleport-toolset.ts';
import { globPattern } from '../../../src/mcp/teleport/teleport-use.ts';
import type { Tool, ToolCall } from '../../../src/mcp/tool.ts';
import { type TeleportConfig, teleportSchema } from '../../../src/teleport/config.ts';
import type { Ways } from '../../../src/teleport/proxy-ping.ts';
import { callTool } from '../../support/call-tool.ts';
import { serveTls } from '../../support/doctor-setup.ts';
import { StubTsh } from '../../support/stub-tsh.ts';
import { newTempDir, tempDir } from '../../support/temp-dir.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
const cleanups = new Cleanups();
const server = { server_version: '17.5.0', min_client_version: '16.0.0', cluster_name: 'root' };
let proxy: string;
let ways: Ways;
let status = 200;

beforeAll(async () => {
  const { dir, remove } = newTempDir();
  cleanups.add('files', remove);
  const answer = JSON.stringify(server);
  const served = await serveTls(cleanups, (_, response) => void response.writeHead(status).end(answer), dir);
  const agent = new Agent({ connect: { ca: readFileSync(served.ca, 'utf8') } });
  cleanups.add('agent', () => agent.destroy());
  proxy = new URL(served.url).host;
  ways = { of: () => agent };
});
afterAll(() => cleanups.run());

interface Prepared {
  readonly stub: StubTsh;
  readonly tools: readonly Tool[];
  readonly call: (
    name: string,
    args?: Record<string, unknown>,
    by?: Partial<ToolCall>,
  ) => Promise<Record<string, unknown>>;
  /** What was run on nodes. */
  readonly commands: () => readonly string[];
}

function prepared(
  changes: Partial<TeleportConfig> = {},
  configured = true,
  own: { readonly staging?: Partial<TeleportPlace> } = {},
): Prepared {
  status = 200;
  const stub = new StubTsh(tempDir());
  const { tsh, home } = stub.settings();
  const config = { ...teleportSchema.parse({ proxy, user: 'svc', tsh, home }), ...changes };
  const places = new Map<string, TeleportPlace>([
    ['staging', stub.place(own.staging)],
    ['prod', stub.place({ cluster: 'shared-service', node: 'k8s-1' })],
  ]);
  const { tools } = teleportToolset({
    teleport: () => (configured ? config : null),
    places: () => places,
    spawn: spawnProcess,
    clock: systemClock,
    env,
    ways,
  });
  const commands = () => stub.calls().flatMap(({ argv }) => (argv[0] === 'ssh' ? [argv.at(-1) ?? ''] : []));
  return { stub, tools, call: (name, args, by) => callTool(tools, name, args, by), commands };
}

const node = { cluster: 'staging', node: 'k8s-staging-1' };

describe('tsh and the proxy', () => {
  test('check_tsh_installed', async () => {
    const { call, stub } = prepared();
    expect(await call('check_tsh_installed')).toEqual({
      success: true,
      installed: true,
      path: stub.command,
      version: '17.4.8',
      message: `tsh 17.4.8 is installed at ${stub.command}.`,
    });
    const absent = prepared({ tsh: 'no-such-tsh' });
    await expect(absent.call('check_tsh_installed')).rejects.toMatchObject({
      code: 'not_installed',
      fix: { steps: [expect.stringMatching(/Install tsh on this machine/)] },
    });
  });

  test('get_tsh_client_version', async () => {
    const { call, stub } = prepared();
    const result = await call('get_tsh_client_version');
    expect(result).toMatchObject({ version: '17.4.8', major: 17, raw: expect.stringMatching(/"gitref"/) as string });
    expect(stub.calls().map(({ argv }) => argv)).toEqual([['version', '--client', '--format=json']]);
  });

  test('get_teleport_proxy_version needs no login, and starts nothing', async () => {
    const { call, stub } = prepared();
    stub.login('out');
    expect(await call('get_teleport_proxy_version', { cluster: 'staging' })).toMatchObject({
      cluster: 'staging',
      proxy,
      server_version: '17.5.0',
      min_client_version: '16.0.0',
      cluster_name: 'root',
    });
    status = 502;
    await expect(call('get_teleport_proxy_version', { cluster: 'staging' })).rejects.toMatchObject({
      code: 'upstream_unavailable',
      fix: { command: `curl https://${proxy}/webapi/ping` },
    });
    expect(stub.calls()).toEqual([]);
  });

  test('verify_teleport_compatibility: all clusters that may be used, or one (TEL-5)', async () => {
    const { call, stub } = prepared();
    expect(await call('verify_teleport_compatibility')).toMatchObject({
      success: true,
      compatible: true,
      client: '17.4.8',
      server: '17.5.0',
      problems: [],
      logged_in: true,
      logins: ['svc'],
      clusters: [
        { cluster: 'staging', status: 'online' },
        { cluster: 'shared-service', status: 'online' },
      ],
    });
    stub.clusters('shared-service');
    expect(await call('verify_teleport_compatibility', { cluster: 'staging' })).toMatchObject({
      success: false,
      clusters: [{ cluster: 'staging', status: 'unknown to it' }],
      problems: [{ code: 'NC-TELEPORT-007' }],
    });
  });

  test('verify_teleport_compatibility says each way of not being ready, and does not fail (TEL-6)', async () => {
    const { call, stub } = prepared();
    const codes = async () => {
      const { problems } = (await call('verify_teleport_compatibility')) as {
        problems: { code: string; fix: string }[];
      };
      return problems.map(({ code }) => code);
    };
    stub.login('out');
    expect(await codes()).toEqual(['NC-TELEPORT-002']);
    stub.login('expired');
    expect(await codes()).toEqual(['NC-TELEPORT-003']);
    expect(await call('verify_teleport_compatibility')).toMatchObject({
      logged_in: false,
      expires_at: expect.any(String) as string,
    });
    stub.login('in', 30 * 60_000);
    stub.version('18.1.0');
    status = 200;
    expect(await codes()).toEqual(['NC-TELEPORT-008']);
    status = 503;
    expect(await codes()).toEqual(['NC-TELEPORT-004']);
    expect(await prepared({ tsh: 'no-such-tsh' }).call('verify_teleport_compatibility')).toMatchObject({
      success: false,
      compatible: false,
      problems: [{ code: 'NC-TELEPORT-001' }],
    });
  });
});

describe('nodes', () => {
  test('list_teleport_nodes: by hostname, found by hostname or label, in pages', async () => {
    const { call, stub } = prepared();
    stub.nodes(
      { hostname: 'web-2', labels: { env: 'Prod' } },
      { hostname: 'db-1' },
      { hostname: 'web-1', labels: { env: 'dev' } },
    );
    const hostnames = (result: Record<string, unknown>) =>
      (result['items'] as { hostname: string }[]).map(({ hostname }) => hostname);
    expect(hostnames(await call('list_teleport_nodes', { cluster: 'staging' }))).toEqual(['db-1', 'web-1', 'web-2']);
    const prod = await call('list_teleport_nodes', { cluster: 'staging', filter: 'ENV=prod' });
    expect([hostnames(prod), prod['count'], prod['truncated']]).toEqual([['web-2'], 1, false]);
    const first = await call('list_teleport_nodes', { cluster: 'staging', filter: 'web', limit: 1 });
    expect([hostnames(first), first['count'], first['truncated']]).toEqual([['web-1'], 2, true]);
    const second = await call('list_teleport_nodes', {
      cluster: 'staging',
      filter: 'web',
      limit: 1,
      cursor: first['next_cursor'],
    });
    expect(hostnames(second)).toEqual(['web-2']);
  });

  test('verify_ssh_access runs true, with the configured login (TEL-1)', async () => {
    const { call, stub } = prepared();
    expect(await call('verify_ssh_access', node)).toMatchObject({ success: true, ok: true, user: 'svc', ...node });
    expect(stub.calls().map(({ argv }) => argv)).toEqual([
      ['ssh', '--no-relogin', '--request-mode=off', '--no-resume', '--cluster=staging', 'svc@k8s-staging-1', 'true'],
    ]);
  });

  test('verify_ssh_access: what is refused is an answer, what keeps Teleport from being used an error (TEL-6)', async () => {
    const { call, stub } = prepared({ allowed_users: ['ops'], allowed_nodes: ['k8s-?'] });
    expect(await call('verify_ssh_access', { ...node, user: 'ops' })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/access denied to ops connecting to k8s-staging-1/) as string,
      fix: expect.stringMatching(/a role that allows it: the login ops on k8s-staging-1 of staging/) as string,
    });
    expect(await call('verify_ssh_access', { ...node, node: 'k8s-9' })).toMatchObject({ ok: false });
    stub.login('expired');
    await expect(call('verify_ssh_access', node)).rejects.toMatchObject({
      code: 'not_logged_in',
      fix: { command: `TELEPORT_HOME=${stub.home} tsh login --proxy=${proxy} staging` },
    });
  });
});

describe('the host of a node', () => {
  test('check_service_status', async () => {
    const { call, stub, commands } = prepared();
    const shown = [
      'Description=Kubelet',
      'LoadState=loaded',
      'ActiveState=failed',
      'SubState=failed',
      'UnitFileState=enabled',
    ];
    stub.onNode(
      'systemctl',
      `printf '%s\\n' ${[...shown, 'MainPID=0', 'ExecMainStatus=1', 'NRestarts=7', 'ActiveEnterTimestamp=x'].join(' ')}`,
    );
    expect(await call('check_service_status', { ...node, service: 'kubelet' })).toMatchObject({
      success: false,
      service: 'kubelet.service',
      active: false,
      active_state: 'failed',
      enabled: 'enabled',
      exit_status: 1,
      restarts: 7,
    });
    expect(commands()).toEqual([
      'systemctl show --no-pager --property=Description,LoadState,ActiveState,SubState,UnitFileState,MainPID,ExecMainStatus,NRestarts,ActiveEnterTimestamp kubelet.service',
    ]);
    stub.onNode('systemctl', 'echo LoadState=not-found');
    await expect(call('check_service_status', { ...node, service: 'nope' })).rejects.toMatchObject({
      code: 'not_found',
    });
    stub.onNode('systemctl', 'echo "System has not been booted with systemd" >&2; exit 1');
    await expect(call('check_service_status', { ...node, service: 'nope' })).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: 'systemctl failed on k8s-staging-1: System has not been booted with systemd',
      retryable: false,
    });
  });

  test('tail_logs: the last lines of a file that is allowed', async () => {
    const dir = tempDir();
    mkdirSync(path.join(dir, 'app'));
    const file = path.join(dir, 'app', 'a.log');
    writeFileSync(file, `${Array.from({ length: 300 }, (_, index) => `line ${index}`).join('\n')}\n`);
    const { call, commands } = prepared({ log_paths: [`${dir}/*/*.log`] });
    const result = await call('tail_logs', { ...node, log_path: file, lines: 2 });
    expect(result).toMatchObject({ success: true, lines: ['line 298', 'line 299'], truncated: false });
    expect(((await call('tail_logs', { ...node, log_path: file })) as { lines: string[] }).lines).toHaveLength(100);
    expect(commands().slice(0, 2)).toEqual([`readlink -e ${file}`, `tail -n 2 ${file}`]);
    const absent = call('tail_logs', { ...node, log_path: `${dir}/app/none.log` });
    await expect(absent).rejects.toMatchObject({ code: 'not_found' });
  });

  test('tail_logs: of more than the limit the newest lines are there, and it is said (TEL-7)', async () => {
    const uneven = `${'x'.repeat(100)}\n`.repeat(5000) + `${'y'.repeat(900_000)}\n`.repeat(3) + 'end\n';
    const dir = tempDir({ 'big.log': `${'x'.repeat(1000)}\n`.repeat(2000) + 'end\n', 'uneven.log': uneven });
    writeFileSync(path.join(dir, 'line.log'), `old\n${'z'.repeat(2_000_000)}`);
    const { call } = prepared({ log_paths: [`${dir}/*.log`] });
    const read = async (name: string) =>
      (await call('tail_logs', { ...node, log_path: `${dir}/${name}.log`, lines: 2001 })) as {
        lines: string[];
        truncated: boolean;
        message: string;
      };
    const big = await read('big');
    expect([big.truncated, big.lines.at(-1)]).toEqual([true, 'end']);
    expect(big.lines.length).toBeGreaterThan(500);
    expect(big.message).toContain(`more than the last ${big.lines.length} are larger than is taken`);
    expect((await read('uneven')).lines.at(-1)).toBe('end');
    const line = await read('line');
    expect([line.lines.length, line.message]).toEqual([1, expect.stringContaining('the end is missing')]);
  });

  test('tail_logs: a link is followed to what is allowed, and no further (TEL-3)', async () => {
    const dir = tempDir({ 'a.log': 'fine\n', secret: 'hunter2\n', 'odd name.log': 'hunter2\n' });
    const { call, commands } = prepared({ log_paths: [`${dir}/*.log`, `${dir}/links/**`] });
    mkdirSync(path.join(dir, 'links'));
    symlinkSync('../a.log', path.join(dir, 'links', 'a'));
    symlinkSync('..', path.join(dir, 'links', 'up'));
    symlinkSync('secret', path.join(dir, 'b.log'));
    symlinkSync('odd name.log', path.join(dir, 'c.log'));
    expect(await call('tail_logs', { ...node, log_path: `${dir}/links/a` })).toMatchObject({ lines: ['fine'] });
    expect(commands().at(-1)).toBe(`tail -n 100 ${dir}/a.log`);
    for (const name of ['b.log', 'c.log', 'links/up/secret'])
      await expect(call('tail_logs', { ...node, log_path: `${dir}/${name}` })).rejects.toMatchObject({
        code: 'policy_denied',
        message: expect.stringContaining('leads elsewhere') as string,
      });
    expect(commands().filter((command) => command.startsWith('tail'))).toHaveLength(1);
  });

  test.each(['/etc/shadow', '/var/log/../../etc/shadow', '/var/log//syslog', '/var/log/./syslog', '/var/log/syslog.1'])(
    'tail_logs: %s is refused before anything is started (TEL-3)',
    async (file) => {
      const { call, stub } = prepared();
      await expect(call('tail_logs', { ...node, log_path: file })).rejects.toMatchObject({ code: 'policy_denied' });
      expect(stub.calls()).toEqual([]);
    },
  );

  test('check_disk_usage of a real df', async () => {
    const { call, commands } = prepared();
    const result = (await call('check_disk_usage', node)) as {
      filesystems: { mounted_on: string; size_bytes: number }[];
    };
    expect(result.filesystems.length).toBeGreaterThan(0);
    for (const { mounted_on: on, size_bytes: size } of result.filesystems)
      expect([on[0], size > 0]).toEqual(['/', true]);
    expect(commands()).toEqual(['df -P -T -k -l']);
  });

  test('check_disk_usage names what is full', async () => {
    const { call, stub } = prepared();
    stub.onNode(
      'df',
      `printf '%s\\n' 'Filesystem Type 1024-blocks Used Available Capacity Mounted on' '/dev/a ext4 100 20 80 20% /' '/dev/loop3 squashfs 56960 56960 0 100% /snap/core18/2829' 'overlay overlay 100 95 5 95% /run/containerd/1/rootfs' 'tmpfs tmpfs 100 99 1 99% /var/lib/kubelet/pods/1/volumes/token' '/dev/b ext4 100 95 5 95% /var/lib/my data'`,
    );
    expect(await call('check_disk_usage', node)).toMatchObject({
      message: 'Full on k8s-staging-1: /var/lib/my data 95 %.',
      filesystems: [
        { mounted_on: '/var/lib/my data', type: 'ext4', used_percent: 95, size_bytes: 102_400 },
        { mounted_on: '/' },
      ],
    });
  });

  test('check_disk_usage of a node that shows no disk does not call it well', async () => {
    const { call, stub } = prepared();
    stub.onNode('df', `printf '%s\\n' 'tmpfs tmpfs 100 99 1 99% /run'`);
    expect(await call('check_disk_usage', node)).toMatchObject({ success: false, filesystems: [] });
  });

  test('get_process_info of a real ps', async () => {
    const { call, commands } = prepared();
    const result = (await call('get_process_info', { ...node, process_name: 'ps' })) as {
      processes: { program: string; flags: string[] }[];
    };
    expect(result.processes).toMatchObject([{ program: 'ps', flags: ['-w', '-C', '-o'] }]);
    expect(await call('get_process_info', { ...node, process_name: 'no-such-program' })).toMatchObject({
      success: false,
      processes: [],
    });
    expect(commands()[0]).toBe('ps -ww -C ps -o pid=,ppid=,user=,pcpu=,pmem=,rss=,etimes=,stat=,args=');
  });
});

describe('TEL-3: what may not be used is refused before anything is started', () => {
  const tools = ['verify_ssh_access', 'check_disk_usage'];

  test.each(tools)('%s: a cluster, a node, a login that is not allowed', async (name) => {
    const { call, stub } = prepared({ allowed_clusters: ['staging'], allowed_nodes: ['web-*'] });
    await expect(call(name, { ...node, cluster: 'production' })).rejects.toMatchObject({
      code: 'unknown_cluster',
      fix: { steps: ['Give one of these as cluster: staging.'] },
    });
    await expect(call(name, { ...node, node: 'db-1' })).rejects.toMatchObject({ code: 'policy_denied' });
    await expect(call(name, { ...node, user: 'root' })).rejects.toMatchObject({ code: 'policy_denied' });
    expect(stub.calls()).toEqual([]);
  });

  test('a login of one place holds there alone; the usual one and allowed_users on all that may be reached', async () => {
    const changes = { allowed_clusters: ['staging', 'production'], allowed_nodes: ['db-*'], allowed_users: ['ops'] };
    const { call, stub } = prepared(changes, true, { staging: { user: 'root' } });
    await expect(
      call('verify_ssh_access', { cluster: 'production', node: 'db-7', user: 'root' }),
    ).rejects.toMatchObject({
      code: 'policy_denied',
      fix: { steps: ['Leave user out, or give one of these: svc, ops.'] },
    });
    await expect(call('verify_ssh_access', { cluster: 'staging', node: 'db-7', user: 'root' })).rejects.toMatchObject({
      code: 'policy_denied',
    });
    expect(stub.calls()).toEqual([]);
    const login = async (args: object) => (await call('verify_ssh_access', { ...args }))['user'];
    expect(await login(node)).toBe('root');
    expect(await login({ ...node, user: 'svc' })).toBe('svc');
    expect(await login({ cluster: 'production', node: 'db-7' })).toBe('svc');
    expect(await login({ cluster: 'production', node: 'db-7', user: 'ops' })).toBe('ops');
  });

  test.each(tools)('%s: without allowed_nodes, the nodes of configured clusters alone', async (name) => {
    const { call, stub } = prepared();
    const elsewhere = { cluster: 'shared-service', node: 'k8s-staging-1' };
    for (const other of [{ ...node, node: 'db-1' }, { ...node, node: 'k8s-1' }, elsewhere])
      await expect(call(name, other)).rejects.toMatchObject({ code: 'policy_denied' });
    expect(stub.calls()).toEqual([]);
    expect(await call(name, node)).toMatchObject({ node: 'k8s-staging-1' });
  });

  test.each([
    { cluster: '--proxy=evil' },
    { node: '-oProxyCommand=id' },
    { node: 'a b' },
    { user: '-l' },
    { user: 'Root' },
    { user: 'a;id' },
  ])('a name of another form: %j', async (wrong) => {
    const { call, stub } = prepared();
    await expect(call('verify_ssh_access', { ...node, ...wrong })).rejects.toThrow(/invalid_format/);
    expect(stub.calls()).toEqual([]);
  });

  test('services and programs of another form', async () => {
    const { call, stub } = prepared();
    for (const service of ['--all', 'a b', '*']) {
      await expect(call('check_service_status', { ...node, service })).rejects.toThrow(/invalid_format/);
    }
    for (const name of ['-e', 'a;id']) {
      await expect(call('get_process_info', { ...node, process_name: name })).rejects.toThrow(/invalid_format/);
    }
    expect(stub.calls()).toEqual([]);
  });

  test('who may see one cluster alone reaches its place alone', async () => {
    const { call, stub } = prepared();
    const only = { onlyCluster: 'staging' };
    expect(await call('verify_ssh_access', node, only)).toMatchObject({ ok: true });
    const elsewhere = { cluster: 'shared-service', node: 'k8s-1' };
    await expect(call('verify_ssh_access', elsewhere, only)).rejects.toMatchObject({ code: 'unknown_cluster' });
    await expect(call('verify_ssh_access', { ...node, node: 'k8s-1' }, only)).rejects.toMatchObject({
      code: 'policy_denied',
    });
    expect(stub.calls()).toHaveLength(1);
  });

  test('without a configuration there is nothing to use', async () => {
    const { call } = prepared({}, false);
    await expect(call('check_tsh_installed')).rejects.toMatchObject({
      code: 'not_installed',
      message: 'Teleport is not configured',
    });
  });
});

test('every tool says what it is for, and agents in containers are offered none', () => {
  const { tools } = prepared();
  expect(tools.map(({ name }) => name)).toEqual([
    'check_tsh_installed',
    'get_tsh_client_version',
    'get_teleport_proxy_version',
    'verify_teleport_compatibility',
    'list_teleport_nodes',
    'verify_ssh_access',
    'check_service_status',
    'tail_logs',
    'check_disk_usage',
    'get_process_info',
  ]);
  for (const tool of tools) {
    expect(tool).toMatchObject({ toolset: 'teleport', audiences: ['assistant', 'operator'] });
    for (const [name, field] of Object.entries(tool.input.shape))
      expect([name, field.description]).toEqual([name, expect.any(String)]);
  }
});

test.each([
  ['/var/log/*.log', '/var/log/a.log', true],
  ['/var/log/*.log', '/var/log/a/b.log', false],
  ['/var/log/**', '/var/log/a/b.log', true],
  ['/var/log/**/*.log', '/var/log/b.log', true],
  ['/var/log/**/*.log', '/var/log/a/c/b.log', true],
  ['/var/log/?.log', '/var/log/ab.log', false],
  ['/var/log/a.log', '/var/log/aXlog', false],
  ['web-*', 'web-1', true],
  ['web-*', 'my-web-1', false],
])('%s and %s: %s', (glob, text, fits) => {
  expect(globPattern(glob).test(text)).toBe(fits);
});
