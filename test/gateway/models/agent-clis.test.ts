import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pLimit from 'p-limit';
import { expect, onTestFinished, test } from 'vitest';
import {
  type AgentCli,
  agentClis,
  dummyKey,
  lacksAgentClis,
  runAgentCli,
  workspaceIn,
} from '../../support/models/agent-cli.ts';
import { investigation } from '../../support/models/investigation.ts';
import { startModelGateway } from '../../support/models/model-gateway.ts';
import { type ModelFault, ModelServer, type ModelScript } from '../../support/models/model-server.ts';
import { tempDir } from '../../support/temp-dir.ts';

/*
 * The real agent CLIs through the gateway (a port carried to a unix socket, as in the container) to a model server.
 */
const lacks = lacksAgentClis('agent CLIs through the gateway');

type Row = (typeof agentClis)[number];

async function setUp(
  { cli, dialect, model }: Row,
  commands: readonly string[] = ['kubectl version --client', 'kubectl version --client -o json'],
) {
  const dir = tempDir();
  const script: ModelScript = investigation(workspaceIn(dir), commands, {
    report: (outputs) => `# Report\n\n${outputs.join('\n')}`,
    verdict: (outputs) => ({ outputs }),
  });
  const server = await ModelServer.start(dialect, script);
  onTestFinished(() => server.close());
  const provider = { api_key: server.key, base_url: server.url };
  const start = (more: object = {}) =>
    startModelGateway({ models: { [dialect.provider]: provider, idle_timeout: '1s' }, ...more });
  const run = (gateway: string) => runAgentCli({ cli, model, dir, gateway });
  return { dir, server, start, run };
}

/** USD of one answer of the model server: 1,200 tokens fresh, 300 from the cache, 100 into it, 50 out. */
const usdOf: Record<AgentCli, number> = {
  claude: (1200 * 2 + 300 * 0.1 + 100 * 2.5 + 50 * 10) / 1e6,
  codex: (1200 * 5 + 300 * 0.5 + 100 * 6.25 + 50 * 30) / 1e6,
  gemini: (1300 * 0.75 + 300 * 0.075 + 50 * 3.75) / 1e6,
};

/** With the status that the CLI gets. */
const faults: readonly (readonly [string, ModelFault, number])[] = [
  ['401', { kind: 'status', status: 401 }, 401],
  ['403', { kind: 'status', status: 403 }, 403],
  ['429', { kind: 'status', status: 429, retryAfter: 1 }, 429],
  ['500', { kind: 'status', status: 500 }, 500],
  ['529', { kind: 'status', status: 529 }, 529],
  ['half a stream', { kind: 'half' }, 200],
  ['nothing', { kind: 'nothing' }, 504],
  ['a stream that stands still', { kind: 'stall' }, 200],
  ['100 MiB', { kind: 'huge', bytes: 100 * 1024 * 1024 }, 200],
  ['a cut connection', { kind: 'cut' }, 502],
  ['a page of a proxy', { kind: 'html' }, 502],
];

function told(status: number): object {
  return { first: 200, later: [status], counted: true, used: [status === 200 || status === 504], bounded: true };
}

for (const row of agentClis) {
  const { cli, dialect, model } = row;

  test.skipIf(lacks)(
    `GAT-3, TRI-8: ${cli} investigates; its tokens and cost are counted; it sees no key, and its own goes nowhere`,
    async () => {
      const { dir, server, start, run } = await setUp(row);
      const gateway = await start();
      const result = await run(gateway.url);
      expect(result.exitCode === 0 || result.stdout + result.stderr).toBe(true);
      expect(gateway.spends).toHaveLength(5);
      for (const spend of gateway.spends) {
        const tokens = { input: 1600, cached: 300, output: 50 };
        expect(spend).toEqual({ provider: dialect.provider, model, tokens, usd: expect.closeTo(usdOf[cli], 9) });
      }
      expect(gateway.exchanges.map(({ status, refused }) => ({ status, refused }))).toEqual(
        gateway.spends.map(() => ({ status: 200, refused: null })),
      );
      const seen = result.stdout + result.stderr + textBelow(dir);
      expect(seen).not.toContain(server.key);
      expect(JSON.stringify(server.calls.map(({ headers, path }) => ({ headers, path })))).not.toContain(dummyKey);
    },
  );

  test.skipIf(lacks)(
    `GAT-3, TRI-8: ${cli} comes to an end however the model fails in its second turn, and what was used is counted`,
    async () => {
      // Most of it is waiting for the next attempt.
      const atOnce = pLimit(6);
      const ends = await Promise.all(faults.map((row) => atOnce(async () => [row[0], await failing(row[1])] as const)));
      expect(ends).toEqual(faults.map(([name, , status]) => [name, { reason: 'exit', reports: [], ...told(status) }]));
    },
    180_000,
  );

  /** The second answer and all after it fail. */
  async function failing(fault: ModelFault) {
    const { dir, server, start, run } = await setUp(row, ['kubectl version --client']);
    server.fault = (nth) => (nth === 0 ? null : fault);
    const gateway = await start();
    const { reason } = await run(gateway.url);
    await gateway.settled();
    const [first, ...failed] = gateway.exchanges;
    return {
      reason,
      reports: readdirSync(path.join(workspaceIn(dir), 'output')),
      first: first?.status,
      later: [...new Set(failed.map(({ status }) => status))],
      // One for each request, also for those that broke; these used something when the model began or may have.
      counted: gateway.spends.length === gateway.exchanges.length,
      used: [...new Set(gateway.spends.slice(1).map(({ tokens }) => tokens.input > 0))],
      bounded: gateway.exchanges.every(({ bytes }) => bytes <= 64 * 1024 * 1024),
    };
  }

  test.skipIf(lacks)(`GAT-3: ${cli} stops over budget, told so in the form of its provider`, async () => {
    const { start, run } = await setUp(row);
    const gateway = await start({ budget: { tokens: 3000 } });
    const result = await run(gateway.url);
    expect(result.reason).toBe('exit');
    expect(result.exitCode).not.toBe(0);
    expect(gateway.spends).toHaveLength(2);
    expect(gateway.exchanges[2]).toMatchObject({ status: 429, refused: 'over_budget' });
    expect(gateway.exchanges.length).toBeLessThanOrEqual(4);
    expect(result.stdout + result.stderr).toMatch(/3300 tokens of the 3000|[Qq]uota/);
  });

  test.skipIf(lacks)(`GAT-3: ${cli} is told which setting is missing when there is no key`, async () => {
    const { server, run } = await setUp(row);
    const gateway = await startModelGateway({ models: { [dialect.provider]: { base_url: server.url } } });
    const result = await run(gateway.url);
    expect(result.reason).toBe('exit');
    expect(result.exitCode).not.toBe(0);
    expect(result.stdout + result.stderr).toContain(`gateway.models.${dialect.provider}.api_key`);
    expect(server.calls).toEqual([]);
    expect(gateway.log[0]).toContain('NC-GATEWAY-020');
  });
}

test
  .skipIf(lacks)
  .each([
    'claude-opus-5-5',
    'claude-opus-5',
    'claude-opus-4-5',
    'claude-sonnet-5-5',
    'claude-sonnet-5',
    'claude-sonnet-4-6',
    'claude-haiku-5-5',
    'claude-haiku-4-5',
    'claude-fable-5',
    'claude-fable-5-1',
    'claude-fable-5-2',
  ])('TRI-8: what %s costs is what Claude Code itself says that it costs', async (model) => {
  const { start, run } = await setUp({ ...agentClis[0]!, model }, []);
  const gateway = await start();
  const { stdout } = await run(gateway.url);
  const counted = gateway.spends.reduce((sum, { usd }) => sum + (usd ?? Number.NaN), 0);
  expect(costTold(stdout)).toBeCloseTo(counted, 9);
});

function textBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

function costTold(stdout: string): number {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const result = lines
    .map((line) => JSON.parse(line) as { type?: string; total_cost_usd?: number })
    .find(({ type }) => type === 'result');
  return result?.total_cost_usd ?? Number.NaN;
}
