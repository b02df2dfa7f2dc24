import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { App } from '../../src/app/app.ts';
import { type Fleet, startFleet } from '../../src/demo/fleet.ts';
import { clustersSchema } from '../../src/domain/wire/cluster.ts';
import { type Logger, silentLogger } from '../../src/lib/log.ts';
import { appOver } from '../support/app-bench.ts';
import { tempDir } from '../support/temp-dir.ts';
import { waitUntil } from '../support/wait-until.ts';

let fleet: Fleet;
let app: App | null = null;
beforeEach(async () => {
  fleet = await startFleet();
});
afterEach(async () => {
  await app?.stop();
  app = null;
  await fleet.close();
});

interface Line {
  readonly message: string;
  readonly code: string;
  readonly cluster?: string;
}

function recording(): { logger: Logger; lines: Line[] } {
  const lines: Line[] = [];
  const note = (fields: object, message: string) => void lines.push({ ...(fields as Line), message });
  const logger: Logger = { ...silentLogger, info: note, warn: note, child: () => logger };
  return { logger, lines };
}

function expiredToken(): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ exp: 1_700_000_000 })}.x`;
}

/** A kubeconfig with this user. */
function kubeconfig(dir: string, user: object): string {
  const file = path.join(dir, 'own.yaml');
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

test('UX-10, OPS-1: what stands wrong when the daemon starts is in health, in the log and in the metric, and so is its end', async () => {
  const dir = tempDir();
  mkdirSync(path.join(dir, 'data'), { mode: 0o755 });
  chmodSync(path.join(dir, 'data'), 0o755);
  const file = kubeconfig(dir, { token: expiredToken() });
  const { logger, lines } = recording();
  const [first] = fleet.clusters;
  const clusters = [{ name: 'east', mcp: { endpoint: first?.endpoint ?? '' }, triage: { kubeconfig: file } }];
  const agent = { cli: 'claude', runner: 'process' };
  app = await appOver({ fleet, dir, logger, config: { clusters, agent } });
  await app.start();
  const health = async () => clustersSchema.parse(await (await fetch(`${app?.url}/health/clusters`)).json());
  const codes = async () => {
    const { problems, clusters: of } = await health();
    return [
      ...problems.map(({ code }) => code),
      ...of.flatMap(({ name, problems: own }) => own.map(({ code }) => `${name} ${code}`)),
    ];
  };
  const expected = ['NC-AGENT-016', 'NC-HOST-004', 'east NC-KUBE-022'];
  await waitUntil(async () => expected.every((code) => lines.some((line) => code.endsWith(line.code))), 'the log');
  expect((await codes()).filter((code) => expected.includes(code)).toSorted()).toEqual(expected);
  const said = lines.filter(({ message }) => message === 'a problem stands');
  for (const code of expected) expect(said.filter((line) => code.endsWith(line.code))).toHaveLength(1);
  expect(said.find(({ code }) => code === 'NC-KUBE-022')?.cluster).toBe('east');
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  for (const code of expected) {
    expect(metrics).toContain(`nightcrier_check_failing{code="${code.replace('east ', '')}"} 1`);
  }
}, 60_000);
