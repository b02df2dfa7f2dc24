import { readFileSync } from 'node:fs';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cleanups } from '../../src/lib/cleanups.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { spawnProcess } from '../../src/lib/process/spawn.ts';
import { clustersOf, nodesOf } from '../../src/teleport/ask-tsh.ts';
import { pingProxy, type Ways } from '../../src/teleport/proxy-ping.ts';
import { readiness } from '../../src/teleport/readiness.ts';
import { Tsh } from '../../src/teleport/tsh.ts';
import { serveTls } from '../support/doctor-setup.ts';
import { StubTsh } from '../support/stub-tsh.ts';
import { newTempDir, tempDir } from '../support/temp-dir.ts';

const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
const { signal } = new AbortController();
const cleanups = new Cleanups();

/** A proxy that says of itself what the test says. */
let answer: { status: number; body: string };
let proxy: string;
let ways: Ways;

beforeAll(async () => {
  const { dir, remove } = newTempDir();
  cleanups.add('files', remove);
  const served = await serveTls(
    cleanups,
    (request, response) => {
      const isPing = request.url === '/webapi/ping' && request.method === 'GET';
      response.writeHead(isPing ? answer.status : 404).end(answer.body);
    },
    dir,
  );
  const agent = new Agent({ connect: { ca: readFileSync(served.ca, 'utf8') } });
  cleanups.add('agent', () => agent.destroy());
  proxy = new URL(served.url).host;
  ways = { of: () => agent };
});
afterAll(() => cleanups.run());

function prepared(server: object = { server_version: '17.5.0', min_client_version: '16.0.0', cluster_name: 'root' }) {
  answer = { status: 200, body: JSON.stringify({ ...server, edition: 'ent' }) };
  const stub = new StubTsh(tempDir());
  const settings = { ...stub.settings(), proxy };
  const tsh = new Tsh({ settings: () => settings, spawn: spawnProcess, clock: systemClock, env });
  const look = (used = tsh) => readiness(used, (end) => pingProxy(proxy, ways, end), Date.now(), signal);
  return { stub, tsh, settings, look };
}

describe('whether Teleport can be used', () => {
  test('all is well: versions, login and until when, nothing else', async () => {
    const { look, stub } = prepared();
    expect(await look()).toMatchObject({
      client: '17.4.8',
      proxy: { serverVersion: '17.5.0', minClientVersion: '16.0.0', clusterName: 'root' },
      compatibility: { compatible: true, old: false },
      login: { username: 'bot-nightcrier', logins: ['svc'] },
      problems: [],
      warnings: [],
    });
    expect(
      stub
        .calls()
        .map(({ argv }) => argv.join(' '))
        .toSorted(),
    ).toEqual(['status --format=json', 'version --client --format=json']);
  });

  test('TEL-6: four ways of not being ready, each by itself', async () => {
    const codes = async ({ look }: ReturnType<typeof prepared>) => (await look()).problems.map(({ code }) => code);
    const out = prepared();
    out.stub.login('out');
    expect(await codes(out)).toEqual(['NC-TELEPORT-002']);
    const expired = prepared();
    expired.stub.login('expired');
    expect(await codes(expired)).toEqual(['NC-TELEPORT-003']);
    const absent = prepared();
    const settings = { ...absent.settings, tsh: '/no/such/tsh' };
    const without = new Tsh({ settings: () => settings, spawn: spawnProcess, clock: systemClock, env });
    expect((await absent.look(without)).problems.map(({ code }) => code)).toEqual(['NC-TELEPORT-001']);
    const unreachable = prepared();
    answer = { status: 502, body: 'away' };
    const found = await unreachable.look();
    expect(found.problems).toMatchObject([
      { code: 'NC-TELEPORT-004', message: expect.stringMatching(/it answered 502/) as string },
    ]);
    // The rest is known all the same.
    expect(found).toMatchObject({ client: '17.4.8', login: { username: 'bot-nightcrier' }, compatibility: null });
  });

  test('TEL-5: a tsh that does not fit the proxy', async () => {
    const newer = prepared({ server_version: '16.4.0' });
    expect((await newer.look()).problems).toMatchObject([
      { code: 'NC-TELEPORT-008', message: expect.stringMatching(/newer than the proxy/) as string },
    ]);
    const older = prepared({ server_version: '18.0.0', min_client_version: '17.0.0' });
    expect(await older.look()).toMatchObject({
      problems: [],
      warnings: [expect.stringMatching(/one major version behind/)],
    });
  });

  test('a login that ends within the hour is a warning', async () => {
    const { stub, look } = prepared();
    stub.login('in', 20 * 60_000 - 5000);
    expect((await look()).warnings).toEqual(['the login of tsh ends in 20m']);
  });

  test.each(['<html>', '{"hello": 1}', '[]'])('what answers %j is no proxy', async (body) => {
    const { look } = prepared();
    answer = { status: 200, body };
    expect((await look()).problems).toMatchObject([
      { message: expect.stringMatching(/what answers is no Teleport proxy/) as string },
    ]);
  });
});

describe('what tsh knows', () => {
  test('nodes by their hostnames, with what commands on them say', async () => {
    const { stub, tsh } = prepared();
    stub.nodes({ hostname: 'b', labels: { env: 'x' } }, { hostname: 'a', version: '16.1.0' });
    expect(await nodesOf(tsh, 'staging', signal)).toMatchObject([
      { hostname: 'a', addr: '10.0.0.2:3022', tunnel: false, labels: {}, version: '16.1.0' },
      { hostname: 'b', labels: { env: 'x' } },
    ]);
    stub.nodes();
    expect(await nodesOf(tsh, 'staging', signal)).toEqual([]);
  });

  test('clusters with their status', async () => {
    const { tsh } = prepared();
    expect(await clustersOf(tsh, signal)).toContainEqual({ name: 'staging', status: 'online' });
  });

  test('without a login nothing is asked that would wait for one (TEL-9)', async () => {
    const { stub, tsh } = prepared();
    stub.login('out');
    await expect(nodesOf(tsh, 'staging', signal)).rejects.toMatchObject({
      code: 'NC-TELEPORT-002',
      kind: 'not_logged_in',
    });
    expect(stub.calls().map(({ argv }) => argv[0])).toEqual(['status']);
  });
});
