import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { gatewaySchema } from '../../src/gateway/config.ts';
import { createGateway } from '../../src/gateway/create-gateway.ts';
import type { ModelRoute, ModelRun } from '../../src/gateway/models/model-route.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/log.ts';
import { createRedactor } from '../../src/lib/redact/redact.ts';
import { noModels, openGatewayRun } from '../support/gateway-run.ts';
import { waitUntil } from '../support/wait-until.ts';
import { tempDir } from '../support/temp-dir.ts';

function gateways(dataDir: string, temporary = tempDir()) {
  return createGateway({
    dataDir,
    accessOf: () => Promise.reject(new Error('no such file')),
    settings: () => gatewaySchema.parse({}).kubernetes,
    clock: systemClock,
    logger: silentLogger,
    models: noModels,
    onRequest: () => {},
    temporary,
  });
}

const run = (workspace: string, runId = 'run_1') => ({
  runId,
  purpose: 'run' as const,
  incidentId: 'inc_1',
  cluster: 'prod',
  workspace,
  owner: null,
  budget: { usd: null, tokens: null },
  redact: createRedactor(),
  onSpend: () => {},
});

function workspaceIn(dir: string): string {
  const workspace = path.join(dir, 'workspace');
  mkdirSync(path.join(workspace, 'logs'), { recursive: true });
  return workspace;
}

test('GAT-1: the socket of a run is its owner’s alone and goes with the run', async () => {
  const dir = tempDir();
  const opened = await gateways(dir).open(run(workspaceIn(dir)));
  const socket = path.join(opened.socketDir, 'gateway.sock');
  expect(statSync(opened.socketDir).mode & 0o777).toBe(0o700);
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(readdirSync(opened.socketDir)).toEqual(['gateway.sock']);
  expect(opened.kubeconfig).toContain('http://127.0.0.1:8001/k8s');
  expect(opened.kubeconfig).not.toMatch(/token|certificate|password/);
  await Promise.all([opened.close(), opened.close()]);
  expect(existsSync(opened.socketDir)).toBe(false);
});

test('GAT-1: a data_dir with a long name does not keep a run from its socket; what a crash left is removed', async () => {
  const dir = path.join(tempDir(), 'a-long-name'.repeat(12));
  mkdirSync(dir, { recursive: true });
  const all = gateways(dir);
  const opened = await all.open(run(workspaceIn(dir)));
  expect(opened.socketDir.startsWith(dir)).toBe(false);
  expect(existsSync(path.join(opened.socketDir, 'gateway.sock'))).toBe(true);
  mkdirSync(path.join(dir, 'sockets/run_0'), { recursive: true });
  writeFileSync(path.join(dir, 'sockets/run_0/gateway.sock'), '');
  // As after a crash: nobody closes it.
  expect(await all.endAbandoned()).toBe(2);
  expect(existsSync(opened.socketDir)).toBe(false);
  expect(readdirSync(path.join(dir, 'sockets'))).toEqual([]);
  await opened.close();
});

test.each(['a link', 'a folder that others may write to'])(
  'GAT-1: in the place for sockets that everybody may write to, %s of somebody else is left alone',
  async (what) => {
    const dir = path.join(tempDir(), 'a-long-name'.repeat(12));
    mkdirSync(dir, { recursive: true });
    const temporary = tempDir();
    const all = gateways(dir, temporary);
    const opened = await all.open(run(workspaceIn(dir)));
    await opened.close();
    const far = path.dirname(opened.socketDir);
    const elsewhere = tempDir({ precious: 'mine' });
    renameSync(far, `${far}.old`);
    if (what === 'a link') {
      symlinkSync(elsewhere, far);
    } else {
      mkdirSync(far);
      writeFileSync(path.join(far, 'precious'), 'mine');
      chmodSync(far, 0o777);
    }
    expect(await all.endAbandoned()).toBe(0);
    await expect(all.open(run(workspaceIn(dir)))).rejects.toThrow('is not a folder of this user alone');
    expect(readFileSync(path.join(far, 'precious'), 'utf8')).toBe('mine');
    expect(readdirSync(far)).toEqual(['precious']);
  },
);

test('GAT-1: without a credential every read is an error that says so; a workspace that cannot be written opens nothing', async () => {
  const dir = tempDir();
  const one = await openGatewayRun(null);
  onTestFinished(() => one.close());
  expect(await one.request('GET', '/k8s/api/v1/pods')).toMatchObject({ status: 503 });
  await expect(gateways(dir).open(run(path.join(dir, 'nowhere')))).rejects.toThrow('ENOENT');
});

test('GAT-1: two files are taken from a container, by name and of bounded size; nothing else', async () => {
  const one = await openGatewayRun(null);
  onTestFinished(() => one.close());
  expect(await one.request('PUT', '/output/investigation.md', {}, '# Report')).toMatchObject({ status: 204 });
  expect(await one.request('PUT', '/output/verdict.json', {}, '{}')).toMatchObject({ status: 204 });
  expect(readFileSync(path.join(one.workspace, 'output/investigation.md'), 'utf8')).toBe('# Report');
  for (const [method, address, status] of [
    ['PUT', '/output/other.md', 403],
    ['PUT', '/output/../incident.json', 403],
    ['PUT', '/output/%2e%2e/incident.json', 403],
    ['GET', '/output/verdict.json', 403],
    ['DELETE', '/output/verdict.json', 403],
    ['GET', '/', 404],
    ['GET', '/k8sx/api', 404],
  ] as const) {
    expect([address, (await one.request(method, address)).status]).toEqual([address, status]);
  }
  const big = await one.request('PUT', '/output/verdict.json', {}, 'x'.repeat(1024 * 1024 + 1));
  expect(big.status).toBe(413);
  expect(readFileSync(path.join(one.workspace, 'output/verdict.json'), 'utf8')).toBe('{}');
  expect(readdirSync(path.join(one.workspace, 'output')).toSorted()).toEqual(['investigation.md', 'verdict.json']);
});

test('GAT-8: a run that asks too often is told to stop, and every request is on record', async () => {
  const one = await openGatewayRun(null, { kubernetes: { max_requests: 3 } });
  onTestFinished(() => one.close());
  const statuses: number[] = [];
  for (let at = 0; at < 5; at += 1) statuses.push((await one.request('GET', '/nothing')).status);
  expect(statuses).toEqual([404, 404, 404, 429, 429]);
  await waitUntil(() => one.audit().length === 5, 'the record');
  expect(one.audit().map(({ rule }) => rule)).toEqual(['path', 'path', 'path', 'max_requests', 'max_requests']);
  expect(one.gateway.usage().requests).toEqual({ kubernetes: 0, model: 0, refused: 5 });
});

test('GAT-8: a run is over when its last request is on record', async () => {
  const models = {
    handle: async (_request: unknown, response: { destroy(): void }, run: ModelRun) => {
      await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
      run.onSpend({ provider: 'anthropic', model: 'm', tokens: { input: 5, cached: 0, output: 7 }, usd: 0.5 });
      response.destroy();
      return { provider: 'anthropic', model: 'm', status: 0, bytes: 0, refused: null } as const;
    },
    close: () => Promise.resolve(),
  } as ModelRoute;
  const one = await openGatewayRun(null, { models });
  onTestFinished(() => one.close());
  const asked = one.raw('POST /llm/anthropic/v1/messages HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n', 3000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await one.gateway.close();
  await asked;
  expect(one.gateway.usage()).toMatchObject({ turns: 1, tokens: { input: 5, output: 7 }, usd: 0.5 });
  expect(one.audit()).toHaveLength(1);
});

test('GAT-1, NOT-5: who answers a question reaches no cluster and no tools, and hands over its answer alone', async () => {
  const one = await openGatewayRun(null, { purpose: 'question' });
  const other = await openGatewayRun(null);
  for (const run of [one, other]) onTestFinished(() => run.close());
  for (const address of ['/k8s/api/v1/pods', '/k8s', '/mcp']) {
    for (const method of ['GET', 'POST']) {
      const answer = await one.request(method, address, {}, '{}');
      expect([address, answer.status]).toEqual([address, 403]);
      expect(JSON.stringify(answer)).toContain('files of its workspace alone');
    }
  }
  expect(await one.request('PUT', '/output/answer.json', {}, '{}')).toMatchObject({ status: 204 });
  expect(await one.request('PUT', '/output/verdict.json', {}, '{}')).toMatchObject({ status: 403 });
  expect(readdirSync(path.join(one.workspace, 'output'))).toEqual(['answer.json']);
  expect(await other.request('PUT', '/output/answer.json', {}, '{}')).toMatchObject({ status: 403 });
});
