import { readFileSync, writeFileSync } from 'node:fs';
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
import { tempDir } from '../support/temp-dir.ts';
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
    const counts = all.map(({ attack, resource }) => ({ way: attack.verb, passed: isRead(attack, resource) }));
    const subresources = discovered.filter(({ subresource }) => subresource !== '').length;
    const what = `${discovered.length - subresources} resources and ${subresources} subresources of a real API server`;
    const table = [`${what}, every verb, over raw HTTP:`, '', ...countTable('verb', counts)].join('\n');
    expect(inSecurityPage('attacks')).toBe(table);
  } finally {
    await run.close();
  }
}, 120_000);

test('GAT-1: by kubectl, for each resource and each path, only reads reach the API server', async () => {
  const { access, sent } = await recordedAccess(plane.kubeconfig);
  const run = await openGatewayRun(access, { kubernetes: { max_requests: 0 } });
  const dir = tempDir();
  try {
    const commands = discovered.flatMap((resource, at) => commandsFor(resource, at, dir));
    const turns = pLimit(3);
    const codes = await Promise.all(commands.map(({ args }) => turns(async () => (await run.kubectl(...args)).code)));
    const passed = commands.filter(({ reads }, at) => !reads && codes[at] === 0);
    expect(passed).toEqual([]);
    expect(new Set(sent.map(({ method }) => method))).toEqual(new Set(['GET']));
    const refused = run.audit().filter(({ decision }) => decision === 'refuse');
    expect(new Set(refused.map(({ rule }) => rule))).toEqual(new Set(['verb']));
    // Each has come to the gateway: none failed before.
    expect(refused.length).toBe(commands.filter(({ reads }) => !reads).length);
    const counts = commands.map(({ way, reads }) => ({ way, passed: reads }));
    const table = [
      'By kubectl, each resource read and applied, and at each path one write by hand:',
      '',
      ...countTable('command', counts),
    ].join('\n');
    expect(inSecurityPage('kubectl')).toBe(table);
  } finally {
    await run.close();
  }
}, 240_000);

interface KubectlCommand {
  readonly way: string;
  readonly args: readonly string[];
  readonly reads: boolean;
}

/** What kubectl can be told to do with a resource, and one of three writes by hand at its path. */
function commandsFor(resource: Discovered, at: number, dir: string): KubectlCommand[] {
  const { group, version, subresource, namespaced, kind } = resource;
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const name = `${resource.resource}${group === '' ? '' : `.${version}.${group}`}`;
  const one = `${root}${namespaced ? '/namespaces/default' : ''}/${resource.resource}/default`;
  const raw = subresource === '' ? one : `${one}/${subresource}`;
  const file = path.join(dir, `${group}-${version}-${kind}.json`);
  const apiVersion = group === '' ? version : `${group}/${version}`;
  writeFileSync(file, JSON.stringify({ apiVersion, kind, metadata: { name: 'default' } }));
  const command = (way: string, args: string, reads = false): KubectlCommand => ({ way, reads, args: args.split(' ') });
  const writes = [
    command('create --raw', `create --raw ${raw} -f ${file}`),
    command('replace --raw', `replace --raw ${raw} -f ${file}`),
    command('delete --raw', `delete --raw ${raw}`),
  ];
  const byHand = writes.slice(at % writes.length).slice(0, 1);
  if (subresource !== '') return byHand;
  return [
    ...byHand,
    command('get', `get ${name}`, true),
    command('apply --server-side', `apply --server-side --validate=false -f ${file}`),
  ];
}

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

interface Count {
  readonly way: string;
  readonly passed: boolean;
}

/** A table of SECURITY.md. */
function countTable(title: string, tried: readonly Count[]): string[] {
  const row = (way: string, those: readonly Count[]): string[] => {
    const passed = those.filter((one) => one.passed).length;
    return [way, ...[those.length, passed, those.length - passed].map(String)];
  };
  const ways = [...new Set(tried.map(({ way }) => way))].toSorted((a, b) => (a < b ? -1 : 1));
  const rows = ways.map((way) =>
    row(
      way,
      tried.filter((one) => one.way === way),
    ),
  );
  const head = [title, 'tried', 'passed', 'refused'];
  const cells = [head, ...rows, row('all', tried)];
  const widths = head.map((_, at) => Math.max(...cells.map((one) => one[at]?.length ?? 0)));
  const line = (one: readonly string[]): string => {
    const padded = one.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...cells.slice(1).map(line)];
}

function inSecurityPage(mark: string): string {
  const text = readFileSync(path.join(import.meta.dirname, '../../SECURITY.md'), 'utf8');
  return new RegExp(`<!-- ${mark} -->\\n([\\s\\S]*?)\\n<!-- /${mark} -->`).exec(text)?.[1]?.trim() ?? '';
}
