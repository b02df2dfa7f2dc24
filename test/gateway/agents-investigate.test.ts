import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { gatewaySchema } from '../../src/gateway/config.ts';
import { createModelRoute } from '../../src/gateway/models/model-route.ts';
import { openApiAccess } from '../../src/kube/credential/api-access.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { type GatewayUnderTest, openGatewayRun } from '../support/gateway-run.ts';
import { cannotRun, kubeBinary } from '../support/kube-assets.ts';
import { type AgentCli, agentClis, lacksAgentClis, runAgentCli, workspaceIn } from '../support/models/agent-cli.ts';
import { investigation } from '../support/models/investigation.ts';
import { type Dialect, ModelServer } from '../support/models/model-server.ts';

/*
 * The real agent CLIs with the real gateway between them, a real API server and a model server: what one run is, without
 * the container.
 */
const suite = 'agent CLIs with the whole gateway';

const password = 'zebra-4711-password';
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cart-settings', namespace: 'shop' } };
const objects = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { ...configMap, data: { REDIS_URI: 'redis://cache:6379', DB_PASSWORD: password } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'shop' },
    stringData: { password: 'lion-0815-password' },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'cart-1', namespace: 'shop' },
    spec: {
      serviceAccountName: 'cart',
      automountServiceAccountToken: false,
      containers: [{ name: 'cart', image: 'cart:1' }],
    },
  },
];

/** Claude and Gemini may run no such command; Codex has no list of commands, and the gateway refuses. */
const deletesThatReach: Record<AgentCli, number> = { claude: 0, codex: 1, gemini: 0 };

describe.skipIf(cannotRun(suite) || lacksAgentClis(suite))('an investigation', () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane();
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'cart', namespace: 'shop' } };
    await plane.apply(objects[0]!, account, ...objects.slice(1));
  });

  afterAll(() => plane.stop());

  async function openRun(server: ModelServer): Promise<GatewayUnderTest> {
    const provider = { api_key: server.key, base_url: server.url };
    const { models: config } = gatewaySchema.parse({ models: { [server.provider]: provider } });
    const models = createModelRoute({ config: () => config, proxy: {}, logger: silentLogger });
    const options = { spawn: spawnProcess, clock: systemClock, env: {} };
    const access = await openApiAccess([plane.kubeconfig], null, options);
    const run = await openGatewayRun(access, { models });
    onTestFinished(async () => {
      await run.close();
      await models.close();
    });
    return run;
  }

  for (const { cli, dialect, model } of agentClis) {
    test(`GAT-1, GAT-3, GAT-4, TRI-8: of ${cli} reads its cluster, changes nothing, sees no secret, and is counted`, async () => {
      // Codex asks a login shell, which has a PATH of its own.
      const kubectl = cli === 'codex' ? kubeBinary('kubectl') : 'kubectl';
      const commands = [
        `${kubectl} get pods -n shop`,
        `${kubectl} get configmap cart-settings -n shop -o yaml`,
        `${kubectl} get secret db -n shop -o json`,
        `${kubectl} delete pod cart-1 -n shop`,
      ];
      const { server, run, result } = await investigate({ cli, dialect, model }, commands);
      expect(result.exitCode === 0 || result.stdout + result.stderr).toBe(true);

      const read = (name: string): string => readFileSync(path.join(run.workspace, name), 'utf8');
      const report = read('output/investigation.md');
      expect(report).toMatch(/cart-1 +0\/1 +Pending/);
      expect(report).toContain('REDIS_URI: redis://cache:6379');
      expect(report).toMatch(/forbidden|denied|refuse/i);
      expect(JSON.parse(read('output/verdict.json'))).toMatchObject({ version: 1 });
      expect(await plane.kubectl(['get', 'pod', 'cart-1', '-n', 'shop', '-o', 'name'])).toContain('cart-1');

      // No secret in what was read, kept, told to the model or printed.
      const everything = [report, result.stdout, JSON.stringify(server.calls), JSON.stringify(run.gateway.served())];
      for (const secret of [
        password,
        'lion-0815',
        Buffer.from('lion-0815-password').toString('base64'),
        plane.adminToken,
      ]) {
        expect(everything.join('\n')).not.toContain(secret);
      }

      const { turns, tokens, usd, requests } = run.gateway.usage();
      expect({ turns, tokens }).toEqual({ turns: 7, tokens: { input: 7 * 1600, cached: 7 * 300, output: 7 * 50 } });
      expect(usd).toBeGreaterThan(0.005);
      expect(requests).toMatchObject({ model: 7, refused: expect.any(Number) });
      const lines = run.audit();
      expect(lines.filter(({ rule, status }) => rule === 'model' && status === 200)).toHaveLength(7);
      expect(lines.filter(({ decision, verb }) => decision === 'refuse' && verb === 'delete')).toHaveLength(
        deletesThatReach[cli],
      );
    });
  }

  async function investigate(
    { cli, dialect, model }: { cli: AgentCli; dialect: Dialect; model: string },
    commands: readonly string[],
  ) {
    let workspace = '';
    const server = await ModelServer.start(dialect, (conversation) =>
      investigation(workspace, commands, {
        report: (outputs) => `# Report\n\n${outputs.join('\n\n')}\n`,
        verdict: (outputs) => ({ version: 1, quotes: outputs.map((text) => text.slice(0, 200)) }),
      })(conversation),
    );
    onTestFinished(() => server.close());
    const run = await openRun(server);
    const dir = path.dirname(run.workspace);
    workspace = workspaceIn(dir);
    mkdirSync(workspace, { recursive: true });
    const gateway = `http://127.0.0.1:${run.port}`;
    const env = { KUBECONFIG: run.kubeconfig, KUBECACHEDIR: path.join(dir, 'kube-cache') };
    const result = await runAgentCli({ cli, model, gateway, dir, env });
    return { server, run, result };
  }
});
