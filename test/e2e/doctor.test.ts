import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DoctorReport, doctorSchema } from '../../src/domain/wire/doctor.ts';
import { type ClustersJson, clustersSchema } from '../../src/domain/wire/cluster.ts';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { agentImage, lacksEngine } from '../support/agent-image.ts';
import { Azurite } from '../support/azurite.ts';
import { CliProcess } from '../support/cli-process.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { endedToken, folderOf, forward, serve, serveTls, writeKubeconfig } from '../support/doctor-setup.ts';
import { freePorts } from '../support/free-ports.ts';
import { echoToolset } from '../support/echo-toolset.ts';
import { McpEndpointFixture } from '../support/mcp-endpoint.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { SlackServer } from '../support/slack-server.ts';
import { startStockServer } from '../support/stock-server.ts';
import { newTempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';
import { webhookSecret } from '../support/webhook-receiver.ts';

const noEngine = lacksEngine('the doctor and the image of agents');

/**
 * Two real control planes, stock MCP servers, a Slack, an Azure Blob service, a model provider, the container engine; and
 * a configuration over them in which nearly everything is wrong.
 */
describe.skipIf(cannotRun('the doctor over real clusters', 'api'))(
  'OPS-4, UX-8, UX-10: a set-up with twenty mistakes',
  () => {
    const cleanups = new Cleanups();
    const key = 'the-right-key';
    let dir: string;
    let own: ControlPlane;
    let slack: SlackServer;
    let azurite: Azurite;
    let image = 'nightcrier-test/not-there:none';
    let ports: number[];
    let stock: string;
    let blindUser: string;
    let config: Record<string, unknown>;
    let binWithout: string;
    let binWith: string;
    /** Where the daemon listens that a doctor is to find. */
    let besideEnv: Record<string, string> = {};

    const kubeconfig = (name: string): string => path.join(dir, `${name}.yaml`);
    const file = (): string => path.join(dir, 'nightcrier.yaml');
    const write = (): void => writeFileSync(file(), JSON.stringify(config));

    beforeAll(async () => {
      const files = newTempDir();
      cleanups.add('files', () => files.remove());
      ({ dir } = files);
      const planes = await Promise.all([startControlPlane(), startControlPlane()]);
      for (const plane of planes) cleanups.add('control plane', () => plane.stop());
      const [first, other] = planes;
      own = first;
      const served = await startStockServer(own.kubeconfig, 'table');
      cleanups.add('stock server', () => served.stop());
      stock = served.endpoint;
      const powerless = await own.kubeconfigOf('default', 'blind');
      blindUser = 'system:serviceaccount:default:blind';
      const blind = await startStockServer(powerless, 'table');
      cleanups.add('blind stock server', () => blind.stop());
      slack = await SlackServer.start();
      cleanups.add('slack', () => slack.close());
      slack.notMember.add('C0PAYMENTS');
      slack.scopes.delete('channels:history');
      azurite = await Azurite.start();
      cleanups.add('azurite', () => azurite.stop());
      const models = await serve(cleanups, (request, response) => {
        response.writeHead(request.headers['x-api-key'] === key ? 200 : 401).end('{}');
      });
      const nightcrier = await McpEndpointFixture.start({ parts: [echoToolset().parts] });
      cleanups.add('another nightcrier', () => nightcrier.stop());
      const locked = await serve(cleanups, forward(stock, key));
      const sealed = await serveTls(cleanups, forward(stock), dir);
      ports = await freePorts(3);
      const [dead, receiver] = ports;

      binWithout = folderOf(dir, 'docker');
      binWith = `${binWithout}:${path.dirname(kubeBinary('kubectl'))}:/usr/bin:/bin`;
      const reader = await readCredential('reader');
      const user = (name: string, entry: object): string => {
        writeKubeconfig(kubeconfig(name), own.server, own.ca, entry);
        return kubeconfig(name);
      };
      renameSync(powerless, kubeconfig('powerless'));
      writeKubeconfig(kubeconfig('elsewhere'), other.server, other.ca, { token: other.adminToken });
      const exec = {
        apiVersion: 'client.authentication.k8s.io/v1',
        command: 'no-such-plugin',
        interactiveMode: 'Never',
      };
      const cluster = (name: string, endpoint: string, triage: string) => ({
        name,
        mcp: { endpoint },
        triage: { kubeconfig: triage },
      });
      const through = async (): Promise<string> => `${await serve(cleanups, forward(stock))}/mcp`;
      config = {
        data_dir: path.join(dir, 'data'),
        clusters: [
          cluster('good', stock, reader),
          cluster('dead', `http://127.0.0.1:${dead}/mcp`, reader),
          cluster('loop', `${nightcrier.url}/mcp`, reader),
          cluster('locked', `${locked}/mcp`, reader),
          cluster('sealed', `${sealed.url}/mcp`, reader),
          cluster('other', await through(), kubeconfig('elsewhere')),
          cluster('blind', blind.endpoint, reader),
          cluster('powerless', await through(), kubeconfig('powerless')),
          cluster('admin', await through(), user('admin', { token: own.adminToken })),
          cluster('expired', await through(), user('expired', { token: endedToken() })),
          cluster('plugin', await through(), user('plugin', { exec })),
        ],
        // No address of this machine, and open to whoever reaches it.
        health: { host: '192.0.2.1', port: ports[2] },
        notify: {
          slack: { bot_token: slack.token, channel: '#payments', api_url: slack.url },
          webhook: { url: `http://127.0.0.1:${receiver}/`, secret: webhookSecret },
        },
        storage: {
          artifacts: {
            type: 'azure-blob',
            connection_string: azurite.connectionString,
            container: 'reports',
            create_container: false,
          },
        },
        gateway: { models: { anthropic: { api_key: 'a-wrong-key', base_url: models } } },
        ...(noEngine ? {} : { agent: { cli: 'claude', image } }),
      };
      mkdirSync(path.join(dir, 'data'));
      chmodSync(path.join(dir, 'data'), 0o755);
      write();
      chmodSync(file(), 0o644);
    }, 240_000);
    afterAll(() => cleanups.run(), 60_000);

    /** What the fix of many codes says: `nightcrier kubeconfig create`. */
    async function readCredential(name: string): Promise<string> {
      const args = [
        'kubeconfig',
        'create',
        '--context',
        'test',
        '--kubeconfig',
        own.kubeconfig,
        '--namespace',
        'default',
        '--out',
        kubeconfig(name),
      ];
      await new CliProcess(args, {
        cwd: dir,
        env: { PATH: `${path.dirname(kubeBinary('kubectl'))}:/usr/bin:/bin`, HOME: dir },
      }).success(60_000);
      return kubeconfig(name);
    }

    async function doctor(
      bin: string,
      ...more: string[]
    ): Promise<{ code: number | NodeJS.Signals; report: DoctorReport }> {
      const run = new CliProcess(['doctor', '--config', file(), '-o', 'json', ...more], {
        cwd: dir,
        env: { PATH: bin, HOME: dir, ...besideEnv },
      });
      const code = await run.end(120_000);
      return { code, report: doctorSchema.parse(JSON.parse(run.out)) };
    }

    const found = ({ checks }: DoctorReport): string[] =>
      checks
        .flatMap(({ subject, problem }) => (problem === null ? [] : [`${subject ?? ''} ${problem.code}`.trim()]))
        .toSorted();

    const mistakes = [
      'NC-CONFIG-040',
      'NC-HEALTH-006',
      'NC-HEALTH-030',
      'NC-HOST-004',
      ...(noEngine ? [] : ['NC-AGENT-007']),
      'anthropic NC-GATEWAY-021',
      'dead NC-CLUSTER-001',
      'loop NC-CLUSTER-021',
      'locked NC-CLUSTER-004',
      'sealed NC-CLUSTER-003',
      'other NC-CLUSTER-019',
      'blind NC-CLUSTER-014',
      'powerless NC-KUBE-023',
      'powerless NC-KUBE-026',
      'other NC-KUBE-029',
      'admin NC-KUBE-029',
      'expired NC-KUBE-022',
      'plugin NC-KUBE-025',
      'NC-SLACK-006',
      '#payments NC-SLACK-002',
      'NC-NOTIFY-004',
      'NC-STORE-010',
      'NC-KUBE-032',
    ];

    test('each is found, with its code, and nothing else', async () => {
      const { code, report } = await doctor(binWithout);
      expect(found(report)).toEqual(mistakes.toSorted());
      expect(code).toBe(1);
      for (const { problem } of report.checks) expect(problem?.fix ?? '').not.toMatch(/(?<!\$)\{\w+\}/);
      expect(JSON.stringify(report)).not.toMatch(
        new RegExp([key, 'a-wrong-key', slack.token, own.adminToken, azurite.key].map(escaped).join('|')),
      );
    }, 180_000);

    test('a daemon over it says the same codes in health, log and metrics', async () => {
      const env = { PATH: binWith, HOME: dir, NIGHTCRIER_HEALTH__HOST: '127.0.0.1', NIGHTCRIER_AGENT__CLI: 'builtin' };
      const daemon = new CliProcess(['run', '--config', file()], { cwd: dir, env });
      try {
        const url = `http://127.0.0.1:${ports[2]}`;
        const health = async (): Promise<ClustersJson | null> => {
          const answer = await fetch(`${url}/health/clusters`).catch(() => null);
          return answer === null ? null : clustersSchema.parse(await answer.json());
        };
        const codes = ({ problems, clusters }: ClustersJson): string[] => [
          ...problems.map(({ code }) => code),
          ...clusters.flatMap(({ name, problems: its }) => its.map(({ code }) => `${name} ${code}`)),
        ];
        // What mends itself is shown after a minute; the unit test of the registry moves the clock over that.
        const expected = [
          'NC-CONFIG-040',
          'NC-HOST-004',
          'loop NC-CLUSTER-021',
          'locked NC-CLUSTER-004',
          'sealed NC-CLUSTER-003',
          'other NC-CLUSTER-019',
          'powerless NC-KUBE-026',
          'other NC-KUBE-029',
          'admin NC-KUBE-029',
          'expired NC-KUBE-022',
          'plugin NC-KUBE-025',
        ];
        const all = async (): Promise<boolean> => {
          const now = await health();
          return now !== null && expected.every((code) => codes(now).includes(code));
        };
        await waitUntil(all, 'every problem in health', 60_000).catch(async (error: unknown) => {
          const now = await health();
          throw new Error(
            `${String(error)}; missing: ${expected.filter((code) => now === null || !codes(now).includes(code)).join()}; log: ${daemon.err.slice(-3000)}`,
          );
        });
        const metrics = await (await fetch(`${url}/metrics`)).text();
        for (const one of expected) {
          const [code = '', cluster] = one.split(' ').toReversed();
          const lines = daemon.err
            .split('\n')
            .filter((line) => line.includes('"a problem stands"') && line.includes(code));
          expect({
            one,
            lines: lines.filter((line) => cluster === undefined || line.includes(`"cluster":"${cluster}"`)).length,
          }).toEqual({ one, lines: 1 });
          expect(
            Number(new RegExp(`nightcrier_check_failing\\{code="${code}"\\} (\\d+)`).exec(metrics)?.[1]),
          ).toBeGreaterThan(0);
        }
        besideEnv = { NIGHTCRIER_HEALTH__HOST: '127.0.0.1' };
        const beside = await doctor(binWith, '--only', 'permissions');
        expect(beside.report.daemon).toBe(url);
        expect(found(beside.report)).toContain('expired NC-KUBE-022');
      } finally {
        besideEnv = {};
        daemon.send('SIGTERM');
        await daemon.end(60_000).finally(() => daemon.kill());
      }
    }, 180_000);

    test('each fix, followed as it says, leads to green', async () => {
      const [dead, receiver] = ports;
      // chmod, health.host, a directory for its owner
      config['health'] = { host: '127.0.0.1', port: ports[2] };
      chmodSync(path.join(dir, 'data'), 0o700);
      // the server runs; the receiver answers
      await serve(cleanups, forward(stock), dead);
      await serve(cleanups, (_request, response) => response.writeHead(204).end(), receiver);
      // endpoint, api_key, ca_file
      const clusters = config['clusters'] as {
        name: string;
        mcp: Record<string, unknown>;
        triage: { kubeconfig: string };
      }[];
      const of = (name: string) => clusters.find((one) => one.name === name) ?? clusters[0]!;
      of('loop').mcp['endpoint'] = `${await serve(cleanups, forward(stock))}/mcp`;
      of('locked').mcp['api_key'] = key;
      of('sealed').mcp['ca_file'] = path.join(dir, 'ca.pem');
      of('other').triage.kubeconfig = kubeconfig('reader');
      // what the credential of a server may read
      await own.kubectl([
        'create',
        'clusterrolebinding',
        'blind',
        '--clusterrole=cluster-admin',
        `--user=${blindUser}`,
      ]);
      // nightcrier kubeconfig create, in the place of the old ones
      for (const name of ['powerless', 'admin', 'expired', 'plugin']) {
        const made = await readCredential(`new-${name}`);
        rmSync(kubeconfig(name));
        renameSync(made, kubeconfig(name));
      }
      // /invite, scopes, the key, the container, the image, kubectl on PATH
      slack.notMember.clear();
      slack.scopes.add('channels:history');
      (config['gateway'] as { models: { anthropic: Record<string, unknown> } }).models.anthropic['api_key'] = key;
      await BlobServiceClient.fromConnectionString(azurite.connectionString).createContainer('reports');
      if (!noEngine) image = await agentImage('claude');
      if (!noEngine) config['agent'] = { cli: 'claude', image };
      write();
      chmodSync(file(), 0o600);
      const { code, report } = await doctor(binWith, '--strict', '--wait', '30s');
      expect(found(report)).toEqual([]);
      expect(
        report.checks.filter(({ result }) => result === 'skipped').map(({ statement, detail }) => [statement, detail]),
      ).toEqual([]);
      expect({ code, success: report.success }).toEqual({ code: 0, success: true });
    }, 240_000);
  },
);

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
