import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DoctorReport, doctorSchema } from '../../src/domain/wire/doctor.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { CliProcess } from '../support/cli-process.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { type ApiCluster, Daemon } from '../support/daemon.ts';
import { allFaults, incidentsOf, settled } from '../support/daemon-accounts.ts';
import { serveTls } from '../support/doctor-setup.ts';
import { deleteFromEtcd, putInEtcd } from '../support/etcd.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { standingFaults } from '../support/standing-faults.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { newTempDir } from '../support/temp-dir.ts';

const reader = path.join(import.meta.dirname, '..', '..', 'deploy', 'rbac', 'reader.yaml');

/** One control plane that the daemon reaches only through Teleport, as two clusters: by tsh ssh, and by tsh proxy kube. */
describe.skipIf(cannotRun('clusters behind Teleport'))('TEL-1: clusters that are reached only through Teleport', () => {
  const cleanups = new Cleanups();
  let plane: ControlPlane;
  let stub: StubTsh;
  let daemon: Daemon;
  let proxy: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    plane = await startControlPlane();
    cleanups.add('control plane', () => plane.stop());
    await plane.kubectl(['apply', '-f', reader]);
    const { dir, remove } = newTempDir();
    cleanups.add('files', remove);
    stub = new StubTsh(path.join(dir, 'teleport'), await plane.kubeconfigOf('nightcrier', 'nightcrier-reader'));
    const ping = JSON.stringify({
      server_version: '17.5.0',
      min_client_version: '16.0.0',
      cluster_name: 'shared-service',
    });
    const served = await serveTls(cleanups, (_, response) => void response.end(ping), dir);
    proxy = new URL(served.url).host;
    env = {
      PATH: `${path.dirname(kubeBinary('kubectl'))}:${process.env['PATH']}`,
      NODE_EXTRA_CA_CERTS: served.ca,
    };
    daemon = await Daemon.prepare(
      dir,
      {
        teleport: {
          tsh: stub.command,
          proxy,
          user: 'svc',
          // Many sessions at a time: the stub is not far away.
          max_sessions: 8,
          list_interval: '2s',
        },
        clusters: [
          { name: 'staging', teleport: { cluster: 'staging', node: 'k8s-staging-1' } },
          {
            name: 'production',
            teleport: { cluster: 'shared-service', node: 'k8s-1', access: 'kube', kube_cluster: 'staging-kube' },
          },
        ],
        connection: { backoff_max: '2s', ping_interval: '5s' },
        sweep: { interval_without_push: '2s', clear_after: '4s' },
        notify: { console: false },
      },
      env,
    );
    cleanups.add('daemon', () => daemon.stop());
    await daemon.start();
  }, 120_000);
  afterAll(() => cleanups.run(), 60_000);

  async function cluster(name: string): Promise<ApiCluster | null> {
    const { clusters } = await daemon.get<{ clusters: ApiCluster[] }>('/health/clusters');
    return clusters.find((one) => one.name === name) ?? null;
  }

  function becomes(name: string, status: string): Promise<ApiCluster> {
    return daemon.until(
      async () => {
        const found = await cluster(name);
        return found?.status === status ? found : null;
      },
      `${name} is ${status}`,
      60_000,
    );
  }

  const faultOf = (type: string, round: number) => {
    const found = standingFaults(Date.now(), round).find((one) => one.type === type);
    if (found === undefined) throw new Error(`no fault ${type}`);
    return found.objects;
  };

  test.each(['staging', 'production'])('%s is watched, and its permissions are known', async (name) => {
    expect(await becomes(name, 'active')).toMatchObject({ source: 'watch', error: null, triage_enabled: true });
    await daemon.until(async () => (await cluster(name))?.permissions?.minimum_met === true, 'permissions', 60_000);
  });

  async function doctor(): Promise<DoctorReport> {
    const run = new CliProcess(['doctor', '--config', daemon.configFile, '-o', 'json'], {
      env: { ...env, HOME: daemon.dir },
    });
    await run.end(120_000);
    return doctorSchema.parse(JSON.parse(run.out));
  }

  test('doctor says what it found, and that nothing is wrong (TEL-5)', async () => {
    const { checks } = await doctor();
    const of = (id: string) => checks.flatMap((one) => (one.id === id ? [[one.subject, one.result]] : []));
    const both = ['staging', 'production'].map((name) => [name, 'passed']);
    expect(checks.find(({ id }) => id === 'teleport.ready')).toMatchObject({
      result: 'passed',
      detail: 'tsh 17.4.8, proxy 17.5.0',
    });
    for (const id of [
      'teleport.reaches',
      'cluster.watched',
      'credential.works',
      'credential.reads',
      'credential.harmless',
    ]) {
      expect([id, of(id)]).toEqual([id, both]);
    }
  }, 180_000);

  test('doctor says what is wrong with its fix, once, and skips what needs it (TEL-6)', async () => {
    stub.version('18.0.0');
    stub.login('out');
    const { checks } = await doctor();
    const found = checks.flatMap(({ problem }) => problem ?? []).filter(({ code }) => code.startsWith('NC-TELEPORT'));
    expect(found.map(({ code }) => code).toSorted()).toEqual(['NC-TELEPORT-002', 'NC-TELEPORT-008']);
    for (const { fix } of found) expect(fix).not.toMatch(/\{\w+\}/);
    expect(checks.filter(({ id }) => id === 'teleport.reaches').map(({ result }) => result)).toEqual([
      'skipped',
      'skipped',
    ]);
    stub.version('17.4.8');
    stub.login('in');
  }, 180_000);

  test('a fault is found, an incident opened, and the report of the built-in analyst stored', async () => {
    const objects = faultOf('ImagePull', 1);
    for (const object of objects) await putInEtcd(plane, object);
    const name = objects.at(-1)?.metadata.name;
    const ofBoth = async () => {
      const all = (await allFaults(daemon)).filter(({ resource }) => resource?.name === name);
      return new Set(all.map((one) => one.cluster)).size === 2;
    };
    await daemon.until(ofBoth, 'the fault, in both clusters', 60_000);
    await settled(daemon, 180_000);
    const incidents = await incidentsOf(daemon);
    expect(incidents.map((one) => one.cluster).toSorted()).toEqual(['production', 'staging']);
    for (const incident of incidents) {
      expect(incident.report).not.toBeNull();
      expect(incident.cause).toMatch(/image/i);
      expect(incident.runs.map(({ status }) => status)).toEqual(['succeeded']);
    }
    // Both ways the same is read, so both answers are the same.
    const [a, b] = incidents;
    expect([a?.cause, a?.confidence, a?.owner]).toEqual([b?.cause, b?.confidence, b?.owner]);
  }, 300_000);

  test('no session logs in, asks for access or writes; each is one command of a known form (TEL-4, TEL-9)', () => {
    const calls = stub.calls().map(({ argv }) => argv);
    expect(new Set(calls.map(([verb]) => verb))).toEqual(new Set(['ssh', 'proxy', 'status', 'version']));
    const sessions = calls.filter(([verb]) => verb === 'ssh');
    const flags = [
      'ssh',
      '--no-relogin',
      '--request-mode=off',
      '--no-resume',
      '--cluster=staging',
      'svc@k8s-staging-1',
    ];
    for (const argv of sessions) expect([argv.slice(0, -1), argv.length]).toEqual([flags, flags.length + 1]);
    const forms =
      /^sudo kubectl (?:get --raw \S+|--request-timeout=\d+ms auth can-i get [a-z]+(?: --subresource=log)? --all-namespaces|--request-timeout=\d+ms create --validate=false -f - -o json)$/;
    expect(sessions.map((argv) => argv.at(-1) ?? '').filter((command) => !forms.test(command))).toEqual([]);
    console.log(`${sessions.length} sessions`);
  });

  test('the login ends: it is told with its fix, and all goes on when there is another one (TEL-6)', async () => {
    stub.login('expired');
    const failed = await becomes('staging', 'failed');
    expect(failed.error).toMatchObject({ code: 'NC-TELEPORT-003' });
    expect(failed.error?.fix).toContain(`tsh login --proxy=${proxy} staging`);
    // It comes about meanwhile.
    const objects = faultOf('ClaimPending', 2);
    for (const object of objects) await putInEtcd(plane, object);
    stub.login('in');
    await becomes('staging', 'active');
    const isThere = async () =>
      (await allFaults(daemon)).some(
        (one) => one.cluster === 'staging' && one.resource?.name === objects.at(-1)?.metadata.name,
      );
    await daemon.until(isThere, 'what happened meanwhile', 60_000);
  }, 180_000);

  test('what is gone has cleared', async () => {
    const object = faultOf('ImagePull', 1).at(-1);
    if (object === undefined) throw new Error('no fault');
    await deleteFromEtcd(plane, object);
    const cleared = async () =>
      (await incidentsOf(daemon)).filter(
        ({ owner, status }) => owner.name === object.metadata.name && status === 'resolved',
      );
    await daemon.until(async () => (await cleared()).length > 1, 'its end, in both clusters', 60_000);
    expect((await cleared()).map((one) => one.cluster).toSorted()).toEqual(['production', 'staging']);
  }, 120_000);

  const proxies = (): string[] => readdirSync(path.join(daemon.dir, 'data', 'tsh', 'kube'));

  test('CFG-7: another way is taken over, and the local proxy of the old one ends', async () => {
    expect(proxies()).toHaveLength(1);
    const before = stub.calls().length;
    const config = JSON.parse(readFileSync(daemon.configFile, 'utf8')) as { clusters: { teleport: object }[] };
    const changed = config.clusters.map((one) => ({ ...one, teleport: { ...one.teleport, access: 'ssh' } }));
    writeFileSync(daemon.configFile, JSON.stringify({ ...config, clusters: changed }));
    const read = () =>
      stub
        .calls()
        .slice(before)
        .some(({ argv }) => argv.includes('svc@k8s-1'));
    await daemon.until(() => read() && proxies().length === 0, 'a session, and no proxy', 30_000);
    expect(await becomes('production', 'active')).toMatchObject({ error: null });
  }, 120_000);

  test('with the daemon its local proxies end', async () => {
    const config = JSON.parse(readFileSync(daemon.configFile, 'utf8')) as { clusters: { teleport: object }[] };
    const changed = config.clusters.map((one) => ({ ...one, teleport: { ...one.teleport, access: 'kube' } }));
    writeFileSync(daemon.configFile, JSON.stringify({ ...config, clusters: changed }));
    await daemon.until(() => proxies().length === 1, 'a proxy', 30_000);
    await daemon.stop();
    expect(proxies()).toEqual([]);
  });
});
