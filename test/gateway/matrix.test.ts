import { readFileSync } from 'node:fs';
import path from 'node:path';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decideKube } from '../../src/gateway/kubernetes/decide.ts';
import {
  type Attack,
  attacksOn,
  type Discovered,
  discoverAll,
  isRead,
  recordedAccess,
} from '../support/api-attacks.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { type GatewayUnderTest, openGatewayRun } from '../support/gateway-run.ts';
import { waitUntil } from '../support/wait-until.ts';

let plane: ControlPlane;
let discovered: Discovered[];

beforeAll(async () => {
  plane = await startControlPlane();
  discovered = await discoverAll(plane);
});
afterAll(() => plane?.stop());

test('GAT-1: of the whole matrix of an API server, only reads are allowed', () => {
  const wrong: string[] = [];
  for (const resource of discovered) {
    for (const attack of attacksOn(resource)) {
      const headers = new Map(Object.entries(attack.headers).map(([name, value]) => [name.toLowerCase(), value]));
      const { method, address } = attack;
      const decision = decideKube({ method, address, headers, hasBody: attack.body !== '' }, 'redact');
      if ((decision.kind === 'refuse') === isRead(attack, resource)) wrong.push(`${attack.verb} ${method} ${address}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(discovered.length).toBeGreaterThan(100);
});

test('GAT-1: no subresource but logs, status and scale is read, whoever defines it', () => {
  const others =
    'exec attach portforward proxy proxy/metrics binding eviction token approval finalize resize ephemeralcontainers log any';
  // Behind the name of a namespace stands a resource, also for the API server: there is none of these names.
  const resources = discovered.filter(({ subresource, resource }) => subresource === '' && resource !== 'namespaces');
  for (const resource of resources) {
    for (const subresource of others.split(' ')) {
      if (subresource === 'log' && resource.resource === 'pods' && resource.group === '') continue;
      const attacks = attacksOn({ ...resource, subresource }).map(({ method, address }) => ({ method, address }));
      for (const { method, address } of attacks) {
        const decision = decideKube({ method, address, headers: new Map(), hasBody: false }, 'redact');
        expect([method, address, decision.kind]).toEqual([method, address, 'refuse']);
      }
    }
  }
});

test('GAT-1, GAT-8: over raw HTTP the matrix reaches the API server as reads alone, and is on record', async () => {
  const { access, sent } = await recordedAccess(plane.kubeconfig);
  const run = await openGatewayRun(access, { kubernetes: { max_requests: 0 } });
  try {
    const wrong: string[] = [];
    const turns = pLimit(8);
    const all = discovered.flatMap((resource) => attacksOn(resource).map((attack) => ({ attack, resource })));
    await Promise.all(
      all.map(({ attack, resource }) =>
        turns(async () => {
          const fault = await faultOf(run, attack, isRead(attack, resource));
          if (fault !== null) wrong.push(fault);
        }),
      ),
    );
    expect(wrong).toEqual([]);
    expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(['GET', 'HEAD']));
    const reads = all.filter(({ attack, resource }) => isRead(attack, resource) && attack.method !== 'POST');
    expect(sent.length).toBe(reads.length);
    await waitUntil(() => run.audit().length === all.length, 'the record of each');
    const table = countTable(
      discovered,
      all.map(({ attack, resource }) => ({ verb: attack.verb, read: isRead(attack, resource) })),
    );
    const security = readFileSync(path.join(import.meta.dirname, '../../SECURITY.md'), 'utf8');
    expect(betweenMarkers(security), 'the table of SECURITY.md').toBe(table);
  } finally {
    await run.close();
  }
}, 120_000);

/** Sends it; says what was wrong with the answer. */
async function faultOf(run: GatewayUnderTest, attack: Attack, read: boolean): Promise<string | null> {
  const { method, address, headers, body } = attack;
  const answer = await run.request(method, `/k8s${address}`, headers, body);
  if (method === 'HEAD')
    return answer.status === 403 && !read ? null : read && answer.status !== 403 ? null : attack.address;
  const byRule = /\(rule [a-z_.]+ of the gateway\)/.test(answer.body);
  const said = `${attack.verb} ${method} ${address}: ${answer.status} ${answer.body.slice(0, 200)}`;
  if (read) return byRule || answer.status === 0 ? said : null;
  const isStatus = byRule && /"kind":"Status".*"status":"Failure"/.test(answer.body);
  return isStatus && [400, 403].includes(answer.status) ? null : said;
}

/** What stands in SECURITY.md. */
function countTable(of: readonly Discovered[], tried: readonly { verb: string; read: boolean }[]): string {
  const verbs = [...new Set(tried.map(({ verb }) => verb))].toSorted();
  const rows = verbs.map((verb) => {
    const those = tried.filter((one) => one.verb === verb);
    const passed = those.filter(({ read }) => read).length;
    return [verb, those.length, passed, those.length - passed];
  });
  const subresources = of.filter(({ subresource }) => subresource !== '').length;
  const passed = tried.filter(({ read }) => read).length;
  const total = ['all', tried.length, passed, tried.length - passed];
  const cells = [['verb', 'tried', 'passed', 'refused'], ...[...rows, total].map((row) => row.map(String))];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string => {
    const padded = row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
    return `| ${padded.join(' | ')} |`;
  };
  const rule = `| ${widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head = [], ...rest] = cells;
  return [
    `${of.length - subresources} resources and ${subresources} subresources of a real API server, every verb, over raw HTTP:`,
    '',
    line(head),
    rule,
    ...rest.map(line),
  ].join('\n');
}

function betweenMarkers(text: string): string {
  return /<!-- attacks -->\n([\s\S]*?)\n<!-- \/attacks -->/.exec(text)?.[1]?.trim() ?? '';
}
